//! OpenSSL's program reads what we make: WK by `openssl cms -decrypt`, requests
//! by `openssl req -verify`. Where the program is missing these tests fail
//! under `CI=true`; elsewhere they say what they skipped.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use openssl::hash::{MessageDigest, hash};
use openssl::sign::Signer;
use openssl::symm::{Cipher, Crypter, Mode};
use tre::envelope::{Content, ContentTag};
use tre::{KeyUse, Recipient, Suite, certificate_request, envelope};

use crate::request::{cert_tre, tre_id};
use crate::support::{Certificate, KINDS, SUITES, SplitMix, backend, key, pkey};

/// The program `name` on `path`. Missing, it is an error under CI, and `None`
/// for a developer without it.
fn find(name: &str, path: Option<&OsStr>, ci: Option<&OsStr>) -> Result<Option<PathBuf>, String> {
    let found = path
        .into_iter()
        .flat_map(std::env::split_paths)
        .map(|dir| dir.join(name))
        .find(|file| file.is_file());
    match found {
        Some(file) => Ok(Some(file)),
        None if ci == Some(OsStr::new("true")) => Err(format!("{name} is missing from PATH")),
        None => Ok(None),
    }
}

fn program(test: &str) -> Option<PathBuf> {
    let (path, ci) = (std::env::var_os("PATH"), std::env::var_os("CI"));
    let found = find("openssl", path.as_deref(), ci.as_deref()).unwrap();
    if found.is_none() {
        eprintln!("SKIPPED: {test}: no openssl on PATH; apt-get install openssl");
    }
    found
}

#[test]
fn a_missing_program_fails_under_ci_and_is_skipped_elsewhere() {
    let empty = directory("empty-path");
    let ci = |value: &'static str| Some(OsStr::new(value));
    for path in [None, Some(OsStr::new("")), Some(empty.as_os_str())] {
        assert!(find("openssl", path, ci("true")).is_err());
        assert_eq!(find("openssl", path, None), Ok(None));
        assert_eq!(find("openssl", path, ci("")), Ok(None));
    }
    let file = empty.join("openssl");
    fs::write(&file, "").unwrap();
    for ci in [ci("true"), None] {
        let path = Some(empty.as_os_str());
        assert_eq!(find("openssl", path, ci), Ok(Some(file.clone())));
    }
}

/// An empty directory of the test's own.
fn directory(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("tre-{name}"));
    if path.exists() {
        fs::remove_dir_all(&path).unwrap();
    }
    fs::create_dir_all(&path).unwrap();
    path
}

fn run(program: &Path, dir: &Path, arguments: &[&str]) -> Output {
    let output = Command::new(program)
        .args(arguments)
        .current_dir(dir)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "openssl {arguments:?}: {said}");
    output
}

/// HMAC with `pik` over what section 2 names, by libcrypto.
fn mac(suite: Suite, pik: &[u8], wrapped: &[u8], protected: &[u8]) -> Vec<u8> {
    let key = openssl::pkey::PKey::hmac(pik).unwrap();
    let (digest, head) = match suite {
        Suite::One => (MessageDigest::sha1(), Vec::new()),
        Suite::Two => {
            let digest = hash(MessageDigest::sha256(), wrapped).unwrap();
            (MessageDigest::sha256(), [&[2u8][..], &digest].concat())
        }
    };
    let mut signer = Signer::new(digest, &key).unwrap();
    signer.update(&head).unwrap();
    signer.update(protected).unwrap();
    signer.sign_to_vec().unwrap()
}

fn cbc(mode: Mode, pck: &[u8], iv: &[u8], input: &[u8]) -> Vec<u8> {
    let cipher = match pck.len() {
        16 => Cipher::aes_128_cbc(),
        _ => Cipher::aes_256_cbc(),
    };
    let mut crypter = Crypter::new(cipher, mode, pck, Some(iv)).unwrap();
    crypter.pad(false);
    let mut out = vec![0; input.len() + 16];
    let length = crypter.update(input, &mut out).unwrap();
    out.truncate(length);
    out
}

const LENGTHS: [(Suite, usize, usize); 2] = [(Suite::One, 20, 16), (Suite::Two, 32, 32)];

/// tag 01, payload "IMSI and K", version 7, padded to 32.
const DATA: &[u8; 32] = b"\x01\x00\x00\x00\x0aIMSI and K\x00\x07\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";

