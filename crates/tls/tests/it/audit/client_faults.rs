//! Clients with one fault each: exactly the row that speaks of it fails (OMA DM
//! session security, sections 9.2 and B.1.1). Some are our own client behind
//! something that misbehaves, others are made with the library, because ours does
//! not let itself be broken so.

use std::net::SocketAddr;
use std::pin::Pin;

use openssl::ssl::SslVersion;
use openssl::x509::X509;
use tls::Profile;
use tls::audit::Role;
use tls::http::auth::{HttpLogin, LoginScheme};
use tls::http::header::{HeaderMap, HeaderValue, WWW_AUTHENTICATE};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, copy_bidirectional};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use zeroize::Zeroizing;

use super::client::audit;
use super::device::{Device, come_to, stage};
use super::recipe::{HOST, key};
use super::{failed, row};
use crate::support::raw::Raw;
use crate::support::{listener, within};

/// What stands before our own client does where a ServerHello has a version.
#[derive(Clone, Copy)]
pub(super) enum Fault {
    /// Goes on in the client's name with what the client would refuse, or with one
    /// suite of it alone.
    Unchecked([u8; 2], Option<[u8; 2]>),
    /// Breaks off what the client would take.
    Missing([u8; 2]),
}

/// A fault, all that fails by it, and how the evidence begins.
type OfVersion = (Fault, &'static [&'static str], &'static str);

/// A client of SSL 3.0, which builds without the feature `ssl3` are not.
const SSL3: Fault = Fault::Unchecked([3, 0], None);

const OF_VERSIONS: [OfVersion; 5] = [
    (
        Fault::Missing([3, 0]),
        &["B.1.1:6"],
        "fail: a ServerHello of SSL 3.0 with the suite 0x0005: ",
    ),
    (
        Fault::Unchecked([2, 0], None),
        &["B.1.1:14"],
        "fail: a ServerHello of version 2.0: the client went on",
    ),
    (Fault::Missing([3, 2]), &["B.1.1:8"], "fail: TLS 1.1: "),
    (Fault::Missing([3, 1]), &["B.1.1:5"], "fail: TLS 1.0: "),
    (
        // SSL 3.0 with TLS_RSA_WITH_AES_128_CBC_SHA alone.
        Fault::Unchecked([3, 0], Some([0, 0x2f])),
        &["B.1.1:7"],
        "fail: a ServerHello of SSL 3.0 with the suite 0x0005: ",
    ),
];

/// The first fault that a ServerHello is about counts.
async fn in_front(mut tcp: TcpStream, site: SocketAddr, faults: &[Fault]) {
    let mut behind = TcpStream::connect(site).await.unwrap();
    let mut hello = [0; 2048];
    let count = tcp.read(&mut hello).await.unwrap();
    behind.write_all(&hello[..count]).await.unwrap();
    // Headers, version, random, no session, suite.
    let mut answer = [0; 9 + 2 + 32 + 1 + 2];
    let mut seen = 0;
    while seen < answer.len() {
        match behind.peek(&mut answer).await {
            Ok(count) if count > seen => seen = count,
            _ => break,
        }
    }
    let (chosen, suite) = (&answer[9..11], &answer[44..]);
    let about = faults.iter().find(|fault| match fault {
        Fault::Unchecked(version, _) | Fault::Missing(version) => chosen == version,
    });
    match about {
        Some(Fault::Missing(_)) => {}
        Some(Fault::Unchecked(_, of)) if of.is_none_or(|wanted| suite == wanted) => {
            // ClientKeyExchange.
            let exchange = [22, 3, 0, 0, 4, 16, 0, 0, 0];
            behind.write_all(&exchange).await.unwrap();
            let _ = behind.read(&mut [0; 4096]).await;
        }
        _ => drop(copy_bidirectional(&mut tcp, &mut behind).await),
    }
}

/// Where a client with these faults comes to, and what makes them; one of SSL 3.0
/// unless they say otherwise.
pub(super) async fn before(site: SocketAddr, faults: &[Fault]) -> (SocketAddr, JoinHandle<()>) {
    let faults = [faults, &[SSL3]].concat();
    let front = listener().await;
    let address = front.local_addr().unwrap();
    let relay = tokio::spawn(async move {
        // One after the other, as the client comes.
        while let Ok((tcp, _)) = front.accept().await {
            in_front(tcp, site, &faults).await;
        }
    });
    (address, relay)
}

