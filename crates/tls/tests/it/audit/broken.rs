//! One thing broken at a time: exactly the rows that speak of it fail, and for each
//! row there is a fault that fails it alone (OMA DM session security, sections 9.2
//! and B.2.1). SSL 3.0, which builds without the feature `ssl3` don't have, is answered
//! by what stands before the server.

use std::collections::BTreeSet;

use openssl::asn1::Asn1Time;
use openssl::hash::MessageDigest;
use openssl::x509::{X509, X509Name};
use tls::audit::Role;
use tls::http::StatusCode;
use tls::http::auth::{DigestAlgorithm, Offer};
use tls::{Profile, Suite, Version};

use super::front::{Hello, Way, before, ssl2_server_hello, ssl3_server_hello};
use super::recipe::{HOST, Recipe};
use super::{audit, failed, row, target};
use crate::support::certificates::{ALWAYS, Authority, Issued, p256, rsa};
use crate::support::program::{OpenSsl, accepting_port};
use crate::support::within;

const DM: (Version, Version) = (Version::Tls1_0, Version::Tls1_3);
const RC4: u16 = 0x0005;
const TRIPLE_DES: u16 = 0x000a;
/// TLS_RSA_WITH_AES_128_GCM_SHA256 and TLS_DHE_PSK_WITH_AES_128_GCM_SHA256.
const RSA_GCM: u16 = 0x009c;
const DHE_PSK_GCM: u16 = 0x00aa;

struct Case {
    name: &'static str,
    breaks: fn(&mut Recipe),
    /// What becomes of each hello.
    way: fn(&Hello) -> Way,
    /// Arguments of `openssl s_server` for those that it is to answer.
    aside: &'static [&'static str],
    /// Places of the rows that fail.
    fails: &'static [&'static str],
}

const WHOLE: Case = Case {
    name: "nothing",
    breaks: |_| {},
    way: whole,
    aside: &[],
    fails: &[],
};

/// SSL 3.0 with both suites, the rest as our server has it.
fn whole(hello: &Hello) -> Way {
    match hello.version {
        (3, 0) => Way::Octets(ssl3_server_hello(hello.suites[0])),
        _ => Way::Behind,
    }
}

/// The same, but for hellos of which one is true.
fn unless(hello: &Hello, is_broken: bool, way: Way) -> Way {
    if is_broken { way } else { whole(hello) }
}

/// A hello of this version and no newer one.
fn speaks(hello: &Hello, minor: u8) -> bool {
    hello.version == (3, minor) && !hello.is_newer
}

