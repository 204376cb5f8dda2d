//! The files of a card as an operator gets it: those of ETSI TS 102 221 clause 13 and of
//! 3GPP TS 31.102 clauses 4.2 and 4.4 that remote management is about, with their access
//! conditions and contents that say nothing yet.

use crate::card::access::Condition::{Adm1, Always, Never, Pin1};
use crate::card::access::{Condition, Rules};
use crate::card::files::{Content, FileSystem, ROOT};
use crate::card::octets::Octets;

/// The identifier of the ADF of the USIM.
pub(super) const ADF: u16 = 0x7ff0;
/// DF TELECOM.
const TELECOM: u16 = 0x7f10;
/// DF GSM-ACCESS.
const GSM_ACCESS: u16 = 0x5f3b;

/// A file, its conditions for reading and updating, its contents.
type Row = (u16, Condition, Condition, Content);

fn filled(octet: u8, length: usize) -> Vec<u8> {
    vec![octet; length]
}

fn transparent(octets: impl Into<Vec<u8>>) -> Content {
    Content::Transparent(Octets(octets.into()))
}

fn records(count: usize, record: Vec<u8>) -> Content {
    Content::LinearFixed(vec![Octets(record); count])
}

/// The whole tree; nothing if two files have one name.
pub(super) fn files(aid: &[u8]) -> Option<FileSystem> {
    let mut files = FileSystem::new(Rules::new(Always, Adm1));
    let directory = Rules::new(Always, Never);
    put(&mut files, ROOT, of_mf(aid))?;
    let dir = |aid| Content::Directory { aid };
    let telecom = files.add(ROOT, TELECOM, directory, dir(None))?;
    put(&mut files, telecom, of_telecom())?;
    let aid = Some(Octets(aid.to_vec()));
    let usim = files.add(ROOT, ADF, directory, dir(aid))?;
    put(&mut files, usim, of_usim())?;
    let gsm = files.add(usim, GSM_ACCESS, directory, dir(None))?;
    // EF Kc: no key, no key number.
    let kc = [filled(0xff, 8), vec![0x07]].concat();
    put(&mut files, gsm, vec![(0x4f20, Pin1, Pin1, transparent(kc))])?;
    // EF ACM counts: it is cyclic.
    let meter = Content::Cyclic(vec![Octets(vec![0; 3]); 3]);
    let rules = Rules {
        increase: Pin1,
        ..Rules::new(Pin1, Pin1)
    };
    files.add(usim, 0x6f39, rules, meter)?;
    Some(files)
}

fn put(files: &mut FileSystem, parent: usize, rows: Vec<Row>) -> Option<()> {
    for (identifier, read, update, content) in rows {
        files.add(parent, identifier, Rules::new(read, update), content)?;
    }
    Some(())
}

/// TS 102 221 clause 13.
fn of_mf(aid: &[u8]) -> Vec<Row> {
    let mut application = vec![0x4f];
    application.extend(u8::try_from(aid.len()));
    application.extend(aid);
    application.extend([0x50, 4]);
    application.extend(b"USIM");
    let mut entry = vec![0x61];
    entry.extend(u8::try_from(application.len()));
    entry.extend(application);
    entry.resize(38, 0xff);
    let other = records(1, filled(0xff, 38));
    let entries = match other {
        Content::LinearFixed(more) => [vec![Octets(entry)], more].concat(),
        _ => Vec::new(),
    };
    vec![
        // EF DIR, EF ICCID, EF PL
        (0x2f00, Always, Adm1, Content::LinearFixed(entries)),
        (0x2fe2, Always, Never, transparent(filled(0xff, 10))),
        (0x2f05, Always, Pin1, transparent(*b"en\xff\xff")),
    ]
}

/// TS 31.102 clause 4.6: EF ADN, fewer records than cards have.
fn of_telecom() -> Vec<Row> {
    vec![(0x6f3a, Pin1, Pin1, records(10, filled(0xff, 28)))]
}

