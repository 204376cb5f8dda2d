//! `[status]` in a device's configuration: how it judges that a server's certificate
//! still holds (docs/certificate-status.md).

use anyhow::{Context, Result, bail};
use device::Validation;
use serde::Deserialize;
use trust::status::ValidationPolicy;

use super::period::Period;

/// The section; every key has a default.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StatusSection {
    /// The name of a policy.
    #[serde(default = "default_policy")]
    policy: String,
    /// Whether silence of the responder passes.
    #[serde(default)]
    soft_fail: bool,
    /// The responder, whatever certificates say.
    #[serde(default)]
    ocsp: Option<String>,
    /// Whether questions have a nonce.
    #[serde(default = "default_nonce")]
    nonce: bool,
    /// The longest validity under the policy `clock`.
    #[serde(default)]
    max_validity: Option<Period>,
    /// The one certificate or key that the server may have.
    #[serde(default)]
    pin: Option<String>,
}

fn default_policy() -> String {
    ValidationPolicy::OcspNonceTime.name().to_owned()
}

const fn default_nonce() -> bool {
    true
}

impl StatusSection {
    /// What it says, as the device takes it.
    pub(crate) fn validation(&self) -> Result<Validation> {
        let policy: ValidationPolicy = self.policy.parse().context("status.policy")?;
        if policy == ValidationPolicy::OcspNonceTime && !self.nonce {
            bail!("status.nonce: the policy ocsp-nonce-time takes the time from the nonce");
        }
        let mut validation = Validation::new(policy);
        validation.status.soft_fail = self.soft_fail;
        if let Some(Period(longest)) = self.max_validity {
            validation.status.max_validity = longest;
        }
        if let Some(text) = &self.pin {
            validation.status.pin = Some(text.parse().context("status.pin")?);
        }
        validation.responder.clone_from(&self.ocsp);
        validation.nonce = self.nonce;
        Ok(validation)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use trust::status::Pin;

    use super::*;

    fn read(text: &str) -> Result<Validation> {
        toml::from_str::<StatusSection>(text)?.validation()
    }

    #[test]
    fn what_is_left_out_has_the_default_of_the_page() {
        let default = read("").unwrap();
        assert_eq!(default.status.policy, ValidationPolicy::OcspNonceTime);
        assert!(!default.status.soft_fail && default.nonce);
        assert_eq!(default.status.max_validity, Duration::from_secs(7 * 86_400));
        assert!(default.responder.is_none() && default.status.pin.is_none());
    }

    #[test]
    fn every_key_is_read() {
        let digits = "0a".repeat(32);
        let all = format!(
            "policy = \"clock+ocsp\"\nsoft_fail = true\nocsp = \"http://a.test/\"\n\
             nonce = false\nmax_validity = \"36h\"\npin = \"spki:{digits}\""
        );
        let read = read(&all).unwrap();
        assert_eq!(read.status.policy, ValidationPolicy::ClockOcsp);
        assert!(read.status.soft_fail && !read.nonce);
        assert_eq!(read.status.max_validity, Duration::from_secs(36 * 3600));
        assert_eq!(read.responder.as_deref(), Some("http://a.test/"));
        assert_eq!(read.status.pin, Some(Pin::Spki([10; 32])));
        let digits = digits.to_uppercase();
        assert_eq!(
            format!("sha256:{digits}").parse::<Pin>().unwrap(),
            Pin::Certificate([10; 32])
        );
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (text, named) in [
            ("policy = \"crl\"", "status.policy"),
            ("nonce = false", "status.nonce"),
            ("max_validity = \"7\"", "max_validity"),
            ("pin = \"md5:00\"", "status.pin"),
            ("pin = \"sha256:00\"", "status.pin"),
            ("soft = true", "unknown field"),
        ] {
            let error = read(text).err().unwrap();
            let shown = format!("{error:#}");
            assert!(shown.contains(named), "{text}: {shown}");
        }
    }
}
