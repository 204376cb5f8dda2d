//! `bench ota`: secured packets (ETSI TS 102 225), made and opened on one core, AES with
//! CMAC and 3DES with its MAC, beside OpenSSL's ciphers alone (`benches/c/ota.c`) over
//! the octets that are ciphered and the octets that CC covers. Both sides give the same
//! octets before anything is timed.

use std::hint::black_box;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use data_encoding::HEXLOWER;
use uicc::packet::{
    CipherAlgorithm, Cntr, CommandHeader, Framing, KeySet, MacAlgorithm, SealedCommand, SingleDes,
    Spi, Tar, wrap,
};

use crate::lines::Lines;
use crate::measure::{Rounds, alternate_rounds};
use crate::report::Row;

const SOURCE: &str = include_str!("../../c/ota.c");
const UNIT: &str = "packets/s";
/// Ours takes less than twice the time of the ciphers alone.
const GOAL: f64 = 0.5;

const KIC: [u8; 16] = *b"\x11\x22\x33\x44\x55\x66\x77\x88\x99\xaa\xbb\xcc\xdd\xee\xff\x01";
const KID: [u8; 16] = *b"\x0f\x1e\x2d\x3c\x4b\x5a\x69\x78\x87\x96\xa5\xb4\xc3\xd2\xe1\xf0";

/// CPL, CHL, SPI, KIc, KID and TAR: before what is ciphered.
const OPEN: usize = 10;
/// CNTR and PCNTR, and then CC.
const COUNTERS: usize = 6;
const CC: usize = 8;

/// A packet that both sides make.
struct Case {
    algorithm: &'static str,
    keys: KeySet,
    header: CommandHeader,
    data: Vec<u8>,
    packet: Vec<u8>,
}

impl Case {
    fn new(algorithm: &'static str, octets: usize) -> Result<Self> {
        let (cipher, mac) = match algorithm {
            "aes" => (CipherAlgorithm::Aes, MacAlgorithm::AesCmac8),
            _ => (CipherAlgorithm::TripleDes2, MacAlgorithm::TripleDes2),
        };
        let keys = KeySet::new(1)?
            .with_cipher(cipher, &KIC, SingleDes::Refused)?
            .with_mac(mac, &KID, SingleDes::Refused)?;
        let header = CommandHeader {
            // CC, ciphered, a counter that rises; a receipt of the same kind.
            spi: Spi::from_octets([0x16, 0x19])?,
            kic: keys.kic(),
            kid: keys.kid(),
            tar: Tar([0xb0, 0, 0x11]),
            cntr: Cntr::new(1).context("a counter")?,
        };
        let data: Vec<u8> = (0..=u8::MAX).cycle().take(octets).collect();
        let packet = wrap(Framing::Sms, &header, Some(&keys), &data)?;
        Ok(Self {
            algorithm,
            keys,
            header,
            data,
            packet,
        })
    }

    /// What is ciphered and what CC covers, of a packet whose CC is `cc`.
    fn octets(&self, cc: &[u8]) -> Result<(Vec<u8>, Vec<u8>)> {
        let open = self.packet.get(..OPEN).context("no header")?;
        let padding = self.packet.len() - OPEN - COUNTERS - CC - self.data.len();
        let counters = [&self.header.cntr.to_octets()[..], &[u8::try_from(padding)?]].concat();
        let data = [self.data.as_slice(), &vec![0; padding]].concat();
        let plain = [&counters, cc, &data].concat();
        Ok((plain, [open, &counters, &data].concat()))
    }

    /// Gives a peer the octets, and says whether it makes of them what we make.
    fn agree(&self, peer: &mut Lines) -> Result<()> {
        let hex = |octets: &[u8]| HEXLOWER.encode(octets);
        let mut take = |cc: &[u8]| -> Result<String> {
            let (plain, covered) = self.octets(cc)?;
            let (kic, kid) = (hex(&KIC), hex(&KID));
            let (name, covered) = (self.algorithm, hex(&covered));
            peer.tell(&format!(
                "take {name} {kic} {kid} {covered} {}",
                hex(&plain)
            ))?;
            peer.ask("show seal")
        };
        // CC first: what is ciphered has it inside.
        let said = take(&[0; CC])?;
        let (cc, _) = said.split_once(' ').context("no CC")?;
        let cc = HEXLOWER.decode(cc.as_bytes())?;
        let sealed = format!(
            "{} {}",
            hex(&cc),
            hex(self.packet.get(OPEN..).context("no body")?)
        );
        ensure!(take(&cc)? == sealed, "{}: other octets", self.algorithm);
        let opened = format!("{} {}", hex(&cc), hex(&self.octets(&cc)?.0));
        ensure!(peer.ask("show open")? == opened, "it opens otherwise");
        if self.algorithm == "aes" {
            ensure!(peer.ask("show seal-mac")? == sealed, "another CMAC");
            ensure!(peer.ask("show open-mac")? == opened, "another CMAC");
        }
        Ok(())
    }

