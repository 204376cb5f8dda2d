//! Secured packets, short messages and their parts (ETSI TS 102 225, 3GPP TS 23.040 and
//! TS 31.111); pushes (WAP-230-WSP); contents of files (TS 31.102); CAP files.

use std::sync::LazyLock;
use std::time::Duration;

use clock::Tick;
use uicc::cap::LoadFile;
use uicc::files::{Name, Value, split};
use uicc::packet::{
    CipherAlgorithm, Cntr, CommandHeader, Framing, Integrity, KeySet, MacAlgorithm, Proof,
    ReceiptTerms, SealedCommand, SingleDes, Spi, Status, Tar, wrap,
};
use uicc::sms::push::{Media, Push};
use uicc::sms::{
    Address, Deliver, DeliverReport, Limits, Ports, Reassembler, Reference, SmsPpDownload, Submit,
    Taken, Timestamp, UserData,
};
use uicc::toolkit::{SendShortMessage, TerminalResponse};

use crate::claim::{allocated, bounded};

/// The most that one packet or TPDU asks for, as a multiple of its octets.
const MULTIPLE: usize = 64;
/// Octets that a CAP file of any length may ask for: ten components, which grow while
/// they are unpacked, and the room of the unpacker for each.
const UNPACKING: usize = 4 << 20;
/// The most octets that parts may wait with.
const WAITING: usize = 1000;

/// The key set 2 of a server, and the receipts and commands that were made with it.
static MADE: LazyLock<(KeySet, Vec<Vec<u8>>)> = LazyLock::new(|| {
    let keys = KeySet::new(2)
        .and_then(|set| set.with_cipher(CipherAlgorithm::Aes, &[0xa5; 16], SingleDes::Refused))
        .and_then(|set| set.with_mac(MacAlgorithm::AesCmac8, &[0x5a; 16], SingleDes::Refused))
        .expect("a key set");
    let mut made = Vec::new();
    for framing in [Framing::Sms, Framing::Ber] {
        for spi in SIGNED {
            let terms = signed(spi);
            for status in [Status::Ok, Status::CounterLow] {
                let receipt = terms.write(framing, Some(&keys), Cntr::default(), status, &[7; 20]);
                made.push(receipt.expect("a receipt"));
            }
            let header = CommandHeader {
                spi: terms.spi,
                kic: terms.kic,
                kid: terms.kid,
                tar: terms.tar,
                cntr: Cntr::default(),
            };
            made.push(wrap(framing, &header, Some(&keys), &[7; 20]).expect("a command"));
        }
    }
    (keys, made)
});

/// SPI with a CC both ways, and with ciphering.
const SIGNED: [[u8; 2]; 2] = [[0x12, 0x09], [0x16, 0x19]];

fn signed(spi: [u8; 2]) -> ReceiptTerms {
    ReceiptTerms {
        spi: Spi::from_octets(spi).expect("neither reserved nor signed"),
        kic: 0x22,
        kid: 0x22,
        tar: Tar([0xb0, 0, 0x11]),
    }
}

/// What has a CC, to begin with.
pub(crate) fn made() -> Vec<Vec<u8>> {
    MADE.1.clone()
}

/// With the keys at hand nothing opens and nothing verifies but what was made with them.
fn nobody_forges(framing: Framing, octets: &[u8]) {
    let (keys, made) = &*MADE;
    // A response may come without the header of its message.
    let is_ours = || made.iter().any(|made| made.ends_with(octets));
    if let Ok(sealed) = SealedCommand::parse(framing, octets)
        && sealed.terms().spi.integrity == Integrity::Checksum
        && bounded(octets, MULTIPLE, || sealed.open(Some(keys))).is_ok()
    {
        assert!(is_ours(), "a forged command");
    }
    for spi in SIGNED {
        let terms = signed(spi);
        let read = bounded(octets, MULTIPLE, || terms.read(framing, Some(keys), octets));
        if read.is_ok_and(|read| read.proof == Proof::Verified) {
            assert!(is_ours(), "a forged response");
        }
    }
}

