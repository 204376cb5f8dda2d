//! `assurance` in `[dm.tls]`: a level of ISO/IEC 29115 clause 6 beside settings of
//! one's own, which may ask for more and not for less.

use anyhow::{Result, bail};
use tls::{Assurance, ClientProof, Profile};

use super::{Dm, HttpAuth, Tls, TlsProfile};

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
    // Where every device has a key, the handshake proves it.
    let keys_alone = own.psk && own.certificate.is_none() && own.more.is_empty();
    match wanted {
        ClientProof::Login if !own.psk && said == Some(HttpAuth::None) => bail!(
            "[dm.tls] has assurance = {level} and [dm] http_authentication = \"none\", without \
             psk: the level wants devices to prove themselves"
        ),
        ClientProof::Login => Ok(said.unwrap_or(HttpAuth::Digest)),
        ClientProof::Handshake if !keys_alone => bail!(
            "[dm.tls] has assurance = {level} and lets devices in without a key: the level wants \
             psk = true and no certificate of the server's"
        ),
        ClientProof::Certificate => bail!(
            "[dm.tls] has assurance = {level} and nothing that asks devices for certificates, as \
             the level wants"
        ),
        ClientProof::None | ClientProof::Handshake => Ok(said.unwrap_or_default()),
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
    fn made(text: &str) -> Result<(Profile, HttpAuth), String> {
        let dm = dm(text);
        let both = || Ok((profile(dm.tls.as_ref().unwrap())?, login(&dm)?));
        both().map_err(|error: anyhow::Error| error.to_string())
    }

    #[test]
    fn a_level_stands_for_what_is_not_said() {
        let certificate = "certificate = \"c\"\nkey = \"k\"\n";
        let one = made(&format!("[tls]\nassurance = 1\n{certificate}")).unwrap();
        assert!(one == (Profile::Dm, HttpAuth::None));
        let (two, login) = made(&format!("[tls]\nassurance = 2\n{certificate}")).unwrap();
        assert!(two == Assurance::Two.profile().unwrap() && login == HttpAuth::Digest);
        let three = made("[tls]\nassurance = 3\npsk = true\n").unwrap();
        assert!(three == (Profile::ThreeGpp, HttpAuth::None));
        // More than the level wants.
        let more = made(&format!(
            "[tls]\nassurance = 1\nprofile = \"3gpp\"\n{certificate}"
        ));
        assert!(more.unwrap().0 == Profile::ThreeGpp);
        // As it was without a level.
        let none = made(&format!("[tls]\n{certificate}")).unwrap();
        assert!(none == (Profile::ThreeGpp, HttpAuth::None));
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
            ("[tls]\nassurance = 3", ["assurance = 3", "psk = true"]),
            (
                "[tls]\nassurance = 3\npsk = true\ncertificate = \"c\"\nkey = \"k\"",
                ["assurance = 3", "without a key"],
            ),
            (
                "[tls]\nassurance = 4\npsk = true",
                ["assurance = 4", "certificates"],
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
