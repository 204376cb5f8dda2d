//! Hellos that the library can't write: of SSL 2.0 (The SSL Protocol, 1995, clause
//! 2.5; RFC 6101 appendix E) and of SSL 3.0 (RFC 6101 clause 5.6). What matters is
//! in the first octets of the answer; the handshake is never finished.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout_at;

use super::target::Target;
use crate::{Alert, Error, Suite};

const HANDSHAKE: u8 = 22;
const ALERT: u8 = 21;
const SERVER_HELLO: u8 = 2;
/// SSL 2.0's own.
const SERVER_HELLO_2: u8 = 4;
const ERROR_2: u8 = 0;
/// Octets of an answer that are looked at: record header, handshake header,
/// version, random, an empty session id or one of 32 octets, the suite.
const LOOK: usize = 5 + 4 + 2 + 32 + 1 + 32 + 2;

/// How a server took a hello of old.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RawAnswer {
    /// It went on with that version.
    pub(super) is_taken: bool,
    /// As evidence.
    pub(super) words: String,
}

/// The number of a suite by RFC 6101 appendix A.6.
pub(super) fn number_of_ssl3(suite: &str) -> Option<u16> {
    let suite = Suite::by_name(suite)?;
    suite.is_ssl3_alone().then_some(suite.number)
}

/// Offers SSL 2.0 alone.
///
/// # Errors
/// Those of [`Target::open`].
pub(super) async fn ssl2(target: &Target) -> Result<RawAnswer, Error> {
    let answer = ask(target, &client_hello_2()).await?;
    Ok(judge_2(&answer))
}

/// Offers SSL 3.0 with one suite alone.
///
/// # Errors
/// As for [`ssl2`].
pub(super) async fn ssl3(target: &Target, name: &str, suite: u16) -> Result<RawAnswer, Error> {
    let answer = ask(target, &client_hello_3(suite)).await?;
    let answer = judge_3(&answer, suite);
    Ok(RawAnswer {
        words: format!("SSL 3.0 {name}: {}", answer.words),
        ..answer
    })
}

/// What comes back, up to [`LOOK`] octets; nothing if the peer only closes or
/// says nothing in time.
async fn ask(target: &Target, hello: &[u8]) -> Result<Vec<u8>, Error> {
    let mut tcp: TcpStream = target.open().await?;
    let mut answer = Vec::new();
    let talk = async {
        tcp.write_all(hello).await?;
        let mut limited = (&mut tcp).take(LOOK as u64);
        limited.read_to_end(&mut answer).await
    };
    // An end without an answer is one kind of refusal.
    let _ = timeout_at(target.deadline(), talk).await;
    Ok(answer)
}

/// RC4, RC2, 3DES and DES, each with MD5; 16 octets of challenge.
fn client_hello_2() -> Vec<u8> {
    const KINDS: [[u8; 3]; 4] = [[1, 0, 128], [3, 0, 128], [7, 0, 192], [6, 0, 64]];
    let mut hello = vec![0x80, 9 + 12 + 16, 1, 0, 2, 0, 12, 0, 0, 0, 16];
    hello.extend(KINDS.iter().flatten());
    hello.extend(*b"rehome's audit 2");
    hello
}

fn client_hello_3(suite: u16) -> Vec<u8> {
    let [high, low] = suite.to_be_bytes();
    // Version, random, no session, one suite, no compression.
    let mut body = vec![3, 0];
    body.extend(*b"rehome's audit asks for SSL 3.0.");
    body.extend([0, 0, 2, high, low, 1, 0]);
    let length = u8::try_from(body.len()).unwrap_or_default();
    let mut hello = vec![HANDSHAKE, 3, 0, 0, length + 4, 1, 0, 0, length];
    hello.extend(body);
    hello
}

fn refused(words: String) -> RawAnswer {
    RawAnswer {
        is_taken: false,
        words,
    }
}

/// An answer that is of no known kind, or an alert.
fn other(answer: &[u8]) -> RawAnswer {
    match answer {
        [] => refused("no answer".to_owned()),
        [ALERT, 3, _, 0, 2, _, number, ..] => {
            refused(format!("alert {}", Alert::numbered(*number)))
        }
        [first, ..] => refused(format!("an answer that begins with the octet {first:#04x}")),
    }
}

