//! Messages as they come and go.

use syncml::{Command, Limit, Limits, Message, Place, SessionId, wbxml, xml};

use super::Profile;
use crate::Error;
use crate::auth::Shown;

/// The largest message that this side takes and announces as `MaxMsgSize`, and
/// the largest that it sends to a peer who announces none, in octets.
pub const MAX_MESSAGE: usize = 65_536;

/// How messages are written. Answers go out in the encoding of the message
/// that they answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Encoding {
    /// `application/vnd.syncml.dm+xml`.
    #[default]
    Xml,
    /// `application/vnd.syncml.dm+wbxml`.
    Wbxml,
    /// `application/vnd.syncml+xml`, as some clients of old send it.
    PlainXml,
    /// `application/vnd.syncml+wbxml`, as some clients of old send it.
    PlainWbxml,
}

impl Encoding {
    const ALL: [Self; 4] = [Self::Xml, Self::Wbxml, Self::PlainXml, Self::PlainWbxml];

    /// The content type.
    #[must_use]
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Xml => xml::CONTENT_TYPE,
            Self::Wbxml => wbxml::CONTENT_TYPE,
            Self::PlainXml => xml::CONTENT_TYPE_PLAIN,
            Self::PlainWbxml => wbxml::CONTENT_TYPE_PLAIN,
        }
    }

    /// The encoding that a content type names, in any case and with any
    /// parameters; `None` for others.
    #[must_use]
    pub fn of_content_type(text: &str) -> Option<Self> {
        let type_ = text.split(';').next().unwrap_or(text).trim();
        Self::ALL
            .into_iter()
            .find(|encoding| encoding.content_type().eq_ignore_ascii_case(type_))
    }

    /// Whether octets travel as they are.
    #[must_use]
    pub const fn is_wbxml(self) -> bool {
        matches!(self, Self::Wbxml | Self::PlainWbxml)
    }

    pub(crate) fn write(self, message: &Message) -> Result<Vec<u8>, Error> {
        Ok(if self.is_wbxml() {
            wbxml::encode(message)?
        } else {
            xml::encode(message)?
        })
    }

    pub(crate) fn message_len(self, message: &Message) -> Result<usize, Error> {
        Ok(if self.is_wbxml() {
            wbxml::encoded_len(message)?
        } else {
            xml::encoded_len(message)?
        })
    }

    pub(crate) fn command_len(self, command: &Command) -> Result<usize, Error> {
        Ok(if self.is_wbxml() {
            wbxml::command_len(command)?
        } else {
            xml::command_len(command)?
        })
    }
}

/// A message with the octets that it was read from.
pub struct Received<'a> {
    pub(crate) octets: &'a [u8],
    pub(crate) encoding: Encoding,
    pub(crate) message: Message,
    /// Some command lacks its CmdID.
    pub(crate) incomplete: bool,
    pub(crate) mac: Option<&'a str>,
}

impl<'a> Received<'a> {
    /// Reads a message of up to [`MAX_MESSAGE`] octets.
    ///
    /// # Errors
    /// [`Error::Message`]; the transport answers with a fault of its own then,
    /// since a message that can't be read can't be answered in SyncML.
    pub fn read(encoding: Encoding, octets: &'a [u8]) -> Result<Self, Error> {
        Self::read_for(Profile::Default, encoding, octets)
    }

    /// The same for a session with this profile: a Windows client answers a
    /// message with a command that lacks its CmdID, with 400.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn read_for(profile: Profile, encoding: Encoding, octets: &'a [u8]) -> Result<Self, Error> {
        if octets.len() > MAX_MESSAGE {
            return Err(Error::Message(syncml::Error::Limit {
                at: Place::default(),
                limit: Limit::Octets,
            }));
        }
        let limits = Limits {
            max_octets: MAX_MESSAGE,
            max_text: MAX_MESSAGE,
            ..Limits::default()
        };
        let read = if encoding.is_wbxml() {
            wbxml::decode(octets, &limits)
        } else {
            xml::decode(octets, &limits)
        };
        let (message, incomplete) = match read {
            Err(syncml::Error::MissingCmdId { message, .. }) if profile == Profile::Windows => {
                (*message, true)
            }
            read => (read?, false),
        };
        Ok(Self {
            octets,
            encoding,
            message,
            incomplete,
            mac: None,
        })
    }

    /// The same with the value of the transport's header
    /// [`MAC_HEADER`](crate::auth::MAC_HEADER), if the message came with one
    /// (OMA DM Security 1.2 clause 5.4.3).
    #[must_use]
    pub const fn with_mac(mut self, mac: Option<&'a str>) -> Self {
        self.mac = mac;
        self
    }

    /// What the message shows of its sender.
    pub(crate) fn shown(&self) -> Shown<'_> {
        Shown {
            cred: self.message.header.cred.as_ref(),
            mac: self.mac,
            name: self.message.header.source.name.as_deref(),
            octets: self.octets,
        }
    }

    /// The Source LocURI: with the session identifier, what a server finds the
    /// session by.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.message.header.source.uri
    }

    /// The Target LocURI.
    #[must_use]
    pub fn target(&self) -> &str {
        &self.message.header.target.uri
    }

    /// The session identifier.
    #[must_use]
    pub const fn session_id(&self) -> &SessionId {
        &self.message.header.session_id
    }

    /// The message.
    #[must_use]
    pub const fn message(&self) -> &Message {
        &self.message
    }
}

/// A message to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transmit {
    /// Where a client posts it; `None` for a server, whose messages answer the
    /// request in hand.
    pub to: Option<String>,
    /// The encoding, for the content type.
    pub encoding: Encoding,
    /// The message.
    pub octets: Vec<u8>,
    /// The value of the transport's header
    /// [`MAC_HEADER`](crate::auth::MAC_HEADER), where the HMAC scheme is used
    /// (OMA DM Security 1.2 clause 5.4.3).
    pub mac: Option<String>,
}

/// What became of a message that was not refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Handled {
    /// It was carried out.
    Taken,
    /// It is the last message again, octet by octet. Nothing was carried out a
    /// second time. A server gives its stored answer once more; a client stays
    /// silent, since both sides answering repeats would never stop.
    Repeated,
}
