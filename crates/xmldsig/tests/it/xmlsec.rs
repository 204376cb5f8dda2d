//! Against Debian's xmlsec1: it verifies what we sign, we verify what it signs,
//! and both digest the same octets.

use std::path::Path;
use std::process::Command;

use xmldsig::{
    BootstrapType, DocumentType, Limits, Signer, Unverified, UnverifiedDetached, sign_detached,
};

use crate::programs::{program, run, run_well};
use crate::support::{Chain, Key, Scratch, between, chain, sample, signed};

const BOOTSTRAP: &[u8] =
    b"\xef\xbb\xbf<?xml version='1.0'?>\r\n<wap-provisioningdoc  a='1'/>\r\n\0";

/// `xmlsec1 COMMAND`, told which attribute is the object's Id.
fn xmlsec(program: &Path, command: &str, document_type: DocumentType) -> Command {
    let mut xmlsec = Command::new(program);
    let name = format!(
        "{}:{}",
        document_type.namespace(),
        document_type.object_name()
    );
    xmlsec.arg(command).arg("--id-attr:Id").arg(name);
    xmlsec
}

/// Makes `xmlsec` verify with the pinned key, or through the leaf in the
/// document and its CA.
fn trusting<'c>(
    xmlsec: &'c mut Command,
    scratch: &Scratch,
    key: &Key,
    chain: Option<&Chain>,
) -> &'c mut Command {
    match chain {
        Some(chain) => xmlsec
            .arg("--trusted-pem")
            .arg(scratch.file("ca.pem", &chain.ca_pem)),
        None => xmlsec
            .arg("--pubkey-pem")
            .arg(scratch.file("key.pem", &key.public_pem())),
    }
}

#[test]
fn verifies_our_documents() {
    let Some(program) = program("xmlsec1", "xmlsec1 verifying our documents") else {
        return;
    };
    for key in [Key::p256(), Key::rsa()] {
        let chain = chain(&key);
        for document_type in DocumentType::ALL {
            let scratch = Scratch::new();
            let document = signed(document_type, &key, &chain.leaf);
            let chain = document_type.carries_leaf().then_some(&chain);
            let verify = |octets: &[u8]| {
                let mut xmlsec = xmlsec(&program, "--verify", document_type);
                trusting(&mut xmlsec, &scratch, &key, chain);
                run(xmlsec.arg(scratch.file("document.xml", octets)))
            };
            let output = verify(&document);
            let errors = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{document_type:?}: {errors}");
            // So that this test can fail.
            let changed = String::from_utf8(document)
                .unwrap()
                .replace("<Model>A1", "<Model>A2");
            assert!(
                !verify(changed.as_bytes()).status.success(),
                "{document_type:?}"
            );
        }
    }
}

#[test]
fn verifies_our_detached_signatures() {
    let Some(program) = program("xmlsec1", "xmlsec1 verifying our detached signatures") else {
        return;
    };
    for key in [Key::p256(), Key::rsa()] {
        let chain = chain(&key);
        for bootstrap_type in [BootstrapType::Xml, BootstrapType::Wbxml] {
            let scratch = Scratch::new();
            let signature = sign_detached(BOOTSTRAP, bootstrap_type, &key, &chain.leaf).unwrap();
            let verify = |document: &[u8]| {
                let mut xmlsec = Command::new(&program);
                xmlsec.arg("--verify");
                xmlsec.arg(format!("--url-map:{}", bootstrap_type.reference_uri()));
                xmlsec.arg(scratch.file("bootstrap", document));
                trusting(&mut xmlsec, &scratch, &key, Some(&chain));
                run(xmlsec.arg(scratch.file("signature.xml", &signature)))
            };
            let output = verify(BOOTSTRAP);
            let errors = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{bootstrap_type:?}: {errors}");
            assert!(
                !verify(&BOOTSTRAP[1..]).status.success(),
                "{bootstrap_type:?}"
            );
        }
    }
}

/// A signature of our profile with nothing filled in, in the default namespace
/// and with empty-element tags, as other tools write it.
fn template(algorithm: &str, reference: &str, leaf: Option<&[u8]>) -> String {
    let key_info = leaf.map_or_else(String::new, |_| {
        "<KeyInfo><X509Data><X509Certificate/></X509Data></KeyInfo>".to_owned()
    });
    format!(
        "<Signature xmlns=\"http://www.w3.org/2000/09/xmldsig#\"><SignedInfo>\
         <CanonicalizationMethod Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"/>\
         <SignatureMethod Algorithm=\"{algorithm}\"/>{reference}\
         </SignedInfo><SignatureValue/>{key_info}</Signature>"
    )
}

/// A Reference with nothing filled in.
fn reference(uri: &str, transforms: &str) -> String {
    format!(
        "<Reference URI=\"{uri}\">{transforms}\
         <DigestMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\"/>\
         <DigestValue/></Reference>"
    )
}

const EXCLUSIVE: &str = "<Transforms>\
     <Transform Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"/></Transforms>";

/// xmlsec1 writes an XML declaration and breaks base64 into lines, which the
/// profile refuses; neither is part of what is signed.
fn profiled(output: &[u8]) -> Vec<u8> {
    let text = std::str::from_utf8(output).unwrap();
    let text = text.strip_prefix("<?xml version=\"1.0\"?>").unwrap();
    text.replace('\n', "").into_bytes()
}

