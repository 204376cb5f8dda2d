//! How SyncML is written, as an argument and a setting.

use provisioning::session::Encoding;
use serde::{Deserialize, Serialize};

/// How SyncML is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum EncodingChoice {
    /// application/vnd.syncml.dm+wbxml
    #[default]
    Wbxml,
    /// application/vnd.syncml.dm+xml
    Xml,
}

impl EncodingChoice {
    pub(crate) fn encoding(self) -> Encoding {
        match self {
            Self::Wbxml => Encoding::Wbxml,
            Self::Xml => Encoding::Xml,
        }
    }
}
