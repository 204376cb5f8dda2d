//! Basic and Digest on both sides (RFC 7616, RFC 7617), and curl as another
//! client.

use std::net::{Ipv4Addr, SocketAddr};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use tls::http::auth::{
    Accepted, Authenticator, Denied, DigestAlgorithm, HttpLogin, LoginRefused, LoginScheme, Offer,
};
use tls::http::header::{AUTHORIZATION, HeaderName, HeaderValue, WWW_AUTHENTICATE};
use tls::http::{
    HeaderMap, Method, Request, Response, Server, ServerLimits, StatusCode, Transport, serve,
};
use tokio::process::Command;
use zeroize::Zeroizing;

use crate::support::program::find;
use crate::support::{listener, within};

const LIFE: Duration = Duration::from_secs(300);
const SHA256: Offer = Offer::Digest(DigestAlgorithm::Sha256);
const MD5: Offer = Offer::Digest(DigestAlgorithm::Md5);
const USER: &str = "urn:imei:49,\"0\"";
/// curl parts user and secret at the first colon.
const CURLS_USER: &str = "device";
const SECRET: &str = "se:cret \\ \u{fc}";
const TARGET: &str = "/dm?device=1";
const INFO: HeaderName = HeaderName::from_static("authentication-info");

fn authenticator(offers: &[Offer]) -> Authenticator {
    Authenticator::new("device \"management\"", offers, LIFE).unwrap()
}

fn login(scheme: LoginScheme, secret: &str) -> HttpLogin {
    let secret = Zeroizing::new(secret.as_bytes().to_vec());
    // A user of Basic has no colon.
    let user = match scheme {
        LoginScheme::Basic => CURLS_USER,
        LoginScheme::Digest => USER,
    };
    HttpLogin::new(scheme, user, secret).unwrap()
}

fn request(authorization: Option<HeaderValue>, body: &str) -> Request {
    let mut headers = HeaderMap::new();
    headers.extend(authorization.map(|value| (AUTHORIZATION, value)));
    let (path, query) = TARGET.split_once('?').unwrap();
    Request {
        method: Method::POST,
        path: path.to_owned(),
        query: Some(query.to_owned()),
        headers,
        body: body.to_owned().into(),
        peer: None,
        remote: SocketAddr::from((Ipv4Addr::LOCALHOST, 1)),
    }
}

/// What a server with one user makes of a request.
fn judge(server: &Authenticator, request: &Request) -> Result<Accepted, Denied> {
    let claim = server.read(request).unwrap()?;
    let is_known = [USER, CURLS_USER].contains(&claim.user());
    let secret = is_known.then_some(SECRET.as_bytes());
    server.judge(claim, secret, request).unwrap()
}

fn code(outcome: Result<Accepted, Denied>) -> &'static str {
    outcome
        .map(|_| "accepted")
        .unwrap_or_else(|denied| denied.code)
}

/// A 401's header fields.
fn fields(denied: Denied) -> HeaderMap {
    let fields = denied.challenges.into_iter();
    fields.map(|value| (WWW_AUTHENTICATE, value)).collect()
}

/// A login that has heard the server's challenge, and its next request.
fn challenged(server: &Authenticator, login: &mut HttpLogin, body: &str) -> Request {
    let Err(denied) = judge(server, &request(None, body)) else {
        panic!("no credentials were asked for");
    };
    assert_eq!(denied.code, "http-credentials-missing");
    login.challenged(&fields(denied)).unwrap();
    next(login, body)
}

fn next(login: &mut HttpLogin, body: &str) -> Request {
    let value = login
        .authorization("POST", TARGET, body.as_bytes())
        .unwrap();
    request(value, body)
}

#[tokio::test]
async fn digest_on_both_sides() {
    for offers in [&[SHA256, MD5][..], &[MD5], &[MD5, SHA256, Offer::Basic]] {
        let server = authenticator(offers);
        let mut login = login(LoginScheme::Digest, SECRET);
        let mut sent = challenged(&server, &mut login, "hello");
        for count in 1..4 {
            let text = sent.headers[AUTHORIZATION]
                .to_str()
                .unwrap_or_default()
                .to_owned();
            assert!(text.contains(&format!("nc=0000000{count}")), "{text}");
            let sha256 = text.contains("algorithm=SHA-256");
            assert_eq!(sha256, offers.contains(&SHA256), "{text}");
            assert!(text.contains("qop=auth-int"), "{text}");
            let accepted = judge(&server, &sent).unwrap();
            assert_eq!(accepted.user, USER);
            let info = server
                .info(&accepted, SECRET.as_bytes(), b"answer")
                .unwrap();
            let info: HeaderMap = [(INFO, info.unwrap())].into_iter().collect();
            assert_eq!(login.answered(&info, b"answer"), Ok(()));
            // By somebody without the secret, and another body.
            let forged = server.info(&accepted, b"guess", b"answer").unwrap();
            let forged: HeaderMap = [(INFO, forged.unwrap())].into_iter().collect();
            let unproved = Err(LoginRefused::ServerUnproved);
            assert_eq!(login.answered(&forged, b"answer"), unproved);
            assert_eq!(login.answered(&info, b"another"), unproved);
            sent = next(&mut login, "hello");
        }
    }
}

