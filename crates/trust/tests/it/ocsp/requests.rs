//! Requests against a second writer, and what is refused (RFC 6960 clause 4.1,
//! RFC 9654 clause 2.1).

use trust::ocsp::{CertId, IssuerHash, Nonce, Request};

use crate::support::der::{extension, sequence, tlv};
use crate::support::ocsp::{
    NONCE, SERIAL, World, cert_id, cert_id_256, code, nonce, nonce_extension,
};
use crate::support::random::Seeded;

/// A request for these CertIDs with these extensions, by the second writer.
fn written(ids: &[Vec<u8>], extensions: &[Vec<u8>]) -> Vec<u8> {
    let singles: Vec<_> = ids
        .iter()
        .map(|id| sequence(std::slice::from_ref(id)))
        .collect();
    let mut parts = vec![sequence(&singles)];
    if !extensions.is_empty() {
        parts.push(tlv(0xa2, &sequence(extensions)));
    }
    sequence(&[sequence(&parts)])
}

fn asked(hash: IssuerHash, nonce: Option<Nonce>) -> Request {
    let world = World::new();
    let id = CertId::new(&world.issuer, world.server.serial(), hash).unwrap();
    Request::new(id, nonce)
}

#[test]
fn a_request_has_the_octets_of_the_second_writer() {
    let world = World::new();
    for (hash, id) in [
        (IssuerHash::Sha1, cert_id(&world.issuer, SERIAL)),
        (IssuerHash::Sha256, cert_id_256(&world.issuer, SERIAL)),
    ] {
        for nonce in [None, Some(nonce(1))] {
            let extensions: Vec<_> = nonce.iter().map(|n| nonce_extension(n.octets())).collect();
            let expected = written(std::slice::from_ref(&id), &extensions);
            let request = asked(hash, nonce);
            assert_eq!(request.to_der(), Ok(expected.clone()));
            assert_eq!(Request::from_der(&expected), Ok(request));
        }
    }
}

#[test]
fn a_path_is_escaped_base64_and_only_for_short_requests() {
    let request = asked(IssuerHash::Sha1, Some(nonce(0xff)));
    let path = request.to_path().unwrap().unwrap();
    assert!(path.len() < 255);
    assert!(!path.contains(['+', '/', '=']), "{path}");
    let bare = path
        .replace("%2B", "+")
        .replace("%2F", "/")
        .replace("%3D", "=");
    let der = data_encoding::BASE64.decode(bare.as_bytes()).unwrap();
    assert_eq!(Ok(der), request.to_der());
    // Senders who escape less, or in lower case, are understood.
    for path in [&bare, &path, &path.to_lowercase_escapes()] {
        assert_eq!(Request::from_path(path), Ok(request.clone()), "{path}");
    }
    let long = asked(IssuerHash::Sha256, Some(Nonce::new(&[7; 128]).unwrap()));
    assert_eq!(long.to_path(), Ok(None));
}

trait Lower {
    fn to_lowercase_escapes(&self) -> String;
}

impl Lower for String {
    fn to_lowercase_escapes(&self) -> String {
        self.replace("%2B", "%2b")
            .replace("%2F", "%2f")
            .replace("%3D", "%3d")
    }
}

#[test]
fn a_wrong_path_is_refused() {
    for path in ["", "%", "%2", "%zz", "MA", "MA==", "MAA%3D%3D", "ä", "+%2B"] {
        let refused = Request::from_path(path);
        assert_eq!(code(refused), Some("ocsp-request-malformed"), "{path}");
    }
    let endless = "A".repeat(40_000);
    let refused = Request::from_path(&endless);
    assert_eq!(code(refused), Some("ocsp-request-malformed"));
}

#[test]
fn a_nonce_has_1_to_128_octets_and_32_by_default() {
    assert_eq!(Nonce::random(&mut Seeded::new(1)).octets().len(), 32);
    let first = Nonce::random(&mut Seeded::new(2));
    assert_ne!(first, Nonce::random(&mut Seeded::new(3)));
    let world = World::new();
    let id = cert_id(&world.issuer, SERIAL);
    for (length, allowed) in [(0, false), (1, true), (15, true), (128, true), (129, false)] {
        let octets = vec![9; length];
        assert_eq!(Nonce::new(&octets).is_ok(), allowed, "{length}");
        let der = written(std::slice::from_ref(&id), &[nonce_extension(&octets)]);
        let read = Request::from_der(&der);
        assert_eq!(read.is_ok(), allowed, "{length}");
        let binds = Nonce::new(&octets).is_ok_and(|nonce| nonce.binds_time());
        assert_eq!(binds, (16..=128).contains(&length), "{length}");
    }
}

#[test]
fn other_forms_are_refused() {
    let world = World::new();
    let id = cert_id(&world.issuer, SERIAL);
    let plain = written(std::slice::from_ref(&id), &[]);
    assert!(Request::from_der(&plain).is_ok());
    let version = |number: u8| {
        let list = sequence(&[sequence(std::slice::from_ref(&id))]);
        sequence(&[sequence(&[tlv(0xa0, &tlv(0x02, &[number])), list])])
    };
    let single = sequence(&[
        id.clone(),
        tlv(0xa0, &sequence(&[nonce_extension(&[1; 16])])),
    ]);
    for (name, der) in [
        ("nothing asked", written(&[], &[])),
        ("v1 written out", version(0)),
        ("v2", version(1)),
        (
            "two nonces",
            written(
                std::slice::from_ref(&id),
                &[nonce_extension(&[1; 16]), nonce_extension(&[2; 16])],
            ),
        ),
        (
            "a nonce that is no octet string",
            written(
                std::slice::from_ref(&id),
                &[extension(NONCE, None, &[1; 16])],
            ),
        ),
        (
            "a nonce inside",
            sequence(&[sequence(&[sequence(&[single])])]),
        ),
        ("one octet more", [plain.clone(), vec![0]].concat()),
        ("too long", written(&vec![id.clone(); 200], &[])),
    ] {
        let refused = Request::from_der(&der);
        assert_eq!(code(refused), Some("ocsp-request-malformed"), "{name}");
    }
    let critical = extension("1.3.6.1.5.5.7.48.1.7", Some(0xff), &[5, 0]);
    let refused = Request::from_der(&written(std::slice::from_ref(&id), &[critical]));
    assert_eq!(code(refused), Some("ocsp-extension-unsupported"));
    let other = extension("1.3.6.1.5.5.7.48.1.7", None, &[5, 0]);
    assert!(Request::from_der(&written(&[id], &[other])).is_ok());
    for length in 0..plain.len() {
        assert!(Request::from_der(&plain[..length]).is_err(), "{length}");
    }
}

#[test]
fn several_certificates_and_unknown_hashes_are_read() {
    let world = World::new();
    let strange = sequence(&[
        crate::support::der::algorithm("2.16.840.1.101.3.4.2.2"),
        tlv(0x04, &[0; 48]),
        tlv(0x04, &[0; 48]),
        tlv(0x02, SERIAL),
    ]);
    let ids = [
        cert_id(&world.issuer, SERIAL),
        cert_id(&world.issuer, &[5]),
        strange,
    ];
    let read = Request::from_der(&written(&ids, &[])).unwrap();
    let [first, second, third] = read.certificates() else {
        panic!("three certificates");
    };
    assert!(first.names(&world.server, &world.issuer));
    assert!(second.is_of_issuer(&world.issuer) && !second.names(&world.server, &world.issuer));
    assert_eq!(second.serial(), [5]);
    assert!(!third.is_of_issuer(&world.issuer));
    assert!(!first.is_of_issuer(&world.server));
}
