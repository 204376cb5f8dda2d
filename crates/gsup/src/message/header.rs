//! What all messages have: the IMSI, the domain, the class and the names by
//! which a message is routed (GSUP, clauses "General", "CN Domain", "Message
//! Class", "Source Name").

use secret::SecretBytes;

use super::kind;
use crate::ie::{self, imsi::Imsi};
use crate::octets::{Element, Reader, Writer, once};
use crate::{Cause, CnDomain, GsupError, MessageClass, RoutingName};

/// Whom a message is about and how it travels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// The subscriber.
    pub imsi: Imsi,
    /// The core network domain, if the message says.
    pub cn_domain: Option<CnDomain>,
    /// The kind of message, if it says.
    pub message_class: Option<MessageClass>,
    /// Where a message that came through a proxy was made. Self-claimed.
    pub source_name: Option<RoutingName>,
    /// Where a message that goes through a proxy is for.
    pub destination_name: Option<RoutingName>,
}

impl Header {
    /// A header with nothing but an IMSI.
    #[must_use]
    pub fn new(imsi: Imsi) -> Self {
        Self {
            imsi,
            cn_domain: None,
            message_class: None,
            source_name: None,
            destination_name: None,
        }
    }

    /// The domain, packet switched where the message does not say.
    #[must_use]
    pub fn domain(&self) -> CnDomain {
        self.cn_domain.unwrap_or_default()
    }

    /// The header of an answer: the same subscriber and class, addressed to
    /// the source, so that it finds its way back through a proxy.
    #[must_use]
    pub fn reply(&self) -> Self {
        Self {
            message_class: self.message_class,
            destination_name: self.source_name.clone(),
            ..Self::new(self.imsi.clone())
        }
    }

    /// Takes one of the header's elements; says whether it was one.
    pub(super) fn accept(&mut self, element: Element<'_>) -> Result<bool, GsupError> {
        let iei = element.iei;
        match iei {
            ie::IMSI => return Err(GsupError::ElementRepeated { iei }),
            ie::CN_DOMAIN => once(&mut self.cn_domain, iei, CnDomain::decode(element)?)?,
            ie::MESSAGE_CLASS => {
                let class = MessageClass::from_code(element.octet()?);
                once(&mut self.message_class, iei, class)?;
            }
            ie::SOURCE_NAME => once(&mut self.source_name, iei, RoutingName::decode(element)?)?,
            ie::DESTINATION_NAME => {
                once(
                    &mut self.destination_name,
                    iei,
                    RoutingName::decode(element)?,
                )?;
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Writes what comes after the CN domain and the charging characteristics.
    pub(super) fn encode_routing(&self, writer: &mut Writer) -> Result<(), GsupError> {
        if let Some(class) = self.message_class {
            writer.element(ie::MESSAGE_CLASS, &[class.code()])?;
        }
        if let Some(name) = &self.source_name {
            writer.element(ie::SOURCE_NAME, name.octets())?;
        }
        if let Some(name) = &self.destination_name {
            writer.element(ie::DESTINATION_NAME, name.octets())?;
        }
        Ok(())
    }
}

/// As much of a message as its refusal needs: type and header. Readable where
/// the message itself is not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preamble {
    /// The message type, supported or not.
    pub message_type: u8,
    /// The header, as far as it could be read.
    pub header: Header,
}

impl Preamble {
    /// Reads type and IMSI, then what it finds of the header, up to the end or
    /// to where the elements fall apart. Bad values are passed over; of
    /// repeated ones the first counts.
    ///
    /// # Errors
    /// [`GsupError::Truncated`], [`GsupError::ElementMissing`] or
    /// [`GsupError::MalformedImsi`] if there is no type or IMSI; nobody can
    /// answer that.
    pub fn decode(octets: &[u8]) -> Result<Self, GsupError> {
        let mut reader = Reader::new(octets);
        let mut preamble = Self::begin(&mut reader)?;
        while let Ok(Some(element)) = reader.element() {
            // A bad value must not hide the source name that comes after it.
            let _ = preamble.header.accept(element);
        }
        Ok(preamble)
    }

    /// Reads type and IMSI alone.
    pub(super) fn begin(reader: &mut Reader<'_>) -> Result<Self, GsupError> {
        let message_type = reader.u8("the message type")?;
        let first = reader.element()?.filter(|first| first.iei == ie::IMSI);
        let imsi = first.ok_or(GsupError::ElementMissing {
            message_type,
            iei: ie::IMSI,
        })?;
        Ok(Self {
            message_type,
            header: Header::new(Imsi::decode(imsi)?),
        })
    }

    /// Whether an answer is owed: only requests are refused, so that two peers
    /// can't refuse each other's refusals.
    #[must_use]
    pub const fn is_request(&self) -> bool {
        kind::is_request(self.message_type)
    }

    /// The error message that refuses this request, or nothing if it is none.
    pub(crate) fn refusal(&self, cause: Cause) -> Result<Option<SecretBytes>, GsupError> {
        if !self.is_request() {
            return Ok(None);
        }
        let reply = self.header.reply();
        let mut writer = Writer::with_capacity(super::encode::CAPACITY);
        writer.u8(kind::error_of(self.message_type));
        reply.imsi.encode(&mut writer)?;
        writer.element(ie::CAUSE, &[cause.code()])?;
        reply.encode_routing(&mut writer)?;
        Ok(Some(writer.finish()))
    }
}
