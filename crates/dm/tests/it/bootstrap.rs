//! Provisioning documents (OMA Provisioning Content 1.1).

use dm::bootstrap::{
    AuthType, Characteristic, DocumentLimits, Parm, ProvisioningDoc, StoredCertificate,
};
use proptest::prelude::*;

/// A document that libwbxml's tools take in both directions; its README is
/// beside it.
const SAMPLE: &[u8] = include_bytes!("../../../../vectors/oma-dm/client-provisioning.xml");

fn read(text: &str) -> Result<ProvisioningDoc, dm::Error> {
    ProvisioningDoc::read(text.as_bytes(), &DocumentLimits::default())
}

fn wrapped(content: &str) -> ProvisioningDoc {
    read(&format!(
        "<wap-provisioningdoc version=\"1.1\">{content}</wap-provisioningdoc>"
    ))
    .unwrap()
}

fn sample() -> ProvisioningDoc {
    ProvisioningDoc::read(SAMPLE, &DocumentLimits::default()).unwrap()
}

#[test]
fn the_sample_reads_as_it_was_written() {
    let document = sample();
    assert_eq!(document.version.as_deref(), Some("1.1"));
    let types: Vec<&str> = document
        .characteristics
        .iter()
        .map(|characteristic| characteristic.type_.as_str())
        .collect();
    assert_eq!(types, ["BOOTSTRAP", "NAPDEF", "APPLICATION"]);
    let bootstrap = document.one("BOOTSTRAP").unwrap();
    assert_eq!(
        bootstrap.required("PROVURL").unwrap(),
        "http://op.example/prov"
    );

    let naps = document.naps().unwrap();
    let [nap] = naps.as_slice() else {
        panic!("{} access points", naps.len());
    };
    assert_eq!(
        (nap.id.as_str(), nap.name.as_deref()),
        ("NAP1", Some("Internet"))
    );
    assert_eq!(nap.bearers, ["GSM-GPRS"]);
    assert_eq!(nap.address.as_deref(), Some("internet.m2m"));
    assert_eq!(nap.address_type.as_deref(), Some("APN"));
    let [auth] = nap.auth.as_slice() else {
        panic!("{} authentications", nap.auth.len());
    };
    assert_eq!(
        (auth.type_.as_str(), auth.name.as_deref()),
        ("PAP", Some("u"))
    );
    assert_eq!(auth.secret.as_ref().unwrap().expose(), b"p");

    let accounts = document.accounts().unwrap();
    let [account] = accounts.as_slice() else {
        panic!("{} accounts", accounts.len());
    };
    assert_eq!(account.provider_id.as_deref(), Some("com.example.dm"));
    assert_eq!(account.name.as_deref(), Some("Example DM"));
    assert_eq!(account.to_napids, ["NAP1"]);
    assert!(account.to_proxies.is_empty() && account.init);
    let [address] = account.addresses.as_slice() else {
        panic!("{} addresses", account.addresses.len());
    };
    assert_eq!(address.address, "https://dm.example.com/dm");
    assert_eq!(address.port, Some(443));
    let device = account.device.as_ref().unwrap();
    assert_eq!(device.type_, AuthType::Digest);
    assert_eq!(device.name.as_deref(), Some("dev1"));
    assert_eq!(device.secret.as_ref().unwrap().expose(), b"s3cret");
    assert_eq!(device.nonce.as_ref().unwrap().octets(), b"nonce");
    assert_eq!(device.credentials().unwrap().user(), "dev1");
    let server = account.server.as_ref().unwrap();
    assert_eq!(server.name.as_deref(), Some("srv"));
    assert_eq!(server.secret.as_ref().unwrap().expose(), b"srvpwd");
    assert_eq!(server.nonce.as_ref().unwrap().octets(), b"nonce2");
}

#[test]
fn what_is_written_reads_as_the_same() {
    let document = sample();
    let octets = document.write().unwrap();
    let again = ProvisioningDoc::read(&octets, &DocumentLimits::default()).unwrap();
    assert_eq!(again, document);
    assert_eq!(again.write().unwrap(), octets);
}

