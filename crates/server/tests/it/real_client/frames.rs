//! IPA frames by hand (OsmoHLR user manual, "IPA"): `length u16 | stream u8 |
//! octets`, and the elements of a GSUP message, `tag u8 | length u8 | value`.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// Who sent a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum From {
    Client,
    Server,
}

/// Frames in the order in which they came by.
pub type Log = Arc<Mutex<Vec<(From, Vec<u8>)>>>;

/// One whole frame; nothing at the end of the stream.
pub async fn read(stream: &mut (impl AsyncReadExt + Unpin)) -> Option<Vec<u8>> {
    let mut frame = vec![0; 3];
    stream.read_exact(&mut frame).await.ok()?;
    let length = usize::from(u16::from_be_bytes([frame[0], frame[1]]));
    frame.resize(3 + length, 0);
    stream.read_exact(&mut frame[3..]).await.ok()?;
    Some(frame)
}

/// The GSUP message in a frame, if it is one.
pub fn gsup(frame: &[u8]) -> Option<&[u8]> {
    frame
        .get(2..)
        .and_then(|rest| rest.strip_prefix(&[0xee, 0x05]))
}

/// The kind of a message and the tags of its elements, in order.
pub fn kinds(message: &[u8]) -> (u8, Vec<u8>) {
    let (kind, mut rest) = message.split_first().unwrap();
    let mut tags = Vec::new();
    while let [tag, length, others @ ..] = rest {
        tags.push(*tag);
        rest = &others[usize::from(*length)..];
    }
    assert!(rest.is_empty(), "whole elements");
    tags.sort_unstable();
    (*kind, tags)
}

/// Passes one connection on to `to`, and writes down what goes by.
pub async fn forward(to: SocketAddr) -> (SocketAddr, Log, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (at, log) = (listener.local_addr().unwrap(), Log::default());
    let written = Arc::clone(&log);
    let task = tokio::spawn(async move {
        let (client, _) = listener.accept().await.unwrap();
        let server = TcpStream::connect(to).await.unwrap();
        let (from_client, to_client) = client.into_split();
        let (from_server, to_server) = server.into_split();
        let up = pass(From::Client, from_client, to_server, Arc::clone(&written));
        let down = pass(From::Server, from_server, to_client, written);
        tokio::select! {
            () = up => {}
            () = down => {}
        }
    });
    (at, log, task)
}

async fn pass(who: From, mut from: OwnedReadHalf, mut to: OwnedWriteHalf, log: Log) {
    while let Some(frame) = read(&mut from).await {
        log.lock().unwrap().push((who, frame.clone()));
        if to.write_all(&frame).await.is_err() {
            return;
        }
    }
}