/// Signs `template` with xmlsec1 and returns it in the profile's form.
fn signed_by_xmlsec(
    mut xmlsec: Command,
    template: &str,
    key: &Key,
    leaf: Option<&[u8]>,
) -> Vec<u8> {
    let scratch = Scratch::new();
    let mut key_files = scratch
        .file("private.pem", &key.private_pem())
        .into_os_string();
    if let Some(leaf) = leaf {
        let leaf = openssl::x509::X509::from_der(leaf)
            .unwrap()
            .to_pem()
            .unwrap();
        key_files.push(",");
        key_files.push(scratch.file("leaf.pem", &leaf));
    }
    xmlsec.arg("--privkey-pem").arg(key_files);
    let output = scratch.file("signed.xml", b"");
    xmlsec.arg("--output").arg(&output);
    run_well(xmlsec.arg(scratch.file("template.xml", template.as_bytes())));
    profiled(&std::fs::read(output).unwrap())
}

#[test]
fn its_documents_verify() {
    let Some(program) = program("xmlsec1", "documents signed by xmlsec1") else {
        return;
    };
    for key in [Key::p256(), Key::rsa()] {
        let chain = chain(&key);
        for document_type in DocumentType::ALL {
            let leaf = document_type
                .carries_leaf()
                .then_some(chain.leaf.as_slice());
            let object = sample(document_type);
            let (root, namespace) = (document_type.root_name(), document_type.namespace());
            let document = format!(
                "<{root} xmlns=\"{namespace}\">{}{}</{root}>",
                String::from_utf8_lossy(object.octets()),
                template(key.algorithm().uri(), &reference("#o", EXCLUSIVE), leaf),
            );
            let xmlsec = xmlsec(&program, "--sign", document_type);
            let document = signed_by_xmlsec(xmlsec, &document, &key, leaf);
            let read = Unverified::parse(&document, document_type, &Limits::default())
                .unwrap_or_else(|e| panic!("{e:?}: {}", String::from_utf8_lossy(&document)));
            assert_eq!(read.leaf(), leaf);
            assert_eq!(read.algorithm(), key.algorithm());
            let verified = read.verify(&key.verifying()).unwrap();
            assert_eq!(verified.canonical_octets(), object.octets());
        }
    }
}

#[test]
fn its_detached_signatures_verify() {
    let Some(program) = program("xmlsec1", "detached signatures by xmlsec1") else {
        return;
    };
    for key in [Key::p256(), Key::rsa()] {
        let leaf = chain(&key).leaf;
        for bootstrap_type in [BootstrapType::Xml, BootstrapType::Wbxml] {
            let scratch = Scratch::new();
            let uri = bootstrap_type.reference_uri();
            let mut xmlsec = Command::new(&program);
            xmlsec.arg("--sign").arg(format!("--url-map:{uri}"));
            xmlsec.arg(scratch.file("bootstrap", BOOTSTRAP));
            let template = template(key.algorithm().uri(), &reference(uri, ""), Some(&leaf));
            let signature = signed_by_xmlsec(xmlsec, &template, &key, Some(&leaf));
            let read = UnverifiedDetached::parse(
                &signature,
                BOOTSTRAP,
                bootstrap_type,
                &Limits::default(),
            )
            .unwrap();
            assert_eq!(read.leaf(), leaf);
            read.verify(&key.verifying()).unwrap();
        }
    }
}

/// The octets that xmlsec1 digests are those that fields are read from, also
/// when the namespace is inherited or declared elsewhere.
#[test]
fn it_digests_our_canonical_octets() {
    let Some(program) = program("xmlsec1", "octets that xmlsec1 digests") else {
        return;
    };
    let key = Key::p256();
    let document = String::from_utf8(signed(DocumentType::M2mmObj, &key, &[])).unwrap();
    let own = "<M2MMobj xmlns=\"urn:x-rehome:m2mmobj:1\" Id=\"o\">";
    let root = "<SignedM2MMobj xmlns=\"urn:x-rehome:m2mmobj:1\">";
    let ds = " xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"";
    let variants = [
        document.clone(),
        document.replace(own, "<M2MMobj Id=\"o\">"),
        document
            .replace(own, "<M2MMobj Id=\"o\"><!---->")
            .replace("<!---->", ""),
        document.replace(root, &root.replace('>', &format!("{ds}>"))),
        document
            .replace(root, &root.replace('>', &format!("{ds}>")))
            .replace(own, "<M2MMobj Id='o'>"),
        document.replace("<Cause></Cause>", "<Cause/>"),
        document.replace("<TreInfo>", "<TreInfo xmlns=\"urn:x-rehome:m2mmobj:1\">"),
    ];
    for variant in variants {
        let scratch = Scratch::new();
        let mut xmlsec = xmlsec(&program, "--verify", DocumentType::M2mmObj);
        trusting(&mut xmlsec, &scratch, &key, None);
        xmlsec.arg("--store-references").arg("--print-debug");
        let output = run_well(xmlsec.arg(scratch.file("document.xml", variant.as_bytes())));
        let shown = String::from_utf8(output.stdout).unwrap();
        let digested = between(
            &shown,
            "== PreDigest data - start buffer:\n",
            "\n== PreDigest data - end buffer",
        );
        let read = Unverified::parse(
            variant.as_bytes(),
            DocumentType::M2mmObj,
            &Limits::default(),
        );
        let verified = read.unwrap().verify(&key.verifying()).unwrap();
        assert_eq!(
            digested.as_bytes(),
            verified.canonical_octets(),
            "{variant}"
        );
    }
}