const CASES: &[Case] = &[
    WHOLE,
    Case {
        name: "no Basic",
        breaks: |recipe| recipe.offers.retain(|offer| *offer != Offer::Basic),
        fails: &["B.2.1:1"],
        ..WHOLE
    },
    Case {
        name: "no Digest",
        breaks: |recipe| recipe.offers.retain(|offer| *offer == Offer::Basic),
        fails: &["B.2.1:2"],
        ..WHOLE
    },
    Case {
        name: "a login that is right and forbidden",
        breaks: |recipe| recipe.status = StatusCode::FORBIDDEN,
        fails: &["B.2.1:1", "B.2.1:2"],
        ..WHOLE
    },
    Case {
        name: "a login that breaks the server",
        breaks: |recipe| recipe.status = StatusCode::INTERNAL_SERVER_ERROR,
        fails: &["B.2.1:1", "B.2.1:2"],
        ..WHOLE
    },
    Case {
        name: "a login that is right, and a message that is not",
        breaks: |recipe| recipe.status = StatusCode::BAD_REQUEST,
        ..WHOLE
    },
    Case {
        name: "Digest by MD5 alone, as RFC 2617 has it",
        breaks: |recipe| {
            recipe.offers = vec![Offer::Digest(DigestAlgorithm::Md5), Offer::Basic];
        },
        ..WHOLE
    },
    Case {
        name: "a certificate that has expired",
        breaks: |recipe| {
            let dates = ("20000101000000Z", "20251231235959Z");
            recipe.certificates[0] = Authority::new("other").leaf_with(HOST, p256(), dates);
        },
        fails: &["B.2.1:3"],
        ..WHOLE
    },
    Case {
        name: "a certificate that is not valid yet",
        breaks: |recipe| {
            let dates = ("20260101000001Z", "20300101000000Z");
            recipe.certificates[1] = Authority::new("other").leaf_with(HOST, rsa(2048), dates);
        },
        fails: &["B.2.1:3"],
        ..WHOLE
    },
    Case {
        name: "a certificate of version 1",
        breaks: |recipe| recipe.certificates[0] = version_1(),
        fails: &["B.2.1:3"],
        ..WHOLE
    },
    Case {
        name: "either mode, but no client that offers both",
        way: |hello| {
            let is_psk = |number: &u16| by_number(*number).is_some_and(Suite::is_psk);
            let of_both = hello.suites.iter().filter(|it| by_number(**it).is_some());
            let of_both: BTreeSet<bool> = of_both.map(is_psk).collect();
            let is_broken = speaks(hello, 3) && of_both.len() == 2 && only_the_papers(hello);
            unless(hello, is_broken, Way::refused())
        },
        fails: &["B.2.1:4"],
        ..WHOLE
    },
    Case {
        name: "no TLS 1.0",
        breaks: |recipe| recipe.suites((Version::Tls1_1, Version::Tls1_3), &[]),
        fails: &["B.2.1:7"],
        ..WHOLE
    },
    Case {
        name: "no SSL 3.0",
        way: |hello| unless(hello, hello.version == (3, 0), Way::refused()),
        fails: &["B.2.1:8"],
        ..WHOLE
    },
    Case {
        name: "SSL 3.0 without RC4",
        way: |hello| unless(hello, hello.suites == [RC4], Way::refused()),
        fails: &["B.2.1:9"],
        ..WHOLE
    },
    Case {
        name: "SSL 3.0 without 3DES",
        way: |hello| unless(hello, hello.suites == [TRIPLE_DES], Way::refused()),
        fails: &["B.2.1:9"],
        ..WHOLE
    },
    Case {
        name: "no TLS 1.1",
        way: |hello| unless(hello, speaks(hello, 2), Way::refused()),
        fails: &["B.2.1:10"],
        ..WHOLE
    },
    Case {
        name: "no TLS 1.0 and no TLS 1.1",
        breaks: |recipe| recipe.suites((Version::Tls1_2, Version::Tls1_3), &[]),
        fails: &["B.2.1:7", "B.2.1:10"],
        ..WHOLE
    },
    Case {
        // Servers have to pass over suites that they don't know (RFC 5246 clause
        // 7.4.1.2).
        name: "TLS 1.2 for hellos with the suites of the paper alone",
        way: |hello| {
            let is_broken = speaks(hello, 3) && hello.groups.first() == Some(&29);
            unless(hello, is_broken && !only_the_papers(hello), Way::refused())
        },
        fails: &["B.2.1:11"],
        ..WHOLE
    },
    Case {
        // All suites of the paper are of TLS 1.2, and the modes are there without it,
        // each by itself.
        name: "nothing newer than TLS 1.1 below TLS 1.3, not even an answer",
        way: |hello| unless(hello, speaks(hello, 3), Way::refused()),
        fails: &["B.2.1:4", "B.2.1:11", "B.2.1:13", "B.2.1:15"],
        ..WHOLE
    },
    Case {
        name: "no pre-shared keys",
        breaks: |recipe| recipe.has_keys = false,
        fails: &["B.2.1:12"],
        ..WHOLE
    },
    Case {
        name: "certificates beside keys alone",
        breaks: |recipe| {
            let suites = Profile::Dm.suites().into_iter();
            let without = suites.filter(|suite| !suite.is_psk());
            let without: Vec<_> = without.map(|suite| suite.name).collect();
            recipe.suites((Version::Tls1_0, Version::Tls1_2), &without);
        },
        fails: &["B.2.1:14"],
        ..WHOLE
    },
    Case {
        // RSA_PSK shows a certificate too, so its suites go.
        name: "no certificates",
        breaks: |recipe| recipe.certificates.clear(),
        fails: &["B.2.1:3", "B.2.1:13", "B.2.1:14"],
        ..WHOLE
    },
    Case {
        name: "SSL 2.0",
        way: |hello| unless(hello, hello.is_ssl2, Way::Octets(ssl2_server_hello())),
        fails: &["text:2"],
        ..WHOLE
    },
    Case {
        name: "a curve of 224 bits",
        way: |hello| {
            // secp192r1 and secp224r1.
            let are_short = hello.groups.iter().all(|group| [19, 21].contains(group));
            unless(hello, are_short && !hello.groups.is_empty(), Way::Aside)
        },
        aside: &["-curves", "P-256:P-224"],
        fails: &["text:3"],
        ..WHOLE
    },
    Case {
        // Its own choice with a key and no certificate.
        name: "a group of 1024 bits",
        way: |hello| {
            unless(
                hello,
                hello.suites.first() == Some(&DHE_PSK_GCM),
                Way::Aside,
            )
        },
        fails: &["ours:1"],
        ..WHOLE
    },
    Case {
        name: "a certificate for another host",
        breaks: |recipe| recipe.certificates[0] = Authority::new("other").leaf("dm.example"),
        fails: &["ours:2"],
        ..WHOLE
    },
    Case {
        name: "a certificate that belongs to no other beside the leaf",
        way: |hello| unless(hello, hello.suites.first() == Some(&RSA_GCM), Way::Aside),
        aside: &["-cert_chain", "stranger.pem"],
        fails: &["ours:3"],
        ..WHOLE
    },
    Case {
        name: "no status to staple",
        breaks: |recipe| recipe.answers = None,
        fails: &["ours:4"],
        ..WHOLE
    },
    Case {
        name: "no TLS 1.3",
        breaks: |recipe| recipe.suites((Version::Tls1_0, Version::Tls1_2), &[]),
        fails: &["ours:5"],
        ..WHOLE
    },
];