#[test]
fn openssl_opens_our_wrapped_key_and_finds_the_rest_right() {
    let Some(program) = program("openssl cms -decrypt of WK") else {
        return;
    };
    for kind in KINDS {
        let dir = directory(&format!("decrypt-{kind:?}"));
        let key = key(kind);
        let certificate = Certificate::of(&key).identified().build();
        fs::write(dir.join("cert.pem"), certificate.to_pem().unwrap()).unwrap();
        let pem = pkey(&key).private_key_to_pem_pkcs8().unwrap();
        fs::write(dir.join("key.pem"), pem).unwrap();
        let recipient = Recipient::from_certificate(&certificate.to_der().unwrap()).unwrap();
        for (suite, pik, pck) in LENGTHS {
            let content = Content {
                tag: ContentTag::Mcim,
                version: 7,
                payload: b"IMSI and K",
            };
            let octets = envelope::seal(&recipient, suite, &content, &mut SplitMix(21)).unwrap();
            let wrapped = envelope::wrapped_key(&octets).unwrap();
            fs::write(dir.join("wk.der"), wrapped).unwrap();
            let arguments = "cms -decrypt -binary -inform DER -in wk.der -inkey key.pem";
            let mut arguments: Vec<&str> = arguments.split(' ').collect();
            arguments.extend(["-recip", "cert.pem"]);
            let keys = run(&program, &dir, &arguments).stdout;
            assert_eq!(keys.len(), pik + pck, "{kind:?} {suite:?}");

            let (pik, pck) = keys.split_at(pik);
            let rest = &octets[1 + wrapped.len()..];
            let (protected, tag) = rest.split_at(rest.len() - pik.len());
            assert_eq!(mac(suite, pik, wrapped, protected), tag);
            let (iv, ct) = protected.split_at(16);
            assert_eq!(cbc(Mode::Decrypt, pck, iv, ct), DATA);
        }
    }
}

#[test]
fn we_open_what_openssl_wrapped() {
    let Some(program) = program("openssl cms -encrypt of WK") else {
        return;
    };
    for kind in KINDS {
        let dir = directory(&format!("encrypt-{kind:?}"));
        let key = key(kind);
        let certificate = Certificate::of(&key).identified().build();
        fs::write(dir.join("cert.pem"), certificate.to_pem().unwrap()).unwrap();
        let recipient = Recipient::from_certificate(&certificate.to_der().unwrap()).unwrap();
        for (suite, pik, pck) in LENGTHS {
            let keys: Vec<u8> = (1..=64).take(pik + pck).collect();
            fs::write(dir.join("keys"), &keys).unwrap();
            let cipher = match suite {
                Suite::One => "-aes-128-cbc",
                Suite::Two => "-aes-256-gcm",
            };
            let arguments = "cms -encrypt -binary -outform DER -keyid -in keys -out wk.der";
            let mut arguments: Vec<&str> = arguments.split(' ').collect();
            arguments.extend([cipher, "-recip", "cert.pem"]);
            arguments.extend(match kind {
                tre::KeyKind::EcP256 => vec!["-keyopt", "ecdh_kdf_md:sha256"],
                tre::KeyKind::Rsa => vec![
                    "-keyopt",
                    "rsa_padding_mode:oaep",
                    "-keyopt",
                    "rsa_oaep_md:sha256",
                ],
            });
            run(&program, &dir, &arguments);
            let wrapped = fs::read(dir.join("wk.der")).unwrap();

            let (pik, pck) = keys.split_at(pik);
            let mut protected = vec![0x1f; 16];
            protected.extend(cbc(Mode::Encrypt, pck, &[0x1f; 16], DATA));
            let tag = mac(suite, pik, &wrapped, &protected);
            let octets = [&[suite.octet()], &wrapped[..], &protected, &tag].concat();
            let mut backend = backend(key.clone());
            let opened =
                envelope::open(&mut backend, &recipient, &octets, &mut SplitMix(1)).unwrap();
            assert_eq!(
                *opened.payload.expose(),
                b"IMSI and K",
                "{kind:?} {suite:?}"
            );
            assert_eq!((opened.tag, opened.version), (ContentTag::Mcim, 7));
        }
    }
    assert_eq!(SUITES.len(), LENGTHS.len());
}

#[test]
fn openssl_verifies_our_requests() {
    let Some(program) = program("openssl req -verify") else {
        return;
    };
    for kind in KINDS {
        let dir = directory(&format!("request-{kind:?}"));
        for (key_use, usage) in [
            (KeyUse::Signature, "Digital Signature"),
            (KeyUse::Envelope, "Key "),
            (KeyUse::Both, "Digital Signature, Key "),
        ] {
            let mut backend = backend(key(kind));
            let request =
                certificate_request(&mut backend, key_use, &tre_id(), &cert_tre()).unwrap();
            fs::write(dir.join("request.der"), request).unwrap();
            let arguments = "req -verify -noout -text -inform DER -in request.der";
            let arguments: Vec<&str> = arguments.split(' ').collect();
            let output = run(&program, &dir, &arguments);
            let text = String::from_utf8_lossy(&output.stdout).into_owned()
                + &String::from_utf8_lossy(&output.stderr);
            assert!(
                !text.contains("verify fail") && !text.contains("verify failure"),
                "{text}"
            );
            assert!(text.contains("verify OK"), "{text}");
            let name = format!("URI:{}", tre_id());
            for expected in [name.as_str(), usage, "1.3.6.1.4.1.32473.7.16", "critical"] {
                assert!(text.contains(expected), "{expected} in {text}");
            }
        }
    }
}
