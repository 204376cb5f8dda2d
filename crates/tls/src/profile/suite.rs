//! Cipher suites by their registered names (IANA TLS Cipher Suites; RFC 6101 for
//! those of SSL 3.0; RFC 4279, 4785, 5246, 5288, 5289, 5487, 5489, 7905, 8446): what each needs of both
//! sides, and what the library calls it.

use super::Version;

/// What a suite proves the two sides by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SuiteKey {
    /// The server's certificate with an RSA key.
    Rsa,
    /// The server's certificate with an EC key.
    Ec,
    /// A pre-shared key alone.
    Psk,
    /// A pre-shared key, and the server's certificate with an RSA key.
    RsaPsk,
    /// Not the suite's business (TLS 1.3).
    Any,
}

/// A cipher suite.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Suite {
    /// Its registered name.
    pub name: &'static str,
    /// Its number.
    pub number: u16,
    /// What it proves the two sides by.
    pub key: SuiteKey,
    /// The first version that has it.
    pub since: Version,
    /// The library's name.
    pub(crate) library: &'static str,
}

const fn suite(
    number: u16,
    name: &'static str,
    library: &'static str,
    key: SuiteKey,
    since: Version,
) -> Suite {
    Suite {
        name,
        number,
        key,
        since,
        library,
    }
}

use SuiteKey::{Any, Ec, Psk, Rsa, RsaPsk};
use Version::{Ssl3, Tls1_0, Tls1_2, Tls1_3};

/// Every suite that a profile may name.
#[rustfmt::skip]
pub(crate) const SUITES: &[Suite] = &[
    suite(0x1301, "TLS_AES_128_GCM_SHA256", "TLS_AES_128_GCM_SHA256", Any, Tls1_3),
    suite(0x1302, "TLS_AES_256_GCM_SHA384", "TLS_AES_256_GCM_SHA384", Any, Tls1_3),
    suite(0x1303, "TLS_CHACHA20_POLY1305_SHA256", "TLS_CHACHA20_POLY1305_SHA256", Any, Tls1_3),

    suite(0xc02b, "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "ECDHE-ECDSA-AES128-GCM-SHA256", Ec, Tls1_2),
    suite(0xc02f, "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "ECDHE-RSA-AES128-GCM-SHA256", Rsa, Tls1_2),
    suite(0xc02c, "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", "ECDHE-ECDSA-AES256-GCM-SHA384", Ec, Tls1_2),
    suite(0xc030, "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", "ECDHE-RSA-AES256-GCM-SHA384", Rsa, Tls1_2),
    suite(0xcca9, "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", "ECDHE-ECDSA-CHACHA20-POLY1305", Ec, Tls1_2),
    suite(0xcca8, "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", "ECDHE-RSA-CHACHA20-POLY1305", Rsa, Tls1_2),
    suite(0xc023, "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256", "ECDHE-ECDSA-AES128-SHA256", Ec, Tls1_2),
    suite(0x009e, "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256", "DHE-RSA-AES128-GCM-SHA256", Rsa, Tls1_2),
    suite(0x0067, "TLS_DHE_RSA_WITH_AES_128_CBC_SHA256", "DHE-RSA-AES128-SHA256", Rsa, Tls1_2),
    suite(0x009c, "TLS_RSA_WITH_AES_128_GCM_SHA256", "AES128-GCM-SHA256", Rsa, Tls1_2),
    suite(0x003c, "TLS_RSA_WITH_AES_128_CBC_SHA256", "AES128-SHA256", Rsa, Tls1_2),

    suite(0x00aa, "TLS_DHE_PSK_WITH_AES_128_GCM_SHA256", "DHE-PSK-AES128-GCM-SHA256", Psk, Tls1_2),
    suite(0x00ac, "TLS_RSA_PSK_WITH_AES_128_GCM_SHA256", "RSA-PSK-AES128-GCM-SHA256", RsaPsk, Tls1_2),
    suite(0x00a8, "TLS_PSK_WITH_AES_128_GCM_SHA256", "PSK-AES128-GCM-SHA256", Psk, Tls1_2),
    // By RFC 5487 and RFC 5489 older versions may use these, with their own PRF.
    suite(0xc037, "TLS_ECDHE_PSK_WITH_AES_128_CBC_SHA256", "ECDHE-PSK-AES128-CBC-SHA256", Psk, Tls1_0),
    suite(0x00b2, "TLS_DHE_PSK_WITH_AES_128_CBC_SHA256", "DHE-PSK-AES128-CBC-SHA256", Psk, Tls1_0),
    suite(0x00b6, "TLS_RSA_PSK_WITH_AES_128_CBC_SHA256", "RSA-PSK-AES128-CBC-SHA256", RsaPsk, Tls1_0),
    suite(0x00ae, "TLS_PSK_WITH_AES_128_CBC_SHA256", "PSK-AES128-CBC-SHA256", Psk, Tls1_0),

    suite(0xc009, "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA", "ECDHE-ECDSA-AES128-SHA", Ec, Tls1_0),
    suite(0x0033, "TLS_DHE_RSA_WITH_AES_128_CBC_SHA", "DHE-RSA-AES128-SHA", Rsa, Ssl3),
    suite(0x002f, "TLS_RSA_WITH_AES_128_CBC_SHA", "AES128-SHA", Rsa, Ssl3),
    suite(0x008c, "TLS_PSK_WITH_AES_128_CBC_SHA", "PSK-AES128-CBC-SHA", Psk, Ssl3),

    suite(0x000a, "SSL_RSA_WITH_3DES_EDE_CBC_SHA", "DES-CBC3-SHA", Rsa, Ssl3),
    suite(0x0005, "SSL_RSA_WITH_RC4_128_SHA", "RC4-SHA", Rsa, Ssl3),

    suite(0x008b, "TLS_PSK_WITH_3DES_EDE_CBC_SHA", "PSK-3DES-EDE-CBC-SHA", Psk, Ssl3),
    suite(0x002c, "TLS_PSK_WITH_NULL_SHA", "PSK-NULL-SHA", Psk, Ssl3),
    suite(0x00b0, "TLS_PSK_WITH_NULL_SHA256", "PSK-NULL-SHA256", Psk, Tls1_0),
];

impl Suite {
    /// The suite of that registered name.
    #[must_use]
    pub fn by_name(name: &str) -> Option<&'static Self> {
        SUITES.iter().find(|suite| suite.name == name)
    }

    /// Every suite that a profile may name.
    #[must_use]
    pub const fn all() -> &'static [Self] {
        SUITES
    }

    /// Whether a connection of that version can have it.
    #[must_use]
    pub fn serves(&self, version: Version) -> bool {
        self.is_1_3() == (version == Tls1_3)
            && self.since <= version
            && (!self.is_ssl3_alone() || version == Ssl3)
    }

    /// Whether it is for SSL 3.0 and nothing later.
    #[must_use]
    pub fn is_ssl3_alone(&self) -> bool {
        self.name.starts_with("SSL_")
    }

    /// Whether it takes a pre-shared key.
    #[must_use]
    pub fn is_psk(&self) -> bool {
        matches!(self.key, Psk | RsaPsk)
    }

    /// Whether it belongs to TLS 1.3, which has a list of its own.
    pub(crate) fn is_1_3(&self) -> bool {
        self.since == Tls1_3
    }
}
