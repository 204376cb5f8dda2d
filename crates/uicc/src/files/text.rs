//! Names on a card: the default alphabet of TS 23.038 clause 6.2.1 with an octet for
//! each character, or UCS2 in one of the codings of ETSI TS 102 221 annex A, which begin
//! with 80, 81 and 82. What is left of the field is FF.

/// The default alphabet; the escape is a NUL here.
const ALPHABET: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\0ÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?\
     ¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
const ESCAPE: u8 = 0x1b;
/// What follows an escape.
const EXTENSION: [(u8, char); 10] = [
    (0x0a, '\u{c}'),
    (0x14, '^'),
    (0x28, '{'),
    (0x29, '}'),
    (0x2f, '\\'),
    (0x3c, '['),
    (0x3d, '~'),
    (0x3e, ']'),
    (0x40, '|'),
    (0x65, '€'),
];
/// Codes of UCS2 in a window of 81 and 82.
const WINDOW: u16 = 128;

/// Whether the characters have a code in UCS2 that is not padding.
fn is_ucs2(text: &str) -> bool {
    let has_code = |character| u16::try_from(u32::from(character)).is_ok_and(|code| code != 0xffff);
    text.chars().all(has_code)
}

/// The shortest field that holds the text; none where characters have no code in UCS2.
pub(super) fn length(text: &str) -> Option<usize> {
    let codings = codings(text)?;
    codings.map(|octets| octets.len()).min()
}

/// The text in a field of that length: the default alphabet if it has all characters,
/// else 80 if there is room, else what fits. None if nothing does.
pub(super) fn encode(text: &str, length: usize) -> Option<Vec<u8>> {
    let mut fitting = codings(text)?.filter(|octets| octets.len() <= length);
    let mut octets = fitting.next()?;
    octets.resize(length, 0xff);
    Some(octets)
}

/// All codings of a text, in the order in which they are wanted.
fn codings(text: &str) -> Option<impl Iterator<Item = Vec<u8>>> {
    if !is_ucs2(text) {
        return None;
    }
    let codes: Vec<u16> = text.encode_utf16().collect();
    let whole = [0x80]
        .into_iter()
        .chain(codes.iter().flat_map(|code| code.to_be_bytes()))
        .collect();
    let mut bases: Vec<u16> = codes.clone();
    bases.sort_unstable();
    bases.dedup();
    let (owned, count) = (text.to_owned(), u8::try_from(codes.len()).ok());
    let windows = move |tag: u8| {
        let (owned, bases) = (owned.clone(), bases.clone());
        let coded = bases.into_iter().filter_map(move |base| {
            let count = count?;
            let (base, head) = match tag {
                0x81 => (base & !(WINDOW - 1) & 0x7fff, vec![(base >> 7) as u8]),
                _ => (base, base.to_be_bytes().to_vec()),
            };
            let body = septets(&owned, Some(base))?;
            Some([vec![tag, count], head, body].concat())
        });
        coded.collect::<Vec<_>>()
    };
    let plain = septets(text, None);
    let windows = windows(0x81).into_iter().chain(windows(0x82));
    Some(plain.into_iter().chain([whole]).chain(windows))
}

/// Octets of the default alphabet, and of a window where there is one: its coding counts
/// characters, so there each is one octet, and none is escaped.
fn septets(text: &str, window: Option<u16>) -> Option<Vec<u8>> {
    let mut octets = Vec::with_capacity(text.len());
    for character in text.chars() {
        let code = u16::try_from(u32::from(character)).ok()?;
        let offset = window
            .and_then(|base| code.checked_sub(base))
            .filter(|offset| *offset < WINDOW);
        if let Some(place) = place(character) {
            octets.push(place);
        } else if let Some(offset) = offset {
            octets.push(0x80 | u8::try_from(offset).ok()?);
        } else {
            if window.is_some() {
                return None;
            }
            let (extended, _) = EXTENSION.iter().find(|(_, known)| *known == character)?;
            octets.extend([ESCAPE, *extended]);
        }
    }
    Some(octets)
}

fn place(character: char) -> Option<u8> {
    let place = ALPHABET.chars().position(|known| known == character);
    let place = place.and_then(|place| u8::try_from(place).ok());
    place.filter(|place| *place != ESCAPE)
}

/// The text of a field.
pub(super) fn decode(octets: &[u8]) -> Result<String, &'static str> {
    match octets {
        [0x80, rest @ ..] => whole(rest),
        [0x81, count, base, rest @ ..] => windowed(*count, u16::from(*base) << 7, rest),
        [0x82, count, high, low, rest @ ..] => {
            windowed(*count, u16::from_be_bytes([*high, *low]), rest)
        }
        [0x81 | 0x82, ..] => Err("the text ends inside its coding"),
        _ => {
            let end = octets.iter().position(|octet| *octet == 0xff);
            let (text, padding) = octets
                .split_at_checked(end.unwrap_or(octets.len()))
                .unwrap_or_default();
            padded(padding)?;
            characters(text, None)
        }
    }
}

fn padded(octets: &[u8]) -> Result<(), &'static str> {
    let is_padding = octets.iter().all(|octet| *octet == 0xff);
    is_padding
        .then_some(())
        .ok_or("what is behind the text is not FF")
}

/// Codes of two octets up to the padding.
fn whole(octets: &[u8]) -> Result<String, &'static str> {
    let mut text = String::new();
    let mut rest = octets;
    while let [high, low, behind @ ..] = rest {
        if [*high, *low] == [0xff, 0xff] {
            break;
        }
        text.push(character(u16::from_be_bytes([*high, *low]))?);
        rest = behind;
    }
    padded(rest).map(|()| text)
}

/// As many octets as `count` says, of the default alphabet or of the window.
fn windowed(count: u8, base: u16, octets: &[u8]) -> Result<String, &'static str> {
    let (text, padding) = octets
        .split_at_checked(usize::from(count))
        .ok_or("the text is shorter than its coding says")?;
    padded(padding)?;
    characters(text, Some(base))
}

fn characters(octets: &[u8], window: Option<u16>) -> Result<String, &'static str> {
    let mut text = String::new();
    let mut octets = octets.iter();
    while let Some(octet) = octets.next() {
        let found = match (*octet, window) {
            (ESCAPE, None) => {
                let extended = octets.next().ok_or("the text ends with an escape")?;
                let known = EXTENSION.iter().find(|(code, _)| code == extended);
                known.map(|(_, character)| *character)
            }
            (ESCAPE, Some(_)) => None,
            (octet, _) if octet < 0x80 => ALPHABET.chars().nth(usize::from(octet)),
            (octet, Some(base)) => {
                let code = base.checked_add(u16::from(octet & 0x7f));
                Some(character(code.ok_or("a character is outside UCS2")?)?)
            }
            (_, None) => None,
        };
        text.push(found.ok_or("an octet is not in the default alphabet")?);
    }
    Ok(text)
}

fn character(code: u16) -> Result<char, &'static str> {
    let known = char::from_u32(u32::from(code)).filter(|_| code != 0xffff);
    known.ok_or("a character is outside UCS2")
}