fn judge_2(answer: &[u8]) -> RawAnswer {
    // The length has two octets with the highest bit set, or three without.
    let kind = match answer {
        [first, _, kind, ..] if first & 0x80 != 0 => Some(*kind),
        [first, _, _, kind, ..] if *first < 0x14 => Some(*kind),
        _ => None,
    };
    match kind {
        Some(SERVER_HELLO_2) => RawAnswer {
            is_taken: true,
            words: "SSL 2.0: a SERVER-HELLO".to_owned(),
        },
        Some(ERROR_2) => refused("SSL 2.0: an ERROR".to_owned()),
        // A handshake of SSL 3.0 or TLS would be no session of 2.0 either.
        _ => {
            let answer = other(answer);
            refused(format!("SSL 2.0: {}", answer.words))
        }
    }
}

fn judge_3(answer: &[u8], suite: u16) -> RawAnswer {
    let [
        HANDSHAKE,
        3,
        _,
        _,
        _,
        SERVER_HELLO,
        _,
        _,
        _,
        major,
        minor,
        rest @ ..,
    ] = answer
    else {
        return other(answer);
    };
    if (*major, *minor) != (3, 0) {
        return refused(format!("a ServerHello of version {major}.{minor}"));
    }
    let session = rest.get(32).copied().map_or(0, usize::from);
    let at = 33 + session;
    let chosen = rest.get(at..at + 2);
    if chosen != Some(&suite.to_be_bytes()) {
        return refused("a ServerHello with another suite".to_owned());
    }
    RawAnswer {
        is_taken: true,
        words: "a ServerHello with it (the handshake was not finished)".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_of_rfc_6101() {
        assert_eq!(number_of_ssl3("SSL_RSA_WITH_RC4_128_SHA"), Some(5));
        assert_eq!(number_of_ssl3("SSL_RSA_WITH_3DES_EDE_CBC_SHA"), Some(10));
        assert_eq!(number_of_ssl3("TLS_RSA_WITH_AES_128_CBC_SHA"), None);
    }

    /// The layout of SSL 2.0's CLIENT-HELLO: length, kind, version, three lengths.
    #[test]
    fn the_lengths_of_the_hellos_are_right() {
        let hello = client_hello_2();
        assert_eq!(hello.len(), 2 + usize::from(hello[1]));
        assert_eq!(hello[2..11], [1, 0, 2, 0, 12, 0, 0, 0, 16]);
        assert_eq!(hello.len(), 11 + 12 + 16);
        let hello = client_hello_3(10);
        assert_eq!(hello.len(), 5 + usize::from(hello[4]));
        assert_eq!(hello.len(), 9 + usize::from(hello[8]));
        assert_eq!(hello[9..11], [3, 0]);
    }

    #[test]
    fn answers_to_ssl_2() {
        let taken = |answer: &[u8]| judge_2(answer).is_taken;
        assert!(taken(&[0x83, 0x10, 4, 0, 1, 0, 2]));
        assert!(taken(&[0x03, 0x10, 0, 4, 0, 1, 0, 2]));
        assert!(!taken(&[22, 3, 1, 0, 74]));
        assert!(!taken(&[0x80, 3, 0, 0, 1]));
        assert!(!taken(&[21, 3, 1, 0, 2, 2, 70]));
        assert!(!taken(&[]));
        assert!(!taken(b"HTTP/1.1 400 Bad Request"));
        let words = judge_2(&[21, 3, 1, 0, 2, 2, 70]).words;
        assert_eq!(words, "SSL 2.0: alert protocol version (70)");
    }

    #[test]
    fn answers_to_ssl_3() {
        let hello = |minor: u8, session: u8, suite: u8| {
            let mut hello = vec![22, 3, minor, 0, 42, 2, 0, 0, 38, 3, minor];
            hello.extend([7; 32]);
            hello.push(session);
            hello.extend(vec![9; usize::from(session)]);
            hello.extend([0, suite, 0]);
            hello
        };
        for session in [0, 32] {
            assert!(judge_3(&hello(0, session, 5), 5).is_taken);
            assert!(!judge_3(&hello(0, session, 10), 5).is_taken);
            assert!(!judge_3(&hello(1, session, 5), 5).is_taken);
        }
        assert!(!judge_3(&hello(0, 0, 5)[..20], 5).is_taken);
        assert!(!judge_3(&[21, 3, 0, 0, 2, 2, 40], 5).is_taken);
        assert!(!judge_3(&[], 5).is_taken);
    }
}
