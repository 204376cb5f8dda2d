//! What a supplier hands to an operator: sealed for one, signed by the other,
//! and read by the `openssl` program.

use std::fs;
use std::process::Command;

use secret::SecretBytes;
use tokens::{OperatorKeyDir, Protection, SupplierKeyDir, TlsIdentity, handover};
use trust::{Certificate, TimeInterval, TimePolicy};

use crate::support::{TestDir, noon, operator_plan, random, supplier_plan};

const PLAIN: &[u8] = b"tre_id,imsi,k,opc\nwhatever it is, of any length\n";

struct Parties {
    dir: TestDir,
    operator: OperatorKeyDir,
    supplier: SupplierKeyDir,
}

fn parties() -> Parties {
    let dir = TestDir::new();
    let (operator, supplier) = (dir.join("operator"), dir.join("supplier"));
    let (plan, plain) = (operator_plan("001-01"), Protection::Plain);
    OperatorKeyDir::create(&operator, &plan, plain, &mut random(1)).unwrap();
    SupplierKeyDir::create(&supplier, &supplier_plan("acme"), plain, &mut random(2)).unwrap();
    Parties {
        operator: OperatorKeyDir::load(&operator, plain).unwrap(),
        supplier: SupplierKeyDir::load(&supplier, plain).unwrap(),
        dir,
    }
}

fn leaf(der: &[u8]) -> Certificate {
    Certificate::from_der(der).unwrap()
}

fn in_date() -> TimePolicy {
    TimePolicy::Trusted(TimeInterval::exactly(noon()))
}

impl Parties {
    fn seal(&self, signer: &TlsIdentity) -> Vec<u8> {
        let recipient = leaf(&self.operator.encipherment.leaf);
        let plain = SecretBytes::new(PLAIN.to_vec());
        handover::seal(&plain, &recipient, signer, &mut random(3)).unwrap()
    }

    fn open(&self, octets: &[u8], signer: &Certificate) -> Result<Vec<u8>, &'static str> {
        let (pva, own) = (&self.supplier.pva, &self.operator.encipherment);
        handover::open(octets, signer, pva, in_date(), own, &mut random(4))
            .map(|plain| plain.expose().clone())
            .map_err(|error| error.code())
    }
}

#[test]
fn only_the_operator_opens_what_the_supplier_signed() {
    let parties = parties();
    let signer = leaf(&parties.supplier.document.leaf);
    let sealed = parties.seal(&parties.supplier.document);
    assert_eq!(parties.open(&sealed, &signer), Ok(PLAIN.to_vec()));
    // Another operator's key.
    let other = self::parties();
    let foreign = handover::open(
        &sealed,
        &signer,
        &parties.supplier.pva,
        in_date(),
        &other.operator.encipherment,
        &mut random(5),
    );
    assert_eq!(foreign.err().unwrap().code(), "envelope-not-for-this-key");
    // Another supplier's registration.
    let strange = handover::open(
        &sealed,
        &signer,
        &other.supplier.pva,
        in_date(),
        &parties.operator.encipherment,
        &mut random(6),
    );
    assert!(strange.is_err());
}

#[test]
fn a_signature_by_any_other_key_is_refused() {
    let parties = parties();
    let document = leaf(&parties.supplier.document.leaf);
    // The PVA's server key signs, and is not the one for handovers.
    let by_server = parties.seal(&parties.supplier.server);
    assert_eq!(
        parties.open(&by_server, &document),
        Err("handover-signature-invalid")
    );
    let server = leaf(&parties.supplier.server.leaf);
    assert_eq!(
        parties.open(&by_server, &server),
        Err("certificate-purpose-wrong")
    );
    // An operator's leaf for peer documents is no supplier's.
    let by_peer = parties.seal(&parties.operator.peer);
    let peer = leaf(&parties.operator.peer.leaf);
    assert!(parties.open(&by_peer, &peer).is_err());
    assert_eq!(
        parties.open(&by_peer, &document),
        Err("handover-signature-invalid")
    );
}

