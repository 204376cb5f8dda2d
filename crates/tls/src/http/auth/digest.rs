//! The digests of RFC 7616 clause 3.4.

use data_encoding::HEXLOWER;
use openssl::hash::{MessageDigest, hash};
use zeroize::Zeroizing;

use crate::Error;

/// A hash of Digest authentication.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DigestAlgorithm {
    /// `SHA-256`.
    Sha256,
    /// `MD5`, for clients of RFC 2617.
    Md5,
}

/// What the digest covers beside method and target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Qop {
    /// `auth`: nothing.
    Auth,
    /// `auth-int`: the body.
    AuthInt,
}

/// What a digest is made of.
pub(super) struct Input<'a> {
    pub(super) algorithm: DigestAlgorithm,
    pub(super) user: &'a str,
    pub(super) realm: &'a str,
    pub(super) secret: &'a [u8],
    pub(super) nonce: &'a str,
    pub(super) nonce_count: &'a str,
    pub(super) client_nonce: &'a str,
    pub(super) qop: Qop,
    pub(super) target: &'a str,
}

impl DigestAlgorithm {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Sha256 => "SHA-256",
            Self::Md5 => "MD5",
        }
    }

    /// By the parameter `algorithm`, which may be missing.
    pub(super) fn by_name(name: Option<&str>) -> Option<Self> {
        let Some(name) = name else {
            return Some(Self::Md5);
        };
        let mut all = [Self::Sha256, Self::Md5].into_iter();
        all.find(|known| known.name().eq_ignore_ascii_case(name))
    }

    fn hex(self, octets: &[u8]) -> Result<String, Error> {
        let digest = match self {
            Self::Sha256 => MessageDigest::sha256(),
            Self::Md5 => MessageDigest::md5(),
        };
        Ok(HEXLOWER.encode(&hash(digest, octets)?))
    }
}

impl Qop {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Auth => "auth",
            Self::AuthInt => "auth-int",
        }
    }

    pub(super) fn by_name(name: &str) -> Option<Self> {
        let mut all = [Self::Auth, Self::AuthInt].into_iter();
        all.find(|known| known.name() == name)
    }
}

impl Input<'_> {
    /// `response`, in hexadecimal digits.
    pub(super) fn response(&self, method: &str, body: &[u8]) -> Result<String, Error> {
        self.over(&format!("{method}:{}", self.target), body)
    }

    /// `rspauth`, by which a server proves that it has the secret too (clause
    /// 3.5); `body` is the answer's.
    pub(super) fn proof_of_server(&self, body: &[u8]) -> Result<String, Error> {
        self.over(&format!(":{}", self.target), body)
    }

    fn over(&self, what: &str, body: &[u8]) -> Result<String, Error> {
        let algorithm = self.algorithm;
        let mut known = Zeroizing::new(format!("{}:{}:", self.user, self.realm).into_bytes());
        known.extend_from_slice(self.secret);
        let first = Zeroizing::new(algorithm.hex(&known)?);
        let second = match self.qop {
            Qop::Auth => algorithm.hex(what.as_bytes())?,
            Qop::AuthInt => {
                let body = algorithm.hex(body)?;
                algorithm.hex(format!("{what}:{body}").as_bytes())?
            }
        };
        let whole = Zeroizing::new(format!(
            "{}:{}:{}:{}:{}:{second}",
            *first,
            self.nonce,
            self.nonce_count,
            self.client_nonce,
            self.qop.name(),
        ));
        algorithm.hex(whole.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_the_rfc(algorithm: DigestAlgorithm) -> Input<'static> {
        Input {
            algorithm,
            user: "Mufasa",
            realm: "http-auth@example.org",
            secret: b"Circle of Life",
            nonce: "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
            nonce_count: "00000001",
            client_nonce: "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
            qop: Qop::Auth,
            target: "/dir/index.html",
        }
    }

    /// RFC 7616 clause 3.9.1.
    #[test]
    fn the_rfc_s_answers() {
        let response = |algorithm| of_the_rfc(algorithm).response("GET", b"").unwrap();
        assert_eq!(
            response(DigestAlgorithm::Md5),
            "8ca523f5e9506fed4657c9700eebdbec"
        );
        assert_eq!(
            response(DigestAlgorithm::Sha256),
            "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"
        );
    }

    /// RFC 2617 clause 3.5.
    #[test]
    fn the_older_rfc_s_answer() {
        let input = Input {
            realm: "testrealm@host.com",
            secret: b"Circle Of Life",
            nonce: "dcd98b7102dd2f0e8b11d0f600bfb0c093",
            client_nonce: "0a4f113b",
            ..of_the_rfc(DigestAlgorithm::Md5)
        };
        let response = input.response("GET", b"").unwrap();
        assert_eq!(response, "6629fae49393a05397450978507c4ef1");
    }

    #[test]
    fn names() {
        let by_name = DigestAlgorithm::by_name;
        assert_eq!(by_name(None), Some(DigestAlgorithm::Md5));
        assert_eq!(by_name(Some("md5")), Some(DigestAlgorithm::Md5));
        assert_eq!(by_name(Some("SHA-256")), Some(DigestAlgorithm::Sha256));
        assert_eq!(by_name(Some("MD5-sess")), None);
        assert_eq!(by_name(Some("SHA-512-256")), None);
        assert_eq!(Qop::by_name("auth-int"), Some(Qop::AuthInt));
        assert_eq!(Qop::by_name("auth,auth-int"), None);
    }
}
