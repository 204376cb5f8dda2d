//! `rehome syncml` against a real client's messages, `wbxml2xml` and
//! `xml2wbxml`, and what it refuses.

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use syncml::infoset::{Content, Element};
use syncml::{Limits, xml};

const SAMPLES: [(&str, &str); 4] = [
    ("libdmclient-package1", "SyncML 1.2"),
    ("libdmclient-package3", "SyncML 1.2"),
    ("tnds-bootstrap", "SyncML 1.2"),
    ("client-provisioning", "PROV 1.0"),
];

fn sample(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../vectors/oma-dm")
        .join(name)
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// Runs `rehome syncml` with this on its standard input.
fn run(arguments: &[&str], input: &[u8]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_rehome"))
        .arg("syncml")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    let writer = std::thread::spawn(move || {
        // It may have been refused before it was read.
        let _ = stdin.write_all(&input);
    });
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    output
}

fn ok(arguments: &[&str], input: &[u8]) -> Vec<u8> {
    let ran = run(arguments, input);
    let error = String::from_utf8_lossy(&ran.stderr);
    assert_eq!(ran.status.code(), Some(0), "{arguments:?}: {error}");
    ran.stdout
}

fn ok_text(arguments: &[&str], input: &[u8]) -> String {
    String::from_utf8(ok(arguments, input)).unwrap()
}

/// The message of a refusal, before which nothing was printed.
fn refused(arguments: &[&str], input: &[u8]) -> String {
    let ran = run(arguments, input);
    let error = String::from_utf8(ran.stderr).unwrap();
    assert_eq!(ran.status.code(), Some(1), "{arguments:?}: {error}");
    assert!(ran.stdout.is_empty(), "{arguments:?}");
    error
}

/// A document without what libwbxml changes: blanks around texts, the media
/// types of trees.
fn tree(octets: &[u8]) -> Element {
    fn compared(element: &mut Element) {
        let is_type = element.name == "Type";
        for content in &mut element.content {
            match content {
                Content::Element(child) => compared(child),
                Content::Text(text) if is_type => *text = text.trim().replace("+wbxml", "+xml"),
                Content::Text(text) => *text = text.trim().to_owned(),
                Content::Opaque(_) => {}
            }
        }
    }
    let limits = Limits::default();
    let mut root = xml::read_tree(octets, &limits)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(octets)));
    compared(&mut root);
    root
}

fn tool(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path)
        .map(|dir| dir.join(name))
        .find(|file| file.is_file());
    let must = std::env::var_os("CI").is_some_and(|ci| ci == "true");
    assert!(
        found.is_some() || !must,
        "{name} is not on PATH, and CI=true allows no skipping"
    );
    if found.is_none() {
        eprintln!(
            "\n*** SKIPPED: syncml: {name} is not on PATH (apt-get install libwbxml2-utils) ***\n"
        );
    }
    found
}

fn convert(program: &Path, arguments: &[&str], input: &[u8]) -> Vec<u8> {
    let dir = tempfile::tempdir().unwrap();
    let (from, to) = (dir.path().join("from"), dir.path().join("to"));
    fs::write(&from, input).unwrap();
    let ran = Command::new(program)
        .args(arguments)
        .arg("-o")
        .args([&to, &from])
        .output()
        .unwrap();
    let error = String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success(), "{program:?}: {error}");
    fs::read(&to).unwrap()
}

#[test]
fn what_is_encoded_is_what_wbxml2xml_reads() {
    let Some(wbxml2xml) = tool("wbxml2xml") else {
        return;
    };
    for (name, _) in SAMPLES {
        let file = sample(&format!("{name}.xml"));
        let wbxml = ok(&["encode", text(&file)], b"");
        assert_eq!(wbxml[0], 2, "{name}");
        let other = convert(&wbxml2xml, &["-m", "0"], &wbxml);
        assert_eq!(tree(&other), tree(&fs::read(&file).unwrap()), "{name}");
    }
}

#[test]
fn what_xml2wbxml_writes_is_decoded() {
    let Some(xml2wbxml) = tool("xml2wbxml") else {
        return;
    };
    for (name, language) in SAMPLES {
        let original = fs::read_to_string(sample(&format!("{name}.xml"))).unwrap();
        let root = tree(original.as_bytes());
        let who = if language.starts_with("PROV") {
            "WAPFORUM"
        } else {
            "SYNCML"
        };
        let doctype = format!(
            "<?xml version=\"1.0\"?><!DOCTYPE {} PUBLIC \"-//{who}//DTD {language}//EN\" \"x\">",
            root.name
        );
        let start = original.find(&format!("<{}", root.name)).unwrap();
        let document = format!("{doctype}{}", &original[start..]);
        for arguments in [&["-n"][..], &[]] {
            let wbxml = convert(&xml2wbxml, arguments, document.as_bytes());
            let shown = ok(&["decode", "-"], &wbxml);
            assert_eq!(tree(&shown), root, "{name} {arguments:?}");
        }
    }
}

