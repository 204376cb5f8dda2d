//! An osmo-hlr of this test's own (OsmoHLR user manual): a scratch database, a
//! loopback address that nobody else has, ended by its process. Its ports are
//! fixed: GSUP 4222, CTRL 4259, VTY 4258.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(30);

pub struct OsmoHlr {
    child: Child,
    address: Ipv4Addr,
}

impl OsmoHlr {
    pub fn start(dir: &Path) -> Self {
        let [high, mid, low] = {
            let [_, high, mid, low] = std::process::id().to_be_bytes();
            [high, mid, low]
        };
        let address = Ipv4Addr::new(127, 64 + high % 64, mid, low);
        let (database, config) = (dir.join("hlr.db"), dir.join("osmo-hlr.cfg"));
        let made = Command::new("osmo-hlr-db-tool")
            .arg("-l")
            .arg(&database)
            .arg("create")
            .output()
            .unwrap();
        assert!(made.status.success(), "{made:?}");
        let text = format!(
            "hlr\n gsup\n  bind ip {address}\nctrl\n bind {address}\nline vty\n bind {address}\n"
        );
        std::fs::write(&config, text).unwrap();
        let child = Command::new("osmo-hlr")
            .arg("-c")
            .arg(&config)
            .arg("-l")
            .arg(&database)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let hlr = Self { child, address };
        let began = Instant::now();
        // GSUP comes last.
        while TcpStream::connect(hlr.gsup()).is_err() {
            assert!(began.elapsed() < PATIENCE, "osmo-hlr does not listen");
            std::thread::sleep(Duration::from_millis(20));
        }
        hlr
    }

    pub fn gsup(&self) -> SocketAddr {
        (self.address, 4222).into()
    }

    /// SET requests of its control interface, each of which must go well.
    pub fn set(&self, requests: &[String]) {
        let mut ctrl = TcpStream::connect((self.address, 4259)).unwrap();
        ctrl.set_read_timeout(Some(PATIENCE)).unwrap();
        for (id, request) in requests.iter().enumerate() {
            let text = format!("SET {id} {request}");
            let mut frame = u16::try_from(text.len() + 1)
                .unwrap()
                .to_be_bytes()
                .to_vec();
            frame.extend([0xee, 0]);
            frame.extend(text.as_bytes());
            ctrl.write_all(&frame).unwrap();
            let mut header = [0; 3];
            ctrl.read_exact(&mut header).unwrap();
            let length = usize::from(u16::from_be_bytes([header[0], header[1]]));
            let mut answer = vec![0; length];
            ctrl.read_exact(&mut answer).unwrap();
            let answer = String::from_utf8_lossy(&answer[1..]).into_owned();
            assert!(answer.starts_with("SET_REPLY"), "{answer}");
        }
    }
}

impl Drop for OsmoHlr {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
