//! Closing so that the last octets arrive: an alert, or an HTTP answer given
//! before the whole request was read. A plain close with unread input makes TCP
//! send a reset, which throws away what the peer has not read yet (RFC 9112
//! clause 9.6).

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};

/// How long and how much a peer may still send after our last octet.
pub(crate) const PATIENCE: Duration = Duration::from_secs(1);
const MAX_OCTETS: usize = 1 << 20;

/// Half-closes, then throws away input until the peer closes, the time is up or
/// the peer has sent too much.
pub(crate) async fn linger(tcp: &mut TcpStream, until: Instant) {
    let until = until.min(Instant::now() + PATIENCE);
    let drain = async {
        if tcp.shutdown().await.is_err() {
            return;
        }
        let mut sink = [0; 4096];
        let mut total = 0;
        while let Ok(count @ 1..) = tcp.read(&mut sink).await {
            total += count;
            if total > MAX_OCTETS {
                return;
            }
        }
    };
    // Out of patience is an end like the others.
    let _ = timeout_at(until, drain).await;
}