#[test]
fn a_real_clients_wbxml_is_its_xml() {
    for name in ["libdmclient-package1", "libdmclient-package3"] {
        let wbxml = sample(&format!("{name}.wbxml"));
        let shown = ok_text(&["decode", text(&wbxml)], b"");
        assert!(shown.contains("\n    <VerDTD>1.2</VerDTD>\n"), "{shown}");
        let xml = fs::read(sample(&format!("{name}.xml"))).unwrap();
        assert_eq!(tree(shown.as_bytes()), tree(&xml), "{name}");
        let again = ok(&["decode", "--to", "wbxml", text(&wbxml)], b"");
        assert_eq!(again, ok(&["encode", "-"], &xml), "{name}");
    }
}

#[test]
fn json_holds_all_of_a_document() {
    for (name, _) in SAMPLES {
        let file = sample(&format!("{name}.xml"));
        let wbxml = ok(&["encode", text(&file)], b"");
        let json = ok(&["decode", "--to", "json", text(&file)], b"");
        assert_eq!(ok(&["encode", "-"], &json), wbxml, "{name}");
        // The document's own root and what WBXML made of it say the same.
        let of_wbxml = ok(&["decode", "--to", "json", "-"], &wbxml);
        assert_eq!(ok(&["encode", "-"], &of_wbxml), wbxml, "{name}");
        let indented = ok(&["decode", text(&file)], b"");
        assert_eq!(ok(&["encode", "--to", "xml", "-"], &json), indented);
        assert_eq!(ok(&["encode", "--to", "xml", text(&file)], b""), indented);
    }
    let root = serde_json::from_slice::<serde_json::Value>(&ok(
        &[
            "decode",
            "--to",
            "json",
            text(&sample("client-provisioning.xml")),
        ],
        b"",
    ))
    .unwrap();
    assert_eq!(root["element"], "wap-provisioningdoc");
    assert_eq!(root["attributes"]["version"], "1.1");
    let parm = &root["children"][0]["children"][0];
    assert_eq!(parm["attributes"]["value"], "Op DM");
    assert!(parm.get("children").is_none() && parm.get("namespace").is_none());
}

/// A message with this in the `Item` of an `Add`.
fn message(item: &str) -> String {
    format!(
        "<SyncML xmlns='SYNCML:SYNCML1.2'><SyncHdr><VerDTD>1.2</VerDTD><VerProto>DM/1.2</VerProto>\
         <SessionID>1</SessionID><MsgID>1</MsgID><Target><LocURI>d</LocURI></Target><Source>\
         <LocURI>s</LocURI></Source></SyncHdr><SyncBody><Add><CmdID>1</CmdID><Item><Target><LocURI>\
         ./A</LocURI></Target>{item}</Item></Add><Final/></SyncBody></SyncML>"
    )
}

fn bin(value: &str) -> String {
    message(&format!(
        "<Meta><Format xmlns='syncml:metinf'>bin</Format></Meta><Data>{value}</Data>"
    ))
}

/// "Format" of SyncML MetaInfo 1.2: octets in WBXML, base64 in XML, though the
/// octets of the second value could be text.
#[test]
fn binary_values_travel_as_octets() {
    let values = [("AP8=", &b"\xc3\x02\x00\xff"[..]), ("aGk=", b"\xc3\x02hi")];
    for (value, opaque) in values {
        let wbxml = ok(&["encode", "-"], bin(value).as_bytes());
        assert!(wbxml.windows(opaque.len()).any(|part| part == opaque));
        let shown = ok_text(&["decode", "-"], &wbxml);
        assert!(shown.contains(&format!("<Data>{value}</Data>")), "{shown}");
        let json = ok_text(&["decode", "--to", "json", "-"], &wbxml);
        let member = format!("\"base64\": \"{value}\"");
        assert!(json.contains(&member), "{json}");
        assert_eq!(ok(&["encode", "-"], json.as_bytes()), wbxml);
        let of_xml = ok_text(&["decode", "--to", "json", "-"], bin(value).as_bytes());
        assert_eq!(of_xml, json);
    }
    let error = refused(&["encode", "-"], bin("*").as_bytes());
    let place = "SyncML/SyncBody/Add/Item/Data is not the base64";
    assert!(error.contains(place), "{error}");
}

