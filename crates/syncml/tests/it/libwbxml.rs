//! The WBXML engine against libwbxml's `wbxml2xml` and `xml2wbxml`, both ways:
//! a document of each language in which every token occurs, and generated
//! ones. Infosets are compared, never octets: there is more than one right way
//! to write a document. The XML of the other program is read by `roxmltree`.

use std::path::{Path, PathBuf};
use std::process::Command;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};
use syncml::infoset::{Attribute, Content, Element};
use syncml::{Limits, wbxml, xml};

use super::{generate, vocabulary};

const SEED: [u8; 32] = *b"libwbxml: the same documents all";

/// Documents of generated trees, and of generated messages.
const TREES: usize = 2500;
const MESSAGES: usize = 2500;

/// What is not compared, each with its reason.
const EXCLUSIONS: [(&str, &str); 9] = [
    (
        "blank ends of texts",
        "xml2wbxml drops white space at both ends of a text",
    ),
    (
        "Type +xml and +wbxml",
        "libwbxml rewrites the media type of trees and device information whatever the data is",
    ),
    (
        "octets",
        "wbxml2xml writes OPAQUE data that is no text as it stands, which is no XML",
    ),
    (
        "NextNonce in OPAQUE data",
        "libwbxml takes it for raw octets even where Format is b64",
    ),
    (
        "carriage returns",
        "libwbxml writes them unescaped, so that an XML reader makes line feeds of them",
    ),
    (
        "markup of other vocabularies in Data",
        "it has no tokens; xml2wbxml drops it or fails",
    ),
    (
        "line feeds in Data and in attributes",
        "xml2wbxml makes CRLF of the former, wbxml2xml does not escape the latter",
    ),
    (
        "the namespace of MetInf by itself",
        "libwbxml has no table of namespaces for it",
    ),
    ("depth beyond 60", "libwbxml recurses without a bound"),
];

struct Tools {
    wbxml2xml: PathBuf,
    xml2wbxml: PathBuf,
}

fn tools() -> Option<Tools> {
    let find = |name: &str| {
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
                "\n*** SKIPPED: libwbxml: {name} is not on PATH (apt-get install libwbxml2-utils) ***\n"
            );
        }
        found
    };
    Some(Tools {
        wbxml2xml: find("wbxml2xml")?,
        xml2wbxml: find("xml2wbxml")?,
    })
}

fn run(program: &Path, arguments: &[&str], input: &Path, output: &Path) {
    let _ = std::fs::remove_file(output);
    let ran = Command::new(program)
        .args(arguments)
        .arg("-o")
        .arg(output)
        .arg(input)
        .output()
        .unwrap();
    assert!(
        ran.status.success() && output.is_file(),
        "{program:?} {input:?}: {}",
        String::from_utf8_lossy(&ran.stderr)
    );
}

/// A document as the other program's XML reader would give it.
fn from_roxmltree(text: &str) -> Element {
    fn read(node: roxmltree::Node<'_, '_>) -> Element {
        let name = node.tag_name();
        let mut element = Element::new(name.namespace().unwrap_or(""), name.name());
        for attribute in node.attributes() {
            element.attributes.push(Attribute {
                name: attribute.name().to_owned(),
                value: attribute.value().to_owned(),
            });
        }
        for child in node.children() {
            if child.is_element() {
                element.content.push(Content::Element(read(child)));
            } else if let Some(text) = child.text().filter(|_| child.is_text()) {
                match element.content.last_mut() {
                    Some(Content::Text(before)) => before.push_str(text),
                    _ => element.content.push(Content::Text(text.to_owned())),
                }
            }
        }
        element
    }
    let options = roxmltree::ParsingOptions {
        allow_dtd: true,
        ..roxmltree::ParsingOptions::default()
    };
    let document = roxmltree::Document::parse_with_options(text, options);
    let document = document.unwrap_or_else(|error| panic!("{error}: {text}"));
    read(document.root_element())
}

fn without_namespace(element: &mut Element) {
    element.namespace.clear();
    for content in &mut element.content {
        if let Content::Element(child) = content {
            without_namespace(child);
        }
    }
}

/// `element` without what is excluded.
fn compared(mut element: Element) -> Element {
    if element.name == "MetInf" {
        without_namespace(&mut element);
    }
    let has_children = element.children().next().is_some();
    let mut content = Vec::new();
    for piece in std::mem::take(&mut element.content) {
        match piece {
            Content::Element(child) => content.push(Content::Element(compared(child))),
            Content::Text(text) => {
                let text = text.trim_matches([' ', '\t', '\r', '\n']).to_owned();
                let text = match element.name.as_str() {
                    "Type" => text.replace("+wbxml", "+xml"),
                    _ => text,
                };
                if !text.is_empty() || !has_children && !text.is_empty() {
                    content.push(Content::Text(text));
                }
            }
            Content::Opaque(octets) => content.push(Content::Opaque(octets)),
        }
    }
    element.content = content;
    element
}

