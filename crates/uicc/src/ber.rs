//! Definite lengths of BER-TLV (ISO/IEC 8825-1 clause 8.1.3, ETSI TS 101 220 clause
//! 7.1.2), in as few octets as they need, up to two octets of length.

use crate::UiccError;

/// How a length is written.
///
/// # Errors
/// [`UiccError::TooLong`] above 65,535.
pub(crate) fn length(length: usize) -> Result<Vec<u8>, UiccError> {
    let wide = u16::try_from(length).map_err(|_| UiccError::TooLong)?;
    let [high, low] = wide.to_be_bytes();
    Ok(match wide {
        0..=0x7f => vec![low],
        0x80..=0xff => vec![0x81, low],
        _ => vec![0x82, high, low],
    })
}

/// A length and what follows it; `what` it is the length of.
///
/// # Errors
/// [`UiccError::Truncated`]; [`UiccError::Length`] for longer forms than needed.
pub(crate) fn read_length<'a>(
    octets: &'a [u8],
    what: &'static str,
) -> Result<(usize, &'a [u8]), UiccError> {
    match octets {
        [length @ 0..=0x7f, rest @ ..] => Ok((usize::from(*length), rest)),
        [0x81, length @ 0x80..=0xff, rest @ ..] => Ok((usize::from(*length), rest)),
        [0x82, high @ 1..=0xff, low, rest @ ..] => {
            Ok((usize::from(u16::from_be_bytes([*high, *low])), rest))
        }
        [] | [0x81] | [0x82] | [0x82, _] => Err(UiccError::Truncated(what)),
        _ => Err(UiccError::Length(what)),
    }
}

/// An object of one octet's tag.
///
/// # Errors
/// [`UiccError::TooLong`].
pub(crate) fn put(out: &mut Vec<u8>, tag: u8, value: &[u8]) -> Result<(), UiccError> {
    out.push(tag);
    out.extend(length(value.len())?);
    out.extend(value);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `vectors/secured-packets.json`, `ber_length`.
    #[test]
    fn known_lengths() {
        for (number, octets) in [
            (0, &[0][..]),
            (1, &[1]),
            (127, &[0x7f]),
            (128, &[0x81, 0x80]),
            (198, &[0x81, 0xc6]),
            (255, &[0x81, 0xff]),
            (256, &[0x82, 1, 0]),
            (0xffff, &[0x82, 0xff, 0xff]),
        ] {
            assert_eq!(length(number).unwrap(), octets);
            assert_eq!(read_length(octets, "it").unwrap(), (number, &[][..]));
        }
        assert_eq!(length(0x1_0000), Err(UiccError::TooLong));
    }

    #[test]
    fn lengths_have_one_form() {
        for bad in [
            &[0x80][..],
            &[0x81, 0x7f],
            &[0x82, 0, 0xff],
            &[0x83, 1, 0, 0],
        ] {
            assert_eq!(read_length(bad, "it"), Err(UiccError::Length("it")));
        }
    }
}