    /// Each packet under the next counter.
    fn wrapping(&self) -> Rounds<'_> {
        let mut header = self.header;
        Box::new(move |units| {
            let began = Instant::now();
            for _ in 0..units {
                header.cntr = header.cntr.next().context("no counter is left")?;
                let packet = wrap(Framing::Sms, &header, Some(&self.keys), &self.data)?;
                black_box(packet);
            }
            Ok(began.elapsed())
        })
    }

    fn opening(&self) -> Rounds<'_> {
        Box::new(move |units| {
            let began = Instant::now();
            for _ in 0..units {
                let sealed = SealedCommand::parse(Framing::Sms, black_box(&self.packet))?;
                black_box(sealed.open(Some(&self.keys))?);
            }
            Ok(began.elapsed())
        })
    }

    fn opens(&self) -> Result<()> {
        let sealed = SealedCommand::parse(Framing::Sms, &self.packet)?;
        ensure!(
            sealed.open(Some(&self.keys))?.data == self.data,
            "other data"
        );
        Ok(())
    }
}

/// The most data that one SMS has room for, and a thousand octets; beside CBC and CMAC
/// by CBC, and beside OpenSSL's own CMAC.
pub(crate) fn rows() -> Result<Vec<Row>> {
    let mut peer = match cfg!(feature = "peers") {
        true => Some(Lines::start(SOURCE, &["-lcrypto"])?),
        false => None,
    };
    let mut rows = Vec::new();
    for (algorithm, octets, wrap, open) in [
        ("aes", 98, "aes one SMS, wrap", "aes one SMS, open"),
        (
            "aes",
            1000,
            "aes 1000 octets, wrap",
            "aes 1000 octets, open",
        ),
        ("3des", 106, "3des one SMS, wrap", "3des one SMS, open"),
        (
            "3des",
            1000,
            "3des 1000 octets, wrap",
            "3des 1000 octets, open",
        ),
    ] {
        let case = Case::new(algorithm, octets)?;
        case.opens()?;
        if let Some(peer) = &mut peer {
            case.agree(peer)?;
        }
        let goal = (algorithm == "aes").then_some(GOAL);
        let mut row = |name, goal, ours: Rounds<'_>, mode: &'static str| {
            let theirs = peer
                .as_mut()
                .map(|peer| -> Rounds<'_> { Box::new(move |units| peer.time(mode, units)) });
            let pair = alternate_rounds(Some(ours), theirs);
            rows.push(Row::of_times(name, "ns", goal, pair).into_rates(UNIT));
        };
        row(wrap, goal, case.wrapping(), "seal");
        row(open, goal, case.opening(), "open");
        if algorithm == "aes" {
            row("  with EVP_MAC, wrap", None, case.wrapping(), "seal-mac");
            row("  with EVP_MAC, open", None, case.opening(), "open-mac");
        }
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_sms_has_no_room_for_more() {
        for (algorithm, octets) in [("aes", 98), ("3des", 106)] {
            // 140 octets with the user data header 02 70 00.
            let length = |octets| Case::new(algorithm, octets).unwrap().packet.len();
            assert!(length(octets) <= 137 && length(octets + 1) > length(octets));
            let block = if algorithm == "aes" { 16 } else { 8 };
            assert!(length(octets) + block > 137);
            Case::new(algorithm, octets).unwrap().opens().unwrap();
        }
    }

    #[cfg(feature = "peers")]
    #[test]
    fn nothing_is_timed_that_gives_other_octets() {
        let mut peer = Lines::start(SOURCE, &["-lcrypto"]).unwrap();
        for algorithm in ["aes", "3des"] {
            let mut case = Case::new(algorithm, 90).unwrap();
            case.agree(&mut peer).unwrap();
            *case.packet.last_mut().unwrap() ^= 1;
            assert!(case.agree(&mut peer).is_err());
            assert!(case.opens().is_err());
        }
    }
}