#[test]
fn octets_that_no_format_explains_are_for_json() {
    let given = message("<Data>OCTETS</Data>");
    let json = ok_text(&["decode", "--to", "json", "-"], given.as_bytes());
    let json = json.replace("\"text\": \"OCTETS\"", "\"base64\": \"AP8=\"");
    let wbxml = ok(&["encode", "-"], json.as_bytes());
    let error = refused(&["decode", "-"], &wbxml);
    assert!(
        error.contains("SyncML/SyncBody/Add/Item/Data has octets"),
        "{error}"
    );
    assert_eq!(ok_text(&["decode", "--to", "json", "-"], &wbxml), json);
}

/// Markup that no language with tokens has is text in WBXML.
#[test]
fn foreign_markup_in_data_is_kept() {
    let given = message("<Data>1 &lt; <Firmware xmlns='urn:x' v='2'>x</Firmware></Data>");
    let wbxml = ok(&["encode", "-"], given.as_bytes());
    let root = tree(&ok(&["decode", "-"], &wbxml));
    let mut item = &root;
    for name in ["SyncBody", "Add", "Item", "Data"] {
        item = item.child(name).unwrap();
    }
    assert_eq!(
        item.text(),
        "1 &lt; <Firmware xmlns=\"urn:x\" v=\"2\">x</Firmware>"
    );
    let json = ok_text(&["decode", "--to", "json", "-"], given.as_bytes());
    assert!(json.contains("\"1 < \",\n"), "mixed content: {json}");
    assert_eq!(ok(&["encode", "-"], json.as_bytes()), wbxml);
}

#[test]
fn hexadecimal_text_goes_in_and_out() {
    let file = sample("libdmclient-package1.wbxml");
    let octets = fs::read(&file).unwrap();
    let hex = ok_text(&["decode", "--to", "wbxml", "--hex", text(&file)], b"");
    assert!(
        hex.starts_with("02a4016a00") && hex.ends_with('\n'),
        "{hex}"
    );
    let spaced = hex.replace("a4", " A4\n");
    let shown = ok(&["decode", "--hex-in", "-"], spaced.as_bytes());
    assert_eq!(shown, ok(&["decode", "-"], &octets));
    let error = refused(&["decode", "--hex-in", "-"], b"02a4 01x");
    assert!(error.contains("standard input: octet 7"), "{error}");
    let error = refused(&["decode", "--hex-in", "-"], b"02a");
    assert!(error.contains("odd number"), "{error}");
    let ran = run(&["decode", "--hex", text(&file)], b"");
    assert_eq!((ran.status.code(), ran.stdout.len()), (Some(2), 0));
}

#[test]
fn secrets_are_masked() {
    let file = sample("libdmclient-package1.wbxml");
    let secret = "ZnVuYW1ib2w6ZnVuYW1ib2w=";
    assert!(ok_text(&["decode", text(&file)], b"").contains(secret));
    for to in ["xml", "json", "wbxml"] {
        let masked = ok(&["decode", "--masked", "--to", to, text(&file)], b"");
        let masked = String::from_utf8_lossy(&masked);
        assert!(
            masked.contains("***") && !masked.contains(secret),
            "{masked}"
        );
    }
    let inbox = sample("tnds-bootstrap.xml");
    let masked = ok_text(&["decode", "--masked", text(&inbox)], b"");
    assert!(masked.contains("<Data>***</Data>"), "{masked}");
    let nonce = bin("AP8=").replace("./A<", "./AAuthData<");
    let masked = ok_text(&["decode", "--masked", "-"], nonce.as_bytes());
    assert!(!masked.contains("AP8="), "{masked}");
    let other = sample("client-provisioning.xml");
    let error = refused(&["decode", "--masked", text(&other)], b"");
    assert!(error.contains("this is wap-provisioningdoc"), "{error}");
}

#[test]
fn a_file_is_made_whole_and_for_its_owner() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("message.wbxml");
    let file = sample("tnds-bootstrap.xml");
    let arguments = ["encode", "--out", text(&out), text(&file)];
    assert!(ok(&arguments, b"").is_empty());
    let octets = fs::read(&out).unwrap();
    assert_eq!(octets, ok(&["encode", text(&file)], b""));
    let mode = fs::metadata(&out).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let error = refused(&arguments, b"");
    assert!(error.contains("can't write"), "{error}");
    let missing = dir.path().join("missing");
    assert!(refused(&["decode", text(&missing)], b"").contains("can't read"));
}

