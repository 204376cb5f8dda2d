//! vectors/envelope.json: envelopes by a model in another language, from the
//! clauses alone. Its README says how that was checked.

use openssl::bn::BigNum;
use openssl::x509::X509;
use serde_json::Value;
use tre::envelope::{Content, ContentTag};
use tre::{Backend, KeyKind, Recipient, SoftwareKey, Suite, envelope};

use crate::support::{Script, SplitMix, backend};

const RSA_MODULUS: usize = 384;

fn vectors() -> Value {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../vectors/envelope.json");
    serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap()
}

fn rows(vectors: &Value, name: &str) -> Vec<Value> {
    vectors[name].as_array().unwrap().clone()
}

fn hex(value: &Value) -> Vec<u8> {
    let text = value.as_str().unwrap();
    data_encoding::HEXLOWER.decode(text.as_bytes()).unwrap()
}

fn octets_of(row: &Value) -> Vec<u8> {
    match row["envelope_base64"].as_str() {
        Some(text) => data_encoding::BASE64.decode(text.as_bytes()).unwrap(),
        None => hex(&row["envelope_hex"]),
    }
}

fn payload_of(row: &Value) -> Vec<u8> {
    match row["payload_length"].as_u64() {
        Some(length) => hex(&row["payload_repeat"]).repeat(length.try_into().unwrap()),
        None => hex(&row["payload_hex"]),
    }
}

fn number<T: TryFrom<u64>>(row: &Value, name: &str) -> T
where
    T::Error: std::fmt::Debug,
{
    T::try_from(row[name].as_u64().unwrap()).unwrap()
}

fn suite_of(row: &Value) -> Suite {
    Suite::from_octet(number(row, "suite")).unwrap()
}

fn party(vectors: &Value, row: &Value) -> (impl Backend, Recipient) {
    let key = &vectors["keys"][row["key"].as_str().unwrap()];
    let pem = |name: &str| key[name].as_str().unwrap().as_bytes().to_vec();
    let private = SoftwareKey::from_pem(&pem("private_key_pkcs8_pem")).unwrap();
    let certificate = X509::from_pem(&pem("certificate_pem")).unwrap();
    let recipient = Recipient::from_certificate(&certificate.to_der().unwrap()).unwrap();
    (backend(private), recipient)
}

#[test]
fn what_the_model_sealed_opens() {
    let vectors = vectors();
    let positive = rows(&vectors, "positive");
    assert!(positive.len() >= 60, "{} rows", positive.len());
    for row in &positive {
        let (mut backend, recipient) = party(&vectors, row);
        let octets = octets_of(row);
        let opened = envelope::open(&mut backend, &recipient, &octets, &mut SplitMix(1))
            .unwrap_or_else(|error| panic!("{}: {error}", row["name"]));
        assert_eq!(opened.suite, suite_of(row), "{}", row["name"]);
        assert_eq!(
            opened.tag.octet(),
            number::<u8>(row, "tag"),
            "{}",
            row["name"]
        );
        assert_eq!(
            opened.version,
            number::<u16>(row, "version"),
            "{}",
            row["name"]
        );
        assert!(
            *opened.payload.expose() == payload_of(row),
            "{}",
            row["name"]
        );
    }
}

#[test]
fn what_the_model_refuses_is_refused_for_the_same_reason() {
    let vectors = vectors();
    let negative = rows(&vectors, "negative");
    assert!(negative.len() >= 600, "{} rows", negative.len());
    let mut wrong = Vec::new();
    for row in &negative {
        let (mut backend, recipient) = party(&vectors, row);
        let octets = octets_of(row);
        let outcome = envelope::open(&mut backend, &recipient, &octets, &mut SplitMix(1));
        let code = outcome.map_or_else(|error| error.code(), |_| "opened");
        if row["code"] != code {
            wrong.push(format!("{}: {code}, not {}", row["name"], row["code"]));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// The octets that [`envelope::seal`] draws, in its documented order. The
/// ephemeral key is the candidate plus one (FIPS 186-5 A.2.2).
fn draws(row: &Value) -> Script {
    let mut octets = Vec::new();
    for value in [
        &row["pik_hex"],
        &row["pck_hex"],
        &row["iv_hex"],
        &row["steps"]["cek_hex"],
        wrapping_iv(row),
    ] {
        octets.extend(hex(value));
    }
    if row["ephemeral"].is_object() {
        let mut scalar = BigNum::from_slice(&hex(&row["ephemeral"]["private_hex"])).unwrap();
        scalar.sub_word(1).unwrap();
        octets.extend(scalar.to_vec_padded(32).unwrap());
    }
    Script(octets)
}

fn wrapping_iv(row: &Value) -> &Value {
    let steps = &row["steps"];
    steps.get("wk_iv_hex").unwrap_or(&steps["wk_nonce_hex"])
}

fn seal_as(vectors: &Value, row: &Value) -> (Vec<u8>, Recipient) {
    let (_, recipient) = party(vectors, row);
    let payload = payload_of(row);
    let content = Content {
        tag: ContentTag::from_octet(number(row, "tag")).unwrap(),
        version: number(row, "version"),
        payload: &payload,
    };
    let mut script = draws(row);
    let sealed = envelope::seal(&recipient, suite_of(row), &content, &mut script).unwrap();
    assert!(script.0.is_empty(), "{}: draws left over", row["name"]);
    (sealed, recipient)
}

/// Rows whose sender's secrets are known, and whose parameters are spelt as we
/// spell them.
fn reproducible(vectors: &Value, kind: KeyKind) -> Vec<Value> {
    let mut rows = rows(vectors, "positive");
    rows.retain(|row| {
        row["steps"].is_object()
            && party(vectors, row).1.kind() == kind
            && !row["name"].as_str().unwrap().contains("without-null")
    });
    rows
}

#[test]
fn sealing_for_an_ec_key_makes_the_model_s_octets() {
    let vectors = vectors();
    let rows = reproducible(&vectors, KeyKind::EcP256);
    assert!(rows.len() >= 20, "{} rows", rows.len());
    for row in rows {
        let (sealed, _) = seal_as(&vectors, &row);
        assert!(sealed == octets_of(&row), "{}", row["name"]);
    }
}

/// OAEP draws its seed inside libcrypto, so the encrypted key differs, and in
/// suite 2 the MAC, which covers it.
#[test]
fn sealing_for_an_rsa_key_makes_the_model_s_octets_but_for_the_seed() {
    let vectors = vectors();
    let rows = reproducible(&vectors, KeyKind::Rsa);
    assert!(rows.len() >= 20, "{} rows", rows.len());
    for row in rows {
        let (mut sealed, _) = seal_as(&vectors, &row);
        let mut expected = octets_of(&row);
        assert_eq!(sealed.len(), expected.len(), "{}", row["name"]);
        let header = [0x04, 0x82, 0x01, 0x80];
        let at = sealed
            .windows(4)
            .position(|window| window == header)
            .unwrap()
            + 4;
        let mac = if suite_of(&row) == Suite::Two { 32 } else { 0 };
        for octets in [&mut sealed, &mut expected] {
            octets[at..at + RSA_MODULUS].fill(0);
            let end = octets.len();
            octets[end - mac..].fill(0);
        }
        assert!(sealed == expected, "{}", row["name"]);
    }
}
