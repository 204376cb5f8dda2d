//! The TLV payloads of section 2, against octets written by hand from the
//! table there.

use aka::{Amf, AuthenticationVector, Rand, Sqn};
use data_encoding::HEXLOWER;
use provisioning::payload::{AlgorithmId, Credentials, Mcim, MilenageKeys, SubscriberKeys};
use serde::Deserialize;

/// `tag | length u16 BE | value`.
fn field(tag: u8, value: &[u8]) -> Vec<u8> {
    [
        &[tag],
        &u16::try_from(value.len()).unwrap().to_be_bytes()[..],
        value,
    ]
    .concat()
}

const TRE_ID: &[u8] = b"urn:x-rehome:tre:acme:000102030405060708090a0b0c0d0e0f";

fn binding() -> Vec<Vec<u8>> {
    vec![
        field(1, TRE_ID),
        field(2, &[0x22; 16]),
        field(3, &[0x33; 32]),
        field(4, b"001-02"),
    ]
}

fn mcim() -> Vec<Vec<u8>> {
    let mut fields = binding();
    fields.extend([
        field(0x10, &[0x10; 16]),
        field(0x11, b"001020000000001"),
        field(0x12, &[0x12; 16]),
        field(0x13, &[1]),
        field(0x14, &[0x14; 16]),
        field(0x17, &[0, 0, 2, 0x58]),
        field(0x18, &[0, 0, 1, 0x2c]),
    ]);
    fields
}

fn credentials() -> Vec<Vec<u8>> {
    let mut fields = binding();
    fields.extend([
        field(0x20, &[0x20; 16]),
        field(0x21, b"user"),
        field(0x22, b"password"),
        field(0x23, b"dpf"),
        field(0x24, b"secret"),
        field(0x25, &[0x25; 16]),
        field(0x26, &[0x26; 16]),
        field(0x27, &[0x27; 32]),
    ]);
    fields
}

#[test]
fn an_mcim_reads_and_writes_as_the_table_says() {
    let octets = mcim().concat();
    let read = Mcim::decode(&octets).unwrap();
    assert_eq!(read.binding.tre_id.as_str().as_bytes(), TRE_ID);
    assert_eq!(read.imsi.digits(), "001020000000001");
    assert_eq!((read.t_attach, read.t_ack), (600, 300));
    assert!(read.encode().unwrap().expose() == &octets);
}

#[test]
fn credentials_read_and_write_as_the_table_says() {
    let octets = credentials().concat();
    let read = Credentials::decode(&octets).unwrap();
    assert_eq!(
        (read.user.as_str(), read.server_id.as_str()),
        ("user", "dpf")
    );
    assert!(read.encode().unwrap().expose() == &octets);
}

#[test]
fn every_field_is_needed_and_none_may_come_twice_or_late() {
    for (fields, decode) in lists() {
        for at in 0..fields.len() {
            let without: Vec<u8> = fields
                .iter()
                .enumerate()
                .filter(|(i, _)| *i != at)
                .flat_map(|(_, f)| f.clone())
                .collect();
            assert!(decode(&without).is_err(), "without field {at}");
            let mut twice = fields.clone();
            twice.insert(at, fields[at].clone());
            assert!(decode(&twice.concat()).is_err(), "field {at} twice");
            if at > 0 {
                let mut swapped = fields.clone();
                swapped.swap(at, at - 1);
                assert!(decode(&swapped.concat()).is_err(), "field {at} early");
            }
        }
    }
}

#[test]
fn unknown_fields_below_80_are_refused_and_others_skipped() {
    for (fields, decode) in lists() {
        let mut known = fields.clone();
        known.push(field(0x7f, b"x"));
        assert!(decode(&known.concat()).is_err());
        let mut later = fields;
        later.push(field(0x80, b"x"));
        assert!(decode(&later.concat()).is_ok());
    }
}

#[test]
fn every_truncation_is_refused() {
    for (fields, decode) in lists() {
        let octets = fields.concat();
        for end in 0..octets.len() {
            assert!(decode(&octets[..end]).is_err(), "{end} octets");
        }
    }
}