/// A command that needs no key is what is made of it again; one that does is opened by
/// nobody without. A response that nothing secures is made again from what was read. What
/// has a CC is opened and verified if it was made with the key, and never else.
pub(crate) fn packet(octets: &[u8]) {
    for framing in [Framing::Sms, Framing::Ber, Framing::Ussd] {
        nobody_forges(framing, octets);
        if let Ok(sealed) = bounded(octets, MULTIPLE, || SealedCommand::parse(framing, octets)) {
            let needs_key = sealed.key_set() != Ok(None);
            match sealed.open(None) {
                Ok(command) => {
                    assert!(!needs_key, "opened without its key");
                    let terms = command.terms();
                    let header = CommandHeader {
                        spi: terms.spi,
                        kic: terms.kic,
                        kid: terms.kid,
                        tar: terms.tar,
                        cntr: command.cntr,
                    };
                    let again = wrap(framing, &header, None, &command.data);
                    assert_eq!(again.as_deref(), Ok(octets), "made again");
                }
                Err(why) => {
                    // Whatever it is, what is answered tells nothing.
                    let refusal = sealed.refusal(&why);
                    assert!(refusal.is_none_or(|refusal| refusal.len() < 20));
                }
            }
        }
        let terms = ReceiptTerms {
            spi: Spi::from_octets([0, 0]).expect("nothing secures it"),
            kic: 0,
            kid: 0,
            tar: Tar([0; 3]),
        };
        if let Ok(read) = bounded(octets, MULTIPLE, || terms.read(framing, None, octets)) {
            let terms = ReceiptTerms {
                tar: read.tar,
                ..terms
            };
            let again = terms.write(framing, None, read.cntr, read.status, &read.data);
            let again = again.expect("what was read is written");
            assert!(again.ends_with(octets), "{again:?} was {octets:?}");
        }
    }
}

/// What is read is written, and reads back the same.
pub(crate) fn tpdu(octets: &[u8]) {
    if let Ok(read) = bounded(octets, MULTIPLE, || Deliver::parse(octets)) {
        let written = read.encode().expect("what was read is written");
        assert_eq!(Deliver::parse(&written), Ok(read));
    }
    if let Ok(read) = bounded(octets, MULTIPLE, || Submit::parse(octets)) {
        let written = read.encode().expect("what was read is written");
        assert_eq!(Submit::parse(&written), Ok(read));
    }
    for is_error in [false, true] {
        let read = bounded(octets, MULTIPLE, || DeliverReport::parse(octets, is_error));
        if let Ok(read) = read {
            let written = read.encode().expect("what was read is written");
            assert_eq!(DeliverReport::parse(&written, is_error), Ok(read));
        }
    }
    if let Ok(read) = bounded(octets, MULTIPLE, || SmsPpDownload::parse(octets)) {
        let written = read.encode().expect("what was read is written");
        assert_eq!(SmsPpDownload::parse(&written), Ok(read));
    }
    if let Ok(read) = bounded(octets, MULTIPLE, || SendShortMessage::parse(octets)) {
        let written = read.encode().expect("what was read is written");
        assert_eq!(SendShortMessage::parse(&written), Ok(read));
    }
    if let Ok(read) = bounded(octets, MULTIPLE, || TerminalResponse::parse(octets)) {
        let written = read.encode().expect("what was read is written");
        assert_eq!(TerminalResponse::parse(&written), Ok(read));
    }
}

