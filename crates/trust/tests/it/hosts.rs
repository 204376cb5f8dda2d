//! A host's name in the leaf of a DPF or a peer (docs/operator-change.md,
//! sections 4 and 5: equal, no wildcard).

use trust::{Purpose, VerifiedLeaf, dpf_name_matches, peer_name_matches, verify_leaf};

use crate::support::build::{ALTERNATIVE_NAME, alternative_name};
use crate::support::test_keys::p256;
use crate::support::{ANCHOR_KEY, anchor, in_date, leaf, parsed, sho};

const HOST: &str = "dpf.mnc001.mcc001.rehome.test";

fn verified(purpose: Purpose, dns_names: &[&str]) -> VerifiedLeaf {
    let mut names = vec![(6, "urn:x-rehome:sho:001-01")];
    names.extend(dns_names.iter().map(|name| (2, *name)));
    let draft = leaf("001-01", purpose).with(ALTERNATIVE_NAME, alternative_name(&names));
    let leaf = parsed(&draft.signed_by(&p256(ANCHOR_KEY)));
    verify_leaf(&leaf, &anchor("001-01"), purpose, &sho("001-01"), in_date()).unwrap()
}

fn code(leaf: &VerifiedLeaf, host: &str) -> Result<(), &'static str> {
    dpf_name_matches(leaf, host).map_err(|error| error.code())
}

#[test]
fn a_name_equals_the_host_but_for_ascii_case() {
    let leaf = verified(Purpose::DpfServer, &["other.rehome.test", HOST]);
    assert_eq!(code(&leaf, HOST), Ok(()));
    assert_eq!(code(&leaf, "DPF.mnc001.MCC001.rehome.TEST"), Ok(()));
    assert_eq!(code(&leaf, "other.rehome.test"), Ok(()));
    assert_eq!(leaf.certificate().dns_names().count(), 2);
}

#[test]
fn nothing_else_matches() {
    let leaf = verified(Purpose::DpfServer, &[HOST]);
    for host in [
        "",
        "dpf",
        "mnc001.mcc001.rehome.test",
        "x.dpf.mnc001.mcc001.rehome.test",
        "dpf.mnc001.mcc001.rehome.test.",
        ".dpf.mnc001.mcc001.rehome.test",
        "dpf.mnc001.mcc001.rehome.test:443",
        "dpf.mnc001.mcc001.rehome.test\0",
        "dpf.mnc0011.mcc001.rehome.test",
        "dpf.mnc001.mcc001.rehome.testx",
        "*.mnc001.mcc001.rehome.test",
        "urn:x-rehome:sho:001-01",
    ] {
        assert_eq!(code(&leaf, host), Err("certificate-host-wrong"), "{host:?}");
    }
}

#[test]
fn a_wildcard_matches_nothing_not_even_itself() {
    for name in ["*", "*.rehome.test", "d*.rehome.test", "*.*.test"] {
        let leaf = verified(Purpose::DpfServer, &[name]);
        for host in [name, "dpf.rehome.test", "test"] {
            assert_eq!(
                code(&leaf, host),
                Err("certificate-host-wrong"),
                "{name} {host}"
            );
        }
    }
}

#[test]
fn an_address_is_no_host_name() {
    let leaf = verified(Purpose::DpfServer, &["192.0.2.1", "host.1"]);
    assert_eq!(code(&leaf, "192.0.2.1"), Err("certificate-host-wrong"));
    assert_eq!(code(&leaf, "host.1"), Err("certificate-host-wrong"));
}

#[test]
fn a_leaf_without_names_matches_no_host() {
    let leaf = verified(Purpose::DpfServer, &[]);
    assert_eq!(code(&leaf, HOST), Err("certificate-host-wrong"));
}

#[test]
fn a_peer_is_no_dpf_and_a_dpf_no_peer() {
    let peer = verified(Purpose::Peer, &[HOST]);
    let dpf = verified(Purpose::DpfServer, &[HOST]);
    assert_eq!(code(&peer, HOST), Err("certificate-purpose-wrong"));
    assert_eq!(peer_name_matches(&peer, HOST), Ok(()));
    let refused = peer_name_matches(&dpf, HOST).unwrap_err();
    assert_eq!(refused.code(), "certificate-purpose-wrong");
}