#[test]
fn other_algorithms_are_unsupported_and_wrong_lengths_refused() {
    let with = |tag: u8, value: &[u8]| {
        let fields: Vec<Vec<u8>> = mcim()
            .into_iter()
            .map(|old| {
                if old[0] == tag {
                    field(tag, value)
                } else {
                    old
                }
            })
            .collect();
        Mcim::decode(&fields.concat())
            .map(drop)
            .unwrap_err()
            .reason()
            .code()
            .to_owned()
    };
    assert_eq!(with(0x13, &[3]), "algorithm-unsupported");
    assert_eq!(with(0x13, &[9]), "algorithm-unsupported");
    for (tag, value) in [
        (0x01, &b"urn:x-rehome:tre:acme:00"[..]),
        (0x02, &[0; 15][..]),
        (0x03, &[0; 31][..]),
        (0x04, &b"001-1"[..]),
        (0x10, &[0; 17][..]),
        (0x11, &b"0010x"[..]),
        (0x12, &[0; 15][..]),
        (0x14, &[0; 17][..]),
        (0x17, &[0; 3][..]),
    ] {
        assert!(!with(tag, value).is_empty(), "{tag:02x}");
    }
}

#[test]
fn an_operators_own_constants_are_taken_and_colliding_ones_refused() {
    let mut standard = vec![64, 0, 32, 64, 96];
    for c in [0u8, 1, 2, 4, 8] {
        standard.extend([0; 15]);
        standard.push(c);
    }
    let with = |constants: &[u8]| {
        let mut fields = mcim();
        fields.insert(9, field(0x15, constants));
        Mcim::decode(&fields.concat())
    };
    let own = with(&standard).unwrap();
    assert!(matches!(
        &own.keys,
        SubscriberKeys::Milenage(MilenageKeys {
            constants: Some(_),
            ..
        })
    ));
    assert_eq!(own.keys.id(), AlgorithmId::Milenage);
    let mut colliding = standard.clone();
    colliding[2] = 0;
    colliding[5 + 2 * 16 + 15] = 1;
    assert!(with(&colliding).is_err());
    assert!(with(&standard[..84]).is_err());
}

#[derive(Deserialize)]
struct Vectors {
    vectors: Vec<Vector>,
    refused: Vec<Refused>,
}

#[derive(Deserialize)]
struct Vector {
    name: String,
    alg: String,
    imsi: String,
    rand: String,
    sqn: String,
    amf: String,
    autn: String,
    xres: String,
    payload: String,
}

#[derive(Deserialize)]
struct Refused {
    name: String,
    code: String,
    payload: String,
}

fn model() -> Vectors {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../vectors/payload.json");
    serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap()
}

fn octets(hex: &str) -> Vec<u8> {
    HEXLOWER.decode(hex.as_bytes()).unwrap()
}

/// `vectors/payload.json`: the octets, and what a USIM makes of a challenge with
/// what is in them.
#[test]
fn the_models_payloads_read_write_and_authenticate() {
    let vectors = model().vectors;
    for vector in &vectors {
        let payload = octets(&vector.payload);
        let read = Mcim::decode(&payload).unwrap();
        assert!(
            read.encode().unwrap().expose() == &payload,
            "{}",
            vector.name
        );
        assert_eq!(read.imsi.digits(), vector.imsi);
        let id = match vector.alg.as_str() {
            "tuak" => AlgorithmId::Tuak,
            _ => AlgorithmId::Milenage,
        };
        assert_eq!(read.keys.id(), id, "{}", vector.name);
        let sqn: [u8; 6] = octets(&vector.sqn).try_into().unwrap();
        let made = AuthenticationVector::new(
            &read.keys.algorithm().unwrap(),
            Rand(octets(&vector.rand).try_into().unwrap()),
            Sqn::from_octets(sqn),
            Amf(octets(&vector.amf).try_into().unwrap()),
        );
        assert_eq!(
            made.autn.0.to_vec(),
            octets(&vector.autn),
            "{}",
            vector.name
        );
        assert!(
            made.xres.expose() == octets(&vector.xres),
            "{}",
            vector.name
        );
    }
    assert_eq!(vectors.len(), 19);
}

#[test]
fn what_the_model_refuses_is_refused_with_its_code() {
    let refused = model().refused;
    for row in &refused {
        let reason = Mcim::decode(&octets(&row.payload))
            .map(drop)
            .unwrap_err()
            .reason();
        assert_eq!(reason.code(), row.code, "{}", row.name);
    }
    assert_eq!(refused.len(), 21);
}

type Decode = fn(&[u8]) -> Result<(), provisioning::ProvisioningError>;

fn lists() -> [(Vec<Vec<u8>>, Decode); 2] {
    [
        (mcim(), |octets| Mcim::decode(octets).map(drop)),
        (credentials(), |octets| {
            Credentials::decode(octets).map(drop)
        }),
    ]
}
