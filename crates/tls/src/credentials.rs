//! What we show of ourselves: a certificate chain and its private key
//! (RFC 8446 clause 4.4.2; keys by RFC 5958).

use openssl::pkey::{PKey, Private};
use openssl::ssl::SslContextBuilder;
use openssl::x509::X509;
use zeroize::Zeroizing;

use crate::{Error, strength};

/// Our own leaf, the certificates above it, and the leaf's private key.
#[derive(Clone)]
pub struct Credentials {
    leaf: X509,
    above: Vec<X509>,
    key: PKey<Private>,
}

impl Credentials {
    /// From DER certificates, `above` in the order from the leaf's issuer
    /// upwards (often empty, or the one CA), and a key that the library holds.
    ///
    /// # Errors
    /// [`Error::ConfigurationWrong`] if a certificate is not DER, the key is not
    /// the leaf's, or it is an RSA key of fewer than 2048 bits or an EC key of
    /// fewer than 256.
    pub fn new(leaf: &[u8], above: &[Vec<u8>], key: PKey<Private>) -> Result<Self, Error> {
        let leaf = parse(leaf)?;
        let above = above
            .iter()
            .map(|der| parse(der))
            .collect::<Result<_, _>>()?;
        let public = leaf.public_key().map_err(wrong)?;
        if !public.public_eq(&key) {
            return Err(Error::ConfigurationWrong(
                "the private key is not the certificate's".to_owned(),
            ));
        }
        // Some profiles' library level lets any key pass.
        strength::check(&public).map_err(Error::ConfigurationWrong)?;
        Ok(Self { leaf, above, key })
    }

    /// The kind of its key; a server can show one of each.
    pub(crate) fn kind(&self) -> openssl::pkey::Id {
        self.key.id()
    }

    pub(crate) fn is_rsa(&self) -> bool {
        self.kind() == openssl::pkey::Id::RSA
    }

    pub(crate) fn leaf_der(&self) -> Result<Vec<u8>, Error> {
        Ok(self.leaf.to_der()?)
    }

    /// The same with the key as unencrypted PKCS#8 DER.
    ///
    /// # Errors
    /// As for [`Credentials::new`], and if the key is not PKCS#8.
    pub fn from_pkcs8(
        leaf: &[u8],
        above: &[Vec<u8>],
        key: &Zeroizing<Vec<u8>>,
    ) -> Result<Self, Error> {
        // The library's words stay out: they could repeat parts of the key.
        let key = PKey::private_key_from_pkcs8(key)
            .map_err(|_| Error::ConfigurationWrong("the key is not PKCS#8 DER".to_owned()))?;
        Self::new(leaf, above, key)
    }

    /// From PEM: the leaf and what is above it, and the unencrypted key.
    ///
    /// # Errors
    /// As for [`Credentials::new`], and if one of the two is not PEM.
    pub fn from_pem(chain: &[u8], key: &[u8]) -> Result<Self, Error> {
        let not_pem = |text: &str| Error::ConfigurationWrong(text.to_owned());
        let mut chain = X509::stack_from_pem(chain).map_err(wrong)?.into_iter();
        let leaf = chain.next();
        let leaf = leaf.ok_or_else(|| not_pem("no certificate in PEM"))?;
        let above = chain
            .map(|one| one.to_der())
            .collect::<Result<Vec<_>, _>>()?;
        // No prompt for a passphrase. The library's words stay out: they could
        // repeat parts of the key.
        let key = PKey::private_key_from_pem_callback(key, |_| Ok(0))
            .map_err(|_| not_pem("the key is not unencrypted PEM"))?;
        Self::new(&leaf.to_der()?, &above, key)
    }

    /// Puts leaf, chain and key into a context that is being made.
    pub(crate) fn install(&self, context: &mut SslContextBuilder) -> Result<(), Error> {
        context.set_certificate(&self.leaf).map_err(wrong)?;
        for certificate in &self.above {
            context
                .add_extra_chain_cert(certificate.clone())
                .map_err(wrong)?;
        }
        context.set_private_key(&self.key).map_err(wrong)?;
        context.check_private_key().map_err(wrong)
    }
}

fn parse(der: &[u8]) -> Result<X509, Error> {
    X509::from_der(der).map_err(wrong)
}

fn wrong(stack: openssl::error::ErrorStack) -> Error {
    Error::ConfigurationWrong(stack.to_string())
}
