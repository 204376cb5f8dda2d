//! What a message shows of who sent it: credentials in its header (OMA DM
//! Protocol 1.2 clause 9.2) or an HMAC beside it (OMA DM Security 1.2 clause
//! 5.4.3).

use syncml::Cred;

use super::Scheme;

/// Everything in and around a message that a
/// [`Verifier`](super::Verifier) looks at.
#[derive(Clone, Copy, Default)]
pub struct Shown<'a> {
    /// `Cred` of the header.
    pub cred: Option<&'a Cred>,
    /// The value of the transport's header [`MAC_HEADER`](super::MAC_HEADER).
    pub mac: Option<&'a str>,
    /// The Source LocName.
    pub name: Option<&'a str>,
    /// The octets of the message, as they came.
    pub octets: &'a [u8],
}

impl Shown<'_> {
    /// Whether there is nothing that could prove anything.
    pub(super) const fn is_nothing(&self) -> bool {
        self.cred.is_none() && self.mac.is_none()
    }

    /// Whether there is something of `scheme`, right or wrong.
    pub(super) fn is_of(&self, scheme: Scheme) -> bool {
        match scheme {
            Scheme::Mac => self.mac.is_some(),
            Scheme::Md5 | Scheme::Basic => {
                self.cred.and_then(Cred::type_).and_then(Scheme::read) == Some(scheme)
            }
        }
    }
}

impl<'a> From<Option<&'a Cred>> for Shown<'a> {
    fn from(cred: Option<&'a Cred>) -> Self {
        Self {
            cred,
            ..Self::default()
        }
    }
}