#[test]
fn no_octet_of_it_can_be_changed() {
    let parties = parties();
    let signer = leaf(&parties.supplier.document.leaf);
    let sealed = parties.seal(&parties.supplier.document);
    let mut refused = 0;
    for at in 0..sealed.len() {
        let mut changed = sealed.clone();
        changed[at] ^= 1;
        match parties.open(&changed, &signer) {
            // What is neither content nor signature: a version, the copy of the
            // leaf inside, which is not used.
            Ok(plain) => assert_eq!(plain, PLAIN, "at {at}"),
            Err(_) => refused += 1,
        }
    }
    assert!(refused > sealed.len() / 3, "{refused} of {}", sealed.len());
    for end in 0..sealed.len() {
        assert!(parties.open(&sealed[..end], &signer).is_err(), "{end}");
    }
}

#[test]
fn the_openssl_program_verifies_and_opens_it() {
    let parties = parties();
    let file = parties.dir.join("handover.cms");
    fs::write(&file, parties.seal(&parties.supplier.document)).unwrap();
    let openssl = |arguments: &[&str]| {
        let mut command = Command::new("openssl");
        command.args(arguments).current_dir(parties.dir.join(""));
        match command.output() {
            Ok(output) => Some(output),
            Err(error) if std::env::var("CI").as_deref() == Ok("true") => {
                panic!("the openssl program is missing: {error}")
            }
            Err(error) => {
                eprintln!("SKIPPED: the openssl program is missing: {error}");
                None
            }
        }
    };
    let verify = [
        "cms",
        "-verify",
        "-inform",
        "DER",
        "-in",
        "handover.cms",
        "-binary",
        "-CAfile",
        "supplier/pva.pem",
        "-purpose",
        "any",
        "-attime",
        "1767268800",
        "-out",
        "sealed.cms",
    ];
    let Some(verified) = openssl(&verify) else {
        return;
    };
    assert!(verified.status.success(), "{verified:?}");
    let decrypt = [
        "cms",
        "-decrypt",
        "-inform",
        "DER",
        "-in",
        "sealed.cms",
        "-binary",
        "-keyform",
        "DER",
        "-inkey",
        "operator/encipherment.key",
        "-recip",
        "operator/encipherment.pem",
        "-out",
        "plain",
    ];
    let opened = openssl(&decrypt).unwrap();
    assert!(opened.status.success(), "{opened:?}");
    assert_eq!(fs::read(parties.dir.join("plain")).unwrap(), PLAIN);
}

/// The other direction: an operator's batch for a supplier.
#[test]
fn only_the_supplier_opens_what_the_operator_signed() {
    let (parties, other) = (parties(), self::parties());
    let own = parties.supplier.encipherment.as_ref().unwrap();
    let signer = &parties.operator.document;
    let plain = SecretBytes::new(PLAIN.to_vec());
    let sealed = handover::seal(&plain, &leaf(&own.leaf), signer, &mut random(3)).unwrap();
    let open = |octets: &[u8], signer: &[u8], operator: &OperatorKeyDir, own| {
        let (signer, anchor) = (leaf(signer), &operator.anchor);
        handover::open_batch(octets, &signer, anchor, in_date(), own, &mut random(4))
            .map(|plain| plain.expose().clone())
            .map_err(|error| error.code())
    };
    let by = &signer.leaf;
    assert_eq!(
        open(&sealed, by, &parties.operator, own),
        Ok(PLAIN.to_vec())
    );
    let strange = other.supplier.encipherment.as_ref().unwrap();
    let refused = open(&sealed, by, &parties.operator, strange);
    assert_eq!(refused, Err("envelope-not-for-this-key"));
    // Another operator of the same name; a leaf of another purpose; another key.
    let refused = open(&sealed, by, &other.operator, own);
    assert_eq!(refused, Err("certificate-chain-invalid"));
    let peer = &parties.operator.peer.leaf;
    let refused = open(&sealed, peer, &parties.operator, own);
    assert_eq!(refused, Err("certificate-purpose-wrong"));
    let recipient = leaf(&own.leaf);
    let forged = handover::seal(&plain, &recipient, &parties.operator.peer, &mut random(3));
    let refused = open(&forged.unwrap(), by, &parties.operator, own);
    assert_eq!(refused, Err("handover-signature-invalid"));
}
