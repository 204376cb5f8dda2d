//! Certificates in the operator's API: who may, what is refused.

use std::net::SocketAddr;

use serde_json::{Value, json};

use super::{Setup, Site, TOKEN, serial, shown, talk};

async fn call(at: SocketAddr, method: &str, path: &str, body: &str) -> (u16, Value) {
    let request = format!(
        "{method} /api/v1/certificates{path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\
         Authorization: Bearer {TOKEN}\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let answer = talk(at, request.as_bytes()).await;
    let value = serde_json::from_slice(&answer.body).unwrap_or_default();
    (answer.status, value)
}

fn code(answer: &(u16, Value)) -> (u16, &str) {
    (answer.0, answer.1["code"].as_str().unwrap_or_default())
}

#[tokio::test(flavor = "multi_thread")]
async fn certificates_are_listed_revoked_and_renewed() {
    let site = Site::new("api", Setup::default());
    let node = site.start().await;
    let at = node.api_address().unwrap();
    let (status, page) = call(at, "GET", "", "").await;
    assert_eq!(status, 200);
    let rows = page["certificates"].as_array().unwrap();
    let mut names: Vec<_> = rows
        .iter()
        .map(|row| row["name"].as_str().unwrap())
        .collect();
    names.sort_unstable();
    let all = [
        "bootstrap",
        "decision",
        "dpf",
        "encipherment",
        "object",
        "ocsp",
        "peer",
        "peer-document",
    ];
    assert_eq!(names, all);
    assert!(rows.iter().all(|row| row["revoked"].is_null()));
    let (_, page) = call(at, "GET", "?limit=3", "").await;
    assert_eq!(page["certificates"].as_array().unwrap().len(), 3);
    let next = format!("?limit=100&before={}", page["next"]);
    let (_, page) = call(at, "GET", &next, "").await;
    assert_eq!(page["certificates"].as_array().unwrap().len(), 5);
    assert!(page["next"].is_null());

    let leaf = site.read("dpf.pem");
    let path = format!("/{}/revocation", serial(&leaf));
    let body = json!({ "reason": "keyCompromise" }).to_string();
    let (status, row) = call(at, "POST", &path, &body).await;
    assert_eq!(status, 200);
    assert_eq!(row["serial"], serial(&leaf));
    assert_eq!(row["revoked"]["reason"], "keyCompromise");
    let again = call(at, "POST", &path, &body).await;
    assert_eq!(code(&again), (409, "certificate-revoked-before"));

    let (status, row) = call(at, "POST", "/renewals", "{\"new_key\":true}").await;
    assert_eq!(status, 200);
    let new = site.read("dpf.pem");
    assert_eq!(row["serial"], serial(&new));
    assert_eq!(row["not_after"], new.not_after().to_string());
    assert_eq!(shown(&node).await, serial(&new));
    node.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_can_t_be_revoked_or_is_malformed_is_refused() {
    let site = Site::new("api-refused", Setup::default());
    let node = site.start().await;
    let at = node.api_address().unwrap();
    let own = format!("/{}/revocation", serial(&site.read("dpf.pem")));
    let right = "{\"reason\":\"superseded\"}";
    for (method, path, body, expected) in [
        (
            "POST",
            "/4242/revocation",
            right,
            (404, "unknown-certificate"),
        ),
        ("POST", "/zz/revocation", right, (400, "malformed")),
        ("POST", own.as_str(), "{}", (400, "malformed")),
        (
            "POST",
            &own,
            "{\"reason\":\"superseded\",\"a\":1}",
            (400, "malformed"),
        ),
        (
            "POST",
            &own,
            "{\"reason\":\"boredom\"}",
            (422, "revocation-reason-unsupported"),
        ),
        (
            "POST",
            &own,
            "{\"reason\":\"removeFromCRL\"}",
            (422, "revocation-reason-unsupported"),
        ),
        (
            "POST",
            &own,
            "{\"reason\":\"certificateHold\"}",
            (422, "revocation-reason-unsupported"),
        ),
        ("POST", "/renewals", "new_key", (400, "malformed")),
        ("GET", "?limit=a", "", (400, "malformed")),
        ("GET", "?colour=red", "", (400, "malformed")),
        ("GET", "/renewals", "", (404, "unknown-path")),
        ("POST", "", right, (404, "unknown-path")),
        ("POST", "-and-more", right, (404, "unknown-path")),
        ("DELETE", &own, "", (404, "unknown-path")),
    ] {
        let answer = call(at, method, path, body).await;
        assert_eq!(code(&answer), expected, "{method} {path} {body}");
    }
    let (_, page) = call(at, "GET", "", "").await;
    let rows = page["certificates"].as_array().unwrap();
    assert!(rows.iter().all(|row| row["revoked"].is_null()));
    let strange = b"GET /api/v1/certificates HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    assert_eq!(talk(at, strange).await.status, 401);
    node.shutdown().await;
}
