//! PDP info (GSUP, clauses "PDP Info" and "PDP Address"): one packet data
//! subscription. The address is that of TS 24.008 clause 10.5.6.4.

use core::net::{Ipv4Addr, Ipv6Addr};
use std::num::NonZeroU8;

use super::{ACCESS_POINT_NAME, CHARGING, PDP_ADDRESS, PDP_CONTEXT_ID, PDP_INFO, QOS, apn::Apn};
use crate::GsupError;
use crate::octets::{Element, Reader, Writer, once};

/// PDP type organisation: address allocated by the IETF.
const IETF: u8 = 1;
const IPV4: u8 = 0x21;
const IPV6: u8 = 0x57;
const IPV4V6: u8 = 0x8d;
/// The high half of the first octet is spare: sent as ones, never read, since
/// MAP gateways send zeros.
const SPARE: u8 = 0xf0;

/// The kind of a PDP context and, unless it is given at activation, its
/// address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PdpAddress {
    /// PDP type 21.
    Ipv4(Option<Ipv4Addr>),
    /// PDP type 57.
    Ipv6(Option<Ipv6Addr>),
    /// PDP type 8d.
    Ipv4v6(Option<(Ipv4Addr, Ipv6Addr)>),
}

impl PdpAddress {
    fn decode(element: Element<'_>) -> Result<Self, GsupError> {
        let Some((&[first, number], address)) = element.value.split_first_chunk() else {
            return Err(element.wrong_length());
        };
        let organisation = first & !SPARE;
        if organisation != IETF || ![IPV4, IPV6, IPV4V6].contains(&number) {
            return Err(GsupError::UnsupportedPdpType {
                organisation,
                number,
            });
        }
        let decoded = match (number, address.len()) {
            (IPV4, 0) => Some(Self::Ipv4(None)),
            (IPV4, _) => v4(address).map(|address| Self::Ipv4(Some(address))),
            (IPV6, 0) => Some(Self::Ipv6(None)),
            (IPV6, _) => v6(address).map(|address| Self::Ipv6(Some(address))),
            (_, 0) => Some(Self::Ipv4v6(None)),
            (_, _) => address
                .split_at_checked(4)
                .and_then(|(first, second)| Some(Self::Ipv4v6(Some((v4(first)?, v6(second)?))))),
        };
        decoded.ok_or_else(|| element.wrong_length())
    }

    fn encode(self, writer: &mut Writer) -> Result<(), GsupError> {
        writer.nested(PDP_ADDRESS, |value| {
            value.u8(SPARE | IETF);
            match self {
                Self::Ipv4(address) => {
                    value.u8(IPV4);
                    put_v4(value, address);
                }
                Self::Ipv6(address) => {
                    value.u8(IPV6);
                    put_v6(value, address);
                }
                Self::Ipv4v6(addresses) => {
                    value.u8(IPV4V6);
                    put_v4(value, addresses.map(|(address, _)| address));
                    put_v6(value, addresses.map(|(_, address)| address));
                }
            }
            Ok(())
        })
    }
}

fn v4(octets: &[u8]) -> Option<Ipv4Addr> {
    <[u8; 4]>::try_from(octets).ok().map(Ipv4Addr::from)
}

fn v6(octets: &[u8]) -> Option<Ipv6Addr> {
    <[u8; 16]>::try_from(octets).ok().map(Ipv6Addr::from)
}

fn put_v4(value: &mut Writer, address: Option<Ipv4Addr>) {
    if let Some(address) = address {
        value.octets(&address.octets());
    }
}

fn put_v6(value: &mut Writer, address: Option<Ipv6Addr>) {
    if let Some(address) = address {
        value.octets(&address.octets());
    }
}

/// A subscribed quality of service, 1 to 20 octets, kept encoded (TS 24.008
/// clause 10.5.6.5): three octets are octets 3 to 5; more begin with the
/// allocation and retention priority.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct QosProfile(Vec<u8>);

impl QosProfile {
    /// The most octets.
    pub const MAX: usize = 20;

    /// Takes an encoded profile.
    ///
    /// # Errors
    /// [`GsupError::ElementLength`] outside 1 to 20 octets.
    pub fn new(octets: &[u8]) -> Result<Self, GsupError> {
        Self::decode(Element {
            iei: QOS,
            value: octets,
        })
    }

    /// The encoded profile.
    #[must_use]
    pub fn octets(&self) -> &[u8] {
        &self.0
    }

    fn decode(element: Element<'_>) -> Result<Self, GsupError> {
        if !(1..=Self::MAX).contains(&element.value.len()) {
            return Err(element.wrong_length());
        }
        Ok(Self(element.value.to_vec()))
    }
}

/// One packet data subscription.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PdpInfo {
    /// Its number; 0 is reserved.
    pub context_id: NonZeroU8,
    /// Kind and address. GSUP calls it mandatory; OsmoHLR leaves it out.
    pub address: Option<PdpAddress>,
    /// The access point that it is good for.
    pub apn: Option<Apn>,
    /// The subscribed quality of service.
    pub qos: Option<QosProfile>,
    /// Charging characteristics (TS 32.215).
    pub charging: Option<[u8; 2]>,
}

impl PdpInfo {
    pub(crate) fn decode(element: Element<'_>, message_type: u8) -> Result<Self, GsupError> {
        let (mut context_id, mut address, mut apn) = (None, None, None);
        let (mut qos, mut charging) = (None, None);
        let mut reader = Reader::new(element.value);
        while let Some(inner) = reader.element()? {
            match inner.iei {
                PDP_CONTEXT_ID => once(&mut context_id, inner.iei, context(inner)?)?,
                PDP_ADDRESS => once(&mut address, inner.iei, PdpAddress::decode(inner)?)?,
                ACCESS_POINT_NAME => once(&mut apn, inner.iei, Apn::decode(inner)?)?,
                QOS => once(&mut qos, inner.iei, QosProfile::decode(inner)?)?,
                CHARGING => once(&mut charging, inner.iei, inner.array()?)?,
                _ => {}
            }
        }
        Ok(Self {
            context_id: context_id.ok_or(GsupError::ElementMissing {
                message_type,
                iei: PDP_CONTEXT_ID,
            })?,
            address,
            apn,
            qos,
            charging,
        })
    }

    pub(crate) fn encode(&self, writer: &mut Writer) -> Result<(), GsupError> {
        writer.nested(PDP_INFO, |value| {
            value.element(PDP_CONTEXT_ID, &[self.context_id.get()])?;
            if let Some(address) = self.address {
                address.encode(value)?;
            }
            if let Some(apn) = &self.apn {
                apn.encode(value)?;
            }
            if let Some(qos) = &self.qos {
                value.element(QOS, qos.octets())?;
            }
            if let Some(charging) = &self.charging {
                value.element(CHARGING, charging)?;
            }
            Ok(())
        })
    }
}

fn context(element: Element<'_>) -> Result<NonZeroU8, GsupError> {
    NonZeroU8::new(element.octet()?).ok_or_else(|| element.wrong_value())
}