fn by_number(number: u16) -> Option<&'static Suite> {
    let mut suites = Profile::Dm.suites().into_iter();
    suites.find(|suite| suite.number == number)
}

/// Whether a hello has no suites but those of lines 13 and 15, and the signalling
/// ones (RFC 5746 clause 3.3, RFC 7507 clause 1).
fn only_the_papers(hello: &Hello) -> bool {
    let rows = tls::audit::rows().unwrap();
    let named = |number: &u16| {
        let mut names = rows.iter().flat_map(|row| &row.suites);
        let suite = by_number(*number);
        suite.is_some_and(|suite| names.any(|name| name == suite.name))
    };
    hello
        .suites
        .iter()
        .all(|number| [0x00ff, 0x5600].contains(number) || named(number))
}

/// `openssl s_server` with all suites and a key.
async fn aside(openssl: &OpenSsl, more: &[&str]) -> (std::net::SocketAddr, tokio::process::Child) {
    let issued = Authority::new("aside").leaf_with(HOST, rsa(2048), ALWAYS);
    openssl.certificate("leaf.pem", &issued.certificate);
    openssl.key("leaf.key", &issued.key);
    openssl.certificate("stranger.pem", &Authority::new("stranger").certificate);
    let mut line = vec!["s_server", "-accept", "127.0.0.1:0", "-www"];
    line.extend(["-cert", "leaf.pem", "-key", "leaf.key"]);
    line.extend(["-cipher", "ALL:PSK:@SECLEVEL=0"]);
    line.extend(["-psk_identity", "urn:imei:490154203237518"]);
    line.extend(["-psk", "000102030405060708090a0b0c0d0e0f"]);
    line.extend(more);
    let mut child = openssl.start(&line);
    let port = accepting_port(&mut child).await;
    (([127, 0, 0, 1], port).into(), child)
}

