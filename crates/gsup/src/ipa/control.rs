//! Connection control messages (stream fe): heartbeat and identity, as
//! libosmocore names them (IPA CCM). In an ID_GET a tag has one octet of
//! length before it, in an ID_RESP two; both count the tag itself.

use secret::SecretBytes;

use super::{Stream, encode_frame};
use crate::octets::{Reader, Writer};
use crate::{GsupError, PeerName};

const PING: u8 = 0x00;
const PONG: u8 = 0x01;
const ID_GET: u8 = 0x04;
const ID_RESP: u8 = 0x05;
const ID_ACK: u8 = 0x06;
const ID_NACK: u8 = 0x07;

/// An answer to all that a server asks for stays below: two names of 129
/// octets, eight tags with three octets before them, and short texts.
const CAPACITY: usize = 512;

/// The most tags in one message; there are 13 in all.
const MAX_TAGS: usize = 32;

/// A part of an identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct IdTag(pub u8);

impl IdTag {
    /// Serial number: the name by which OsmoHLR routes.
    pub const SERIAL_NUMBER: Self = Self(0x00);
    /// Unit name.
    pub const UNIT_NAME: Self = Self(0x01);
    /// Location.
    pub const LOCATION_1: Self = Self(0x02);
    /// Unit type.
    pub const LOCATION_2: Self = Self(0x03);
    /// Equipment version.
    pub const EQUIPMENT_VERSION: Self = Self(0x04);
    /// Software version.
    pub const SOFTWARE_VERSION: Self = Self(0x05);
    /// Ethernet address.
    pub const MAC_ADDRESS: Self = Self(0x07);
    /// Unit identifier `site/bts/trx`; libosmo-abis insists on it.
    pub const UNIT_ID: Self = Self(0x08);

    /// What a libosmocore server asks for, in its order.
    pub const ASKED: [Self; 8] = [
        Self::UNIT_ID,
        Self::MAC_ADDRESS,
        Self::LOCATION_1,
        Self::LOCATION_2,
        Self::EQUIPMENT_VERSION,
        Self::SOFTWARE_VERSION,
        Self::UNIT_NAME,
        Self::SERIAL_NUMBER,
    ];
}

/// What a client says of itself: tags with texts. **Nothing in it is proven.**
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identity {
    tags: Vec<(IdTag, Vec<u8>)>,
}

impl Identity {
    /// What a node named `name` answers to `asked`: the name as serial number
    /// and unit name, unit `0/0/0`, no MAC address, the rest empty. Unknown
    /// tags are passed over.
    #[must_use]
    pub fn answer(name: &PeerName, asked: &[IdTag]) -> Self {
        let mut tags: Vec<(IdTag, Vec<u8>)> = Vec::new();
        for tag in asked {
            let text = match *tag {
                IdTag::SERIAL_NUMBER | IdTag::UNIT_NAME => name.as_str(),
                IdTag::UNIT_ID => "0/0/0",
                IdTag::MAC_ADDRESS => "00:00:00:00:00:00",
                tag if IdTag::ASKED.contains(&tag) => "",
                _ => continue,
            };
            if tags.iter().all(|(known, _)| known != tag) {
                tags.push((*tag, [text.as_bytes(), &[0]].concat()));
            }
        }
        Self { tags }
    }

    /// The octets of a tag, its closing NUL included if it came with one.
    #[must_use]
    pub fn tag(&self, wanted: IdTag) -> Option<&[u8]> {
        let (_, text) = self.tags.iter().find(|(tag, _)| *tag == wanted)?;
        Some(text)
    }

    /// The self-claimed name: the serial number, by which OsmoHLR routes, or
    /// the unit name where that is empty (osmo-sgsn unless configured).
    ///
    /// # Errors
    /// [`GsupError::IdentityMissing`] if both are empty or absent,
    /// [`GsupError::MalformedName`] if it is no name.
    pub fn name(&self) -> Result<PeerName, GsupError> {
        let given = [IdTag::SERIAL_NUMBER, IdTag::UNIT_NAME]
            .into_iter()
            .filter_map(|tag| self.tag(tag))
            .find(|text| !matches!(text, [] | [0]));
        PeerName::from_octets(given.ok_or(GsupError::IdentityMissing)?)
    }
}

