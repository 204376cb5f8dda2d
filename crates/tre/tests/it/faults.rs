//! Envelopes that somebody changed, and backends that fail: what is refused,
//! by which code, and that a secret fault costs the same steps as none.

use clock::Random;
use der::asn1::AnyRef;
use der::{Decode, Tagged};
use openssl::bn::{BigNum, BigNumContext};
use openssl::ec::EcGroup;
use openssl::nid::Nid;
use secret::SecretBytes;
use tre::envelope::{Content, ContentTag, MAX_PAYLOAD};
use tre::{Backend, KeyKind, KeySlot, MemoryBackend, Recipient, Suite, TreError, envelope};

use crate::support::{KINDS, SUITES, SplitMix, backend, code, key};

struct Party {
    backend: MemoryBackend<SplitMix>,
    recipient: Recipient,
    octets: Vec<u8>,
}

impl Party {
    fn new(kind: KeyKind, suite: Suite) -> Self {
        let key = key(kind);
        let recipient = Recipient::from_public_key(key.public_key().as_spki()).unwrap();
        let content = Content {
            tag: ContentTag::Credentials,
            version: 1,
            payload: b"user and password",
        };
        let octets = envelope::seal(&recipient, suite, &content, &mut SplitMix(11)).unwrap();
        Self {
            backend: backend(key),
            recipient,
            octets,
        }
    }

    fn outcome(&mut self, octets: &[u8]) -> &'static str {
        let opened = envelope::open(
            &mut self.backend,
            &self.recipient,
            octets,
            &mut SplitMix(12),
        );
        opened.map_or_else(|error| error.code(), |_| "opened")
    }
}

fn parties() -> impl Iterator<Item = (KeyKind, Suite, Party)> {
    KINDS
        .into_iter()
        .flat_map(|kind| SUITES.map(|suite| (kind, suite, Party::new(kind, suite))))
}

/// Where the values of primitive TLVs lie in `der`, by tag octet.
fn values(der: &[u8], base: usize, found: &mut Vec<(u8, std::ops::Range<usize>)>) {
    let mut at = 0;
    while at < der.len() {
        let header = match der[at + 1] {
            0x81 => 3,
            0x82 => 4,
            _ => 2,
        };
        let length = match header {
            2 => usize::from(der[at + 1]),
            3 => usize::from(der[at + 2]),
            _ => usize::from(u16::from_be_bytes([der[at + 2], der[at + 3]])),
        };
        let value = at + header..at + header + length;
        if der[at] & 0x20 == 0 {
            found.push((der[at], base + value.start..base + value.end));
        } else {
            values(&der[value.clone()], base + value.start, found);
        }
        at = value.end;
    }
}

/// The octets whose meaning only the private key tells: ciphertexts, the GCM
/// nonce and tag, an ephemeral point behind its `04`, and all after WK.
fn is_secret(octets: &[u8], recipient: &Recipient) -> Vec<bool> {
    let wrapped = envelope::wrapped_key(octets).unwrap();
    let mut secret = vec![false; octets.len()];
    secret[1 + wrapped.len()..].fill(true);
    let mut found = Vec::new();
    values(wrapped, 1, &mut found);
    for (tag, range) in found {
        let identifier = octets[range.clone()] == *recipient.identifier().as_octets();
        match tag {
            0x04 | 0x80 if !identifier => secret[range].fill(true),
            // Unused bits and the form of the point come first.
            0x03 => secret[range.start + 2..range.end].fill(true),
            _ => {}
        }
    }
    secret
}

