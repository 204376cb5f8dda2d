//! Documents that ask for more than the reader gives (`Limits`; OMA DM has no
//! clause for it but `MaxMsgSize`, SyncML MetaInfo 1.2).

use syncml::{Class, Limits, xml};

use super::document::{with_add, with_body, with_item};
use super::refused::all;

#[test]
fn more_than_the_limits_allow() {
    let nested = |element: &str, times: usize| {
        format!("<{element}>").repeat(times) + &format!("</{element}>").repeat(times)
    };
    // 200 kB of tags inside each other, wherever nesting is possible.
    let deep = 200_000 / "<a></a>".len();
    all(
        "syncml-too-deep",
        Class::Limit,
        &[
            with_item(&format!("<Data>{}</Data>", nested("a", deep))),
            with_item(&format!("<Unknown>{}</Unknown>", nested("a", deep))),
            with_item(&format!("<Meta>{}</Meta>", nested("a", deep))),
            with_body(&nested("Sequence", deep / 3)),
            with_body(&nested("Atomic", 63)),
            with_body(&format!("<Put>{}</Put>", nested("a", deep))),
            with_item(&format!("<Data>{}</Data>", "<a>".repeat(66_000))),
        ],
    );
    let get = "<Get><CmdID>1</CmdID></Get>";
    all(
        "syncml-too-many-commands",
        Class::Limit,
        &[
            with_body(&get.repeat(1001)),
            with_body(&format!(
                "<Atomic><CmdID>1</CmdID>{}</Atomic>",
                get.repeat(1000)
            )),
            with_body(&"<Put/>".repeat(1001)),
        ],
    );
    all(
        "syncml-too-many-items",
        Class::Limit,
        &[
            with_add(&"<Item/>".repeat(4001)),
            with_body(&format!("<Status>{}</Status>", "<TargetRef/>".repeat(4001))),
            with_item(&format!("<Meta>{}</Meta>", "<EMI/>".repeat(4001))),
        ],
    );
    let attributes = |count: usize| -> String { (0..count).map(|n| format!(" a{n}=''")).collect() };
    let declared = |level: usize| -> String {
        (0..15)
            .map(|n| format!(" xmlns:p{level}-{n}='urn:x'"))
            .collect()
    };
    let bindings: String = (0..40)
        .map(|level| format!("<a{}>", declared(level)))
        .collect();
    all(
        "syncml-too-many-attributes",
        Class::Limit,
        &[
            with_item(&format!("<Data{}/>", attributes(17))),
            with_item(&format!("<Data><a{}/></Data>", attributes(100_000))),
            with_item(&format!("<Data>{bindings}")),
        ],
    );
    all(
        "syncml-too-large",
        Class::Limit,
        &[
            with_item(&format!("<Data>{}</Data>", "x".repeat(1 << 20))),
            " ".repeat((1 << 20) + 1),
        ],
    );
}

#[test]
fn one_more_than_a_bound() {
    let document = with_add("<Item><Data>12345678</Data></Item><Item/>");
    let reached = Limits {
        max_depth: 5,
        max_octets: document.len(),
        max_commands: 1,
        max_items: 2,
        max_text: 33,
        max_attributes: 1,
        max_expansion: 16,
    };
    for (code, limits) in [
        (
            "syncml-too-deep",
            Limits {
                max_depth: 4,
                ..reached
            },
        ),
        (
            "syncml-too-large",
            Limits {
                max_octets: document.len() - 1,
                ..reached
            },
        ),
        (
            "syncml-too-many-commands",
            Limits {
                max_commands: 0,
                ..reached
            },
        ),
        (
            "syncml-too-many-items",
            Limits {
                max_items: 1,
                ..reached
            },
        ),
        (
            "syncml-text-too-long",
            Limits {
                max_text: 32,
                ..reached
            },
        ),
        (
            "syncml-too-many-attributes",
            Limits {
                max_attributes: 0,
                max_expansion: 16,
                ..reached
            },
        ),
    ] {
        let error = xml::decode(document.as_bytes(), &limits).unwrap_err();
        assert_eq!(error.code(), code, "{error}");
    }
    let long = with_item("<Data><a>1234567890123456789012345678</a></Data>");
    let limits = Limits {
        max_text: 34,
        ..Limits::default()
    };
    let error = xml::decode(long.as_bytes(), &limits).unwrap_err();
    assert_eq!(error.code(), "syncml-text-too-long");
}

/// No limit that a caller sets lets a document exhaust the stack.
#[test]
fn depth_stays_bounded_without_limits() {
    let limits = Limits {
        max_depth: usize::MAX,
        ..Limits::default()
    };
    let document = with_body(&"<Sequence><CmdID>1</CmdID>".repeat(20_000));
    let error = xml::decode(document.as_bytes(), &limits).unwrap_err();
    assert_eq!(error.code(), "syncml-too-deep");
}