/// The characteristic of PROTOCOL.md section 5, read through the accessors.
#[test]
fn any_characteristic_can_be_built_and_read() {
    let rehome = Characteristic::new("REHOME")
        .with("FMT", "1")
        .with("TYPE", "change")
        .with("CRED", "a<b>&\"c\"'d'\t\r\n ü")
        .with_flag("INIT")
        .containing(Characteristic::new("X").with("Y", ""));
    let document = ProvisioningDoc::new(vec![rehome]);
    let octets = document.write().unwrap();
    let again = ProvisioningDoc::read(&octets, &DocumentLimits::default()).unwrap();
    assert_eq!(again, document);
    let rehome = again.one("REHOME").unwrap();
    assert_eq!(rehome.required("TYPE").unwrap(), "change");
    assert_eq!(rehome.required("CRED").unwrap(), "a<b>&\"c\"'d'\t\r\n ü");
    assert_eq!(rehome.value("EXPIRES").unwrap(), None);
    assert!(rehome.has("INIT") && !rehome.has("EXPIRES"));
    assert_eq!(rehome.value("INIT").unwrap(), None);
    assert_eq!(
        rehome.all("X").next().unwrap().value("Y").unwrap(),
        Some("")
    );
    for missing in ["EXPIRES", "INIT"] {
        let error = rehome.required(missing).unwrap_err();
        assert_eq!(error.code(), "provisioning-content-wrong");
    }
    assert!(again.one("NAPDEF").is_err());
}

#[test]
fn what_is_there_twice_is_nobodys_guess() {
    let twice = wrapped(
        "<characteristic type=\"A\"><parm name=\"X\" value=\"1\"/><parm name=\"X\"/></characteristic>\
         <characteristic type=\"A\"/>",
    );
    assert!(twice.one("A").is_err());
    let first = twice.all("A").next().unwrap();
    assert!(first.value("X").is_err() && first.required("X").is_err());
    assert_eq!(first.values("X").collect::<Vec<_>>(), ["1"]);
}

#[test]
fn harmless_variety_is_taken() {
    let body = "<characteristic type=\"A\"><parm name=\"N\" value=\"V\"/></characteristic>";
    let plain = wrapped(body);
    for (what, document) in [
        ("declaration", format!("<?xml version=\"1.0\" encoding='utf-8'?><wap-provisioningdoc version=\"1.1\">{body}</wap-provisioningdoc>")),
        ("byte order mark", format!("\u{feff}<wap-provisioningdoc version=\"1.1\">{body}</wap-provisioningdoc>")),
        ("document type", format!("<!DOCTYPE wap-provisioningdoc PUBLIC \"-//WAPFORUM//DTD PROV 1.0//EN\" \"x\"><wap-provisioningdoc version=\"1.1\">{body}</wap-provisioningdoc>")),
        ("comments", format!("<!-- a --><wap-provisioningdoc version=\"1.1\"><!-- b -->{body}</wap-provisioningdoc><!-- c -->\n")),
        ("white space", format!("\r\n<wap-provisioningdoc\n version='1.1' >\t{body} </wap-provisioningdoc >\n")),
        ("namespace", format!("<wap-provisioningdoc xmlns=\"x\" version=\"1.1\">{body}</wap-provisioningdoc>")),
        ("open parm", "<wap-provisioningdoc version=\"1.1\"><characteristic type=\"&#65;\"><parm value=\"&#x56;\" name=\"N\"></parm></characteristic></wap-provisioningdoc>".to_owned()),
    ] {
        assert_eq!(read(&document).unwrap(), plain, "{what}");
    }
}

