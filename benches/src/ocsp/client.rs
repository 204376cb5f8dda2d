//! The client that asks every responder: blocking, a question after the other on
//! each of a few threads.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, ensure};

const THREADS: u32 = 4;
const PATIENCE: Duration = Duration::from_secs(10);
/// A request's head and body in one write, so that it comes in one packet.
const HEAD_END: &[u8] = b"\r\n\r\n";
/// OCSPResponse's responseStatus, ENUMERATED 0, successful (RFC 6960 clause
/// 4.2.1).
const SUCCESSFUL: &[u8] = &[0x0a, 1, 0];

/// How a client comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Connections {
    /// One for all its questions.
    Kept,
    /// One for each.
    OneEach,
}

pub(super) struct Client {
    request: Vec<u8>,
    connections: Connections,
}

impl Client {
    /// A client that posts this question.
    pub(super) fn new(question: &[u8], connections: Connections) -> Self {
        let close = match connections {
            Connections::Kept => "keep-alive",
            Connections::OneEach => "close",
        };
        let head = format!(
            "POST / HTTP/1.1\r\nHost: localhost\r\nConnection: {close}\r\n\
             Content-Type: application/ocsp-request\r\nContent-Length: {}\r\n\r\n",
            question.len()
        );
        let mut request = head.into_bytes();
        request.extend_from_slice(question);
        Self {
            request,
            connections,
        }
    }

    /// Asks so often.
    pub(super) fn ask(&self, to: SocketAddr, questions: u32) -> Result<()> {
        thread::scope(|scope| {
            let mut running = Vec::new();
            for number in 0..THREADS {
                let count = questions / THREADS + u32::from(number < questions % THREADS);
                running.push(scope.spawn(move || self.share(to, count)));
            }
            for thread in running {
                thread.join().map_err(|_| anyhow!("a client panicked"))??;
            }
            Ok(())
        })
    }

    /// Asks until there is an answer: a responder that has just started reads its
    /// records first, and says so (tryLater).
    pub(super) fn first_answer(&self, to: SocketAddr) -> Result<Vec<u8>> {
        let until = Instant::now() + PATIENCE;
        loop {
            let answer = connect(to).and_then(|mut stream| self.exchange(&mut stream));
            if answer.is_ok() || Instant::now() > until {
                return answer;
            }
            thread::sleep(Duration::from_millis(20));
        }
    }

    fn share(&self, to: SocketAddr, count: u32) -> Result<()> {
        if count == 0 {
            return Ok(());
        }
        let mut kept = connect(to)?;
        for number in 0..count {
            if self.connections == Connections::OneEach && number > 0 {
                kept = connect(to)?;
            }
            self.exchange(&mut kept)?;
        }
        Ok(())
    }

    fn exchange(&self, stream: &mut TcpStream) -> Result<Vec<u8>> {
        stream.write_all(&self.request)?;
        let mut came = Vec::with_capacity(2048);
        let mut part = [0; 4096];
        loop {
            if let Some(body) = whole(&came)? {
                ensure!(is_successful(body), "no successful answer");
                return Ok(body.to_vec());
            }
            let count = stream.read(&mut part)?;
            ensure!(count > 0, "the responder hung up");
            came.extend_from_slice(part.get(..count).unwrap_or_default());
        }
    }
}

/// What follows the head of the outermost SEQUENCE.
fn is_successful(answer: &[u8]) -> bool {
    let more = match answer.get(1) {
        Some(length) if *length > 0x80 => usize::from(*length - 0x80),
        _ => 0,
    };
    answer
        .get(2 + more..)
        .is_some_and(|rest| rest.starts_with(SUCCESSFUL))
}

fn connect(to: SocketAddr) -> Result<TcpStream> {
    let tcp = TcpStream::connect(to).context("no connection")?;
    tcp.set_nodelay(true)?;
    tcp.set_read_timeout(Some(PATIENCE))?;
    Ok(tcp)
}

/// The body, once all of it is there.
fn whole(came: &[u8]) -> Result<Option<&[u8]>> {
    let Some(at) = came
        .windows(HEAD_END.len())
        .position(|part| part == HEAD_END)
    else {
        return Ok(None);
    };
    let head = std::str::from_utf8(came.get(..at).unwrap_or_default())?.to_ascii_lowercase();
    let status = head.lines().next().unwrap_or_default();
    ensure!(status.contains(" 200 "), "answered {status}");
    let mut fields = head.lines().filter_map(|line| line.split_once(':'));
    let length: usize = fields
        .find_map(|(name, value)| (name == "content-length").then_some(value))
        .context("an answer without a length")?
        .trim()
        .parse()?;
    let body = came.get(at + HEAD_END.len()..).unwrap_or_default();
    Ok((body.len() >= length).then_some(body))
}
