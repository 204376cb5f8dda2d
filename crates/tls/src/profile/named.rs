//! The profiles that have names.

use super::{Rules, Suite, Version};

/// TLS 1.3 as TS 33.210 clause 6.2 has it.
const OF_1_3: [&str; 3] = [
    "TLS_AES_128_GCM_SHA256",
    "TLS_AES_256_GCM_SHA384",
    "TLS_CHACHA20_POLY1305_SHA256",
];

/// A level of its own makes a server ask for the hybrid with a
/// HelloRetryRequest rather than take the share that is there.
pub(super) const GROUPS: &str = "*X25519MLKEM768/*X25519:P-256:P-384";

/// No SHA-1. TLS 1.1 and older have none of this list's business: their
/// signatures are fixed.
pub(super) const SIGNATURES: &str = "ecdsa_secp256r1_sha256:ecdsa_secp384r1_sha384:\
    rsa_pss_rsae_sha256:rsa_pss_rsae_sha384:rsa_pss_rsae_sha512:\
    rsa_pss_pss_sha256:rsa_pss_pss_sha384:rsa_pss_pss_sha512:\
    rsa_pkcs1_sha256:rsa_pkcs1_sha384:rsa_pkcs1_sha512";

const THREE_GPP: [&str; 6] = [
    "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
    "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
];

/// Forward secrecy first, then AEAD; a certificate before a pre-shared key.
const DM: [&str; 16] = [
    "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
    "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256",
    "TLS_DHE_RSA_WITH_AES_128_CBC_SHA256",
    "TLS_DHE_PSK_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_PSK_WITH_AES_128_CBC_SHA256",
    "TLS_DHE_PSK_WITH_AES_128_CBC_SHA256",
    // Ours: the suites above need TLS 1.2, and the paper makes TLS 1.1
    // mandatory.
    "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA",
    "TLS_DHE_RSA_WITH_AES_128_CBC_SHA",
    "TLS_RSA_WITH_AES_128_GCM_SHA256",
    "TLS_RSA_WITH_AES_128_CBC_SHA256",
    "TLS_RSA_PSK_WITH_AES_128_GCM_SHA256",
    "TLS_PSK_WITH_AES_128_GCM_SHA256",
    "TLS_RSA_PSK_WITH_AES_128_CBC_SHA256",
    "TLS_PSK_WITH_AES_128_CBC_SHA256",
    // Ours, as above.
    "TLS_RSA_WITH_AES_128_CBC_SHA",
];

/// The paper's for SSL 3.0 (clause 9.2.2). TLS does not get them: RC4 is forbidden
/// there (RFC 7465).
const SSL3: [&str; 2] = ["SSL_RSA_WITH_3DES_EDE_CBC_SHA", "SSL_RSA_WITH_RC4_128_SHA"];

/// What a UICC may want beside AES; each is off by default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scp81 {
    /// Suites without encryption: integrity only.
    pub null: bool,
    /// 3DES; only in builds with the feature `ssl3`.
    pub triple_des: bool,
}

/// The suites of these names, in this order.
fn suites(names: impl IntoIterator<Item = &'static str>) -> Vec<&'static Suite> {
    names.into_iter().filter_map(Suite::by_name).collect()
}

pub(super) fn three_gpp() -> Rules {
    Rules {
        oldest: Version::Tls1_2,
        newest: Version::Tls1_3,
        suites: suites(OF_1_3.into_iter().chain(THREE_GPP)),
        groups: GROUPS.to_owned(),
        signature_algorithms: SIGNATURES.to_owned(),
        security_level: 2,
        extended_master_secret: true,
    }
}

pub(super) fn dm() -> Rules {
    Rules {
        oldest: Version::Tls1_0,
        newest: Version::Tls1_3,
        suites: suites(OF_1_3.into_iter().chain(DM)),
        groups: GROUPS.to_owned(),
        signature_algorithms: SIGNATURES.to_owned(),
        security_level: 0,
        // Old devices don't have it.
        extended_master_secret: false,
    }
}

pub(super) fn dm_ssl3() -> Rules {
    let mut rules = dm();
    rules.oldest = Version::Ssl3;
    rules.suites.extend(suites(SSL3));
    rules
}

pub(super) fn scp81(options: Scp81) -> Rules {
    let aes = [
        "TLS_PSK_WITH_AES_128_CBC_SHA256",
        "TLS_PSK_WITH_AES_128_CBC_SHA",
    ];
    let triple_des = options
        .triple_des
        .then_some("TLS_PSK_WITH_3DES_EDE_CBC_SHA");
    let null = ["TLS_PSK_WITH_NULL_SHA256", "TLS_PSK_WITH_NULL_SHA"];
    let null = null.into_iter().filter(|_| options.null);
    Rules {
        oldest: Version::Tls1_0,
        newest: Version::Tls1_2,
        suites: suites(aes.into_iter().chain(triple_des).chain(null)),
        groups: GROUPS.to_owned(),
        signature_algorithms: SIGNATURES.to_owned(),
        security_level: 0,
        extended_master_secret: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A name that the table does not have would be left out in silence.
    #[test]
    fn every_name_is_in_the_table() {
        let both = Scp81 {
            null: true,
            triple_des: true,
        };
        assert_eq!(three_gpp().suites.len(), OF_1_3.len() + THREE_GPP.len());
        assert_eq!(dm().suites.len(), OF_1_3.len() + DM.len());
        assert_eq!(dm_ssl3().suites.len(), dm().suites.len() + SSL3.len());
        assert_eq!(scp81(both).suites.len(), 5);
        assert_eq!(scp81(Scp81::default()).suites.len(), 2);
    }
}
