//! Our client reads what Debian's `openssl ocsp` answers to our requests
//! (`-reqin`, `-respout`), nonce included. It goes by the machine's clock.

use std::time::Duration;

use trust::ocsp::{
    Answer, CertId, CertificateStatus, Check, ExpectedNonce, IssuerHash, Nonce, Request,
};
use trust::{Certificate, Revocation, RevocationReason, TimePolicy};

use crate::support::at;
use crate::support::ocsp::{code, nonce};
use crate::support::program::OpenSsl;

const PROFILE: &str = "\
[ca]
basicConstraints = critical,CA:TRUE,pathlen:0
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
[server]
keyUsage = critical,digitalSignature
extendedKeyUsage = serverAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
subjectAltName = DNS:dm.example.test
[ocsp]
keyUsage = critical,digitalSignature
extendedKeyUsage = OCSPSigning
noCheck = ignored
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
";

const P256: &str = "-algorithm EC -pkeyopt ec_paramgen_curve:P-256";

struct Theirs {
    openssl: OpenSsl,
    ca: Certificate,
    server: Certificate,
}

impl Theirs {
    /// `digest` signs certificates: the one of the kind of key, as our profile
    /// has it.
    fn new(test: &str, algorithm: &str, digest: &str) -> Option<Self> {
        let openssl = OpenSsl::new(test)?;
        openssl.write("profile.cnf", PROFILE);
        let run = |line: &str| openssl.run(&line.split(' ').collect::<Vec<_>>()).unwrap();
        for name in ["ca", "server", "ocsp"] {
            run(&format!("genpkey {algorithm} -out {name}.key"));
            run(&format!(
                "req -new -key {name}.key -subj /CN={name} -out {name}.csr -config /dev/null"
            ));
        }
        run(&format!(
            "x509 -req -in ca.csr -key ca.key -{digest} -days 100 -extfile profile.cnf \
             -extensions ca -out ca.pem"
        ));
        for (name, serial) in [("server", "0x1000"), ("ocsp", "0x1001")] {
            run(&format!(
                "x509 -req -in {name}.csr -CA ca.pem -CAkey ca.key -set_serial {serial} -{digest} \
                 -days 90 -extfile profile.cnf -extensions {name} -out {name}.pem"
            ));
        }
        for name in ["ca", "server"] {
            run(&format!("x509 -in {name}.pem -outform DER -out {name}.der"));
        }
        let read = |name| Certificate::from_der(&openssl.read(name)).unwrap();
        let (ca, server) = (read("ca.der"), read("server.der"));
        Some(Self {
            openssl,
            ca,
            server,
        })
    }

    /// The answer to our request, by the issuer or its delegate. `state` is the
    /// first three fields of the index.
    fn answer(&self, request: &Request, signer: &str, state: Option<&str>, more: &str) -> Vec<u8> {
        let line = state.map(|state| format!("{state}\t1000\tunknown\t/CN=server\n"));
        self.openssl.write("index.txt", line.unwrap_or_default());
        self.openssl.write("request.der", request.to_der().unwrap());
        let line = format!(
            "ocsp -index index.txt -CA ca.pem -rsigner {signer}.pem -rkey {signer}.key \
             -reqin request.der -respout answer.der {more}"
        );
        let line: Vec<_> = line.split_whitespace().collect();
        self.openssl.run(&line).unwrap();
        self.openssl.read("answer.der")
    }

    fn request(&self, hash: IssuerHash, nonce: Option<&Nonce>) -> Request {
        let id = CertId::new(&self.ca, self.server.serial(), hash).unwrap();
        Request::new(id, nonce.cloned())
    }

    /// Below the floor of its certificate's first second: dates of now.
    fn read(&self, der: &[u8], nonce: ExpectedNonce<'_>) -> Result<Answer, trust::TrustError> {
        let check = Check {
            certificate: &self.server,
            issuer: &self.ca,
            nonce,
            time: TimePolicy::Floor(self.server.not_before()),
            tolerance: Duration::ZERO,
            round_trip: Duration::from_secs(1),
        };
        Answer::verify(der, &check)
    }
}

const VALID: &str = "V\t350101000000Z\t";
const REVOKED: &str = "R\t350101000000Z\t260501120000Z,keyCompromise";