/// Messages one after the other, each with an octet for its length before it, seconds
/// apart as that octet says: what is whole was sent in that many octets, and no message
/// waits for ever.
pub(crate) fn parts(octets: &[u8]) {
    let limits = Limits {
        messages: 4,
        parts: 20,
        octets: WAITING,
        patience: Duration::from_secs(300),
    };
    let sender: Address = "1".parse().expect("a number");
    let (mut reassembler, mut now, mut rest) = (Reassembler::new(limits), Tick::ZERO, octets);
    let mut sent = 0;
    while let Some((length, behind)) = rest.split_first() {
        let (message, later) = behind.split_at(behind.len().min(usize::from(*length)));
        rest = later;
        now = now.plus(Duration::from_secs(u64::from(*length)));
        let Ok(deliver) = Deliver::parse(message) else {
            continue;
        };
        sent += deliver.user_data.body.len();
        let part: UserData = deliver.user_data;
        let is_part = part.concatenation().is_some();
        if let Taken::Whole(whole) = reassembler.take(now, &sender, part) {
            assert!(!is_part || whole.body.len() <= WAITING.min(sent));
        }
        let due = reassembler.poll_timeout();
        assert!(due.is_none_or(|due| due > now), "it waits for no past");
    }
    let end = now.plus(Duration::from_secs(300));
    assert!(reassembler.handle_timeout(end) <= 4);
    assert_eq!(reassembler.poll_timeout(), None, "nothing waits for ever");
}

/// The first octet names a file: what the others are read as is written in as many and
/// reads back as itself, and so do its words.
pub(crate) fn files(octets: &[u8]) {
    let Some((file, content)) = octets.split_first() else {
        return;
    };
    let name = Name::ALL[usize::from(*file) % Name::ALL.len()];
    let Ok(value) = bounded(content, MULTIPLE, || Value::decode(name, content)) else {
        return;
    };
    let written = value.encode();
    assert_eq!(written.len(), content.len(), "a file keeps its length");
    assert_eq!(Value::decode(name, &written).as_ref(), Ok(&value));
    let line = value.to_words().join(" ");
    let words = split(&line).expect("words are cut where they were joined");
    assert_eq!(Value::from_words(name, &words), Ok(value), "{line}");
}

/// Whatever a CAP file unpacks to is bounded; what is taken reads back from its Load File
/// Data Block, and is no longer than ten components.
pub(crate) fn cap(octets: &[u8]) {
    let before = allocated();
    let read = LoadFile::from_file(octets);
    let asked = allocated().wrapping_sub(before);
    let most = UNPACKING + octets.len() * MULTIPLE;
    assert!(asked <= most, "{asked} octets allocated, more than {most}");
    let block = bounded(octets, MULTIPLE, || {
        LoadFile::from_load_file_data_block(octets)
    });
    for loaded in [read, block].into_iter().flatten() {
        assert!(loaded.octets().len() <= 11 * (3 + 0xffff));
        let block = loaded.load_file_data_block();
        assert_eq!(LoadFile::from_load_file_data_block(&block), Ok(loaded));
    }
}

/// What is read is written and reads back the same; the body is what the octets end
/// with. What the reader of notifications takes for one, this takes for a push with the
/// same body.
pub(crate) fn push(octets: &[u8]) {
    let read = bounded(octets, MULTIPLE, || Push::parse(octets));
    if let Ok(read) = &read {
        assert!(octets.ends_with(&read.body));
        let written = read.encode().expect("what was read is written");
        assert_eq!(Push::parse(&written).as_ref(), Ok(read));
    }
    if let (Some(message), Ok(read)) = (dm::notification::from_push(octets), &read) {
        assert_eq!(message, read.body);
        let named = Media::Name(dm::notification::MEDIA_TYPE.to_owned());
        assert!([Media::NOTIFICATION, named].contains(&read.content.media));
    }
    for part in Ports::PUSH
        .datagram(octets, Reference::Short(1))
        .unwrap_or_default()
    {
        assert_eq!(part.ports(), Some(Ports::PUSH));
        let message = Deliver::to_card("1".parse().expect("a number"), Timestamp([0; 7]), part);
        assert!(message.encode().is_ok(), "a part is a message");
    }
}
