//! What a certificate is for: extended key usage and key usage by purpose
//! (docs/operator-change.md, section 1; RFC 5280 clauses 4.2.1.3 and 4.2.1.12).

use const_oid::ObjectIdentifier;
use const_oid::db::rfc5280::{ID_KP_CLIENT_AUTH, ID_KP_OCSP_SIGNING, ID_KP_SERVER_AUTH};
use x509_cert::ext::pkix::{KeyUsage, KeyUsages};

use crate::KeyKind;

/// The extension A.16 of CertTRE, whose contents the TRE's own crate reads.
/// A = 1.3.6.1.4.1.32473.7 lies under the documentation enterprise number.
pub const TRE_EXTENSION: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.32473.7.16");

const BOOTSTRAP: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.32473.7.1");
const OBJECT: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.32473.7.2");
const PEER_DOCUMENT: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.32473.7.3");
const DECISION: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.32473.7.4");
const PEER_ENCIPHERMENT: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.32473.7.5");

/// The one thing that a leaf under a CertSHO is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// TLS server of the DPF and DRF: id-kp-serverAuth alone.
    DpfServer,
    /// Either end of the interface between operators: id-kp-clientAuth and
    /// id-kp-serverAuth.
    Peer,
    /// Answers about certificate status: id-kp-OCSPSigning.
    OcspSigning,
    /// A.1, signs bootstrap documents.
    Bootstrap,
    /// A.2, signs the M2MMCIMMobj of a Package.
    Object,
    /// A.3, signs announcements and releases.
    PeerDocument,
    /// A.4, signs decisions to commit or to roll back.
    Decision,
    /// A.5, receives what operators encipher for each other.
    PeerEncipherment,
}

/// What a TRE uses the key of a CertTRE for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TreUse {
    /// Signs the TRE's documents.
    Signature,
    /// Receives envelopes, by key agreement (EC) or key encipherment (RSA).
    Encipherment,
    /// One key pair for both.
    Both,
}

/// The key usage bits of one use.
#[derive(Clone, Copy, Debug)]
pub(crate) struct KeyUsageRule {
    /// Set in what we issue.
    pub(crate) issued: KeyUsage,
    /// Must be set.
    required: KeyUsage,
    /// Nothing else may be set.
    allowed: KeyUsage,
}

impl Purpose {
    /// Every purpose.
    pub const ALL: [Self; 8] = [
        Self::DpfServer,
        Self::Peer,
        Self::OcspSigning,
        Self::Bootstrap,
        Self::Object,
        Self::PeerDocument,
        Self::Decision,
        Self::PeerEncipherment,
    ];

    /// The extended key usages, which a leaf carries all and no others.
    #[must_use]
    pub const fn extended_key_usages(self) -> &'static [ObjectIdentifier] {
        match self {
            Self::DpfServer => &[ID_KP_SERVER_AUTH],
            Self::Peer => &[ID_KP_CLIENT_AUTH, ID_KP_SERVER_AUTH],
            Self::OcspSigning => &[ID_KP_OCSP_SIGNING],
            Self::Bootstrap => &[BOOTSTRAP],
            Self::Object => &[OBJECT],
            Self::PeerDocument => &[PEER_DOCUMENT],
            Self::Decision => &[DECISION],
            Self::PeerEncipherment => &[PEER_ENCIPHERMENT],
        }
    }

    /// One lower-case word or two, for subject names.
    pub(crate) const fn label(self) -> &'static str {
        match self {
            Self::DpfServer => "dpf",
            Self::Peer => "peer",
            Self::OcspSigning => "ocsp",
            Self::Bootstrap => "bootstrap",
            Self::Object => "object",
            Self::PeerDocument => "peer document",
            Self::Decision => "decision",
            Self::PeerEncipherment => "peer encipherment",
        }
    }

    pub(crate) fn key_usage(self, kind: KeyKind) -> KeyUsageRule {
        let signature = KeyUsages::DigitalSignature;
        match self {
            // The RSA suites of OMA DM's TLS profile transport the premaster
            // secret, so an RSA key gets keyEncipherment as well.
            Self::DpfServer | Self::Peer => KeyUsageRule {
                issued: match kind {
                    KeyKind::Rsa => KeyUsage(signature | KeyUsages::KeyEncipherment),
                    KeyKind::P256 | KeyKind::P384 => KeyUsage(signature.into()),
                },
                required: KeyUsage(signature.into()),
                allowed: KeyUsage(signature | KeyUsages::KeyEncipherment | KeyUsages::KeyAgreement),
            },
            Self::PeerEncipherment => KeyUsageRule::exactly(encipherment(kind)),
            Self::OcspSigning
            | Self::Bootstrap
            | Self::Object
            | Self::PeerDocument
            | Self::Decision => KeyUsageRule {
                issued: KeyUsage(signature.into()),
                required: KeyUsage(signature.into()),
                allowed: KeyUsage(signature | KeyUsages::NonRepudiation),
            },
        }
    }
}

impl TreUse {
    /// A certificate for both uses serves each of them.
    pub(crate) fn key_usage(self, kind: KeyKind) -> KeyUsageRule {
        let signature = KeyUsage(KeyUsages::DigitalSignature.into());
        let both = KeyUsage(signature.0 | encipherment(kind).0);
        let wanted = match self {
            Self::Signature => signature,
            Self::Encipherment => encipherment(kind),
            Self::Both => both,
        };
        KeyUsageRule {
            issued: wanted,
            required: wanted,
            allowed: both,
        }
    }
}

impl KeyUsageRule {
    fn exactly(usage: KeyUsage) -> Self {
        Self {
            issued: usage,
            required: usage,
            allowed: usage,
        }
    }

    pub(crate) fn admits(&self, usage: KeyUsage) -> bool {
        usage.0.contains(self.required.0) && self.allowed.0.contains(usage.0)
    }
}

fn encipherment(kind: KeyKind) -> KeyUsage {
    KeyUsage(match kind {
        KeyKind::P256 | KeyKind::P384 => KeyUsages::KeyAgreement.into(),
        KeyKind::Rsa => KeyUsages::KeyEncipherment.into(),
    })
}
