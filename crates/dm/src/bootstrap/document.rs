//! The document model (OMA Provisioning Content 1.1, DTD).

use std::fmt;

use zeroize::Zeroizing;

use crate::Error;

/// How much a document may ask of its reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DocumentLimits {
    /// Octets of the document.
    pub max_octets: usize,
    /// Characteristics inside each other.
    pub max_depth: usize,
    /// Characteristics and parms together.
    pub max_elements: usize,
}

impl Default for DocumentLimits {
    /// 64 KiB, 8 deep, 2,000 elements.
    fn default() -> Self {
        Self {
            max_octets: 1 << 16,
            max_depth: 8,
            max_elements: 2000,
        }
    }
}

/// The element `wap-provisioningdoc`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProvisioningDoc {
    /// The attribute `version`.
    pub version: Option<String>,
    /// What it provisions, in order.
    pub characteristics: Vec<Characteristic>,
}

/// The element `characteristic`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Characteristic {
    /// The attribute `type`.
    pub type_: String,
    /// Its parms, in order.
    pub parms: Vec<Parm>,
    /// The characteristics in it, in order.
    pub characteristics: Vec<Characteristic>,
}

/// The element `parm`. `Debug` hides the value, which may be a secret; it is
/// wiped when dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct Parm {
    name: String,
    value: Option<Zeroizing<String>>,
}

impl Parm {
    /// A parm; `None` leaves the attribute `value` out, as flags like INIT do.
    pub fn new(name: impl Into<String>, value: Option<String>) -> Self {
        Self {
            name: name.into(),
            value: value.map(Zeroizing::new),
        }
    }

    /// The attribute `name`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The attribute `value`.
    #[must_use]
    pub fn value(&self) -> Option<&str> {
        self.value.as_ref().map(|value| value.as_str())
    }
}

impl fmt::Debug for Parm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Parm({}, ***)", self.name)
    }
}

impl ProvisioningDoc {
    /// A document of version 1.1.
    #[must_use]
    pub fn new(characteristics: Vec<Characteristic>) -> Self {
        Self {
            version: Some("1.1".to_owned()),
            characteristics,
        }
    }

    /// The characteristics of this type at the top.
    pub fn all<'a>(&'a self, type_: &'a str) -> impl Iterator<Item = &'a Characteristic> {
        of_type(&self.characteristics, type_)
    }

    /// The one characteristic of this type at the top.
    ///
    /// # Errors
    /// [`Error::DocumentContent`] if there is none, or more than one.
    pub fn one(&self, type_: &str) -> Result<&Characteristic, Error> {
        let mut all = self
            .characteristics
            .iter()
            .filter(|characteristic| characteristic.type_ == type_);
        match (all.next(), all.next()) {
            (Some(one), None) => Ok(one),
            (None, _) => Err(Error::DocumentContent("a characteristic is missing")),
            (Some(_), Some(_)) => Err(Error::DocumentContent("a characteristic is there twice")),
        }
    }
}

impl Characteristic {
    /// A characteristic without content.
    pub fn new(type_: impl Into<String>) -> Self {
        Self {
            type_: type_.into(),
            ..Self::default()
        }
    }

    /// This characteristic with a parm more.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.parms.push(Parm::new(name, Some(value.into())));
        self
    }

    /// This characteristic with a parm without value more.
    #[must_use]
    pub fn with_flag(mut self, name: impl Into<String>) -> Self {
        self.parms.push(Parm::new(name, None));
        self
    }

    /// This characteristic with one more in it.
    #[must_use]
    pub fn containing(mut self, inside: Self) -> Self {
        self.characteristics.push(inside);
        self
    }

    /// The characteristics of this type directly in it.
    pub fn all<'a>(&'a self, type_: &'a str) -> impl Iterator<Item = &'a Self> {
        of_type(&self.characteristics, type_)
    }

    /// Whether a parm of this name is there, with a value or without.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.parms.iter().any(|parm| parm.name() == name)
    }

    /// The values of all parms of this name.
    pub fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.parms
            .iter()
            .filter(move |parm| parm.name() == name)
            .filter_map(Parm::value)
    }

    /// The value of the parm of this name; `None` if it is not there or has no
    /// value.
    ///
    /// # Errors
    /// [`Error::DocumentContent`] if it is there twice: which of them counts would be
    /// anybody's guess.
    pub fn value(&self, name: &str) -> Result<Option<&str>, Error> {
        let mut values = self.parms.iter().filter(|parm| parm.name() == name);
        let first = values.next();
        if values.next().is_some() {
            return Err(Error::DocumentContent("a parm is there twice"));
        }
        Ok(first.and_then(Parm::value))
    }

    /// The value of a parm that must be there.
    ///
    /// # Errors
    /// [`Error::DocumentContent`] if it is missing, has no value, or is there twice.
    pub fn required(&self, name: &str) -> Result<&str, Error> {
        self.value(name)?
            .ok_or(Error::DocumentContent("a parm is missing"))
    }
}

/// Types are compared as they are written: the specification's names are in
/// upper case.
fn of_type<'a>(
    characteristics: &'a [Characteristic],
    type_: &'a str,
) -> impl Iterator<Item = &'a Characteristic> {
    characteristics
        .iter()
        .filter(move |characteristic| characteristic.type_ == type_)
}