#[test]
fn an_envelope_with_any_octet_changed_does_not_open() {
    let public = [
        "envelope-malformed",
        "envelope-unsupported-suite",
        "envelope-algorithm-refused",
        "envelope-not-for-this-key",
    ];
    for (kind, suite, mut party) in parties() {
        let octets = party.octets.clone();
        assert_eq!(party.outcome(&octets), "opened");
        let secret = is_secret(&octets, &party.recipient);
        assert!(secret.iter().any(|secret| !secret));
        for at in 0..octets.len() {
            for mask in [0x01, 0x80, 0xff] {
                let mut changed = octets.clone();
                changed[at] ^= mask;
                let outcome = party.outcome(&changed);
                if secret[at] {
                    assert_eq!(
                        outcome, "envelope-invalid",
                        "{kind:?} {suite:?} {at} {mask:02x}"
                    );
                } else {
                    // A length that grows or shrinks can move borders, and
                    // then it is the MAC that doesn't fit.
                    let refused = public.contains(&outcome) || outcome == "envelope-invalid";
                    assert!(refused, "{kind:?} {suite:?} {at} {mask:02x}: {outcome}");
                }
            }
        }
    }
}

#[test]
fn an_envelope_cut_or_lengthened_anywhere_does_not_open() {
    for (kind, suite, mut party) in parties() {
        let octets = party.octets.clone();
        let wrapped = envelope::wrapped_key(&octets).unwrap().len();
        for length in 0..octets.len() {
            let outcome = party.outcome(&octets[..length]);
            if length < 1 + wrapped {
                assert_eq!(outcome, "envelope-malformed", "{kind:?} {suite:?} {length}");
            } else {
                assert_ne!(outcome, "opened", "{kind:?} {suite:?} {length}");
            }
        }
        let mut longer = octets.clone();
        for _ in 0..40 {
            longer.push(0);
            assert_ne!(party.outcome(&longer), "opened");
        }
    }
}

#[test]
fn random_changes_never_open_and_never_panic() {
    let seed = 0x7265_686f_6d65;
    println!("seed {seed:#x}");
    let mut random = SplitMix(seed);
    let mut party = Party::new(KeyKind::EcP256, Suite::Two);
    let octets = party.octets.clone();
    for _ in 0..3_000 {
        let mut changed = octets.clone();
        for _ in 0..=random.below(3) {
            let at = random.below(changed.len());
            match random.below(4) {
                0 => changed[at] = random.array::<1>()[0],
                1 => drop(changed.remove(at)),
                2 => changed.insert(at, random.array::<1>()[0]),
                _ => {
                    let to = random.below(changed.len());
                    changed.swap(at, to);
                }
            }
        }
        if changed != octets {
            assert_ne!(party.outcome(&changed), "opened");
        }
    }
}

/// (x, p - y) gives the same shared x-coordinate as (x, y): only suite 2,
/// whose MAC covers WK, sees that the point was exchanged.
#[test]
fn suite_2_notices_a_mirrored_ephemeral_point() {
    let mut party = Party::new(KeyKind::EcP256, Suite::Two);
    let mut octets = party.octets.clone();
    let mut found = Vec::new();
    values(envelope::wrapped_key(&octets).unwrap(), 1, &mut found);
    let (_, range) = found.into_iter().find(|(tag, _)| *tag == 0x03).unwrap();
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
    let mut context = BigNumContext::new().unwrap();
    let (mut p, mut a, mut b) = (
        BigNum::new().unwrap(),
        BigNum::new().unwrap(),
        BigNum::new().unwrap(),
    );
    group
        .components_gfp(&mut p, &mut a, &mut b, &mut context)
        .unwrap();
    let y = BigNum::from_slice(&octets[range.end - 32..range.end]).unwrap();
    let mirrored = (&p - &y).to_vec_padded(32).unwrap();
    octets[range.end - 32..range.end].copy_from_slice(&mirrored);
    assert_eq!(party.outcome(&octets), "envelope-invalid");
}