/// Where two documents differ first.
fn difference(left: &Element, right: &Element) -> Option<String> {
    let at = |inner: String| Some(format!("{}/{inner}", right.name));
    if (&left.name, &left.namespace) != (&right.name, &right.namespace)
        || left.attributes != right.attributes
        || left.content.len() != right.content.len()
    {
        let brief = |element: &Element| {
            let count = element.content.len();
            let text: String = element.text().chars().take(80).collect();
            format!("{} {:?} {count} {text:?}", element.name, element.attributes)
        };
        return at(format!("{} instead of {}", brief(left), brief(right)));
    }
    left.content
        .iter()
        .zip(&right.content)
        .find_map(|pair| match pair {
            (Content::Element(left), Content::Element(right)) => {
                difference(left, right).and_then(at)
            }
            (left, right) if left == right => None,
            (left, right) => at(format!("{left:?} instead of {right:?}")),
        })
}

fn agree(read: Element, expected: &Element, name: &str, document: &str) {
    if let Some(what) = difference(&compared(read), &compared(expected.clone())) {
        panic!("{name}: {what}\n{document}");
    }
}

/// Our WBXML read by the other program.
fn check_written(tools: &Tools, dir: &Path, name: &str, octets: &[u8], expected: &Element) {
    let (input, output) = (
        dir.join(format!("{name}.wbxml")),
        dir.join(format!("{name}.xml")),
    );
    std::fs::write(&input, octets).unwrap();
    run(&tools.wbxml2xml, &["-m", "0"], &input, &output);
    let text = std::fs::read_to_string(&output).unwrap();
    agree(from_roxmltree(&text), expected, name, &text);
}

/// The other program's WBXML, without and with a string table, read by us.
fn check_read(tools: &Tools, dir: &Path, name: &str, text: &str, expected: &Element) {
    let (input, output) = (
        dir.join(format!("{name}.in.xml")),
        dir.join(format!("{name}.out.wbxml")),
    );
    std::fs::write(&input, text).unwrap();
    for arguments in [&["-n"][..], &[]] {
        run(&tools.xml2wbxml, arguments, &input, &output);
        let octets = std::fs::read(&output).unwrap();
        let read = wbxml::read_tree(&octets, &Limits::default());
        let read = read.unwrap_or_else(|error| panic!("{name}: {error}: {text}"));
        agree(read, expected, name, text);
        if arguments.is_empty() {
            break;
        }
    }
}

fn check(tools: &Tools, dir: &Path, name: &str, root: &Element) {
    check_written(tools, dir, name, &wbxml::write_tree(root).unwrap(), root);
    let text = xml::write_tree(root).unwrap();
    let doctype = vocabulary::doctype(&root.name);
    check_read(
        tools,
        dir,
        name,
        &format!("<?xml version=\"1.0\"?>{doctype}{text}"),
        root,
    );
}

#[test]
fn every_exclusion_has_its_reason() {
    for (what, why) in EXCLUSIONS {
        assert!(!what.is_empty() && why.len() > 20, "{what}");
    }
}

#[test]
fn every_token_means_the_same_to_libwbxml() {
    let Some(tools) = tools() else { return };
    let dir = tempfile::tempdir().unwrap();
    for root in vocabulary::whole_languages() {
        check(&tools, dir.path(), &root.name, &root);
    }
}

/// Runs `each` for the cases of `strategy` on two threads.
fn for_each<S>(strategy: &S, cases: usize, each: impl Fn(&Path, &str, S::Value) + Sync)
where
    S: Strategy,
    S::Value: Send,
{
    println!("seed {}", String::from_utf8_lossy(&SEED));
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &SEED);
    let mut runner = TestRunner::new_with_rng(ProptestConfig::default(), rng);
    let values: Vec<_> = (0..cases)
        .map(|_| strategy.new_tree(&mut runner).unwrap().current())
        .collect();
    let mut halves = [Vec::new(), Vec::new()];
    for (at, value) in values.into_iter().enumerate() {
        halves[at % 2].push((at, value));
    }
    std::thread::scope(|scope| {
        for half in halves {
            scope.spawn(|| {
                let dir = tempfile::tempdir().unwrap();
                for (at, value) in half {
                    each(dir.path(), &format!("case {at}"), value);
                }
            });
        }
    });
}

#[test]
fn generated_trees_mean_the_same_to_libwbxml() {
    let Some(tools) = tools() else { return };
    for_each(&vocabulary::tree(), TREES, |dir, name, root| {
        check(&tools, dir, name, &root);
    });
}

#[test]
fn generated_messages_mean_the_same_to_libwbxml() {
    let Some(tools) = tools() else { return };
    for_each(&generate::message(), MESSAGES, |dir, name, message| {
        let Some(message) = vocabulary::comparable(message) else {
            return;
        };
        let text = xml::encode(&message).unwrap();
        let expected = from_roxmltree(std::str::from_utf8(&text).unwrap());
        let octets = wbxml::encode(&message).unwrap();
        check_written(&tools, dir, name, &octets, &expected);
        let text = String::from_utf8(text).unwrap();
        check_read(&tools, dir, name, &text, &expected);
    });
}