/// TS 31.102 clause 4.2.
fn of_usim() -> Vec<Row> {
    let area = [filled(0xff, 7), vec![0, 0, 0xff, 1]].concat();
    let routing = [filled(0xff, 10), vec![0, 0, 0xff, 1]].concat();
    let tracking = [filled(0xff, 15), vec![0, 0, 1]].concat();
    let networks = [0xff, 0xff, 0xff, 0, 0].repeat(8);
    // No parameters are present; the validity period is the last octet.
    let centre = filled(0xff, 40);
    let message = [vec![0], filled(0xff, 175)].concat();
    vec![
        // EF LI, EF IMSI, EF Keys, EF KeysPS
        (0x6f05, Always, Pin1, transparent(*b"en\xff\xff")),
        (0x6f07, Pin1, Adm1, transparent(filled(0xff, 9))),
        (0x6f08, Pin1, Pin1, transparent(no_keys())),
        (0x6f09, Pin1, Pin1, transparent(no_keys())),
        // EF HPPLMN, EF UST, EF ACMmax
        (0x6f31, Pin1, Adm1, transparent([5])),
        (0x6f38, Pin1, Adm1, transparent(SERVICES)),
        (0x6f37, Pin1, Adm1, transparent([0; 3])),
        // EF SMS, EF MSISDN, EF SMSP, EF SMSS
        (0x6f3c, Pin1, Pin1, records(5, message)),
        (0x6f40, Pin1, Pin1, records(1, filled(0xff, 28))),
        (0x6f42, Pin1, Pin1, records(1, centre)),
        (0x6f43, Pin1, Pin1, transparent([0xff; 2])),
        // EF SPN, EF EST
        (
            0x6f46,
            Always,
            Adm1,
            transparent([vec![1], filled(0xff, 16)].concat()),
        ),
        (0x6f56, Pin1, Adm1, transparent([0])),
        // EF START-HFN, EF THRESHOLD
        (0x6f5b, Pin1, Pin1, transparent([0xf0, 0, 0, 0xf0, 0, 0])),
        (0x6f5c, Pin1, Adm1, transparent([0xff; 3])),
        // EF PLMNwAcT, EF OPLMNwAcT, EF HPLMNwAcT
        (0x6f60, Pin1, Pin1, transparent(networks.clone())),
        (0x6f61, Pin1, Adm1, transparent(networks)),
        (0x6f62, Pin1, Adm1, transparent([0xff, 0xff, 0xff, 0, 0])),
        // EF PSLOCI, EF ACC, EF FPLMN, EF LOCI, EF AD
        (0x6f73, Pin1, Pin1, transparent(routing)),
        (0x6f78, Pin1, Adm1, transparent([0, 1])),
        (0x6f7b, Pin1, Pin1, transparent(filled(0xff, 12))),
        (0x6f7e, Pin1, Pin1, transparent(area)),
        (0x6fad, Always, Adm1, transparent([0, 0, 0, 2])),
        // EF ECC: 112, no text
        (
            0x6fb7,
            Always,
            Adm1,
            records(1, vec![0x11, 0xf2, 0xff, 0xff, 0xff, 0xff, 0]),
        ),
        // EF EPSLOCI
        (0x6fe3, Pin1, Pin1, transparent(tracking)),
    ]
}

/// Key set identifier 7: no keys.
fn no_keys() -> Vec<u8> {
    [vec![7], filled(0xff, 32)].concat()
}

/// EF UST (clause 4.2.8): local phone book (1), SMS and its parameters (10, 12), MSISDN
/// (21), PLMNwAcT (20), OPLMNwAcT and HPLMNwAcT (42, 43), SPN (19), data download by
/// SMS-PP (28), GSM access (27), EPS mobility (85).
const SERVICES: [u8; 11] = services(&[1, 10, 12, 19, 20, 21, 27, 28, 42, 43, 85]);

const fn services(numbers: &[usize]) -> [u8; 11] {
    let mut table = [0; 11];
    let mut rest = numbers;
    while let [number, behind @ ..] = rest {
        let mut octet = 0;
        let mut left: &mut [u8] = &mut table;
        while let [first, more @ ..] = left {
            if octet == (*number - 1) / 8 {
                *first |= 1 << ((*number - 1) % 8);
            }
            octet += 1;
            left = more;
        }
        rest = behind;
    }
    table
}