/// Whether a hello of the case goes to the program.
fn needs_aside(case: &Case) -> bool {
    ["text:3", "ours:1", "ours:3"]
        .iter()
        .any(|place| case.fails == [*place])
}

#[tokio::test]
async fn each_fault_fails_exactly_the_rows_about_it() {
    let openssl = OpenSsl::new("audit-broken");
    within(async {
        for case in CASES {
            let (mut address, mut child) = (None, None);
            if needs_aside(case) {
                let Some(openssl) = &openssl else { continue };
                let (at, program) = aside(openssl, case.aside).await;
                (address, child) = (Some(at), Some(program));
            }
            let mut recipe = Recipe::whole();
            (case.breaks)(&mut recipe);
            let server = recipe.serve().await;
            let (port, front) = before(server.address(), address, case.way).await;
            let audit = audit(target(port)).await;
            front.abort();
            drop(child);
            assert_eq!(failed(&audit), case.fails, "{}: {audit:#?}", case.name);
            let optional = ["B.2.1:7", "B.2.1:8", "B.2.1:9", "B.2.1:11"];
            let mandatory = case
                .fails
                .iter()
                .any(|place| !optional.contains(place) && !place.starts_with("ours"));
            assert_eq!(audit.has_failed(), mandatory, "{}", case.name);
        }
    })
    .await;
}

/// No row but those of lines 13 and 15 without a case here; those have a test of
/// their own, for each suite.
#[test]
fn each_row_about_servers_has_a_fault_that_fails_it_alone() {
    let alone: BTreeSet<&str> = CASES
        .iter()
        .filter_map(|case| match case.fails {
            [place] => Some(*place),
            _ => None,
        })
        .chain(SUITES)
        .collect();
    for row in tls::audit::rows().unwrap() {
        if row.role != Role::Client {
            assert!(alone.contains(row.place().as_str()), "{}", row.place());
        }
    }
}

const SUITES: [&str; 2] = ["B.2.1:13", "B.2.1:15"];

#[tokio::test]
async fn each_missing_suite_fails_exactly_its_row_and_is_named() {
    within(async {
        let rows = tls::audit::rows().unwrap();
        let mut tried = 0;
        for place in SUITES {
            let named = rows.iter().find(|row| row.place() == place).unwrap();
            for suite in &named.suites {
                let mut recipe = Recipe::whole();
                recipe.suites(DM, &[suite]);
                let server = recipe.serve().await;
                let (port, front) = before(server.address(), None, whole).await;
                let audit = audit(target(port)).await;
                front.abort();
                assert_eq!(failed(&audit), [place], "{suite}");
                let row = row(&audit, place);
                assert_eq!(row.matches(" taken").count(), named.suites.len() - 1);
                assert!(row.contains(&format!("{suite}: ")), "{row}");
                tried += 1;
            }
        }
        assert_eq!(tried, 13);
    })
    .await;
}

fn version_1() -> Issued {
    let key = p256();
    let mut name = X509Name::builder().unwrap();
    name.append_entry_by_text("CN", HOST).unwrap();
    let name = name.build();
    let mut builder = X509::builder().unwrap();
    builder.set_version(0).unwrap();
    builder.set_subject_name(&name).unwrap();
    builder.set_issuer_name(&name).unwrap();
    let date = |text| Asn1Time::from_str(text).unwrap();
    builder.set_not_before(&date(ALWAYS.0)).unwrap();
    builder.set_not_after(&date(ALWAYS.1)).unwrap();
    builder.set_pubkey(&key).unwrap();
    builder.sign(&key, MessageDigest::sha256()).unwrap();
    Issued {
        certificate: builder.build(),
        key,
    }
}
