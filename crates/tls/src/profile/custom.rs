//! A profile that a configuration puts together.

use super::named::{GROUPS, SIGNATURES};
use super::{Rules, Suite, Version};
use crate::Error;

/// Versions and suites of one's own choice. Groups, signature algorithms and the
/// least strength of keys are those of the profile `3gpp`; TLS 1.1 and older take
/// SHA-1 in signatures, as they must.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustomProfile {
    oldest: Version,
    newest: Version,
    suites: Vec<&'static Suite>,
    extended_master_secret: bool,
}

impl CustomProfile {
    /// A profile with these versions and the suites of these registered names,
    /// most wanted first; with the extended master secret where it refuses TLS
    /// 1.2 without.
    ///
    /// # Errors
    /// [`Error::ConfigurationWrong`] for versions the wrong way round, a name
    /// that is not known, a version without any suite, and SSL 3.0 or a suite of
    /// its own, which the profile `dm` alone may have.
    pub fn new<'a>(
        (oldest, newest): (Version, Version),
        suites: impl IntoIterator<Item = &'a str>,
        extended_master_secret: bool,
    ) -> Result<Self, Error> {
        if newest < oldest {
            return Err(Error::ConfigurationWrong(format!(
                "the newest version, {newest}, is older than the oldest, {oldest}"
            )));
        }
        if oldest == Version::Ssl3 {
            return Err(no_ssl3(Version::Ssl3.name()));
        }
        let suites = suites.into_iter().map(|name| match Suite::by_name(name) {
            Some(suite) if suite.is_ssl3_alone() => Err(no_ssl3(name)),
            Some(suite) => Ok(suite),
            None => Err(Error::ConfigurationWrong(format!(
                "the suite {name} is not supported"
            ))),
        });
        let made = Self {
            oldest,
            newest,
            suites: suites.collect::<Result<_, _>>()?,
            extended_master_secret,
        };
        for version in [oldest, newest] {
            if !made.suites.iter().any(|suite| suite.serves(version)) {
                return Err(Error::ConfigurationWrong(format!(
                    "none of the suites is one of {version}"
                )));
            }
        }
        Ok(made)
    }

    /// The library's level 2 has neither old versions nor suites without
    /// encryption.
    fn needs_level_0(&self) -> bool {
        self.oldest < Version::Tls1_2
            || self
                .suites
                .iter()
                .any(|suite| suite.name.contains("_WITH_NULL_"))
    }

    pub(super) fn rules(&self) -> Rules {
        Rules {
            oldest: self.oldest,
            newest: self.newest,
            suites: self.suites.clone(),
            groups: GROUPS.to_owned(),
            signature_algorithms: SIGNATURES.to_owned(),
            security_level: if self.needs_level_0() { 0 } else { 2 },
            extended_master_secret: self.extended_master_secret,
        }
    }
}

/// Says what `what` would take.
fn no_ssl3(what: &str) -> Error {
    Error::ConfigurationWrong(format!(
        "{what} is for the profile `dm` alone, in builds with the feature `ssl3`"
    ))
}