#[tokio::test]
async fn a_fault_about_one_version_fails_its_row_alone() {
    within(async {
        for (fault, fails, evidence) in OF_VERSIONS {
            let stage = stage().await;
            let site = stage.site.listener.local_addr().unwrap();
            let (address, relay) = before(site, &[fault]).await;
            let device = Device::new(Profile::Dm);
            let client = come_to(&stage, &device, address, Vec::new());
            let audit = audit(&stage).await;
            client.abort();
            relay.abort();
            assert_eq!(failed(&audit), fails, "{audit:#?}");
            let row = row(&audit, fails[0]);
            assert!(row.starts_with(evidence), "{row}");
            let mandatory = ["B.1.1:8", "B.1.1:14"];
            let is_mandatory = fails.iter().any(|place| mandatory.contains(place));
            assert_eq!(audit.has_failed(), is_mandatory);
        }
    })
    .await;
}

/// Lines 1 and 2 have theirs in `client`, T-2 below.
#[test]
fn each_row_about_clients_has_a_fault_that_fails_it_alone() {
    let mut alone = vec!["B.1.1:1", "B.1.1:2", "text:2"];
    let of_versions = OF_VERSIONS.iter().map(|(_, fails, _)| *fails);
    for fails in of_versions.chain(MADE.iter().map(|made| made.fails)) {
        if let [place] = fails {
            alone.push(place);
        }
    }
    for row in tls::audit::rows().unwrap() {
        let is_seen = row.role != Role::Server && row.place() != "text:1";
        assert!(
            !is_seen || alone.contains(&row.place().as_str()),
            "{}",
            row.place()
        );
    }
}

#[tokio::test]
async fn a_client_that_tries_ssl_2_fails_row_t_2_alone() {
    within(async {
        let stage = stage().await;
        let site = stage.site.listener.local_addr().unwrap();
        let (address, relay) = before(site, &[]).await;
        // A CLIENT-HELLO of SSL 2.0: four suites, 16 octets of challenge.
        let mut old = vec![0x80, 37, 1, 0, 2, 0, 12, 0, 0, 0, 16];
        old.extend([7; 28]);
        let client = come_to(&stage, &Device::new(Profile::Dm), address, old);
        let audit = audit(&stage).await;
        client.abort();
        relay.abort();
        assert_eq!(failed(&audit), ["text:2"], "{audit:#?}");
        assert!(audit.has_failed());
    })
    .await;
}

/// A device made with the library.
struct Made {
    name: &'static str,
    suites: &'static str,
    groups: &'static str,
    newest: SslVersion,
    /// Whether it takes any certificate.
    is_credulous: bool,
    fails: &'static [&'static str],
    is_mandatory: bool,
}

/// All suites of the library; the strength is the audit's to judge.
const ALL: &str = "ALL:PSK:!aNULL:!eNULL:@SECLEVEL=0";

const WHOLE: Made = Made {
    name: "whole",
    suites: ALL,
    groups: "X25519:P-256",
    newest: SslVersion::TLS1_3,
    is_credulous: false,
    fails: &[],
    is_mandatory: false,
};