#[test]
fn wrong_documents_are_refused_with_the_place() {
    let wbxml = fs::read(sample("libdmclient-package1.wbxml")).unwrap();
    let cut = &wbxml[..200];
    let deep = |depth: usize| format!("{}{}", "<a>".repeat(depth), "</a>".repeat(depth));
    // A name out of the string table, of which XML would make another element.
    let literal = b"\x02\xa4\x01\x6a\x04a>b\x00\x04\x00";
    let table: [(&str, &[u8], &str); 12] = [
        ("decode", b"", "standard input: nothing in it"),
        ("decode", b"\x04\x01", "octet 0 is 04"),
        ("decode", cut, "octet 200 in SyncML/Sync"),
        ("decode", b"<SyncML><A></SyncML>", "octet 11 in SyncML/A"),
        ("decode", b"{}", "is JSON, which is for encode"),
        (
            "decode",
            b"\x02\x05\x6a\x00\x45\x01",
            "language that is not known",
        ),
        (
            "decode",
            b"\x02\xa4\x01\x6a\x00\x6d\x3f\x01\x01",
            "in SyncML",
        ),
        ("decode", literal, "a name that XML does not allow"),
        ("encode", &wbxml, "WBXML already"),
        ("encode", b"<a/>", "a has no WBXML"),
        (
            "encode",
            b"<SyncML><SyncBody><Put2/></SyncBody></SyncML>",
            "SyncML/SyncBody/Put2: ",
        ),
        (
            "encode",
            b"<wap-provisioningdoc><parm size='1'/></wap-provisioningdoc>",
            "wap-provisioningdoc/parm: size has no token",
        ),
    ];
    for (verb, input, part) in table {
        let error = refused(&[verb, "-"], input);
        assert!(error.contains(part), "{part}: {error}");
    }
    let error = refused(&["decode", "-"], deep(61).as_bytes());
    assert!(error.contains("depth of elements"), "{error}");
    let json = ok(&["decode", "--to", "json", "-"], deep(60).as_bytes());
    assert_eq!(
        ok(&["encode", "--to", "xml", "-"], &json),
        ok(&["decode", "-"], deep(60).as_bytes())
    );
}

#[test]
fn wrong_json_is_refused_with_the_place() {
    let table = [
        ("{\"element\":", "line 1 column 11"),
        ("{\"element\":\"a\",\"more\":1}", "unknown field `more`"),
        (
            "{\"text\":\"a\"}",
            "an object without \"element\" in the document",
        ),
        (
            "{\"element\":\"a\",\"children\":[{\"element\":\"b\",\"text\":\"\",\"base64\":\"\"}]}",
            "a/b has more than one of",
        ),
        (
            "{\"element\":\"a\",\"children\":[{\"namespace\":\"x\"}]}",
            "without \"element\" in a",
        ),
        (
            "{\"element\":\"a\",\"children\":[1]}",
            "an element or a text",
        ),
        ("{\"element\":\"a\",\"base64\":\"AP8\"}", "a has no base64"),
        ("{\"element\":\"a\",\"text\":\"\\u0001\"}", "a has U+0001"),
        (
            "{\"element\":\"a\",\"attributes\":{\"b\":\"1\",\"b\":\"2\"}}",
            "attribute b twice",
        ),
        ("{\"element\":\"a b\"}", "a name that XML does not allow"),
        ("{\"element\":\"a\"} x", "trailing characters"),
    ];
    for (input, part) in table {
        let error = refused(&["encode", "--to", "xml", "-"], input.as_bytes());
        assert!(error.contains(part), "{part}: {error}");
    }
    let deep = format!("{}1", "{\"element\":\"a\",\"children\":[".repeat(200));
    let error = refused(&["encode", "-"], deep.as_bytes());
    assert!(error.contains("recursion limit"), "{error}");
}

#[test]
fn sixteen_mebibytes_are_the_most() {
    let file = tempfile::NamedTempFile::new().unwrap();
    file.as_file().set_len((16 << 20) + 1).unwrap();
    for verb in ["decode", "encode"] {
        let error = refused(&[verb, text(file.path())], b"");
        assert!(error.contains("is longer than 16777216 octets"), "{error}");
    }
}
