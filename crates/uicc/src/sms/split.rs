//! Octets over as many messages as they need (TS 23.040 clause 9.2.3.24.1).

use super::{Concatenation, Element, Reference, USER_DATA, UserData};
use crate::UiccError;

/// One message, if `octets` fit, else parts under `reference`. `elements` says what
/// stands in a message's header: in the only one, or in a part. How long they are may
/// depend on the part's number, not on how many there are.
///
/// # Errors
/// [`UiccError::TooLong`] for more than 255 parts.
pub(super) fn split(
    octets: &[u8],
    reference: Reference,
    elements: impl Fn(Option<Concatenation>) -> Vec<Element>,
) -> Result<Vec<UserData>, UiccError> {
    let message = |place, body: &[u8]| UserData {
        elements: elements(place),
        body: body.to_vec(),
        septets: None,
    };
    let room = |place| -> Result<usize, UiccError> {
        let header = message(place, &[]).encoded_header()?.len();
        USER_DATA.checked_sub(header).ok_or(UiccError::TooLong)
    };
    if octets.len() <= room(None)? {
        return Ok(vec![message(None, octets)]);
    }
    let place = |total, number| Concatenation {
        reference,
        total,
        number,
    };
    let mut bodies = Vec::new();
    let mut rest = octets;
    while !rest.is_empty() {
        let number = u8::try_from(bodies.len() + 1).map_err(|_| UiccError::TooLong)?;
        let room = room(Some(place(u8::MAX, number)))?;
        let (body, later) = rest.split_at(room.min(rest.len()));
        bodies.push(body);
        rest = later;
    }
    let total = u8::try_from(bodies.len()).map_err(|_| UiccError::TooLong)?;
    let numbered = (1..=total).zip(bodies);
    let parts = numbered.map(|(number, body)| message(Some(place(total, number)), body));
    Ok(parts.collect())
}