#[test]
fn other_documents_are_refused() {
    let doc = |content: &str| format!("<wap-provisioningdoc>{content}</wap-provisioningdoc>");
    let entity = "<!DOCTYPE x [<!ENTITY e \"v\">]>";
    let bomb = "<!DOCTYPE x [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\">]>";
    let table = [
        ("nothing", String::new()),
        ("text", "hello".to_owned()),
        ("another root", "<SyncML/>".to_owned()),
        ("root in another case", "<WAP-PROVISIONINGDOC/>".to_owned()),
        ("two roots", format!("{}{}", doc(""), doc(""))),
        ("root in root", doc("<wap-provisioningdoc/>")),
        ("unclosed", "<wap-provisioningdoc>".to_owned()),
        (
            "unclosed inside",
            "<wap-provisioningdoc><characteristic type=\"A\"></wap-provisioningdoc>".to_owned(),
        ),
        ("cut", "<wap-provisioningdoc><characteristic ty".to_owned()),
        (
            "wrong end",
            "<wap-provisioningdoc></characteristic>".to_owned(),
        ),
        ("text inside", doc("text")),
        ("text after", format!("{} x", doc(""))),
        ("CDATA", doc("<![CDATA[x]]>")),
        ("reference between", doc("&#65;")),
        ("processing instruction", doc("<?x y?>")),
        ("internal subset", format!("{entity}{}", doc(""))),
        (
            "entity",
            format!("{entity}{}", doc("<characteristic type=\"&e;\"/>")),
        ),
        (
            "entity bomb",
            format!("{bomb}{}", doc("<characteristic type=\"&b;\"/>")),
        ),
        ("unknown entity", doc("<characteristic type=\"&e;\"/>")),
        ("document type inside", doc("<!DOCTYPE x>")),
        (
            "two document types",
            format!("<!DOCTYPE a><!DOCTYPE b>{}", doc("")),
        ),
        ("XML 1.1", format!("<?xml version=\"1.1\"?>{}", doc(""))),
        (
            "other encoding",
            format!("<?xml version=\"1.0\" encoding=\"latin1\"?>{}", doc("")),
        ),
        (
            "late declaration",
            format!(" <?xml version=\"1.0\"?>{}", doc("")),
        ),
        ("unknown element", doc("<nocharacteristic type=\"A\"/>")),
        ("query", doc("<characteristic-query type=\"A\"/>")),
        ("prefixed element", doc("<p:characteristic type=\"A\"/>")),
        ("no type", doc("<characteristic/>")),
        (
            "no name",
            doc("<characteristic type=\"A\"><parm value=\"v\"/></characteristic>"),
        ),
        ("parm outside", doc("<parm name=\"n\"/>")),
        (
            "element in parm",
            doc(
                "<characteristic type=\"A\"><parm name=\"n\"><parm name=\"m\"/></parm></characteristic>",
            ),
        ),
        (
            "attribute twice",
            doc("<characteristic type=\"A\" type=\"B\"/>"),
        ),
        (
            "unknown attribute",
            doc("<characteristic type=\"A\" x=\"B\"/>"),
        ),
        (
            "many attributes",
            doc("<characteristic type=\"A\" a=\"\" b=\"\" c=\"\" d=\"\" e=\"\"/>"),
        ),
        ("bracket in a value", doc("<characteristic type=\"<\"/>")),
        ("attribute without value", doc("<characteristic type/>")),
        ("control character", doc("<characteristic type=\"\u{1}\"/>")),
        ("control reference", doc("<characteristic type=\"&#1;\"/>")),
        ("null reference", doc("<characteristic type=\"&#0;\"/>")),
        ("bad comment", format!("<!-- a -- b -->{}", doc(""))),
    ];
    for (what, document) in table {
        let error = read(&document).map(|_| ()).unwrap_err();
        assert!(error.code().starts_with("provisioning-document-"), "{what}");
        assert_eq!(error.blame(), dm::Blame::Malformed, "{what}");
    }
    let latin = b"<wap-provisioningdoc><characteristic type=\"\xe4\"/></wap-provisioningdoc>";
    assert!(ProvisioningDoc::read(latin, &DocumentLimits::default()).is_err());
}

