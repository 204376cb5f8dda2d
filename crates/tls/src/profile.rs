//! TLS profiles as data. `3gpp` is TS 33.210 clause 6.2: TLS 1.2 and 1.3,
//! nothing older; at 1.2 ECDHE with AEAD only; RFC 8446 clause 9 at 1.3.

use openssl::ssl::SslVersion;

/// Which versions, suites, groups and signature algorithms a connection may use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Profile {
    /// `3gpp`, the default between operators and towards devices.
    #[default]
    ThreeGpp,
}

/// One profile in the library's terms.
pub(crate) struct Rules {
    pub(crate) oldest: SslVersion,
    pub(crate) newest: SslVersion,
    /// Suites of TLS 1.2, most wanted first.
    pub(crate) suites_1_2: &'static str,
    /// Suites of TLS 1.3, most wanted first.
    pub(crate) suites_1_3: &'static str,
    /// Groups; `/` parts levels of preference, `*` marks those for which a
    /// client sends a key share at once.
    pub(crate) groups: &'static str,
    pub(crate) signature_algorithms: &'static str,
    /// The library's strength level; 2 asks for 112 bits and refuses SHA-1.
    pub(crate) security_level: u32,
    /// Whether TLS 1.2 without the extended master secret (RFC 7627) is refused.
    pub(crate) extended_master_secret: bool,
}

static THREE_GPP: Rules = Rules {
    oldest: SslVersion::TLS1_2,
    newest: SslVersion::TLS1_3,
    suites_1_2: "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:\
                 ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:\
                 ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305",
    suites_1_3: "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256",
    // A level of its own makes a server ask for the hybrid with a
    // HelloRetryRequest rather than take the share that is there.
    groups: "*X25519MLKEM768/*X25519:P-256:P-384",
    signature_algorithms: "ecdsa_secp256r1_sha256:ecdsa_secp384r1_sha384:\
                           rsa_pss_rsae_sha256:rsa_pss_rsae_sha384:rsa_pss_rsae_sha512:\
                           rsa_pss_pss_sha256:rsa_pss_pss_sha384:rsa_pss_pss_sha512:\
                           rsa_pkcs1_sha256:rsa_pkcs1_sha384:rsa_pkcs1_sha512",
    security_level: 2,
    extended_master_secret: true,
};

impl Profile {
    /// The profile's name in configuration and logs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ThreeGpp => "3gpp",
        }
    }

    pub(crate) fn rules(self) -> &'static Rules {
        match self {
            Self::ThreeGpp => &THREE_GPP,
        }
    }
}
