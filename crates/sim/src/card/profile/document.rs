//! The profile's text, field by field.

use serde::{Deserialize, Deserializer};

use crate::card::access::Rules;
use crate::card::files::Content;
use crate::card::keys::{Cipher, Mac};
use crate::card::octets::{Hidden, Octets};
use crate::card::target::Target;

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Document {
    pub(super) iccid: Option<String>,
    pub(super) imsi: Option<String>,
    /// The AID of the USIM.
    pub(super) aid: Option<Octets>,
    #[serde(deserialize_with = "digits")]
    pub(super) pin1: Option<Hidden>,
    #[serde(deserialize_with = "digits")]
    pub(super) adm1: Option<Hidden>,
    pub(super) memory: Option<u32>,
    pub(super) key_set: Vec<KeyRow>,
    pub(super) target: Vec<Target>,
    pub(super) file: Vec<FileRow>,
}

#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct KeyRow {
    pub(super) number: u8,
    pub(super) cipher: Option<Cipher>,
    pub(super) mac: Option<Mac>,
    pub(super) kic: Option<Hidden>,
    pub(super) kid: Option<Hidden>,
    pub(super) single_des: bool,
    pub(super) cntr: u64,
}

impl Default for KeyRow {
    fn default() -> Self {
        Self {
            number: 1,
            cipher: None,
            mac: None,
            kic: None,
            kid: None,
            single_des: false,
            cntr: 0,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FileRow {
    pub(super) path: String,
    pub(super) content: Option<Content>,
    pub(super) rules: Option<Rules>,
}

/// The characters of a PIN, as they are sent.
fn digits<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Hidden>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    Ok(text.map(|text| Hidden::new(text.into_bytes())))
}