#[test]
fn the_same_identifier_on_another_key_does_not_open() {
    for (_, _, party) in parties() {
        let other = key(KeyKind::EcP256);
        let spki = other.public_key().as_spki();
        let identifier = party.recipient.identifier().clone();
        let recipient = Recipient::with_identifier(spki, identifier).unwrap();
        let mut other = backend(other);
        let opened = envelope::open(&mut other, &recipient, &party.octets, &mut SplitMix(1));
        let expected = match party.recipient.kind() {
            KeyKind::EcP256 => "envelope-invalid",
            KeyKind::Rsa => "envelope-algorithm-refused",
        };
        assert_eq!(code(opened), expected);
    }
}

#[test]
fn another_key_s_envelope_is_not_for_this_key() {
    for (_, _, party) in parties() {
        let mut other = Party::new(KeyKind::EcP256, Suite::Two);
        assert_eq!(other.outcome(&party.octets), "envelope-not-for-this-key");
    }
}

#[test]
fn a_certificate_of_another_key_is_a_misuse() {
    let party = Party::new(KeyKind::EcP256, Suite::Two);
    let mut other = backend(key(KeyKind::EcP256));
    let opened = envelope::open(
        &mut other,
        &party.recipient,
        &party.octets,
        &mut SplitMix(1),
    );
    assert_eq!(code(opened), "recipient-mismatch");
}

/// Passes everything on, counts key operations, and can fail in their place.
struct Watched {
    inner: MemoryBackend<SplitMix>,
    operations: usize,
    failure: Option<fn() -> TreError>,
}

impl Watched {
    fn operation(
        &mut self,
        run: impl FnOnce(&mut MemoryBackend<SplitMix>) -> Result<SecretBytes, TreError>,
    ) -> Result<SecretBytes, TreError> {
        self.operations += 1;
        match self.failure {
            Some(failure) => Err(failure()),
            None => run(&mut self.inner),
        }
    }
}

impl Backend for Watched {
    fn public_key(&self, slot: KeySlot) -> Result<Vec<u8>, TreError> {
        self.inner.public_key(slot)
    }
    fn sign(&mut self, slot: KeySlot, message: &[u8]) -> Result<Vec<u8>, TreError> {
        self.inner.sign(slot, message)
    }
    fn agree(&mut self, slot: KeySlot, peer_point: &[u8]) -> Result<SecretBytes, TreError> {
        assert_eq!(slot, KeySlot::Envelope);
        self.operation(|inner| inner.agree(slot, peer_point))
    }
    fn oaep_decrypt(&mut self, slot: KeySlot, ciphertext: &[u8]) -> Result<SecretBytes, TreError> {
        assert_eq!(slot, KeySlot::Envelope);
        self.operation(|inner| inner.oaep_decrypt(slot, ciphertext))
    }
    fn seal(&mut self, plaintext: &[u8]) -> Result<Vec<u8>, TreError> {
        self.inner.seal(plaintext)
    }
    fn unseal(&mut self, sealed: &[u8]) -> Result<SecretBytes, TreError> {
        self.inner.unseal(sealed)
    }
    fn counter(&mut self) -> Result<u64, TreError> {
        self.inner.counter()
    }
    fn increment_counter(&mut self) -> Result<u64, TreError> {
        self.inner.increment_counter()
    }
}

struct Counting(SplitMix, usize);

impl Random for Counting {
    fn fill(&mut self, out: &mut [u8]) {
        self.1 += out.len();
        self.0.fill(out);
    }
}

/// Key operations done, random octets drawn, and the outcome.
fn steps(
    backend: MemoryBackend<SplitMix>,
    failure: Option<fn() -> TreError>,
    recipient: &Recipient,
    octets: &[u8],
) -> (usize, usize, &'static str) {
    let mut watched = Watched {
        inner: backend,
        operations: 0,
        failure,
    };
    let mut random = Counting(SplitMix(1), 0);
    let opened = envelope::open(&mut watched, recipient, octets, &mut random);
    let outcome = opened.map_or_else(|error| error.code(), |_| "opened");
    (watched.operations, random.1, outcome)
}

