//! One thing broken at a time: exactly the rows that speak of it fail (OMA DM
//! session security, sections 9.2 and B.2.1).

use openssl::asn1::Asn1Time;
use openssl::hash::MessageDigest;
use openssl::x509::{X509, X509Name};
use tls::Version;
use tls::http::StatusCode;
use tls::http::auth::{DigestAlgorithm, Offer};
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::TcpStream;

use super::recipe::{HOST, Recipe};
use super::{USUAL, audit, failed, row, target};
use crate::support::certificates::{ALWAYS, Authority, Issued, p256, rsa};
use crate::support::{listener, within};

const DM: (Version, Version) = (Version::Tls1_0, Version::Tls1_3);

struct Case {
    name: &'static str,
    breaks: fn(&mut Recipe),
    /// Places of the rows that fail beside the usual ones.
    fails: &'static [&'static str],
}

const CASES: &[Case] = &[
    Case {
        name: "no Basic",
        breaks: |recipe| recipe.offers.retain(|offer| *offer != Offer::Basic),
        fails: &["B.2.1:1"],
    },
    Case {
        name: "no Digest",
        breaks: |recipe| recipe.offers.retain(|offer| *offer == Offer::Basic),
        fails: &["B.2.1:2"],
    },
    Case {
        name: "a login that is right and forbidden",
        breaks: |recipe| recipe.status = StatusCode::FORBIDDEN,
        fails: &["B.2.1:1", "B.2.1:2"],
    },
    Case {
        name: "a login that breaks the server",
        breaks: |recipe| recipe.status = StatusCode::INTERNAL_SERVER_ERROR,
        fails: &["B.2.1:1", "B.2.1:2"],
    },
    Case {
        name: "a login that is right, and a message that is not",
        breaks: |recipe| recipe.status = StatusCode::BAD_REQUEST,
        fails: &[],
    },
    Case {
        name: "Digest by MD5 alone, as RFC 2617 has it",
        breaks: |recipe| {
            recipe.offers = vec![Offer::Digest(DigestAlgorithm::Md5), Offer::Basic];
        },
        fails: &[],
    },
    Case {
        name: "a certificate that has expired",
        breaks: |recipe| {
            let dates = ("20000101000000Z", "20251231235959Z");
            recipe.certificates[0] = Authority::new("other").leaf_with(HOST, p256(), dates);
        },
        fails: &["B.2.1:3"],
    },
    Case {
        name: "a certificate that is not valid yet",
        breaks: |recipe| {
            let dates = ("20260101000001Z", "20300101000000Z");
            recipe.certificates[1] = Authority::new("other").leaf_with(HOST, rsa(2048), dates);
        },
        fails: &["B.2.1:3"],
    },
    Case {
        name: "a certificate of version 1",
        breaks: |recipe| recipe.certificates[0] = version_1(),
        fails: &["B.2.1:3"],
    },
    Case {
        name: "a certificate for another host",
        breaks: |recipe| recipe.certificates[0] = Authority::new("other").leaf("dm.example"),
        fails: &["ours:2"],
    },
    Case {
        name: "no status to staple",
        breaks: |recipe| recipe.answers = None,
        fails: &["ours:4"],
    },
    Case {
        name: "no pre-shared keys: neither mode, nor both",
        breaks: |recipe| recipe.has_keys = false,
        fails: &["B.2.1:4", "B.2.1:12"],
    },
    Case {
        // RSA_PSK shows a certificate too, so its suites go.
        name: "no certificates",
        breaks: |recipe| recipe.certificates.clear(),
        fails: &["B.2.1:3", "B.2.1:4", "B.2.1:13", "B.2.1:14", "ours:5"],
    },
    Case {
        name: "no TLS 1.0",
        breaks: |recipe| recipe.suites((Version::Tls1_1, Version::Tls1_3), &[]),
        fails: &["B.2.1:7"],
    },
    Case {
        name: "no TLS 1.0 and no TLS 1.1",
        breaks: |recipe| recipe.suites((Version::Tls1_2, Version::Tls1_3), &[]),
        fails: &["B.2.1:7", "B.2.1:10"],
    },
    Case {
        name: "no TLS 1.3",
        breaks: |recipe| recipe.suites((Version::Tls1_0, Version::Tls1_2), &[]),
        fails: &["ours:5"],
    },
];