#[test]
fn limits_hold_at_their_borders() {
    let limits = DocumentLimits {
        max_octets: 400,
        max_depth: 3,
        max_elements: 6,
    };
    let doc = |content: &str| format!("<wap-provisioningdoc>{content}</wap-provisioningdoc>");
    let nested = |depth: usize| {
        let open = "<characteristic type=\"A\">".repeat(depth);
        doc(&format!("{open}{}", "</characteristic>".repeat(depth)))
    };
    let flat = |count: usize| doc(&"<characteristic type=\"A\"/>".repeat(count));
    let padded = |size: usize| {
        let mut document = doc("");
        document.push_str(&" ".repeat(size - document.len()));
        document
    };
    let outcome = |text: String| ProvisioningDoc::read(text.as_bytes(), &limits);
    for fits in [nested(3), flat(5), padded(400)] {
        assert!(outcome(fits).is_ok());
    }
    for over in [nested(4), flat(6), padded(401)] {
        let error = outcome(over).unwrap_err();
        assert_eq!(error.code(), "provisioning-document-too-large");
    }
    // Within the octets that are allowed, nesting is bounded all the same.
    let deep = "<characteristic type=\"A\">".repeat(2600);
    assert!(read(&format!("<wap-provisioningdoc>{deep}")).is_err());
    let mut inside = Characteristic::new("A");
    for _ in 0..9 {
        inside = Characteristic::new("A").containing(inside);
    }
    assert_eq!(
        ProvisioningDoc::new(vec![inside])
            .write()
            .unwrap_err()
            .code(),
        "dm-misuse"
    );
    let bad = Characteristic::new("\u{0}");
    assert_eq!(
        ProvisioningDoc::new(vec![bad]).write().unwrap_err().code(),
        "dm-misuse"
    );
}

#[test]
fn accounts_that_can_not_be() {
    let account = |content: &str| {
        wrapped(&format!(
            "<characteristic type=\"APPLICATION\"><parm name=\"APPID\" value=\"w7\"/>{content}</characteristic>"
        ))
    };
    let auth = |level: &str, rest: &str| {
        format!(
            "<characteristic type=\"APPAUTH\"><parm name=\"AAUTHLEVEL\" value=\"{level}\"/>{rest}</characteristic>"
        )
    };
    let digest = "<parm name=\"AAUTHTYPE\" value=\"DIGEST\"/>";
    for (what, content) in [
        ("two of one level", format!("{}{}", auth("APPSRV", ""), auth("APPSRV", ""))),
        ("level twice", auth("APPSRV", "<parm name=\"AAUTHLEVEL\" value=\"CLIENT\"/>")),
        ("nonce not base64", auth("CLIENT", &format!("{digest}<parm name=\"AAUTHDATA\" value=\"?\"/>"))),
        ("empty nonce", auth("CLIENT", &format!("{digest}<parm name=\"AAUTHDATA\" value=\"\"/>"))),
        ("address without ADDR", "<characteristic type=\"APPADDR\"/>".to_owned()),
        (
            "port out of range",
            "<characteristic type=\"APPADDR\"><parm name=\"ADDR\" value=\"a\"/><characteristic type=\"PORT\"><parm name=\"PORTNBR\" value=\"65536\"/></characteristic></characteristic>".to_owned(),
        ),
        ("two names", "<parm name=\"NAME\" value=\"a\"/><parm name=\"NAME\" value=\"b\"/>".to_owned()),
        ("two APPIDs", "<parm name=\"APPID\" value=\"w2\"/>".to_owned()),
    ] {
        assert!(account(&content).accounts().is_err(), "{what}");
    }
    // Another application is none of ours, another level neither.
    let other = wrapped(
        "<characteristic type=\"APPLICATION\"><parm name=\"APPID\" value=\"w2\"/></characteristic>",
    );
    assert!(other.accounts().unwrap().is_empty());
    let obex = account(&auth("OBEX", "")).accounts().unwrap();
    assert!(obex[0].device.is_none() && obex[0].server.is_none());
    assert!(!obex[0].init && obex[0].addresses.is_empty());

    // Credentials come of DIGEST and HMAC alone.
    let named = "<parm name=\"AAUTHNAME\" value=\"n\"/><parm name=\"AAUTHSECRET\" value=\"s\"/>";
    let credentials = |rest: &str| {
        let accounts = account(&auth("APPSRV", rest)).accounts().unwrap();
        accounts[0].device.as_ref().unwrap().credentials().map(drop)
    };
    assert!(credentials(&format!("{digest}{named}")).is_ok());
    let hmac = "<parm name=\"AAUTHTYPE\" value=\"HMAC\"/>";
    assert!(credentials(&format!("{hmac}{named}")).is_ok());
    for type_ in ["BASIC", "X509", ""] {
        let type_ = format!("<parm name=\"AAUTHTYPE\" value=\"{type_}\"/>");
        assert_eq!(
            credentials(&format!("{type_}{named}")).unwrap_err().code(),
            "dm-unsupported"
        );
    }
    assert!(credentials(named).is_err());
    assert!(credentials(digest).is_err());
}