#[test]
fn its_answers_are_read_by_either_hash_signer_and_kind_of_key() {
    let since = Revocation {
        at: at("2026-05-01T12:00:00Z"),
        reason: Some(RevocationReason::KeyCompromise),
    };
    for (name, algorithm) in [
        ("ec", P256),
        ("ec384", "-algorithm EC -pkeyopt ec_paramgen_curve:P-384"),
        ("rsa", "-algorithm RSA -pkeyopt rsa_keygen_bits:3072"),
    ] {
        let digest = if name == "ec384" { "sha384" } else { "sha256" };
        let test = format!("ocsp-responder-{name}");
        let Some(theirs) = Theirs::new(&test, algorithm, digest) else {
            return;
        };
        let digest = format!("-rmd {digest}");
        let ours = nonce(1);
        for hash in [IssuerHash::Sha1, IssuerHash::Sha256] {
            for signer in ["ca", "ocsp"] {
                let request = theirs.request(hash, Some(&ours));
                for (state, status) in [
                    (Some(VALID), CertificateStatus::Good),
                    (Some(REVOKED), CertificateStatus::Revoked(since)),
                    (None, CertificateStatus::Unknown),
                ] {
                    let der = theirs.answer(&request, signer, state, &digest);
                    let answer = theirs.read(&der, ExpectedNonce::Required(&ours)).unwrap();
                    assert_eq!(answer.status(), status, "{name} {signer} {hash:?}");
                    assert_eq!(answer.is_delegated(), signer == "ocsp");
                    let time = answer.time().unwrap();
                    assert!(time.earliest() >= theirs.server.not_before());
                }
            }
        }
    }
}

#[test]
fn its_nonces_are_compared() {
    let Some(theirs) = Theirs::new("ocsp-nonces", P256, "sha256") else {
        return;
    };
    let (ours, other) = (nonce(1), nonce(2));
    let der = theirs.answer(
        &theirs.request(IssuerHash::Sha1, Some(&other)),
        "ocsp",
        Some(VALID),
        "",
    );
    let verdict = theirs.read(&der, ExpectedNonce::Required(&ours));
    assert_eq!(code(verdict), Some("ocsp-nonce-wrong"));
    let plain = theirs.request(IssuerHash::Sha1, None);
    let der = theirs.answer(&plain, "ocsp", Some(VALID), "-nmin 5");
    let verdict = theirs.read(&der, ExpectedNonce::Required(&ours));
    assert_eq!(code(verdict), Some("ocsp-nonce-missing"));
    let answer = theirs.read(&der, ExpectedNonce::IfRepeated(&ours)).unwrap();
    assert_eq!(answer.time(), None);
    let five_minutes = answer.next_update().unwrap().since(answer.this_update());
    assert_eq!(five_minutes, Duration::from_secs(300));
    // Without -nmin it tells no end.
    let der = theirs.answer(&plain, "ocsp", Some(VALID), "");
    let verdict = theirs.read(&der, ExpectedNonce::NotAsked);
    assert_eq!(code(verdict), Some("ocsp-answer-endless"));
    // Signed by a certificate that is not for it.
    let der = theirs.answer(&plain, "server", Some(VALID), "-nmin 5");
    let verdict = theirs.read(&der, ExpectedNonce::NotAsked);
    assert_eq!(code(verdict), Some("ocsp-responder-wrong"));
}

#[test]
fn it_reads_our_requests() {
    let Some(theirs) = Theirs::new("ocsp-request", P256, "sha256") else {
        return;
    };
    let request = theirs.request(IssuerHash::Sha256, Some(&nonce(1)));
    theirs
        .openssl
        .write("request.der", request.to_der().unwrap());
    let text = theirs
        .openssl
        .run(&["ocsp", "-reqin", "request.der", "-req_text"])
        .unwrap();
    assert!(text.contains("Hash Algorithm: sha256"), "{text}");
    assert!(text.contains("Serial Number: 1000"), "{text}");
    assert!(text.contains("0420015A5A5A"), "{text}");
    // And we read the one that it makes.
    let made = "ocsp -issuer ca.pem -cert server.pem -reqout theirs.der";
    theirs
        .openssl
        .run(&made.split(' ').collect::<Vec<_>>())
        .unwrap();
    let read = Request::from_der(&theirs.openssl.read("theirs.der")).unwrap();
    assert!(read.certificates()[0].names(&theirs.server, &theirs.ca));
    assert_eq!(read.nonce().map(|nonce| nonce.octets().len()), Some(16));
}
