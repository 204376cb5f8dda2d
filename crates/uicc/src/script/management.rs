//! Fields of the commands that manage a card's contents (GlobalPlatform Card
//! Specification 2.3 clauses 11.2, 11.4, 11.5, 11.6 and 11.10).

use crate::UiccError;
use crate::ber;
use crate::cap::Aid;

/// What an application gets if the line does not say it: no parameters of its own.
pub(super) const NO_PARAMETERS: [u8; 2] = [0xc9, 0x00];

/// INSTALL \[for load\] (clause 11.5.2.3.1).
#[derive(Clone, PartialEq, Eq)]
pub(super) struct ForLoad {
    pub(super) package: Aid,
    /// The security domain; none is the one that is addressed.
    pub(super) domain: Option<Aid>,
    pub(super) hash: Vec<u8>,
    pub(super) parameters: Vec<u8>,
    pub(super) token: Vec<u8>,
}

/// INSTALL \[for install and make selectable\] (clause 11.5.2.3.2).
#[derive(Clone, PartialEq, Eq)]
pub(super) struct ForInstall {
    pub(super) package: Aid,
    /// The executable module.
    pub(super) class: Aid,
    pub(super) instance: Aid,
    /// One octet or three.
    pub(super) privileges: Vec<u8>,
    pub(super) parameters: Vec<u8>,
    pub(super) token: Vec<u8>,
}

impl ForLoad {
    pub(super) fn data(&self) -> Result<Vec<u8>, UiccError> {
        let mut out = Vec::new();
        let domain = self.domain.as_ref().map_or(&[][..], Aid::octets);
        for field in [
            self.package.octets(),
            domain,
            &self.hash,
            &self.parameters,
            &self.token,
        ] {
            put(&mut out, field)?;
        }
        Ok(out)
    }

    /// Nothing for fields that the language has no words for.
    pub(super) fn read(data: &[u8]) -> Option<Self> {
        let mut fields = Fields(data);
        let package = Aid::new(fields.next()?).ok()?;
        let domain = match fields.next()? {
            [] => None,
            aid => Some(Aid::new(aid).ok()?),
        };
        let hash = fields.next()?.to_vec();
        let parameters = fields.next()?.to_vec();
        let token = fields.last()?.to_vec();
        Some(Self {
            package,
            domain,
            hash,
            parameters,
            token,
        })
    }
}

impl ForInstall {
    pub(super) fn data(&self) -> Result<Vec<u8>, UiccError> {
        let mut out = Vec::new();
        for field in [
            self.package.octets(),
            self.class.octets(),
            self.instance.octets(),
            &self.privileges,
            &self.parameters,
            &self.token,
        ] {
            put(&mut out, field)?;
        }
        Ok(out)
    }

    /// Nothing for fields that the language has no words for.
    pub(super) fn read(data: &[u8]) -> Option<Self> {
        let mut fields = Fields(data);
        Some(Self {
            package: Aid::new(fields.next()?).ok()?,
            class: Aid::new(fields.next()?).ok()?,
            instance: Aid::new(fields.next()?).ok()?,
            privileges: fields.next()?.to_vec(),
            parameters: fields.next()?.to_vec(),
            token: fields.last()?.to_vec(),
        })
    }
}

fn put(out: &mut Vec<u8>, field: &[u8]) -> Result<(), UiccError> {
    out.extend(ber::length(field.len())?);
    out.extend(field);
    Ok(())
}

/// Fields with a length before each.
struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn next(&mut self) -> Option<&'a [u8]> {
        let (length, rest) = ber::read_length(self.0, "field").ok()?;
        let (field, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some(field)
    }

    fn last(&mut self) -> Option<&'a [u8]> {
        self.next().filter(|_| self.0.is_empty())
    }
}

/// One object with a tag of one or two octets and what is behind it.
pub(super) fn object(octets: &[u8]) -> Option<(u16, &[u8], &[u8])> {
    let (tag, rest) = match octets {
        [first, rest @ ..] if first & 0x1f != 0x1f => (u16::from(*first), rest),
        [first, second @ 0x1f..=0x7f, rest @ ..] => (u16::from_be_bytes([*first, *second]), rest),
        _ => return None,
    };
    let (length, rest) = ber::read_length(rest, "object").ok()?;
    let (value, rest) = rest.split_at_checked(length)?;
    Some((tag, value, rest))
}

/// Whether these are whole objects and nothing else.
pub(super) fn are_objects(mut octets: &[u8]) -> bool {
    while !octets.is_empty() {
        match object(octets) {
            Some((_, _, rest)) => octets = rest,
            None => return false,
        }
    }
    true
}

/// A part of the registry that GET STATUS lists (clause 11.4.2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Registry {
    Isd,
    Applications,
    Packages,
    Modules,
}

impl Registry {
    pub(super) const ALL: [Self; 4] =
        [Self::Isd, Self::Applications, Self::Packages, Self::Modules];

    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Isd => "isd",
            Self::Applications => "applications",
            Self::Packages => "packages",
            Self::Modules => "modules",
        }
    }

    pub(super) const fn p1(self) -> u8 {
        match self {
            Self::Isd => 0x80,
            Self::Applications => 0x40,
            Self::Packages => 0x20,
            Self::Modules => 0x10,
        }
    }

    pub(super) fn of_p1(p1: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|registry| registry.p1() == p1)
    }
}