#[test]
fn access_points_that_can_not_be() {
    let one = "<characteristic type=\"NAPDEF\"><parm name=\"NAPID\" value=\"1\"/></characteristic>";
    for content in [
        "<characteristic type=\"NAPDEF\"/>".to_owned(),
        format!("{one}{one}"),
        one.replace("/></", "/><parm name=\"NAPID\" value=\"2\"/></"),
        one.replace("/></", "/><characteristic type=\"NAPAUTHINFO\"/></"),
    ] {
        assert!(wrapped(&content).naps().is_err(), "{content}");
    }
    assert_eq!(wrapped(one).naps().unwrap()[0].id, "1");
}

#[test]
fn certificates_are_found_at_their_depths() {
    let certificate =
        |name: &str, value: &str| Characteristic::new(name).with("EncodedCertificate", value);
    let document = |inside| {
        ProvisioningDoc::new(vec![
            Characteristic::new("CertificateStore").containing(inside),
        ])
    };
    let found = document(
        Characteristic::new("ROOT")
            .containing(certificate("AB12", "AAEC"))
            .containing(Characteristic::new("System").containing(certificate("CD", "AA \n EC"))),
    );
    let stored = |store: &[&str], name: &str| StoredCertificate {
        store: store.iter().map(|text| (*text).to_owned()).collect(),
        name: name.to_owned(),
        der: vec![0, 1, 2],
    };
    assert_eq!(
        found.certificates().unwrap(),
        [stored(&["ROOT"], "AB12"), stored(&["ROOT", "System"], "CD")]
    );
    for bad in ["", "?", "AAE", "AAEC="] {
        let document = document(Characteristic::new("ROOT").containing(certificate("AB", bad)));
        assert!(document.certificates().is_err(), "{bad}");
    }
    let outside = Characteristic::new("CertificateStore").with("EncodedCertificate", "AAEC");
    assert!(ProvisioningDoc::new(vec![outside]).certificates().is_err());
    assert!(
        ProvisioningDoc::default()
            .certificates()
            .unwrap()
            .is_empty()
    );
}

#[test]
fn values_do_not_print() {
    let printed = format!("{:?}", sample());
    for secret in ["s3cret", "srvpwd", "internet.m2m"] {
        assert!(!printed.contains(secret));
    }
    assert!(printed.contains("AAUTHSECRET"));
    assert_eq!(Parm::new("N", None).value(), None);
}

fn characteristics() -> impl Strategy<Value = Characteristic> {
    let parm = (
        "[A-Z-]{1,8}",
        prop::option::of("\\PC{0,12}[\t\r\n<>&\"']{0,2}"),
    )
        .prop_map(|(name, value)| Parm::new(name, value));
    let flat = ("\\PC{0,8}", prop::collection::vec(parm, 0..4)).prop_map(|(type_, parms)| {
        let mut characteristic = Characteristic::new(type_);
        characteristic.parms = parms;
        characteristic
    });
    flat.prop_recursive(5, 20, 3, |inner| {
        (inner.clone(), prop::collection::vec(inner, 0..3)).prop_map(|(mut outer, inside)| {
            outer.characteristics = inside;
            outer
        })
    })
}

proptest! {
    #[test]
    fn whatever_is_written_reads_as_the_same(
        characteristics in prop::collection::vec(characteristics(), 0..4)
    ) {
        let document = ProvisioningDoc::new(characteristics);
        if let Ok(octets) = document.write() {
            let again = ProvisioningDoc::read(&octets, &DocumentLimits::default()).unwrap();
            prop_assert_eq!(again, document);
        }
    }

    #[test]
    fn any_octets_end_in_a_document_or_an_error(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..8)
    ) {
        let mut octets = SAMPLE.to_vec();
        for (at, octet) in changes {
            let at = at.index(octets.len());
            octets[at] = octet;
        }
        if let Ok(document) = ProvisioningDoc::read(&octets, &DocumentLimits::default()) {
            let _ = (document.accounts().is_ok(), document.naps().is_ok(), document.certificates().is_ok());
        }
    }
}
