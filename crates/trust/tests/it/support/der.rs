//! A DER writer that owes nothing to the crates under test (X.690).

/// Tag, length and contents.
pub(crate) fn tlv(tag: u8, contents: &[u8]) -> Vec<u8> {
    let mut out = vec![tag];
    match contents.len() {
        length @ 0..=0x7f => out.push(length as u8),
        length @ 0x80..=0xff => out.extend([0x81, length as u8]),
        length @ 0x100..=0xffff => out.extend([0x82, (length >> 8) as u8, length as u8]),
        length => out.extend([
            0x83,
            (length >> 16) as u8,
            (length >> 8) as u8,
            length as u8,
        ]),
    }
    out.extend(contents);
    out
}

pub(crate) fn sequence(parts: &[Vec<u8>]) -> Vec<u8> {
    tlv(0x30, &parts.concat())
}

pub(crate) fn set(parts: &[Vec<u8>]) -> Vec<u8> {
    tlv(0x31, &parts.concat())
}

/// An OBJECT IDENTIFIER from its dotted form.
pub(crate) fn oid(dotted: &str) -> Vec<u8> {
    let arcs: Vec<u64> = dotted.split('.').map(|arc| arc.parse().unwrap()).collect();
    let mut contents = vec![(arcs[0] * 40 + arcs[1]) as u8];
    for arc in &arcs[2..] {
        let mut groups = vec![(arc & 0x7f) as u8];
        let mut rest = arc >> 7;
        while rest > 0 {
            groups.push((rest & 0x7f) as u8 | 0x80);
            rest >>= 7;
        }
        contents.extend(groups.iter().rev());
    }
    tlv(0x06, &contents)
}

/// A BIT STRING of whole octets.
pub(crate) fn bits(octets: &[u8]) -> Vec<u8> {
    bits_with_unused(0, octets)
}

pub(crate) fn bits_with_unused(unused: u8, octets: &[u8]) -> Vec<u8> {
    tlv(0x03, &[&[unused], octets].concat())
}

/// A Name with a CN.
pub(crate) fn common_name(text: &str) -> Vec<u8> {
    sequence(&[set(&[sequence(&[
        oid("2.5.4.3"),
        tlv(0x0c, text.as_bytes()),
    ])])])
}

/// An AlgorithmIdentifier without parameters, as for ECDSA.
pub(crate) fn algorithm(dotted: &str) -> Vec<u8> {
    sequence(&[oid(dotted)])
}

/// An AlgorithmIdentifier with NULL parameters, as for RSA.
pub(crate) fn algorithm_null(dotted: &str) -> Vec<u8> {
    sequence(&[oid(dotted), tlv(0x05, &[])])
}

/// An Extension; `critical` as written, absent for `None`.
pub(crate) fn extension(dotted: &str, critical: Option<u8>, value: &[u8]) -> Vec<u8> {
    let mut parts = vec![oid(dotted)];
    if let Some(octet) = critical {
        parts.push(tlv(0x01, &[octet]));
    }
    parts.push(tlv(0x04, value));
    sequence(&parts)
}