/// The draws stand between the steps, so a path that stopped early would show.
#[test]
fn a_secret_fault_takes_the_same_steps_as_none() {
    for (kind, suite) in KINDS
        .into_iter()
        .flat_map(|kind| SUITES.map(|suite| (kind, suite)))
    {
        let key = key(kind);
        let recipient = Recipient::from_public_key(key.public_key().as_spki()).unwrap();
        let content = Content {
            tag: ContentTag::Mcim,
            version: 1,
            payload: b"payload",
        };
        let octets = envelope::seal(&recipient, suite, &content, &mut SplitMix(2)).unwrap();
        let (operations, draws, outcome) = steps(backend(key.clone()), None, &recipient, &octets);
        assert_eq!((operations, outcome), (1, "opened"));

        let secret = is_secret(&octets, &recipient);
        for at in (0..octets.len()).filter(|at| secret[*at]).step_by(7) {
            let mut changed = octets.clone();
            changed[at] ^= 0x10;
            let taken = steps(backend(key.clone()), None, &recipient, &changed);
            assert_eq!(taken, (1, draws, "envelope-invalid"), "{at}");
        }
        let refuse: fn() -> TreError = || TreError::KeyOperationRefused;
        let taken = steps(backend(key), Some(refuse), &recipient, &octets);
        assert_eq!(taken, (1, draws, "envelope-invalid"));
    }
}

#[test]
fn what_anybody_can_see_is_refused_before_the_key_is_used() {
    for (kind, suite, party) in parties() {
        let octets = &party.octets;
        let wrapped = envelope::wrapped_key(octets).unwrap().len();
        let mut too_long = octets.clone();
        let blocks = vec![0; (MAX_PAYLOAD / 16 + 1) * 16];
        too_long.splice(1 + wrapped + 16..1 + wrapped + 16, blocks);
        let mut other_suite = octets.clone();
        other_suite[0] ^= 3;
        let mut other_identifier = octets.clone();
        let identifier = party.recipient.identifier().as_octets();
        let at = octets
            .windows(20)
            .position(|window| window == identifier)
            .unwrap();
        other_identifier[at] ^= 1;
        for (changed, expected) in [
            (too_long, "envelope-invalid"),
            (other_suite, "envelope-algorithm-refused"),
            (other_identifier, "envelope-not-for-this-key"),
            (octets[..octets.len() - 1].to_vec(), "envelope-malformed"),
        ] {
            let taken = steps(
                Party::new(kind, suite).backend,
                None,
                &party.recipient,
                &changed,
            );
            assert_eq!(taken, (0, 0, expected), "{kind:?} {suite:?}");
        }
    }
}

#[test]
fn a_device_that_fails_says_nothing_about_the_envelope() {
    let broken: fn() -> TreError = || TreError::Device("the bus is gone".into());
    let forbidden: fn() -> TreError = || TreError::KeyOperationUnsupported;
    for (_, _, party) in parties() {
        let Party {
            backend,
            recipient,
            octets,
        } = party;
        let (_, _, outcome) = steps(backend, Some(broken), &recipient, &octets);
        assert_eq!(outcome, "tre-device-failed");
    }
    let Party {
        backend,
        recipient,
        octets,
    } = Party::new(KeyKind::EcP256, Suite::Two);
    let (_, _, outcome) = steps(backend, Some(forbidden), &recipient, &octets);
    assert_eq!(outcome, "key-operation-unsupported");
}

/// A TLV walk of the test's own, checked against the der crate's.
#[test]
fn the_test_s_own_walk_sees_what_der_sees() {
    let party = Party::new(KeyKind::EcP256, Suite::One);
    let wrapped = envelope::wrapped_key(&party.octets).unwrap();
    let mut found = Vec::new();
    values(wrapped, 0, &mut found);
    for (tag, range) in found {
        let header = if range.len() > 127 { 3 } else { 2 };
        let any = AnyRef::from_der(&wrapped[range.start - header..range.end]).unwrap();
        assert_eq!((any.tag().octet(), any.value()), (tag, &wrapped[range]));
    }
}
