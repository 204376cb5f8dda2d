//! The languages that a document can be in, known by its public identifier
//! (WAP Binary XML registry; SyncML RepPro 1.2; OMA ProvCont 1.1) or by its
//! root element.

use super::vocabulary::{AttributeStart, DEV_INF, DM_DDF, PROV, PROV_STARTS, PROV_VALUES};
use crate::element::Element;

/// A language with tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Language {
    /// SyncML 1.0 to 1.2 with MetInf; written as 1.2.
    SyncMl,
    /// MetInf by itself.
    MetInf,
    /// DevInf.
    DevInf,
    /// Trees and descriptions of OMA DM.
    DmDdf,
    /// Provisioning documents.
    Prov,
}

/// Language, root element, namespace, number of the public identifier, the
/// formal one.
const LANGUAGES: [(Language, &str, &str, u32, &str); 5] = [
    (
        Language::SyncMl,
        "SyncML",
        "SYNCML:SYNCML1.2",
        0x1201,
        "-//SYNCML//DTD SyncML 1.2//EN",
    ),
    (
        Language::MetInf,
        "MetInf",
        "syncml:metinf",
        0x1202,
        "-//SYNCML//DTD MetInf 1.2//EN",
    ),
    (
        Language::DevInf,
        "DevInf",
        "syncml:devinf",
        0x1203,
        "-//SYNCML//DTD DevInf 1.2//EN",
    ),
    (
        Language::DmDdf,
        "MgmtTree",
        "syncml:dmddf1.2",
        0,
        "-//OMA//DTD-DM-DDF 1.2//EN",
    ),
    (
        Language::Prov,
        "wap-provisioningdoc",
        "",
        0x0b,
        "-//WAPFORUM//DTD PROV 1.0//EN",
    ),
];

/// Older public identifiers, by number and in full.
const OLDER: [(Language, u32, &str); 4] = [
    (Language::SyncMl, 0x0fd1, "-//SYNCML//DTD SyncML 1.0//EN"),
    (Language::SyncMl, 0x0fd3, "-//SYNCML//DTD SyncML 1.1//EN"),
    (Language::DevInf, 0x0fd2, "-//SYNCML//DTD DevInf 1.0//EN"),
    (Language::DevInf, 0x0fd4, "-//SYNCML//DTD DevInf 1.1//EN"),
];

impl Language {
    /// The language whose documents have this root element.
    #[must_use]
    pub fn rooted(root: &str) -> Option<Self> {
        let found = LANGUAGES.iter().find(|(_, known, ..)| *known == root);
        found.map(|(language, ..)| *language)
    }

    pub(super) fn numbered(public_id: u32) -> Option<Self> {
        let current = LANGUAGES
            .iter()
            .map(|(language, _, _, id, _)| (*language, *id));
        let older = OLDER.iter().map(|(language, id, _)| (*language, *id));
        let mut all = current.chain(older);
        all.find(|(_, id)| *id == public_id)
            .map(|(language, _)| language)
    }

    pub(super) fn named(public_id: &str) -> Option<Self> {
        let current = LANGUAGES.iter().map(|(language, .., id)| (*language, *id));
        let older = OLDER.iter().map(|(language, _, id)| (*language, *id));
        let mut all = current.chain(older);
        all.find(|(_, id)| id.eq_ignore_ascii_case(public_id))
            .map(|(language, _)| language)
    }

    /// Number and text of the public identifier; 0 for one without a number.
    pub(super) fn public_id(self) -> (u32, &'static str) {
        let row = LANGUAGES.iter().find(|(language, ..)| *language == self);
        row.map_or((1, ""), |(_, _, _, number, text)| (*number, *text))
    }

    /// The namespace of the elements of a code page.
    pub(super) fn namespace(self, page: u8) -> &'static str {
        let of = match (self, page) {
            (Self::SyncMl, 1) => Self::MetInf,
            _ => self,
        };
        let row = LANGUAGES.iter().find(|(language, ..)| *language == of);
        row.map_or("", |(_, _, namespace, ..)| *namespace)
    }

    /// The name of a token in a code page.
    pub(super) fn name(self, page: u8, token: u8) -> Option<&'static str> {
        let table = match (self, page) {
            (Self::SyncMl, 0 | 1) | (Self::MetInf, 1) => {
                let name = Element::tokened(page, token).name();
                return (!name.is_empty()).then_some(name);
            }
            // By itself it may stand on page 0 too.
            (Self::MetInf, 0) => return self.name(1, token),
            (Self::DevInf, 0) => DEV_INF,
            (Self::DmDdf, 2) => DM_DDF,
            (Self::Prov, 0 | 1) => PROV,
            _ => return None,
        };
        let at = usize::from(token.checked_sub(5)?);
        table.get(at).copied().filter(|name| !name.is_empty())
    }

    /// Code page and token of an element.
    pub(super) fn token(self, name: &str) -> Option<(u8, u8)> {
        let (page, table) = match self {
            Self::SyncMl | Self::MetInf => {
                let element = Element::named(name.as_bytes());
                let known =
                    element != Element::Foreign && (self == Self::SyncMl || element.is_met_inf());
                return known.then(|| element.token());
            }
            Self::DevInf => (0, DEV_INF),
            Self::DmDdf => (2, DM_DDF),
            Self::Prov => (0, PROV),
        };
        let at = table.iter().position(|known| *known == name)?;
        Some((page, u8::try_from(at).ok()? + 5))
    }

    /// Name and beginning of the value of an attribute's start token.
    pub(super) fn attribute_start(
        self,
        page: u8,
        token: u8,
    ) -> Option<(&'static str, &'static str)> {
        let found = self
            .starts()
            .iter()
            .find(|start| start.page == page && start.token == token)?;
        Some((found.name, found.value))
    }

    /// The value of an attribute's value token.
    pub(super) fn attribute_value(self, page: u8, token: u8) -> Option<&'static str> {
        let found = PROV_VALUES
            .iter()
            .find(|value| self == Self::Prov && value.page == page && value.token == token)?;
        Some(found.value)
    }

    /// The start token that says the most of an attribute, on the page that is
    /// in force if it can be; with how much of the value it says.
    pub(super) fn start_of(
        self,
        page: u8,
        name: &str,
        value: &str,
    ) -> Option<&'static AttributeStart> {
        let fits = |start: &&AttributeStart| {
            start.name == name && (start.value.is_empty() || start.value == value)
        };
        self.starts()
            .iter()
            .filter(fits)
            .max_by_key(|start| (start.value.len(), start.page == page))
    }

    /// The value token of a whole value, on the page that is in force if it
    /// can be.
    pub(super) fn value_of(self, page: u8, value: &str) -> Option<(u8, u8)> {
        PROV_VALUES
            .iter()
            .filter(|known| self == Self::Prov && known.value == value)
            .max_by_key(|known| known.page == page)
            .map(|known| (known.page, known.token))
    }

    const fn starts(self) -> &'static [AttributeStart] {
        match self {
            Self::Prov => PROV_STARTS,
            _ => &[],
        }
    }
}
