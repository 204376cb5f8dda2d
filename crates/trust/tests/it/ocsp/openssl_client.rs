//! Debian's `openssl ocsp` asks our responder over HTTP on loopback, and judges
//! its answers (RFC 6960 appendix A.1). It goes by the machine's clock.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use clock::Timestamp;
use trust::issue::SoftwareIssuer;
use trust::ocsp::{ExpiryPolicy, Responder};
use trust::{Certificate, Revocation, RevocationReason};

use crate::support::build::{Draft, generalized, utc};
use crate::support::ocsp::{RESPONDER_KEY, issuer, responder_draft, server_draft};
use crate::support::program::{OpenSsl, pem};
use crate::support::records::{Records, config};
use crate::support::test_keys::p256;
use crate::support::{ANCHOR_KEY, parsed};

fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    Timestamp::from_unix_seconds(since.as_secs())
}

/// In date whatever the machine's clock says.
fn for_long(draft: Draft) -> Certificate {
    let draft = draft.changed(|draft| {
        draft.not_before = utc("200101000000Z");
        draft.not_after = generalized("20991231235959Z");
    });
    parsed(&draft.signed_by(&p256(ANCHOR_KEY)))
}

fn responder(delegated: bool) -> Responder<SoftwareIssuer> {
    let seed = if delegated { RESPONDER_KEY } else { ANCHOR_KEY };
    let key = SoftwareIssuer::new(p256(seed)).unwrap();
    let certificate = delegated.then(|| for_long(responder_draft()));
    Responder::new(
        key,
        issuer(),
        certificate,
        config(ExpiryPolicy::RevokeOnExpiry),
    )
    .unwrap()
}

/// The body of one POST, after its head.
fn body(stream: &mut TcpStream) -> Vec<u8> {
    let mut octets = Vec::new();
    let mut some = [0; 1024];
    loop {
        let text = String::from_utf8_lossy(&octets).to_lowercase();
        if let Some(head) = text.find("\r\n\r\n") {
            let length: usize = text
                .lines()
                .find_map(|line| line.strip_prefix("content-length: "))
                .map_or(0, |length| length.trim().parse().unwrap());
            // The head is ASCII, so positions in text and octets are the same.
            if octets.len() >= head + 4 + length {
                return octets[head + 4..head + 4 + length].to_vec();
            }
        }
        let read = stream.read(&mut some).unwrap();
        assert_ne!(read, 0, "the client ended before its request did");
        octets.extend_from_slice(&some[..read]);
    }
}

/// Asks about the server's certificate with these options; what openssl says,
/// and whether its exit status is zero.
fn asked(
    openssl: &OpenSsl,
    delegated: bool,
    records: &Records,
    options: &str,
) -> Result<String, String> {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/ocsp", listener.local_addr().unwrap());
    std::thread::scope(|scope| {
        let line =
            format!("ocsp {options} -issuer ca.pem -cert server.pem -CAfile ca.pem -url {url}");
        let client = scope.spawn(move || openssl.run(&line.split_whitespace().collect::<Vec<_>>()));
        // It ends without having come if something else is wrong with it.
        listener.set_nonblocking(true).unwrap();
        let mut stream = loop {
            match listener.accept() {
                Ok((stream, _)) => break stream,
                Err(_) if client.is_finished() => return client.join().unwrap(),
                Err(_) => std::thread::sleep(Duration::from_millis(2)),
            }
        };
        stream.set_nonblocking(false).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(60)))
            .unwrap();
        let reply = responder(delegated).answer(&body(&mut stream), now(), records);
        let head = format!(
            "HTTP/1.0 200 OK\r\nContent-Type: application/ocsp-response\r\nContent-Length: {}\r\n\r\n",
            reply.der().len()
        );
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(reply.der()).unwrap();
        drop(stream);
        client.join().unwrap()
    })
}

#[test]
fn it_accepts_our_answers_with_nonce_and_without() {
    let Some(openssl) = OpenSsl::new("ocsp-client") else {
        return;
    };
    let server = for_long(server_draft());
    openssl.write("ca.pem", pem(issuer().der()));
    openssl.write("server.pem", pem(server.der()));
    let mut revoked = Records::default();
    let since = Timestamp::from_unix_seconds(now().unix_seconds() - 60);
    revoked.put(
        &server,
        Some(Revocation {
            at: since,
            reason: Some(RevocationReason::KeyCompromise),
        }),
    );
    for delegated in [false, true] {
        for options in ["", "-no_nonce", "-sha256"] {
            for (records, verdict) in [
                (&Records::of(&server), "server.pem: good"),
                (&revoked, "server.pem: revoked"),
                (&Records::default(), "server.pem: unknown"),
            ] {
                // A wrong nonce would be an error, a missing one only a warning:
                // see below.
                let text = asked(&openssl, delegated, records, options).unwrap();
                assert!(text.contains(verdict), "{text}");
                if verdict.ends_with("revoked") {
                    assert!(text.contains("Reason: keyCompromise"), "{text}");
                }
            }
        }
    }
}

#[test]
fn it_sees_the_nonce_the_delegate_and_our_errors() {
    let Some(openssl) = OpenSsl::new("ocsp-client-text") else {
        return;
    };
    let server = for_long(server_draft());
    openssl.write("ca.pem", pem(issuer().der()));
    openssl.write("server.pem", pem(server.der()));
    let records = Records::of(&server);
    let text = asked(&openssl, true, &records, "-text").unwrap();
    let nonces: Vec<_> = text
        .lines()
        .skip_while(|line| !line.contains("OCSP Nonce"))
        .filter(|line| line.trim().starts_with("0410"))
        .collect();
    assert_eq!(nonces.len(), 2, "asked and repeated: {text}");
    assert_eq!(nonces[0].trim(), nonces[1].trim());
    assert!(text.contains("Responder Id: "), "{text}");
    assert!(text.contains("OCSP No Check"), "{text}");
    let broken = Records {
        broken: true,
        ..Records::default()
    };
    let text = match asked(&openssl, true, &broken, "") {
        Ok(text) | Err(text) => text,
    };
    assert!(text.contains("trylater (3)"), "{text}");
}