static MADE: [Made; 10] = [
    WHOLE,
    Made {
        // The mode is there, and authenticates nobody (section 9.2.1).
        name: "certificates of any authority",
        is_credulous: true,
        fails: &["B.1.1:3"],
        is_mandatory: true,
        ..WHOLE
    },
    Made {
        // Line 13 is n/a: its suites are of TLS 1.2 alone (RFC 5246 clause 1.2 for
        // SHA-256 in CBC suites, RFC 5288 clause 4 for GCM).
        name: "no TLS 1.2",
        newest: SslVersion::TLS1_1,
        fails: &["B.1.1:9"],
        ..WHOLE
    },
    Made {
        // Two faults: the mode of line 12 is missing, too.
        name: "no TLS 1.2, certificates beside keys alone",
        suites: "kRSAPSK+AES128:@SECLEVEL=0",
        newest: SslVersion::TLS1_1,
        fails: &["B.1.1:9", "B.1.1:12"],
        ..WHOLE
    },
    Made {
        name: "short curves",
        groups: "X25519:P-256:P-224",
        fails: &["text:3"],
        is_mandatory: true,
        ..WHOLE
    },
    Made {
        name: "no suite of either mode",
        suites: "AES256:!PSK:!aNULL:@SECLEVEL=0",
        fails: &["B.1.1:4"],
        is_mandatory: true,
        ..WHOLE
    },
    Made {
        name: "certificates, with none of the suites",
        suites: "AES256:kPSK+AES128:!kRSAPSK:!aNULL:@SECLEVEL=0",
        fails: &["B.1.1:13"],
        ..WHOLE
    },
    Made {
        name: "keys, with none of the suites",
        suites: "AES128:-PSK:kPSK+AES256:!aNULL:@SECLEVEL=0",
        fails: &["B.1.1:11"],
        ..WHOLE
    },
    Made {
        name: "no keys",
        suites: "ALL:!PSK:!aNULL:!eNULL:@SECLEVEL=0",
        fails: &["B.1.1:10"],
        ..WHOLE
    },
    Made {
        // In TLS 1.3 the certificate would be alone.
        name: "certificates beside keys alone",
        suites: "kRSAPSK+AES128:@SECLEVEL=0",
        newest: SslVersion::TLS1_2,
        fails: &["B.1.1:12"],
        ..WHOLE
    },
];

#[tokio::test]
async fn each_fault_of_a_client_of_another_make_fails_its_row_alone() {
    within(async {
        for made in &MADE {
            let stage = stage().await;
            let site = stage.site.listener.local_addr().unwrap();
            let (address, relay) = before(site, &[]).await;
            let authority = stage.authority.certificate.clone();
            let client = tokio::spawn(async move {
                loop {
                    made.visit(address, &authority).await;
                }
            });
            let audit = audit(&stage).await;
            client.abort();
            relay.abort();
            assert_eq!(failed(&audit), made.fails, "{}: {audit:#?}", made.name);
            assert_eq!(audit.has_failed(), made.is_mandatory, "{}", made.name);
        }
    })
    .await;
}

impl Made {
    async fn visit(&self, address: SocketAddr, authority: &X509) {
        let Some(challenge) = self.post(address, authority, None).await else {
            return;
        };
        let scheme = match challenge.to_str().unwrap().starts_with("Digest") {
            true => LoginScheme::Digest,
            false => LoginScheme::Basic,
        };
        let secret = Zeroizing::new(b"secret".to_vec());
        let mut login = HttpLogin::new(scheme, "device", secret).unwrap();
        let mut headers = HeaderMap::new();
        headers.insert(WWW_AUTHENTICATE, challenge);
        if scheme == LoginScheme::Digest {
            login.challenged(&headers).unwrap();
        }
        let value = login.authorization("POST", "/dm", b"").unwrap();
        self.post(address, authority, value).await;
    }

    /// One POST; gives the challenge, if that is the answer.
    async fn post(
        &self,
        to: SocketAddr,
        authority: &X509,
        login: Option<HeaderValue>,
    ) -> Option<HeaderValue> {
        let tcp = TcpStream::connect(to).await.ok()?;
        let raw = match self.is_credulous {
            true => Raw::new(),
            false => Raw::new().trusting(authority),
        };
        let raw = raw
            .between(SslVersion::TLS1, self.newest)
            .suites(self.suites)
            .groups(self.groups)
            .psk("urn:imei:490154203237518", &key());
        let mut stream = raw.connect(tcp).await.ok()?;
        let login = login.map(|value| value.to_str().unwrap().to_owned());
        let login = login.map(|value| format!("Authorization: {value}\r\n"));
        let request = format!(
            "POST /dm HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: 0\r\n{}\r\n",
            login.unwrap_or_default()
        );
        let head = talk(Pin::new(&mut stream), request.as_bytes()).await?;
        let mut fields = head.lines().filter_map(|line| line.split_once(": "));
        let (_, value) = fields.find(|(name, _)| *name == "WWW-Authenticate")?;
        HeaderValue::from_str(value).ok()
    }
}

/// Sends a request and reads until the other side has had enough.
async fn talk(
    mut stream: Pin<&mut (impl AsyncRead + AsyncWrite)>,
    request: &[u8],
) -> Option<String> {
    stream.write_all(request).await.ok()?;
    let mut head = Vec::new();
    // An end without a notice is none of this client's business.
    let _ = stream.read_to_end(&mut head).await;
    String::from_utf8(head).ok()
}
