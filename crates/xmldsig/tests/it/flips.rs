//! One octet changed, left out or doubled, anywhere: either refused, or the
//! same canonical octets.

use xmldsig::{
    BootstrapType, DocumentType, Limits, Unverified, UnverifiedDetached, VerifyingKey,
    sign_detached,
};

use crate::support::{Key, chain, signed};

/// Every variant of `octets` that differs in one place.
fn variants(octets: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    (0..octets.len()).flat_map(move |at| {
        let flipped = (0..8).map(move |bit| {
            let mut variant = octets.to_vec();
            variant[at] ^= 1 << bit;
            variant
        });
        let mut shorter = octets.to_vec();
        let octet = shorter.remove(at);
        let mut longer = octets.to_vec();
        longer.insert(at, octet);
        flipped.chain([shorter, longer])
    })
}

/// Counts the accepted variants.
fn accepted(document: &[u8], document_type: DocumentType, key: &VerifyingKey) -> usize {
    let read = |octets: &[u8]| Unverified::parse(octets, document_type, &Limits::default());
    let signed = read(document).unwrap();
    let leaf = signed.leaf().map(<[u8]>::to_vec);
    let signed = signed.verify(key).unwrap();
    let mut accepted = 0;
    for variant in variants(document) {
        let Ok(unverified) = read(&variant) else {
            continue;
        };
        let other_leaf = unverified.leaf() != leaf.as_deref();
        let Ok(verified) = unverified.verify(key) else {
            continue;
        };
        accepted += 1;
        assert_eq!(verified.canonical_octets(), signed.canonical_octets());
        assert_eq!(verified.fields(), signed.fields());
        // Nothing but the unsigned leaf and the white space in tags is free.
        let squeezed = |octets: &[u8]| {
            let solid = octets.iter().filter(|octet| **octet != b' ');
            solid.copied().collect::<Vec<_>>()
        };
        assert!(
            other_leaf || squeezed(&variant) == squeezed(document),
            "{}",
            String::from_utf8_lossy(&variant)
        );
    }
    accepted
}

#[test]
fn no_changed_octet_brings_other_content() {
    let key = Key::p256();
    let leaf = chain(&key).leaf;
    let document = signed(DocumentType::M2mmObj, &key, &[]);
    // A second space in a tag is the same document.
    assert!(accepted(&document, DocumentType::M2mmObj, &key.verifying()) > 0);
    // The leaf is not signed; it is judged by its chain, before `verify`.
    let document = signed(DocumentType::Decision, &key, &leaf);
    assert!(accepted(&document, DocumentType::Decision, &key.verifying()) > leaf.len());
}

#[test]
fn no_changed_octet_brings_other_content_with_rsa() {
    let key = Key::rsa();
    let document = signed(DocumentType::Outcome, &key, &[]);
    assert!(accepted(&document, DocumentType::Outcome, &key.verifying()) > 0);
}

#[test]
fn no_changed_octet_of_a_detached_signature_counts() {
    let key = Key::p256();
    let document = b"<wap-provisioningdoc/>";
    let signature = sign_detached(document, BootstrapType::Xml, &key, b"leaf").unwrap();
    for variant in variants(&signature) {
        let read =
            UnverifiedDetached::parse(&variant, document, BootstrapType::Xml, &Limits::default());
        let Ok(read) = read else { continue };
        let (leaf, spaced) = (read.leaf().to_vec(), variant.len() > signature.len());
        if read.verify(&key.verifying()).is_ok() {
            let text = String::from_utf8_lossy(&variant);
            assert!(leaf != b"leaf" || spaced, "{text}");
        }
    }
}
