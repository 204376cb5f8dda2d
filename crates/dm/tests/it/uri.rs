//! URIs of nodes (OMA DM TND 1.2 clause 5).

use dm::tree::NodeUri;
use proptest::prelude::*;

#[test]
fn both_relative_forms_name_the_same_node() {
    for (written, canonical) in [
        (".", "."),
        ("./DMAcc/xyzInc", "./DMAcc/xyzInc"),
        ("DMAcc/xyzInc", "./DMAcc/xyzInc"),
        ("A", "./A"),
        ("./A/b c/ä/%2F/x:y", "./A/b c/ä/%2F/x:y"),
        ("./...", "./..."),
    ] {
        let uri: NodeUri = written.parse().unwrap();
        assert_eq!(uri.to_string(), canonical, "{written}");
    }
}

#[test]
fn other_forms_are_refused() {
    for (written, code) in [
        ("", "dm-uri-malformed"),
        ("./", "dm-uri-malformed"),
        ("/A", "dm-uri-malformed"),
        ("./A/", "dm-uri-malformed"),
        ("./A//B", "dm-uri-malformed"),
        ("././A", "dm-uri-malformed"),
        ("./A/./B", "dm-uri-malformed"),
        ("../A", "dm-uri-malformed"),
        ("./A/..", "dm-uri-malformed"),
        ("..", "dm-uri-malformed"),
        ("./A?prop=ACL", "dm-uri-malformed"),
        ("./A\u{0}", "dm-uri-malformed"),
        ("./A\nB", "dm-uri-malformed"),
        ("./A\u{7f}", "dm-uri-malformed"),
    ] {
        let error = written.parse::<NodeUri>().unwrap_err();
        assert_eq!(error.code(), code, "{written:?}");
    }
}

#[test]
fn each_limit_holds_at_its_border() {
    let segments = |count: usize| vec!["s"; count].join("/");
    let deepest = segments(NodeUri::MAX_DEPTH);
    assert_eq!(
        deepest.parse::<NodeUri>().unwrap().depth(),
        NodeUri::MAX_DEPTH
    );
    let longest_segment = "s".repeat(NodeUri::MAX_SEGMENT);
    assert!(longest_segment.parse::<NodeUri>().is_ok());
    let longest = vec![longest_segment.clone(); 4].join("/");
    assert_eq!(longest.len() + 2, NodeUri::MAX_TOTAL + 1);
    let fits = &longest[1..];
    assert!(fits.parse::<NodeUri>().is_ok());

    for too_long in [
        segments(NodeUri::MAX_DEPTH + 1),
        format!("{longest_segment}s"),
        longest,
    ] {
        let error = too_long.parse::<NodeUri>().unwrap_err();
        assert_eq!(error.code(), "dm-uri-too-long");
        assert_eq!(error.status().0, 414);
    }
}

#[test]
fn family_relations() {
    let uri: NodeUri = "./A/B/C".parse().unwrap();
    let upwards: Vec<String> = uri.upwards().map(|uri| uri.to_string()).collect();
    assert_eq!(upwards, ["./A/B/C", "./A/B", "./A", "."]);
    assert_eq!(uri.name(), Some("C"));
    assert_eq!(NodeUri::ROOT.name(), None);
    assert_eq!(NodeUri::ROOT.parent(), None);
    let above: NodeUri = "./A".parse().unwrap();
    assert_eq!(uri.below(&above), Some(vec!["B", "C"]));
    assert_eq!(uri.below(&NodeUri::ROOT), Some(vec!["A", "B", "C"]));
    assert_eq!(above.below(&uri), None);
    assert_eq!(uri.below(&uri), None);
    // A name that only begins alike is no relative.
    let alike: NodeUri = "./AB/C".parse().unwrap();
    assert_eq!(alike.below(&above), None);
    assert_eq!(above.child("B").unwrap().to_string(), "./A/B");
    assert_eq!(NodeUri::ROOT.child("A").unwrap(), above);
    assert_eq!(above.child("B/C").unwrap_err().code(), "dm-uri-malformed");
    assert_eq!(above.child("..").unwrap_err().code(), "dm-uri-malformed");
}

#[test]
fn what_is_below_a_node_follows_it_at_once() {
    let mut uris: Vec<NodeUri> = ["./A-B", "./A/Z", "./A", "./A/B/C", ".", "./AA", "./A/B"]
        .iter()
        .map(|text| text.parse().unwrap())
        .collect();
    uris.sort();
    let sorted: Vec<String> = uris.iter().map(ToString::to_string).collect();
    assert_eq!(
        sorted,
        [".", "./A", "./A/B", "./A/B/C", "./A/Z", "./A-B", "./AA"]
    );
}

proptest! {
    #[test]
    fn what_parses_prints_and_parses_to_the_same(text in ".{0,60}") {
        if let Ok(uri) = text.parse::<NodeUri>() {
            let printed = uri.to_string();
            prop_assert_eq!(printed.parse::<NodeUri>().unwrap(), uri);
            let dotted = format!("./{text}");
            prop_assert!(printed == text || printed == dotted);
        }
    }
}
