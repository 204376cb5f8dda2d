//! Decimal digits two to an octet, the first in the low half, an odd number of
//! them filled up with 1111 (TS 24.008 clause 10.5.4.7, octets 4 and up).

/// The octets for `digits`. Anything but a decimal digit gives nothing.
pub(super) fn encode(digits: &str) -> Option<Vec<u8>> {
    digits
        .as_bytes()
        .chunks(2)
        .map(|pair| match pair {
            [low] => Some(0xf0 | half(*low)?),
            [low, high] => Some(half(*high)? << 4 | half(*low)?),
            _ => None,
        })
        .collect()
}

/// The digits in `octets`. A half that is no decimal digit gives nothing,
/// except the filler in the last high half.
pub(super) fn decode(octets: &[u8]) -> Option<String> {
    let mut digits = String::with_capacity(octets.len() * 2);
    let mut rest = octets;
    while let Some((octet, tail)) = rest.split_first() {
        rest = tail;
        digits.push(digit(octet & 0x0f)?);
        let high = octet >> 4;
        if high == 0x0f && rest.is_empty() {
            break;
        }
        digits.push(digit(high)?);
    }
    Some(digits)
}

fn half(digit: u8) -> Option<u8> {
    digit.is_ascii_digit().then(|| digit - b'0')
}

fn digit(half: u8) -> Option<char> {
    char::from_digit(u32::from(half), 10)
}
