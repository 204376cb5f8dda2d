//! One request of a client over a connection, answered with 401 (RFC 9110 clause
//! 11.6).

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::{Error, TlsStream};

/// Octets of a head that are read.
const HEAD: usize = 16 * 1024;

/// What a request had.
pub(super) enum Sent {
    /// Credentials by the scheme.
    Scheme,
    /// Something else, or nothing; in words.
    Other(String),
}

/// Reads a request's head and answers it with a challenge of `scheme`. The body
/// stays unread: nothing is done with it, and the connection ends.
pub(super) async fn challenge(mut stream: TlsStream, scheme: &str) -> Result<Sent, Error> {
    let mut head = Vec::new();
    while !head.windows(4).any(|four| four == b"\r\n\r\n") {
        let mut some = [0; 1024];
        let count = stream.read(&mut some).await?;
        if count == 0 || head.len() > HEAD {
            return Ok(Sent::Other("no request".to_owned()));
        }
        head.extend(some.iter().take(count));
    }
    let challenge = match scheme {
        "digest" => {
            "Digest realm=\"audit\", qop=\"auth\", algorithm=MD5, nonce=\"cmVob21lJ3MgYXVkaXQ\""
        }
        _ => "Basic realm=\"audit\"",
    };
    let answer = format!(
        "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: {challenge}\r\n\
         Content-Length: 0\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(answer.as_bytes()).await?;
    // The client may have gone already, which is its right.
    let _ = stream.shutdown().await;
    let head = String::from_utf8_lossy(&head).into_owned();
    let mut fields = head.lines().filter_map(|line| line.split_once(':'));
    let sent = fields.find(|(name, _)| name.eq_ignore_ascii_case("authorization"));
    // What follows the scheme may be a secret: it is not repeated.
    let sent = sent.and_then(|(_, value)| value.split_whitespace().next());
    Ok(match sent {
        Some(sent) if sent.eq_ignore_ascii_case(scheme) => Sent::Scheme,
        Some(_) => Sent::Other("Authorization by another scheme".to_owned()),
        None => Sent::Other("a request without Authorization".to_owned()),
    })
}
