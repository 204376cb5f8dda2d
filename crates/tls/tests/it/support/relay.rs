//! A TCP relay that keeps what went through, so that a test can read the
//! plaintext part of a handshake for itself.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;

use super::tcp_pair;

/// What went through, in octets.
#[derive(Clone, Default)]
pub(crate) struct Tape(Arc<Mutex<Vec<u8>>>);

impl Tape {
    pub(crate) fn octets(&self) -> Vec<u8> {
        self.0.lock().unwrap().clone()
    }
}

/// The client's end, the server's end, and what the server sent.
pub(crate) async fn relay() -> (TcpStream, TcpStream, Tape) {
    let (client, near) = tcp_pair().await;
    let (far, server) = tcp_pair().await;
    let (from_client, to_client) = near.into_split();
    let (from_server, to_server) = far.into_split();
    let tape = Tape::default();
    tokio::spawn(copy(from_client, to_server, Tape::default()));
    tokio::spawn(copy(from_server, to_client, tape.clone()));
    (client, server, tape)
}

async fn copy(mut from: impl AsyncRead + Unpin, mut to: impl AsyncWrite + Unpin, tape: Tape) {
    let mut buffer = [0; 4096];
    while let Ok(count @ 1..) = from.read(&mut buffer).await {
        tape.0.lock().unwrap().extend_from_slice(&buffer[..count]);
        if to.write_all(&buffer[..count]).await.is_err() {
            return;
        }
    }
    let _ = to.shutdown().await;
}
