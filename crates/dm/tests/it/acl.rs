//! Access control lists (OMA DM TND 1.2 clause 7.7.1).

use dm::tree::{Acl, Right, ServerId};
use proptest::prelude::*;

use crate::kit::id;

/// The example of clause 7.7.1.5.
#[test]
fn the_example_of_the_specification() {
    let text = "Add=www.sonera.fi-8765&Delete=www.sonera.fi-8765\
                &Replace=www.sonera.fi-8765+321_ibm.com&Get=*";
    let acl: Acl = text.parse().unwrap();
    let (sonera, ibm, other) = (id("www.sonera.fi-8765"), id("321_ibm.com"), id("other"));
    let table = [
        (Right::Add, true, false, false),
        (Right::Delete, true, false, false),
        (Right::Replace, true, true, false),
        (Right::Get, true, true, true),
        (Right::Exec, false, false, false),
    ];
    for (right, by_sonera, by_ibm, by_other) in table {
        assert_eq!(acl.allows(&sonera, right), by_sonera, "{right:?}");
        assert_eq!(acl.allows(&ibm, right), by_ibm, "{right:?}");
        assert_eq!(acl.allows(&other, right), by_other, "{right:?}");
    }
    assert_eq!(acl.to_string().parse::<Acl>().unwrap(), acl);
}

#[test]
fn a_wildcard_overrides_the_names_beside_it() {
    let acl: Acl = "Get=a+*".parse().unwrap();
    assert!(acl.allows(&id("b"), Right::Get));
    assert_eq!(acl.to_string(), "Get=*");
}

/// The server identifier is compared whole: one that another begins with or
/// contains has no part in it.
#[test]
fn a_part_of_a_name_is_another_server() {
    let acl: Acl = "Get=operator.example".parse().unwrap();
    for other in [
        "operator",
        "operator.example.org",
        "x-operator.example",
        "perator.exampl",
    ] {
        assert!(!acl.allows(&id(other), Right::Get), "{other}");
    }
}

#[test]
fn malformed_lists_are_refused() {
    let long = format!("Get={}", "a".repeat(Acl::MAX_LENGTH));
    for text in [
        "",
        "Get",
        "Get=",
        "=a",
        "get=a",
        "Copy=a",
        "Get=a&",
        "&Get=a",
        "Get=a&&Add=b",
        "Get=a+",
        "Get=+a",
        "Get=a b",
        "Get=a=b",
        "Get=ä",
        "Get=a*",
        "Get=a&Get=b",
        "No value",
        long.as_str(),
    ] {
        let error = text.parse::<Acl>().unwrap_err();
        assert_eq!(error.code(), "dm-acl-malformed", "{text}");
    }
}

#[test]
fn server_identifiers_are_printable_words() {
    for text in [
        "", " ", "a b", "a\tb", "a=b", "a&b", "a*b", "a+b", "ä", "a\u{7f}",
    ] {
        assert!(text.parse::<ServerId>().is_err(), "{text:?}");
    }
    assert!("x".repeat(ServerId::MAX_LENGTH).parse::<ServerId>().is_ok());
    assert!(
        "x".repeat(ServerId::MAX_LENGTH + 1)
            .parse::<ServerId>()
            .is_err()
    );
}

#[test]
fn an_acl_of_nobody_denies_everybody() {
    let acl = Acl::only(&id("a"), &[]);
    assert!(Right::ALL.iter().all(|right| !acl.allows(&id("a"), *right)));
}

proptest! {
    #[test]
    fn what_parses_prints_and_parses_to_the_same(
        text in "((Add|Get|Delete|Exec|Replace|Copy)=[a-z*+]{0,5}&?){0,4}"
    ) {
        if let Ok(acl) = text.parse::<Acl>() {
            prop_assert_eq!(acl.to_string().parse::<Acl>().unwrap(), acl);
        }
    }
}
