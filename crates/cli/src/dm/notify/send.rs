//! Sending a notification: in a datagram, or as the body of an HTTP request
//! (OMA-TS-DM_Notification-V1_2 clause 7).

use std::net::{IpAddr, SocketAddr, ToSocketAddrs, UdpSocket};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::Args;
use dm::notification::{MEDIA_TYPE, WAP_PUSH_PORT};

/// How long a receiver's answer to an HTTP request may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// Where a notification goes.
#[derive(Args)]
pub(super) struct To {
    /// Send it by UDP, to port 2948 if no other is named
    #[arg(long, value_name = "HOST:PORT", conflicts_with = "http")]
    udp: Option<String>,
    /// Send it by HTTP POST
    #[arg(long, value_name = "URL")]
    http: Option<String>,
}

impl To {
    /// Sends it; gives the way and the receiver.
    pub(super) fn send(&self, message: &[u8]) -> Result<Option<(&'static str, String)>> {
        match (&self.udp, &self.http) {
            (Some(to), _) => Ok(Some(("udp", by_udp(to, message)?.to_string()))),
            (None, Some(url)) => {
                by_http(url, message)?;
                Ok(Some(("http", url.clone())))
            }
            (None, None) => Ok(None),
        }
    }
}

fn by_udp(to: &str, message: &[u8]) -> Result<SocketAddr> {
    let to = address(to)?;
    let own: SocketAddr = match to {
        SocketAddr::V4(_) => ([0; 4], 0).into(),
        SocketAddr::V6(_) => ([0_u16; 8], 0).into(),
    };
    let sent = UdpSocket::bind(own).and_then(|socket| socket.send_to(message, to));
    sent.with_context(|| format!("can't send to {to}"))?;
    Ok(to)
}

/// `HOST`, `HOST:PORT`, an address, or an address with a port.
fn address(text: &str) -> Result<SocketAddr> {
    let bare = text.trim_start_matches('[').trim_end_matches(']');
    if let Ok(ip) = bare.parse::<IpAddr>() {
        return Ok((ip, WAP_PUSH_PORT).into());
    }
    let mut found = match text.rsplit_once(':') {
        Some(_) => text.to_socket_addrs(),
        None => (text, WAP_PUSH_PORT).to_socket_addrs(),
    }
    .with_context(|| format!("{text} is no HOST:PORT"))?;
    found
        .next()
        .with_context(|| format!("{text} has no address"))
}

fn by_http(url: &str, message: &[u8]) -> Result<()> {
    if !url.starts_with("http://") {
        bail!("unsupported: {url} is not of the form http://HOST/PATH");
    }
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .timeout_global(Some(PATIENCE))
        .build()
        .into();
    let answer = agent
        .post(url)
        .header("content-type", MEDIA_TYPE)
        .send(message);
    let status = answer
        .with_context(|| format!("no answer from {url}"))?
        .status();
    if !status.is_success() {
        bail!("{url} refused: {}", status.as_u16());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::address;

    #[test]
    fn a_port_may_be_left_out() {
        for (text, read) in [
            ("127.0.0.1", "127.0.0.1:2948"),
            ("127.0.0.1:9", "127.0.0.1:9"),
            ("::1", "[::1]:2948"),
            ("[::1]", "[::1]:2948"),
            ("[::1]:9", "[::1]:9"),
        ] {
            assert_eq!(address(text).unwrap().to_string(), read);
        }
        for wrong in ["", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:65536"] {
            assert!(address(wrong).is_err(), "{wrong}");
        }
    }
}