/// One connection control message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Control {
    /// 00: are you there?
    Ping,
    /// 01: yes.
    Pong,
    /// 04, server → client: who are you?
    IdGet(Vec<IdTag>),
    /// 05, client → server.
    IdResp(Identity),
    /// 06: identity given, identity taken.
    IdAck,
    /// 07: identity refused.
    IdNack,
}

impl Control {
    /// The message type, the first octet of the payload.
    #[must_use]
    pub const fn message_type(&self) -> u8 {
        match self {
            Self::Ping => PING,
            Self::Pong => PONG,
            Self::IdGet(_) => ID_GET,
            Self::IdResp(_) => ID_RESP,
            Self::IdAck => ID_ACK,
            Self::IdNack => ID_NACK,
        }
    }

    /// Reads the payload of a frame of [`Stream::Control`].
    ///
    /// # Errors
    /// [`GsupError::UnsupportedControl`] for other types,
    /// [`GsupError::MalformedControl`] for what can't be read.
    pub fn decode(payload: &[u8]) -> Result<Self, GsupError> {
        let mut reader = Reader::new(payload);
        let message_type = reader.u8("a connection control message")?;
        let malformed = |_| GsupError::MalformedControl { message_type };
        let decoded = match message_type {
            PING => Self::Ping,
            PONG => Self::Pong,
            ID_GET => return id_get(reader).map_err(malformed),
            ID_RESP => return id_resp(reader).map_err(malformed),
            ID_ACK => Self::IdAck,
            ID_NACK => Self::IdNack,
            _ => return Err(GsupError::UnsupportedControl { message_type }),
        };
        if reader.is_empty() {
            Ok(decoded)
        } else {
            Err(GsupError::MalformedControl { message_type })
        }
    }

    /// Writes the whole frame.
    ///
    /// # Errors
    /// [`GsupError::PayloadTooLong`] for tags that no frame can carry.
    pub fn encode(&self) -> Result<SecretBytes, GsupError> {
        let mut writer = Writer::with_capacity(CAPACITY);
        writer.u8(self.message_type());
        match self {
            Self::IdGet(tags) => {
                for tag in tags {
                    writer.octets(&[1, tag.0]);
                }
            }
            Self::IdResp(identity) => {
                for (tag, text) in &identity.tags {
                    let length = u16::try_from(text.len() + 1)
                        .map_err(|_| GsupError::PayloadTooLong { length: text.len() })?;
                    writer.u16(length);
                    writer.u8(tag.0);
                    writer.octets(text);
                }
            }
            Self::Ping | Self::Pong | Self::IdAck | Self::IdNack => {}
        }
        encode_frame(Stream::Control, writer.finish().expose())
    }
}

/// Why a list of tags can't be read: the caller knows in which message.
struct BadTags;

impl From<GsupError> for BadTags {
    fn from(_: GsupError) -> Self {
        Self
    }
}

fn id_get(mut reader: Reader<'_>) -> Result<Control, BadTags> {
    let mut tags = Vec::new();
    while !reader.is_empty() {
        let length = usize::from(reader.u8("a tag")?);
        let tag = IdTag(reader.u8("a tag")?);
        reader.take(length.checked_sub(1).ok_or(BadTags)?, "a tag")?;
        if tags.len() == MAX_TAGS {
            return Err(BadTags);
        }
        tags.push(tag);
    }
    Ok(Control::IdGet(tags))
}

fn id_resp(mut reader: Reader<'_>) -> Result<Control, BadTags> {
    let mut identity = Identity::default();
    while !reader.is_empty() {
        let length = usize::from(reader.u16("a tag")?);
        let tag = IdTag(reader.u8("a tag")?);
        let text = reader.take(length.checked_sub(1).ok_or(BadTags)?, "a tag")?;
        if identity.tag(tag).is_some() || identity.tags.len() == MAX_TAGS {
            return Err(BadTags);
        }
        identity.tags.push((tag, text.to_vec()));
    }
    Ok(Control::IdResp(identity))
}
