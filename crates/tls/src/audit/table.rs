//! The rows, as `vectors/dm-security.toml` has them (OMA DM session security,
//! sections 9.2 and B).

use serde::Deserialize;

use crate::Error;

const TABLE: &str = include_str!("../../../../vectors/dm-security.toml");

/// A row: one thing that is demanded. Table, line and id together are its key.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// `B.1.1` and `B.2.1` are the paper's tables, `text` is its body, `ours` is
    /// not the paper's.
    pub table: String,
    /// The line in the table, 1 for the first below its head.
    pub line: u32,
    /// The id, as the paper writes it.
    pub id: String,
    /// What is demanded, in short.
    pub function: String,
    /// Where: a section of the paper, or for `ours` another document's clause.
    pub section: String,
    /// The paper's column Requirement: the id of another row, or nothing.
    #[serde(default)]
    pub needs: String,
    /// Whether it must be so.
    pub requirement: Requirement,
    /// Of whom.
    pub role: Role,
    /// The suites that the row names, by their registered names.
    #[serde(default)]
    pub suites: Vec<String>,
    pub(crate) probe: Probe,
}

/// Whether a row must be met.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum Requirement {
    /// It must.
    #[serde(rename = "M")]
    Mandatory,
    /// It may.
    #[serde(rename = "O")]
    Optional,
    /// The paper does not ask.
    #[serde(rename = "-")]
    Ours,
}

/// Whom a row binds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// The device.
    Client,
    /// The server.
    Server,
    /// Both.
    Both,
}

/// What has to be looked at for a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub(crate) enum Probe {
    #[serde(rename = "basic")]
    Basic,
    #[serde(rename = "digest")]
    Digest,
    #[serde(rename = "certificate")]
    Certificate,
    #[serde(rename = "modes")]
    Modes,
    #[serde(rename = "ssl-2.0")]
    Ssl2,
    #[serde(rename = "ssl-3.0")]
    Ssl3,
    #[serde(rename = "ssl-3.0-suites")]
    Ssl3Suites,
    #[serde(rename = "tls-1.0")]
    Tls1_0,
    #[serde(rename = "tls-1.1")]
    Tls1_1,
    #[serde(rename = "tls-1.2")]
    Tls1_2,
    #[serde(rename = "tls-1.3")]
    Tls1_3,
    #[serde(rename = "psk-mode")]
    PskMode,
    #[serde(rename = "psk-suites")]
    PskSuites,
    #[serde(rename = "x509-mode")]
    X509Mode,
    #[serde(rename = "x509-suites")]
    X509Suites,
    #[serde(rename = "version-check")]
    VersionCheck,
    #[serde(rename = "provisioned")]
    Provisioned,
    #[serde(rename = "curve-length")]
    CurveLength,
    #[serde(rename = "key-length")]
    KeyLength,
    #[serde(rename = "host-name")]
    HostName,
    #[serde(rename = "chain")]
    Chain,
    #[serde(rename = "stapling")]
    Stapling,
}

#[derive(Deserialize)]
struct File {
    row: Vec<Row>,
}

/// Every row, in the file's order.
///
/// # Errors
/// [`Error::ConfigurationWrong`] if the file, which is compiled in, can't be read.
pub fn rows() -> Result<Vec<Row>, Error> {
    toml::from_str::<File>(TABLE)
        .map(|file| file.row)
        .map_err(|error| Error::ConfigurationWrong(format!("the table of the audit: {error}")))
}

impl Row {
    /// Table and line, which with the id is the row's key.
    #[must_use]
    pub fn place(&self) -> String {
        format!("{}:{}", self.table, self.line)
    }
}

impl Requirement {
    /// As it is printed.
    #[must_use]
    pub const fn letter(self) -> &'static str {
        match self {
            Self::Mandatory => "M",
            Self::Optional => "O",
            Self::Ours => "-",
        }
    }
}

impl Role {
    pub(crate) const fn is_server(self) -> bool {
        matches!(self, Self::Server | Self::Both)
    }

    pub(crate) const fn is_client(self) -> bool {
        matches!(self, Self::Client | Self::Both)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::Suite;

    /// Of the ids one is in both tables and one has four digits; only the place
    /// tells rows apart (sections B.1 and B.2).
    #[test]
    fn every_row_has_a_key_of_its_own_and_ids_are_verbatim() {
        let rows = rows().unwrap();
        let keys: HashSet<_> = rows.iter().map(|row| (row.place(), &row.id)).collect();
        assert_eq!(keys.len(), rows.len());
        let twice = rows.iter().filter(|row| row.id == "DM-SEC-C-004-M");
        let places: Vec<_> = twice.map(Row::place).collect();
        assert_eq!(places, ["B.1.1:4", "B.2.1:4"]);
        let of = |table: &str| rows.iter().filter(|row| row.table == table).count();
        // Lines with an item in the two tables of the paper.
        assert_eq!((of("B.1.1"), of("B.2.1")), (14, 13));
        for row in rows.iter().filter(|row| row.table.starts_with('B')) {
            assert!(row.id.ends_with(row.requirement.letter()), "{}", row.id);
        }
    }

    #[test]
    fn every_suite_of_a_row_is_one_that_a_probe_can_offer() {
        let rows = rows().unwrap();
        let of_ssl = |row: &&Row| row.probe == Probe::Ssl3Suites;
        for row in rows.iter().filter(|row| !of_ssl(row)) {
            for suite in &row.suites {
                assert!(Suite::by_name(suite).is_some(), "{suite}");
            }
        }
        for row in rows.iter().filter(of_ssl) {
            for suite in &row.suites {
                assert!(super::super::raw::number_of_ssl3(suite).is_some());
            }
        }
    }
}
