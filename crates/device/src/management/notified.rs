//! A server asks for a session: package #0 as a device takes it
//! (OMA-TS-DM_Notification-V1_2 clauses 5 and 6; OMA DM Protocol 1.2 clause
//! 8.3).
//!
//! The digest is checked under the secret with which the server proves itself,
//! and over the nonce that this device gave it last. What was taken once is
//! remembered before the session begins and is not taken again: the nonce may
//! stay what it was if the session comes to nothing, and the nonce `0x00000000`
//! always does.

use std::net::SocketAddr;

use dm::notification::{NonceUsed, Notification, NotificationKey, Unverified, from_push};
use dm::objects::dm_account::{Account, AuthLevel};
use dm::tree::NodeUri;
use openssl::sha::sha256;
use secret::SecretBytes;
use tokio::net::UdpSocket;

use super::client::{Client, Round};
use super::{Initiation, SessionReport};
use crate::Error;

/// Octets that are kept of a message that was taken: of its SHA-256.
const MARK: usize = 16;
/// Messages that are remembered.
const REMEMBERED: usize = 1024;

/// What was taken, oldest first.
#[derive(Default)]
pub(super) struct Heard {
    marks: Vec<[u8; MARK]>,
}

impl Heard {
    pub(super) fn stored(octets: Option<&SecretBytes>) -> Self {
        let octets = octets.map_or(&[][..], |octets| octets.expose().as_slice());
        let (marks, _) = octets.as_chunks::<MARK>();
        Self {
            marks: marks.to_vec(),
        }
    }

    /// Nothing, if nothing was taken yet.
    pub(super) fn to_stored(&self) -> Option<SecretBytes> {
        (!self.marks.is_empty()).then(|| SecretBytes::new(self.marks.concat()))
    }

    /// Whether it was not there yet.
    fn insert(&mut self, message: &[u8]) -> bool {
        let whole = sha256(message);
        let Some(mark) = whole.first_chunk::<MARK>() else {
            return false;
        };
        if self.marks.contains(mark) {
            return false;
        }
        if self.marks.len() >= REMEMBERED {
            self.marks.remove(0);
        }
        self.marks.push(*mark);
        true
    }
}

/// A socket on which notifications come as datagrams, by themselves or in a
/// Push of WSP.
pub struct NotificationSocket {
    socket: UdpSocket,
}

impl NotificationSocket {
    /// Takes the address.
    ///
    /// # Errors
    /// What the system says.
    pub async fn bind(address: SocketAddr) -> std::io::Result<Self> {
        let socket = UdpSocket::bind(address).await?;
        Ok(Self { socket })
    }

    /// Where it listens.
    ///
    /// # Errors
    /// What the system says.
    pub fn address(&self) -> std::io::Result<SocketAddr> {
        self.socket.local_addr()
    }

    /// The next datagram, whatever it is. One that is too long for a
    /// notification is cut off, and is none then. Dropping the future loses no
    /// datagram.
    ///
    /// # Errors
    /// What the system says.
    pub async fn next(&self) -> std::io::Result<Vec<u8>> {
        let mut octets = vec![0; Notification::MAX_OCTETS + 512];
        let (length, _) = self.socket.recv_from(&mut octets).await?;
        octets.truncate(length);
        Ok(octets)
    }
}

impl Client {
    /// Takes a notification: checks it, holds the session that it asks for, and
    /// does and reports what came of that.
    ///
    /// # Errors
    /// [`Error::Dm`] for octets that are no notification or whose digest is
    /// wrong, [`Error::Account`] without an account that could have sent it,
    /// [`Error::Management`] for one that came before; nothing has changed then.
    /// Failures of the device itself; those of the session are in the [`Round`].
    pub async fn notified(&mut self, octets: &[u8]) -> Result<Round, Error> {
        let message = from_push(octets).unwrap_or(octets);
        let (at, notification) = self.check_notification(message)?;
        if !self.kept.heard.insert(message) {
            return Err(Error::Management("the notification came before"));
        }
        self.kept.save()?;
        let mut round = Round::default();
        let wanted = Initiation::Server(notification.session_id);
        let held: Result<SessionReport, Error> = self.session(&at, wanted).await;
        round.take(at, held)?;
        self.settle(&mut round).await?;
        Ok(round)
    }

    /// The account of the notification's server, and what it asks for.
    fn check_notification(&self, message: &[u8]) -> Result<(NodeUri, Notification), Error> {
        const NO_ACCOUNT: Error = Error::Account("there is none of the notification's server");
        let unverified = Unverified::read(message)?;
        let server = unverified.claimed_server();
        let known = self.accounts().into_iter().find(|(_, it)| it == server);
        let (at, server) = known.ok_or(NO_ACCOUNT)?;
        let account = Account::read(&self.kept.tree, &at)?;
        let setting = account.auth(AuthLevel::Server).ok_or(NO_ACCOUNT)?;
        let key = NotificationKey::new(server, setting.secret.as_ref().ok_or(NO_ACCOUNT)?);
        let nonce = setting.nonce();
        let notification = match (self.resync, &nonce) {
            (Some(resync), nonce) => {
                let (taken, used) = unverified.verify_or_resync(&key, nonce.as_ref(), resync)?;
                if used == NonceUsed::Resync {
                    tracing::info!(server = %taken.server_id, "asks for a session over no nonce");
                }
                taken
            }
            (None, Some(nonce)) => unverified.verify(&key, nonce)?,
            (None, None) => return Err(dm::Error::NotificationDigest.into()),
        };
        // The specification has no session 0.
        if notification.session_id.0 == 0 {
            return Err(dm::Error::Notification("for the session 0").into());
        }
        Ok((at, notification))
    }
}
