//! What can be wrong with a packet or with what is asked for, and who is to blame.

use thiserror::Error;

/// A refusal by this crate. No variant carries keys or octets of a message.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum UiccError {
    /// Malformed: the octets end inside something.
    #[error("the octets end inside {0}")]
    Truncated(&'static str),
    /// Malformed: a length says something else than the octets that are there.
    #[error("the {0} is wrong")]
    Length(&'static str),
    /// Malformed: a value that is reserved.
    #[error("{0} has a reserved value")]
    Reserved(&'static str),
    /// Unsupported: digital signatures (SPI, DS) have no algorithm anywhere.
    #[error("digital signatures are not supported")]
    DigitalSignature,
    /// Unsupported: a KIc or KID that names an algorithm of somebody's own.
    #[error("{0} names a proprietary algorithm")]
    Proprietary(&'static str),
    /// Unsupported: something that this crate knows the name of.
    #[error("not supported: {0}")]
    Unsupported(&'static str),
    /// Denied: single DES without a policy that allows it.
    #[error("single DES is not allowed by this key set")]
    SingleDes,
    /// Denied: what the packet asks for is not what the key set has.
    #[error("{0} is not what the key set has")]
    KeySet(&'static str),
    /// Denied: RC or CC has another length than KID and the key set say.
    #[error("the length of RC or CC is not what KID and the key set say")]
    CheckLength,
    /// Denied: there is no key for what the packet asks for.
    #[error("there is no key for {0}")]
    NoKey(&'static str),
    /// Denied: KIc and KID name different key sets.
    #[error("KIc and KID name different key sets")]
    KeySetsDiffer,
    /// Misuse: a key of another length than its algorithm's.
    #[error("a key of {0} has another length")]
    KeyLength(&'static str),
    /// Misuse: a number of a key set outside 1 to 15.
    #[error("a key set's number is 1 to 15")]
    KeySetNumber,
    /// Misuse: a file whose contents are not known here.
    #[error("no such file: imsi, spn, plmnwact, fplmn, smsp, acc or loci")]
    FileUnknown,
    /// Malformed: the octets of a file or record are not what its clause says.
    #[error("{file}: {why}")]
    FileContent {
        /// The file's name in scripts.
        file: &'static str,
        /// What is wrong.
        why: &'static str,
    },
    /// Misuse: a word that does not fit where it stands.
    #[error("{file}: {}allowed: {allowed}", not(word))]
    FileWords {
        /// The file's name in scripts.
        file: &'static str,
        /// The word; empty where one is missing, and for an IMSI.
        word: String,
        /// What may stand there.
        allowed: &'static str,
    },
    /// Malformed: this of a CAP file or load file.
    #[error("this of the CAP file or load file is wrong: {0}")]
    Cap(&'static str),
    /// Unsupported: this of a CAP file or load file.
    #[error("not supported: {0}")]
    CapUnsupported(&'static str),
    /// Unsupported: an archive of more than 4 MiB or 1024 entries.
    #[error("the CAP file is too large")]
    CapTooLarge,
    /// Malformed: an AID of another length, or whose text is not hexadecimal.
    #[error("an AID has 5 to 16 octets")]
    Aid,
    /// Misuse: more data than a packet can hold.
    #[error("the data is too long for one packet")]
    TooLong,
    /// Peer violation: the checksum is wrong: changed on the way, or another key.
    #[error("the RC or CC is wrong")]
    CheckFailed,
    /// Peer violation: deciphering gave no packet: another key.
    #[error("the packet can't be deciphered")]
    DecipheringFailed,
}

impl UiccError {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Truncated(_) => "truncated",
            Self::Length(_) => "length-wrong",
            Self::Reserved(_) => "value-reserved",
            Self::DigitalSignature => "digital-signature-unsupported",
            Self::Proprietary(_) => "algorithm-unsupported",
            Self::Unsupported(_) => "unsupported",
            Self::SingleDes => "single-des-denied",
            Self::KeySet(_) | Self::CheckLength => "key-set-mismatch",
            Self::NoKey(_) => "key-missing",
            Self::KeySetsDiffer => "key-sets-differ",
            Self::KeyLength(_) => "key-length",
            Self::KeySetNumber => "key-set-number",
            Self::FileUnknown => "file-unknown",
            Self::FileContent { .. } => "file-malformed",
            Self::FileWords { .. } => "file-words",
            Self::Cap(_) => "cap-malformed",
            Self::CapUnsupported(_) => "cap-unsupported",
            Self::CapTooLarge => "cap-too-large",
            Self::Aid => "aid-malformed",
            Self::TooLong => "too-long",
            Self::CheckFailed => "check-failed",
            Self::DecipheringFailed => "deciphering-failed",
        }
    }
}

/// The beginning of what is said about a word.
fn not(word: &str) -> String {
    match word {
        "" => String::new(),
        word => format!("not `{word}`; "),
    }
}