fn with_usual(fails: &[&str]) -> Vec<String> {
    let mut all: Vec<String> = fails
        .iter()
        .chain(&USUAL)
        .map(|it| (*it).to_owned())
        .collect();
    all.sort_by_key(|place| order(place));
    all
}

/// The file's order.
fn order(place: &str) -> (usize, u32) {
    let (table, line) = place.split_once(':').unwrap();
    let tables = ["B.2.1", "text", "ours"];
    let table = tables.iter().position(|it| *it == table).unwrap();
    (table, line.parse().unwrap())
}

#[tokio::test]
async fn each_fault_fails_exactly_the_rows_about_it() {
    within(async {
        for case in CASES {
            let mut recipe = Recipe::whole();
            (case.breaks)(&mut recipe);
            let server = recipe.serve().await;
            let audit = audit(target(server.address().port())).await;
            assert_eq!(failed(&audit), with_usual(case.fails), "{}", case.name);
            let mandatory = case.fails.iter().any(|place| {
                let optional = *place == "B.2.1:7" || place.starts_with("ours");
                !optional
            });
            assert_eq!(audit.has_failed(), mandatory, "{}", case.name);
        }
    })
    .await;
}

#[tokio::test]
async fn each_missing_suite_fails_exactly_its_row_and_is_named() {
    within(async {
        let rows = tls::audit::rows().unwrap();
        let mut tried = 0;
        for place in ["B.2.1:13", "B.2.1:15"] {
            let named = rows.iter().find(|row| row.place() == place).unwrap();
            for suite in &named.suites {
                let mut recipe = Recipe::whole();
                recipe.suites(DM, &[suite]);
                let server = recipe.serve().await;
                let audit = audit(target(server.address().port())).await;
                assert_eq!(failed(&audit), with_usual(&[place]), "{suite}");
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

/// Our own server behind a listener that answers SSL 2.0 itself.
#[tokio::test]
async fn a_server_of_ssl_2_fails_that_row_alone() {
    within(async {
        let server = Recipe::whole().serve().await;
        let (front, behind) = (listener().await, server.address());
        let port = front.local_addr().unwrap().port();
        tokio::spawn(async move {
            while let Ok((tcp, _)) = front.accept().await {
                tokio::spawn(in_front(tcp, behind));
            }
        });
        let audit = audit(target(port)).await;
        assert_eq!(failed(&audit), with_usual(&["text:2"]));
        assert_eq!(row(&audit, "text:2"), "fail: SSL 2.0: a SERVER-HELLO");
        assert!(audit.has_failed());
    })
    .await;
}

async fn in_front(mut tcp: TcpStream, behind: std::net::SocketAddr) {
    let mut first = [0; 3];
    tcp.peek(&mut first).await.unwrap();
    if first[0] & 0x80 != 0 && first[2] == 1 {
        tcp.read_exact(&mut [0; 39]).await.unwrap();
        // A SERVER-HELLO: no hit, X.509, version 0.2, no certificate, one kind of
        // cipher, 16 octets of connection id.
        let mut hello = vec![0x80, 30, 4, 0, 1, 0, 2, 0, 0, 0, 3, 0, 16, 7, 0, 192];
        hello.extend([5; 16]);
        tcp.write_all(&hello).await.unwrap();
        return;
    }
    let mut other = TcpStream::connect(behind).await.unwrap();
    let _ = copy_bidirectional(&mut tcp, &mut other).await;
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
