//! What servers say in the model's tests, and how it is made up.

use std::fmt;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

/// Format, type and octets of a leaf.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Content {
    pub(crate) format: String,
    pub(crate) type_: Option<String>,
    pub(crate) data: Vec<u8>,
}

impl Content {
    pub(crate) fn new(format: &str, type_: Option<&str>, data: &[u8]) -> Self {
        Self {
            format: format.to_owned(),
            type_: type_.map(str::to_owned),
            data: data.to_vec(),
        }
    }

    pub(crate) fn size(&self) -> usize {
        self.data.len()
    }

    /// With the type that a server names where its owner does not (TND
    /// 7.7.7.1); the text here is plain.
    pub(crate) fn named(&self) -> Self {
        let mut content = self.clone();
        if content.format != "null" {
            content.type_.get_or_insert_with(|| "text/plain".to_owned());
        }
        content
    }
}

/// Short, for the story of a failure.
impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (format, type_) = (&self.format, &self.type_);
        match self.size() {
            size @ LONG.. => write!(f, "{format} {type_:?} of {size}"),
            _ => write!(f, "{format} {type_:?} {}", self.data.escape_ascii()),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// With the management object identifier.
    Interior(Option<String>),
    Leaf(Content),
}

/// Targets are as written, with their queries.
#[derive(Clone, Debug)]
pub(crate) enum Op {
    Get(String),
    Add(String, Kind),
    Replace(String, Content),
    Copy(String, String),
    Delete(String),
    Sequence(Vec<Op>),
    Atomic(Vec<Op>),
}

impl Op {
    /// Octets of what it carries, without tags.
    pub(crate) fn weight(&self) -> usize {
        match self {
            Self::Get(at) | Self::Delete(at) => at.len(),
            Self::Add(at, Kind::Interior(_)) => at.len(),
            Self::Add(at, Kind::Leaf(content)) | Self::Replace(at, content) => {
                at.len() + content.size()
            }
            Self::Copy(from, to) => from.len() + to.len(),
            Self::Sequence(inside) | Self::Atomic(inside) => inside.iter().map(Self::weight).sum(),
        }
    }
}

/// One session: who, how, and the commands of each package.
#[derive(Clone, Debug)]
pub(crate) struct Meeting {
    pub(crate) by: &'static str,
    pub(crate) wbxml: bool,
    /// MaxMsgSize of the device, of the server.
    pub(crate) sizes: (Option<u64>, Option<u64>),
    pub(crate) packages: Vec<Vec<Op>>,
}

/// Two servers of a device, in turns.
#[derive(Clone, Debug)]
pub(crate) struct Story {
    pub(crate) implicit: bool,
    pub(crate) crowded: bool,
    pub(crate) meetings: Vec<Meeting>,
}

pub(crate) const SMALL: u64 = 3500;
/// Fits into no small message, alone or with others.
pub(crate) const LONG: usize = 4000;
/// Fits into a message and not into a leaf.
pub(crate) const HUGE: usize = 7000;

pub(crate) const PLACES: &[&str] = &[
    ".",
    "./A",
    "./A/x",
    "./A/B",
    "./A/B/y",
    "./A/B/own",
    "./A/kept",
    "./A/hidden",
    "./A/old",
    "./P",
    "./P/fixed",
    "./P/n",
    "./P/lock",
    "./P/lock/k",
    "./R",
    "./R/v",
    "./DevInfo/Mod",
];
const ABOVE: &[&str] = &[
    ".", "./A", "./A/B", "./P", "./P/lock", "./R", "./A/x", "./Z", "./A/Z",
];
const NAMES: &[&str] = &["x", "y", "z", "B", "Z", "own", "n"];
const ODD: &[&str] = &[
    "A/x",
    "A",
    "./A/x?prop",
    "./A?what=x",
    "./A?prop=Colour",
    "./None?list=Everything",
];
const ACLS: &[&str] = &[
    "",
    "Get=*",
    "Add=a+b&Delete=a&Get=*&Replace=a",
    "Replace=b&Get=b",
    "Get=*&Replace=*&Delete=*",
    "Add=*&Get=*",
    "Add=*&Delete=a&Get=*&Replace=a+b",
    "Get=b+a+b&Exec=c",
    "Get=a+*",
    "Get=",
    "Copy=*",
    "nonsense",
    "Get=*&Get=a",
    "Get=a b",
];
const TITLES: &[&str] = &["", "A title", "<&>\u{e9}"];
const NEW_NAMES: &[&str] = &["x", "z", "B", "Q", "a b", "", "..", "a/b", "q?r"];

