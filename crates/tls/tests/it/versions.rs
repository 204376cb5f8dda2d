//! Which versions each profile speaks. The library refuses TLS 1.0 and 1.1 at the
//! security level of `3gpp` anyway, so a handshake does not show a profile whose
//! oldest version is too old.

use tls::{Profile, Scp81, Version};

/// TS 33.210 clause 6.2 (TLS 1.2 and 1.3); OMA DM session security clause 9.2.2 (TLS
/// 1.0 to 1.2, and 1.3 beyond it); GlobalPlatform Card Specification 2.2 Amendment B
/// clause 3.3.2 (TLS 1.0 to 1.2). SSL 3.0 is for none of them (RFC 7568) but that
/// which is made for it.
#[test]
fn no_profile_speaks_older_versions_than_its_document() {
    let rows = [
        (Profile::ThreeGpp, (Version::Tls1_2, Version::Tls1_3)),
        (Profile::Dm, (Version::Tls1_0, Version::Tls1_3)),
        (
            Profile::Scp81(Scp81::default()),
            (Version::Tls1_0, Version::Tls1_2),
        ),
    ];
    for (profile, versions) in rows {
        assert_eq!(profile.versions(), versions, "{}", profile.name());
    }
}
