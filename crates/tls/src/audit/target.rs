//! What is audited, and what the caller has for it: a certificate, a shared key,
//! a login.

use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};
use zeroize::Zeroizing;

use crate::{Credentials, Error, handshake};

/// A server and the means to talk to it.
pub struct Target {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) path: String,
    pub(super) patience: Duration,
    pub(super) credentials: Option<Credentials>,
    pub(super) key: Option<SharedKey>,
    pub(super) login: Option<Login>,
}

/// A pre-shared key with its identity. There is no `Debug`.
#[derive(Clone)]
pub struct SharedKey {
    pub(super) identity: Vec<u8>,
    pub(super) key: Zeroizing<Vec<u8>>,
}

/// A user and a secret of HTTP authentication. There is no `Debug`.
#[derive(Clone)]
pub struct Login {
    /// The user.
    pub user: String,
    /// The secret.
    pub secret: Zeroizing<Vec<u8>>,
}

impl SharedKey {
    /// A key with its identity.
    ///
    /// # Errors
    /// [`Error::ConfigurationWrong`] for an identity that is empty, longer than
    /// 255 octets or has a NUL, and for a key of 0 or more than 512 octets. Short
    /// keys are taken: the audit is about the other side.
    pub fn new(identity: &[u8], key: Zeroizing<Vec<u8>>) -> Result<Self, Error> {
        let fits = (1..=255).contains(&identity.len()) && !identity.contains(&0);
        if !fits || !(1..=512).contains(&key.len()) {
            return Err(Error::ConfigurationWrong(
                "a PSK identity has 1 to 255 octets other than NUL, its key 1 to 512".to_owned(),
            ));
        }
        Ok(Self {
            identity: identity.to_vec(),
            key,
        })
    }
}

impl Target {
    /// A server by its URL, `https://HOST[:PORT][/PATH]`.
    ///
    /// # Errors
    /// [`Error::ConfigurationWrong`] for any other URL.
    pub fn new(url: &str) -> Result<Self, Error> {
        let wrong = || Error::ConfigurationWrong(format!("{url} is not https://HOST:PORT/PATH"));
        let rest = url.strip_prefix("https://").ok_or_else(wrong)?;
        let at = rest.find('/').unwrap_or(rest.len());
        let (authority, path) = rest.split_at(at);
        let (host, port) = match authority.strip_prefix('[') {
            Some(rest) => {
                let (host, port) = rest.split_once(']').ok_or_else(wrong)?;
                let port = port
                    .strip_prefix(':')
                    .or_else(|| (!port.is_empty()).then_some(port));
                (host, port)
            }
            None => match authority.split_once(':') {
                Some((host, port)) => (host, Some(port)),
                None => (authority, None),
            },
        };
        let port = port.map_or(Ok(443), str::parse).map_err(|_| wrong())?;
        if !handshake::is_server_name(host) || path.contains('#') {
            return Err(wrong());
        }
        Ok(Self {
            host: host.to_owned(),
            port,
            path: if path.is_empty() { "/" } else { path }.to_owned(),
            patience: Duration::from_secs(10),
            credentials: None,
            key: None,
            login: None,
        })
    }

    /// The same with a client's certificate chain and its key, both PEM.
    ///
    /// # Errors
    /// [`Error::ConfigurationWrong`] if they can't be read or don't fit together.
    pub fn with_certificate(mut self, chain: &[u8], key: &[u8]) -> Result<Self, Error> {
        self.credentials = Some(Credentials::from_pem(chain, key)?);
        Ok(self)
    }

    /// The same with a pre-shared key.
    #[must_use]
    pub fn with_key(mut self, key: SharedKey) -> Self {
        self.key = Some(key);
        self
    }

    /// The same with a login.
    #[must_use]
    pub fn with_login(mut self, login: Login) -> Self {
        self.login = Some(login);
        self
    }

    /// The same with another time for each connection; 10 s by default.
    #[must_use]
    pub fn with_patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    pub(super) fn deadline(&self) -> Instant {
        Instant::now() + self.patience
    }

    /// A connection; its failure ends the audit.
    pub(super) async fn open(&self) -> Result<TcpStream, Error> {
        let connect = TcpStream::connect((self.host.as_str(), self.port));
        let tcp = timeout_at(self.deadline(), connect).await;
        Ok(tcp.map_err(|_| Error::Timeout("connecting"))??)
    }

    /// What goes into Host.
    pub(super) fn authority(&self) -> String {
        let host = match self.host.contains(':') {
            true => format!("[{}]", self.host),
            false => self.host.clone(),
        };
        match self.port {
            443 => host,
            port => format!("{host}:{port}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls() {
        let read = |url| Target::new(url).map(|it| (it.authority(), it.port, it.path));
        let is = |host: &str, port, path: &str| Ok((host.to_owned(), port, path.to_owned()));
        assert_eq!(read("https://a.example"), is("a.example", 443, "/"));
        assert_eq!(
            read("https://a.example:8443/dm?x=1"),
            is("a.example:8443", 8443, "/dm?x=1")
        );
        assert_eq!(read("https://[::1]:1/"), is("[::1]:1", 1, "/"));
        for wrong in [
            "http://a.example",
            "https://",
            "https://a:b",
            "https://a:70000",
            "https://[::1",
            "https://[::1]x:1",
            "https://user@a.example",
            "https://a/#b",
        ] {
            assert!(Target::new(wrong).is_err(), "{wrong}");
        }
    }
}