fn content() -> impl Strategy<Value = Content> {
    let rows = [
        Content::new("chr", Some("text/plain"), b"one"),
        Content::new("chr", Some("text/plain"), b""),
        Content::new("chr", None, b"two"),
        Content::new("chr", Some("text/x"), "<&> \u{e9}\u{20ac} ]]>".as_bytes()),
        Content::new("int", Some("text/plain"), b"-7"),
        Content::new("bool", Some("text/plain"), b"true"),
        Content::new("null", None, b""),
        Content::new("xml", Some("text/xml"), b"<a b='c'>1</a>"),
        Content::new("bin", Some("application/octet-stream"), &[0, 255, 1]),
        Content::new("bin", Some("image/x"), b""),
        Content::new("chr", Some("text/plain"), &[b'l'; LONG]),
        Content::new("bin", Some("image/x"), &[0xb5; LONG]),
        Content::new("chr", Some("text/plain"), &[b'h'; HUGE]),
    ];
    select(rows.to_vec())
}

fn at() -> impl Strategy<Value = String> {
    let place = || select(PLACES).prop_map(str::to_owned);
    let below = (select(ABOVE), select(NAMES)).prop_map(|(above, name)| format!("{above}/{name}"));
    let deeper = (select(ABOVE), select(NAMES), select(NAMES))
        .prop_map(|(above, name, last)| format!("{above}/{name}/{last}"));
    prop_oneof![
        12 => place(),
        8 => below,
        3 => deeper,
        1 => select(ODD).prop_map(str::to_owned),
    ]
}

/// A node with what follows `?`.
fn part(key: &'static str, names: &'static [&'static str]) -> impl Strategy<Value = String> {
    (at(), select(names)).prop_map(move |(at, name)| match at.contains('?') {
        true => at,
        false => format!("{at}?{key}={name}"),
    })
}

fn set(name: &'static [&'static str], texts: &'static [&'static str]) -> impl Strategy<Value = Op> {
    (part("prop", name), select(texts))
        .prop_map(|(at, text)| Op::Replace(at, Content::new("chr", None, text.as_bytes())))
}

fn change() -> impl Strategy<Value = Op> {
    let types = select(vec![None, Some("urn:x:mo".to_owned())]);
    prop_oneof![
        5 => (at(), content()).prop_map(|(at, new)| Op::Add(at, Kind::Leaf(new))),
        3 => (at(), types).prop_map(|(at, type_)| Op::Add(at, Kind::Interior(type_))),
        5 => (at(), content()).prop_map(|(at, new)| Op::Replace(at, new)),
        4 => set(&["ACL"], ACLS),
        3 => set(&["Name"], NEW_NAMES),
        1 => set(&["Title"], TITLES),
        1 => set(&["Size", "Format", "VerNo", "TStamp", "Type"], &["1"]),
        3 => at().prop_map(Op::Delete),
        3 => (at(), at()).prop_map(|(from, to)| Op::Copy(from, to)),
        1 => (at(), part("prop", &["Title"])).prop_map(|(from, to)| Op::Copy(from, to)),
        1 => part("prop", &["ACL"]).prop_map(Op::Delete),
    ]
}

fn read() -> impl Strategy<Value = Op> {
    const PROPERTIES: &[&str] = &[
        "ACL", "Format", "Name", "Size", "Title", "TStamp", "Type", "VerNo",
    ];
    prop_oneof![
        3 => at().prop_map(Op::Get),
        3 => part("prop", PROPERTIES).prop_map(Op::Get),
        2 => part("list", &["Struct", "StructData"]).prop_map(Op::Get),
    ]
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        8 => change(),
        5 => read(),
        2 => vec(prop_oneof![change(), read()], 1..4).prop_map(Op::Sequence),
        3 => vec(change(), 1..4).prop_map(Op::Atomic),
    ]
}

fn meeting() -> impl Strategy<Value = Meeting> {
    let size = || prop_oneof![Just(None), Just(Some(SMALL))];
    let packages = vec(vec(op(), 1..6), 1..4);
    (
        select(vec!["a", "b"]),
        any::<bool>(),
        (size(), size()),
        packages,
    )
        .prop_map(|(by, wbxml, sizes, packages)| Meeting {
            by,
            wbxml,
            sizes,
            packages,
        })
}

pub(crate) fn story() -> impl Strategy<Value = Story> {
    (any::<bool>(), any::<bool>(), vec(meeting(), 1..4)).prop_map(
        |(implicit, crowded, meetings)| Story {
            implicit,
            crowded,
            meetings,
        },
    )
}
