//! Messages in XML and WBXML (OMA DM RepPro 1.2, SyncML RepPro 1.2).

use syncml::{Error, Limits, Message, Unwritable, wbxml, xml};

use crate::claim::bounded;

/// The most that a message asks for, as a multiple of its octets.
const MULTIPLE: usize = 400;

/// Whether a message that was read may refuse to be written: it lacks what must
/// be there, has a command that is never written, or its octets are not the
/// base64 that they claim to be.
fn lacks_content(error: &Error) -> bool {
    matches!(error, Error::NotBase64)
        || matches!(error, Error::Unwritable { cause, .. }
            if matches!(cause, Unwritable::Empty | Unwritable::NoContent | Unwritable::Command))
}

/// Read, written and read again it is the same.
pub(crate) fn xml(octets: &[u8]) {
    let limits = Limits::default();
    let Ok(message) = bounded(octets, MULTIPLE, || xml::decode(octets, &limits)) else {
        return;
    };
    match xml::encode(&message) {
        Ok(written) => {
            let again = xml::decode(&written, &limits).expect("what was written is read");
            assert!(again == message, "{again:?} was {message:?}");
            assert_eq!(xml::encoded_len(&message).ok(), Some(written.len()));
        }
        Err(error) => assert!(lacks_content(&error), "{error}"),
    }
    shown(&message);
}

/// What WBXML carries is said once; from there on nothing changes.
pub(crate) fn wbxml(octets: &[u8]) {
    let limits = Limits::default();
    let Ok(message) = bounded(octets, MULTIPLE, || wbxml::decode(octets, &limits)) else {
        return;
    };
    match wbxml::encode(&message) {
        Ok(written) => {
            assert_eq!(wbxml::encoded_len(&message).ok(), Some(written.len()));
            let read = wbxml::decode(&written, &limits).expect("what was written is read");
            let again = wbxml::encode(&read).expect("what was read is written");
            let again = wbxml::decode(&again, &limits).expect("and read again");
            assert!(again == read, "{again:?} was {read:?}");
        }
        Err(error) => assert!(lacks_content(&error), "{error}"),
    }
    shown(&message);
}

/// Logs show messages without their secrets.
fn shown(message: &Message) {
    let _ = format!("{:?}", message.masked());
}