#[tokio::test]
async fn what_a_server_denies() {
    let server = authenticator(&[SHA256]);
    let mut good = login(LoginScheme::Digest, SECRET);
    let sent = challenged(&server, &mut good, "hello");

    let mut other_body = sent.clone();
    other_body.body = "hellO".into();
    assert_eq!(code(judge(&server, &other_body)), "http-credentials-wrong");
    let mut other_method = sent.clone();
    other_method.method = Method::PUT;
    assert_eq!(
        code(judge(&server, &other_method)),
        "http-credentials-wrong"
    );
    for (path, query) in [
        ("/dn", Some("device=1")),
        ("/dm", Some("device=2")),
        ("/dm", None),
    ] {
        let mut other = sent.clone();
        other.path = path.to_owned();
        other.query = query.map(str::to_owned);
        assert_eq!(code(judge(&server, &other)), "http-digest-target");
    }
    let mut twice = sent.clone();
    let value = twice.headers[AUTHORIZATION].clone();
    twice.headers.append(AUTHORIZATION, value);
    assert_eq!(code(judge(&server, &twice)), "http-credentials-malformed");

    let mut wrong = login(LoginScheme::Digest, "another secret");
    let guess = challenged(&server, &mut wrong, "hello");
    let Err(denied) = judge(&server, &guess) else {
        panic!("taken")
    };
    assert_eq!(denied.code, "http-credentials-wrong");
    assert_eq!(wrong.challenged(&fields(denied)), Err(LoginRefused::Wrong));

    assert_eq!(code(judge(&server, &sent)), "accepted");
    let again = judge(&server, &sent);
    assert_eq!(code(again), "http-nonce-replayed");
}

/// RFC 7616 clause 3.3, `stale`: the secret is right, so nobody is asked.
#[tokio::test(start_paused = true)]
async fn an_old_nonce_costs_one_more_request() {
    let server = authenticator(&[SHA256]);
    let mut login = login(LoginScheme::Digest, SECRET);
    let old = challenged(&server, &mut login, "hello");
    tokio::time::advance(LIFE + Duration::from_secs(1)).await;
    let Err(denied) = judge(&server, &old) else {
        panic!("taken")
    };
    assert_eq!(denied.code, "http-nonce-expired");
    login.challenged(&fields(denied)).unwrap();
    assert_eq!(code(judge(&server, &next(&mut login, "hello"))), "accepted");

    let restarted = authenticator(&[SHA256]);
    let Err(denied) = judge(&restarted, &next(&mut login, "hello")) else {
        panic!("taken")
    };
    assert_eq!(denied.code, "http-nonce-unknown");
    login.challenged(&fields(denied)).unwrap();
    assert_eq!(
        code(judge(&restarted, &next(&mut login, "hello"))),
        "accepted"
    );
}

/// Credentials by hand: what the clauses leave to clients, and what they forbid.
#[tokio::test]
async fn credentials_that_are_none() {
    let server = authenticator(&[SHA256, MD5, Offer::Basic]);
    let whole = "Digest username=\"u\", realm=\"r\", nonce=\"n\", uri=\"/dm\", response=\"0\", \
                 qop=auth, nc=00000001, cnonce=\"c\", algorithm=MD5";
    for (text, expected) in [
        (whole.to_owned(), "http-credentials-wrong"),
        (
            whole.replace("qop=auth, ", ""),
            "http-credentials-malformed",
        ),
        (
            whole.replace("qop=auth", "qop=other"),
            "http-credentials-malformed",
        ),
        (whole.replace("00000001", "1"), "http-credentials-malformed"),
        (
            whole.replace("00000001", "+0000001"),
            "http-credentials-malformed",
        ),
        (
            whole.replace("=MD5", "=MD5-sess"),
            "http-credentials-malformed",
        ),
        (
            whole.replace("username=\"u\", ", ""),
            "http-credentials-malformed",
        ),
        (
            format!("{whole}, userhash=true"),
            "http-credentials-malformed",
        ),
        (
            format!("{whole}, nonce=\"m\""),
            "http-credentials-malformed",
        ),
        (format!("{whole}, Basic dTpw"), "http-credentials-malformed"),
        ("Basic".to_owned(), "http-credentials-malformed"),
        ("Basic dTpw!".to_owned(), "http-credentials-malformed"),
        // Without a colon.
        ("Basic dXA=".to_owned(), "http-credentials-malformed"),
        ("Basic dTpw".to_owned(), "http-credentials-wrong"),
        ("Bearer abc".to_owned(), "http-scheme-not-offered"),
        (
            format!("Basic {}", "A".repeat(9000)),
            "http-credentials-malformed",
        ),
    ] {
        let value = HeaderValue::from_str(&text).unwrap();
        let outcome = judge(&server, &request(Some(value), "hello"));
        assert_eq!(code(outcome), expected, "{text}");
    }
    let digest_only = authenticator(&[SHA256]);
    for text in ["Basic dTpw", whole] {
        let value = HeaderValue::from_str(text).unwrap();
        let outcome = judge(&digest_only, &request(Some(value), "hello"));
        assert_eq!(code(outcome), "http-scheme-not-offered");
    }
}

