//! Certificates in a document. OMA Provisioning Content has none; the
//! characteristic `CertificateStore` is the one that deployed devices know
//! (Windows CertificateStore configuration service provider): stores, in each a
//! characteristic for each certificate with the parm `EncodedCertificate`.

use data_encoding::BASE64;

use super::{Characteristic, ProvisioningDoc};
use crate::Error;

/// A certificate of a `CertificateStore`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredCertificate {
    /// The characteristics around it, outermost first: `ROOT`, or `Root`,
    /// `System`.
    pub store: Vec<String>,
    /// The type of its own characteristic: by custom a hash of the certificate
    /// in hex. It proves nothing.
    pub name: String,
    /// The certificate in DER, not verified in any way.
    pub der: Vec<u8>,
}

impl ProvisioningDoc {
    /// The certificates of all stores, in order.
    ///
    /// # Errors
    /// [`Error::DocumentContent`] for one that is not base64, or that stands directly
    /// in `CertificateStore`.
    pub fn certificates(&self) -> Result<Vec<StoredCertificate>, Error> {
        let mut found = Vec::new();
        for top in self.all("CertificateStore") {
            // The reader bounds how deep this goes.
            let mut open: Vec<(Vec<String>, &Characteristic)> = vec![(Vec::new(), top)];
            while let Some((path, characteristic)) = open.pop() {
                if let Some(text) = characteristic.value("EncodedCertificate")? {
                    found.push(certificate(path.clone(), text)?);
                }
                for inside in characteristic.characteristics.iter().rev() {
                    let mut path = path.clone();
                    path.push(inside.type_.clone());
                    open.push((path, inside));
                }
            }
        }
        Ok(found)
    }
}

fn certificate(mut path: Vec<String>, text: &str) -> Result<StoredCertificate, Error> {
    let fault = Error::DocumentContent;
    let name = path.pop();
    // Long values are broken into lines, which reading turns into spaces.
    let packed: Vec<u8> = text
        .bytes()
        .filter(|octet| !octet.is_ascii_whitespace())
        .collect();
    let der = BASE64.decode(&packed).ok().filter(|der| !der.is_empty());
    Ok(StoredCertificate {
        store: path,
        name: name.ok_or(fault("a certificate outside of a store"))?,
        der: der.ok_or(fault("EncodedCertificate is not base64"))?,
    })
}
