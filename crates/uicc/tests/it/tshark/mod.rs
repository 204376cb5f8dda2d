//! Our octets as Wireshark's `tshark` reads them: a capture file whose frames are PDUs
//! of a protocol that they name themselves.

mod messages;
mod push;

use std::collections::BTreeMap;
use std::process::Command;

/// What says that something is wrong.
const MARKS: [&str; 3] = ["_ws.malformed", "_ws.expert.severity", "_ws.expert.message"];

/// A frame's fields by their names; several values have commas between them.
type Frame = BTreeMap<&'static str, String>;

/// To the device, or from it.
#[derive(Clone, Copy)]
enum Way {
    Down = 0,
    Up = 1,
}

/// A capture of the link type WIRESHARK_UPPER_PDU: each frame names its dissector.
struct Capture(Vec<u8>);

impl Capture {
    fn new() -> Self {
        let mut file = 0xa1b2_c3d4_u32.to_le_bytes().to_vec();
        file.extend([2, 0, 4, 0]);
        for word in [0_u32, 0, 0xffff, 252] {
            file.extend(word.to_le_bytes());
        }
        Self(file)
    }

    fn add(&mut self, dissector: &str, way: Way, octets: &[u8]) {
        let mut frame = Vec::new();
        let mut tag = |number: u16, value: &[u8]| {
            let length = value.len().next_multiple_of(4);
            frame.extend(number.to_be_bytes());
            frame.extend(u16::try_from(length).unwrap().to_be_bytes());
            frame.extend(value);
            frame.resize(frame.len() + length - value.len(), 0);
        };
        tag(12, dissector.as_bytes());
        tag(35, &(way as u32).to_be_bytes());
        tag(0, &[]);
        frame.extend(octets);
        let length = u32::try_from(frame.len()).unwrap();
        for word in [0, 0, length, length] {
            self.0.extend(word.to_le_bytes());
        }
        self.0.extend(frame);
    }

    /// What tshark finds in each frame, marks and fields by the names of its fields; nothing where there
    /// is no tshark, but not in CI.
    fn dissected(&self, fields: &[&'static str]) -> Option<Vec<Frame>> {
        let scratch = tempfile::tempdir().unwrap();
        let file = scratch.path().join("capture.pcap");
        std::fs::write(&file, &self.0).unwrap();
        let mut command = Command::new("tshark");
        command
            .env("HOME", scratch.path())
            .env("XDG_CONFIG_HOME", scratch.path())
            .args(["-n", "-T", "fields", "-E", "separator=|"])
            .args(["-o", "gsm_sms_ud.port_number_udh_means_wsp:TRUE"])
            .arg("-r")
            .arg(&file);
        let names: Vec<&'static str> = MARKS.iter().chain(fields).copied().collect();
        for name in &names {
            command.args(["-e", name]);
        }
        let output = match command.output() {
            Ok(output) => output,
            Err(error) => {
                let ci = std::env::var("CI").is_ok_and(|value| value == "true");
                assert!(!ci, "tshark: {error}: apt-get install tshark");
                eprintln!("skipped: tshark: {error}");
                return None;
            }
        };
        assert!(output.status.success(), "{output:?}");
        let text = String::from_utf8(output.stdout).unwrap();
        let row = |line: &str| {
            let values: Vec<String> = line.split('|').map(str::to_owned).collect();
            assert_eq!(values.len(), names.len(), "{line}");
            names.iter().copied().zip(values).collect()
        };
        Some(text.lines().map(row).collect())
    }

    /// The same, and nothing is wrong with any of them.
    fn sound(&self, fields: &[&'static str]) -> Option<Vec<Frame>> {
        let frames = self.dissected(fields)?;
        for frame in &frames {
            for mark in MARKS {
                assert_eq!(frame[mark], "", "{frame:#?}");
            }
        }
        Some(frames)
    }
}
