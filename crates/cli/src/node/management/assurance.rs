//! `assurance` in `[dm.tls]`: a level of ISO/IEC 29115 clause 6 beside settings of
//! one's own, which may ask for more and not for less.

use anyhow::{Result, bail};
use tls::{Assurance, ClientProof, Profile};

use super::{Clients, Dm, HttpAuth, Tls, TlsProfile};

/// The versions and suites that a configuration comes to.
pub(super) fn profile(own: &Tls) -> Result<Profile> {
    let level = level(own)?;
    let profile = match (own.profile, level) {
        (Some(TlsProfile::Dm), _) if own.ssl3 => Profile::DmSsl3,
        _ if own.ssl3 => bail!("[dm.tls] ssl3 = true is for profile = \"dm\" alone"),
        (Some(TlsProfile::ThreeGpp), _) | (None, None) => Profile::ThreeGpp,
        (Some(TlsProfile::Dm), _) => Profile::Dm,
        (None, Some(level)) => level.profile()?,
    };
    if let Some(level) = level {
        let (number, name) = (level.number(), profile.name());
        let (oldest, _) = profile.versions();
        if oldest < level.oldest() {
            bail!(
                "[dm.tls] has assurance = {number} and profile = {name:?}, which begins with \
                 {oldest}: the level wants {} at least",
                level.oldest()
            );
        }
        if own.upgrade && profile != Profile::Dm {
            bail!("[dm.tls] has assurance = {number} and upgrade = true, which is level 1's only");
        }
    }
    Ok(profile)
}

/// What devices show in HTTP, if the level has enough in that and in their keys.
pub(super) fn login(dm: &Dm) -> Result<HttpAuth> {
    let said = dm.http_authentication;
    let Some((own, level)) = dm.tls.as_ref().and_then(|own| Some((own, own.assurance?))) else {
        return Ok(said.unwrap_or_default());
    };
    let wanted = Assurance::numbered(level)?.client_authentication();
    match wanted {
        // Then the handshake proves everybody.
        ClientProof::Login if own.client_certificates == Some(Clients::Required) => {
            Ok(said.unwrap_or_default())
        }
        ClientProof::Login if !own.psk && said == Some(HttpAuth::None) => bail!(
            "[dm.tls] has assurance = {level} and [dm] http_authentication = \"none\", without \
             psk: the level wants devices to prove themselves"
        ),
        ClientProof::Login => Ok(said.unwrap_or(HttpAuth::Digest)),
        ClientProof::None | ClientProof::Handshake | ClientProof::Certificate => {
            Ok(said.unwrap_or_default())
        }
    }
}

/// Whether devices are asked for certificates: what is said, else what the level
/// wants.
pub(super) fn clients(own: &Tls) -> Result<Clients> {
    let said = own.client_certificates;
    let Some(level) = level(own)? else {
        return Ok(said.unwrap_or(Clients::None));
    };
    // Where every device has a key, the handshake proves it.
    let keys_alone = own.psk && own.certificate.is_none() && own.more.is_empty();
    let number = level.number();
    match level.client_authentication() {
        ClientProof::Handshake if keys_alone => Ok(said.unwrap_or(Clients::None)),
        ClientProof::Certificate if own.psk => bail!(
            "[dm.tls] has assurance = {number} and psk = true: the level wants a certificate of \
             every device"
        ),
        ClientProof::Handshake | ClientProof::Certificate => match said {
            None | Some(Clients::Required) => Ok(Clients::Required),
            Some(_) => bail!(
                "[dm.tls] has assurance = {number} and client_certificates other than \
                 \"required\": the level wants devices to prove themselves in the handshake"
            ),
        },
        ClientProof::None | ClientProof::Login => Ok(said.unwrap_or(Clients::None)),
    }
}

fn level(own: &Tls) -> Result<Option<Assurance>> {
    Ok(own.assurance.map(Assurance::numbered).transpose()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dm(text: &str) -> Dm {
        let head = "server_id = \"s\"\nuri = \"https://h/p\"\n";
        toml::from_str(&format!("{head}{text}")).unwrap()
    }

    /// What it comes to, or the words of the refusal.
    fn made(text: &str) -> Result<(Profile, HttpAuth, Clients), String> {
        let dm = dm(text);
        let tls = dm.tls.as_ref().unwrap();
        let all = || Ok((profile(tls)?, login(&dm)?, clients(tls)?));
        all().map_err(|error: anyhow::Error| error.to_string())
    }

    #[test]
    fn a_level_stands_for_what_is_not_said() {
        let certificate = "certificate = \"c\"\nkey = \"k\"\n";
        let level = |number: u8, more: &str| {
            made(&format!("[tls]\nassurance = {number}\n{more}{certificate}")).unwrap()
        };
        assert!(level(1, "") == (Profile::Dm, HttpAuth::None, Clients::None));
        let two = Assurance::Two.profile().unwrap();
        assert!(level(2, "") == (two.clone(), HttpAuth::Digest, Clients::None));
        let asked = "client_certificates = \"required\"\n";
        assert!(level(2, asked) == (two, HttpAuth::None, Clients::Required));
        let three = (Profile::ThreeGpp, HttpAuth::None, Clients::Required);
        assert!(level(3, "") == three && level(3, "psk = true\n") == three);
        let keys = made("[tls]\nassurance = 3\npsk = true\n").unwrap();
        assert!(keys == (Profile::ThreeGpp, HttpAuth::None, Clients::None));
        let four = Assurance::Four.profile().unwrap();
        assert!(level(4, "") == (four, HttpAuth::None, Clients::Required));
        // More than the level wants.
        assert!(level(1, "profile = \"3gpp\"\n").0 == Profile::ThreeGpp);
        // As it was without a level.
        let none = made(&format!("[tls]\n{certificate}")).unwrap();
        assert!(none == (Profile::ThreeGpp, HttpAuth::None, Clients::None));
    }

    #[test]
    fn a_contradiction_names_both() {
        for (text, both) in [
            (
                "[tls]\nassurance = 2\nprofile = \"dm\"",
                ["assurance = 2", "profile = \"dm\""],
            ),
            (
                "[tls]\nassurance = 4\nprofile = \"3gpp\"",
                ["assurance = 4", "profile = \"3gpp\""],
            ),
            (
                "[tls]\nassurance = 2\nupgrade = true",
                ["assurance = 2", "upgrade = true"],
            ),
            (
                "http_authentication = \"none\"\n[tls]\nassurance = 2",
                ["assurance = 2", "http_authentication = \"none\""],
            ),
            (
                "[tls]\nassurance = 3\nclient_certificates = \"optional\"",
                ["assurance = 3", "client_certificates"],
            ),
            (
                "[tls]\nassurance = 4\nclient_certificates = \"none\"",
                ["assurance = 4", "client_certificates"],
            ),
            (
                "[tls]\nassurance = 4\npsk = true",
                ["assurance = 4", "psk = true"],
            ),
            ("[tls]\nassurance = 5", ["assurance = 5", "1 to 4"]),
        ] {
            let error = made(text).map(drop).unwrap_err();
            for one in both {
                assert!(error.contains(one), "{text}: {error}");
            }
        }
    }
}