/// A user without a secret, and one that is not known, can't be anybody.
#[tokio::test]
async fn no_secret_is_no_login() {
    let server = authenticator(&[MD5, Offer::Basic]);
    for scheme in [LoginScheme::Basic, LoginScheme::Digest] {
        let mut login = login(scheme, "");
        let sent = match scheme {
            LoginScheme::Basic => next(&mut login, "hello"),
            LoginScheme::Digest => challenged(&server, &mut login, "hello"),
        };
        for known in [None, Some(&b""[..])] {
            let claim = server.read(&sent).unwrap().unwrap();
            let outcome = server.judge(claim, known, &sent).unwrap();
            assert_eq!(code(outcome), "http-credentials-wrong");
        }
    }
}

#[tokio::test]
async fn a_client_takes_no_weaker_scheme() {
    let challenge = |texts: &[&'static str]| -> HeaderMap {
        let values = texts.iter().map(|text| HeaderValue::from_static(text));
        values.map(|value| (WWW_AUTHENTICATE, value)).collect()
    };
    let first = "Digest realm=\"r\", nonce=\"n\"";
    for texts in [
        &["Basic realm=\"r\""][..],
        &[],
        &[first],
        &["Digest realm=\"r\", nonce=\"n\", qop=\"auth\", algorithm=MD5-sess"],
        &["Digest realm=\"r\", nonce=\"n\", qop=\"auth-conf\""],
        &["Digest realm=\"r\", qop=\"auth\""],
    ] {
        let mut login = login(LoginScheme::Digest, SECRET);
        let outcome = login.challenged(&challenge(texts));
        assert_eq!(outcome, Err(LoginRefused::NotOffered), "{texts:?}");
        assert!(login.authorization("POST", TARGET, b"").unwrap().is_none());
    }
    let mut basic = login(LoginScheme::Basic, SECRET);
    let outcome = basic.challenged(&challenge(&["Basic realm=\"r\""]));
    assert_eq!(outcome, Err(LoginRefused::Wrong));
    assert!(HttpLogin::new(LoginScheme::Basic, "a:b", Zeroizing::default()).is_err());
}

/// A server that says who came.
async fn greeting(offers: &[Offer]) -> Server {
    let server = Arc::new(authenticator(offers));
    let handler = move |request: Request| {
        let server = Arc::clone(&server);
        std::future::ready(match judge(&server, &request) {
            Ok(accepted) => {
                let text = format!("{} said {}", accepted.user, request.body.len());
                let info = server.info(&accepted, SECRET.as_bytes(), text.as_bytes());
                let mut response = Response::new(StatusCode::OK).with_body(text);
                response
                    .headers
                    .extend(info.unwrap().map(|info| (INFO, info)));
                response
            }
            Err(denied) => {
                let mut response = Response::new(StatusCode::UNAUTHORIZED);
                response.headers = fields(denied);
                response
            }
        })
    };
    let limits = ServerLimits::default();
    serve(listener().await, Transport::Plain, limits, handler).unwrap()
}

#[tokio::test]
async fn curl_logs_in() {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let ci = std::env::var_os("CI").is_some_and(|value| value == "true");
    let Some(curl) = find("curl", &path, ci).unwrap() else {
        eprintln!("SKIPPED curl_logs_in: no curl on PATH, so no independent client was asked");
        return;
    };
    within(async {
        for (offers, flag) in [
            (&[SHA256][..], "--digest"),
            (&[MD5], "--digest"),
            (&[SHA256, MD5, Offer::Basic], "--anyauth"),
            (&[Offer::Basic], "--basic"),
        ] {
            let server = greeting(offers).await;
            let url = format!("http://{}{TARGET}", server.address());
            for (secret, expected) in [(SECRET, "200"), ("another", "401")] {
                let output = Command::new(&curl)
                    .args(["-q", "-s", "--noproxy", "*", flag, "--data", "hello"])
                    .args([
                        "-w",
                        " %{http_code}",
                        "-u",
                        &format!("{CURLS_USER}:{secret}"),
                    ])
                    .arg(&url)
                    .stdin(Stdio::null())
                    .kill_on_drop(true)
                    .output()
                    .await
                    .unwrap();
                let text = String::from_utf8(output.stdout).unwrap();
                let said = if expected == "200" {
                    "device said 5"
                } else {
                    ""
                };
                assert_eq!(text, format!("{said} {expected}"), "{offers:?} {flag}");
            }
        }
    })
    .await;
}
