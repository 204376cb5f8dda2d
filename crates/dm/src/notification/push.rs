//! A notification as WAP Push without a connection carries it
//! (OMA-TS-DM_Notification-V1_2 clause 7.1; WAP-230-WSP clauses 8.2.1 and
//! 8.2.4.1): what stands in a datagram to port 2948 or in a short message.

use super::{MEDIA_TYPE, WAP_APPLICATION_ID, WSP_CONTENT_TYPE};

/// The type of a Push PDU.
const PUSH: u8 = 0x06;
/// Marks a number of seven bits, and a header with a code.
const SHORT: u8 = 0x80;
/// The code of X-Wap-Application-Id.
const APPLICATION_ID: u8 = 0x2f;

/// `message` in a Push PDU with this transaction identifier.
#[must_use]
pub fn to_push(transaction: u8, message: &[u8]) -> Vec<u8> {
    let headers = [
        WSP_CONTENT_TYPE | SHORT,
        APPLICATION_ID | SHORT,
        WAP_APPLICATION_ID | SHORT,
    ];
    let mut pdu = vec![transaction, PUSH, 3];
    pdu.extend_from_slice(&headers);
    pdu.extend_from_slice(message);
    pdu
}

/// The notification in a Push PDU; `None` for octets that are none, and for
/// content of another type. Its other headers are not looked at.
#[must_use]
pub fn from_push(octets: &[u8]) -> Option<&[u8]> {
    let ([_transaction, PUSH], rest) = octets.split_first_chunk::<2>()? else {
        return None;
    };
    let (length, rest) = number(rest)?;
    let (headers, message) = rest.split_at_checked(length)?;
    let named = headers
        .strip_prefix(MEDIA_TYPE.as_bytes())
        .is_some_and(|rest| rest.first() == Some(&0));
    let coded = headers.first() == Some(&(WSP_CONTENT_TYPE | SHORT));
    (coded || named).then_some(message)
}

/// A `uintvar` of up to two octets (clause 8.1.2): headers are short.
fn number(octets: &[u8]) -> Option<(usize, &[u8])> {
    let (first, rest) = octets.split_first()?;
    let high = usize::from(first & !SHORT);
    if first & SHORT == 0 {
        return Some((high, rest));
    }
    let (second, rest) = rest.split_first()?;
    (second & SHORT == 0).then(|| (high << 7 | usize::from(*second), rest))
}
