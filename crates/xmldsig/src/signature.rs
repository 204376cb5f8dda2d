//! `ds:Signature` as this profile has it (W3C XML Signature 1.1 section 4;
//! docs/operator-change.md sections 3 and 5): written by one function, read by
//! one that knows each element's place, verified SignedInfo first.

use data_encoding::BASE64;
use openssl::sha::sha256;

use crate::algorithm::{DSIG_NAMESPACE, EXCLUSIVE_C14N, SHA256, SignatureAlgorithm};
use crate::canonical::canonical_octets;
use crate::error::{Fault, XmlDsigError};
use crate::key::VerifyingKey;
use crate::signer::{Signer, SignerError};
use crate::tree::Node;

/// What the one Reference points at.
pub(crate) struct ReferenceForm {
    /// Its URI.
    pub(crate) uri: &'static str,
    /// Whether the octets are an element's canonical form, or as they are.
    pub(crate) canonical: bool,
}

/// The content of a `ds:Signature` that fits the profile. Nothing in it is
/// authentic yet.
pub(crate) struct Signature {
    pub(crate) algorithm: SignatureAlgorithm,
    /// DER, not looked into.
    pub(crate) leaf: Option<Vec<u8>>,
    signed_info: Vec<u8>,
    digest: [u8; 32],
    value: Vec<u8>,
}

impl Signature {
    /// Reads the element `node`.
    pub(crate) fn read(
        node: Node<'_, '_>,
        form: &ReferenceForm,
        leaf_expected: bool,
    ) -> Result<Self, XmlDsigError> {
        let children = named(node, "Signature")?.plain()?.elements()?;
        let (signed_info, value, key_info) = match children.as_slice() {
            [signed_info, value] => (*signed_info, *value, None),
            [signed_info, value, key_info] => (*signed_info, *value, Some(*key_info)),
            _ => return Err(Fault::Element.into()),
        };
        let (algorithm, digest) = read_signed_info(signed_info, form)?;
        let value = base64(named(value, "SignatureValue")?.plain()?.text()?)?;
        algorithm.check_value(&value)?;
        let leaf = key_info.map(read_key_info).transpose()?;
        if leaf.is_some() != leaf_expected {
            return Err(Fault::KeyInfo.into());
        }
        Ok(Self {
            algorithm,
            leaf,
            signed_info: canonical_octets(signed_info)?,
            digest,
            value,
        })
    }

    /// Verifies SignedInfo under `key`, and only then that it names `octets`.
    pub(crate) fn verify(&self, key: &VerifyingKey, octets: &[u8]) -> Result<(), XmlDsigError> {
        if key.algorithm() != self.algorithm {
            return Err(XmlDsigError::AlgorithmNotAllowed("SignatureMethod"));
        }
        key.verify(&self.signed_info, &self.value)?;
        if sha256(octets) == self.digest {
            Ok(())
        } else {
            Err(XmlDsigError::DigestMismatch)
        }
    }
}

fn named<'d, 't>(node: Node<'d, 't>, local: &str) -> Result<Node<'d, 't>, Fault> {
    node.named(DSIG_NAMESPACE, local)
}

fn read_signed_info(
    node: Node<'_, '_>,
    form: &ReferenceForm,
) -> Result<(SignatureAlgorithm, [u8; 32]), XmlDsigError> {
    let node = named(node, "SignedInfo")?.plain()?;
    let [canonicalisation, method, reference] = node.exactly()?;
    expect_algorithm(canonicalisation, "CanonicalizationMethod", EXCLUSIVE_C14N)?;
    let algorithm = SignatureAlgorithm::from_uri(algorithm_of(method, "SignatureMethod")?)?;
    let reference = named(reference, "Reference")?;
    if reference.only_attribute("URI")? != form.uri {
        return Err(Fault::ReferenceUri.into());
    }
    let (method, value) = if form.canonical {
        let [transforms, method, value] = reference.exactly()?;
        let [transform] = named(transforms, "Transforms")?.plain()?.exactly()?;
        expect_algorithm(transform, "Transform", EXCLUSIVE_C14N)?;
        (method, value)
    } else {
        let [method, value] = reference.exactly()?;
        (method, value)
    };
    expect_algorithm(method, "DigestMethod", SHA256)?;
    let digest = base64(named(value, "DigestValue")?.plain()?.text()?)?;
    let digest = digest.try_into().map_err(|_| Fault::DigestLength)?;
    Ok((algorithm, digest))
}

/// The `Algorithm` of an element that has nothing else: no parameters, no
/// PrefixList.
fn algorithm_of<'d>(node: Node<'d, '_>, local: &str) -> Result<&'d str, Fault> {
    let node = named(node, local)?;
    let algorithm = node.only_attribute("Algorithm")?;
    let [] = node.exactly()?;
    Ok(algorithm)
}

fn expect_algorithm(
    node: Node<'_, '_>,
    local: &'static str,
    uri: &str,
) -> Result<(), XmlDsigError> {
    if algorithm_of(node, local)? == uri {
        Ok(())
    } else {
        Err(XmlDsigError::AlgorithmNotAllowed(local))
    }
}

/// The leaf from X509Data with one X509Certificate and nothing else.
fn read_key_info(node: Node<'_, '_>) -> Result<Vec<u8>, Fault> {
    let leaf = base64(only_certificate(node).map_err(|_| Fault::KeyInfo)?)?;
    if leaf.is_empty() {
        return Err(Fault::KeyInfo);
    }
    Ok(leaf)
}

fn only_certificate<'d>(node: Node<'d, '_>) -> Result<&'d str, Fault> {
    let [data] = named(node, "KeyInfo")?.plain()?.exactly()?;
    let [certificate] = named(data, "X509Data")?.plain()?.exactly()?;
    named(certificate, "X509Certificate")?.plain()?.text()
}

/// Strict: padded once, no white space, no stray bits. One text for each
/// octet string, since the decoder alone would take padding in the middle.
fn base64(text: &str) -> Result<Vec<u8>, Fault> {
    let octets = BASE64.decode(text.as_bytes()).map_err(|_| Fault::Base64)?;
    if BASE64.encode(&octets) == text {
        Ok(octets)
    } else {
        Err(Fault::Base64)
    }
}

/// Signs the digest of `octets` and returns the whole `ds:Signature`.
pub(crate) fn sign(
    octets: &[u8],
    form: &ReferenceForm,
    signer: &dyn Signer,
    leaf: Option<&[u8]>,
) -> Result<String, XmlDsigError> {
    let algorithm = signer.algorithm();
    let content = signed_info_content(algorithm, form, &sha256(octets));
    // In canonical form SignedInfo declares the prefix that Signature declares
    // in the document.
    let canonical =
        format!(r#"<ds:SignedInfo xmlns:ds="{DSIG_NAMESPACE}">{content}</ds:SignedInfo>"#);
    let value = signer
        .sign(canonical.as_bytes())
        .map_err(XmlDsigError::SignerFailed)?;
    algorithm.check_value(&value).map_err(|_| {
        XmlDsigError::SignerFailed(SignerError::new("a value that its algorithm can't give"))
    })?;
    let value = BASE64.encode(&value);
    let key_info = leaf.map(key_info).unwrap_or_default();
    Ok(format!(
        r#"<ds:Signature xmlns:ds="{DSIG_NAMESPACE}"><ds:SignedInfo>{content}</ds:SignedInfo><ds:SignatureValue>{value}</ds:SignatureValue>{key_info}</ds:Signature>"#
    ))
}

fn signed_info_content(
    algorithm: SignatureAlgorithm,
    form: &ReferenceForm,
    digest: &[u8; 32],
) -> String {
    let element = |name: &str, uri: &str| format!(r#"<ds:{name} Algorithm="{uri}"></ds:{name}>"#);
    let transforms = if form.canonical {
        let transform = element("Transform", EXCLUSIVE_C14N);
        format!("<ds:Transforms>{transform}</ds:Transforms>")
    } else {
        String::new()
    };
    format!(
        r#"{}{}<ds:Reference URI="{}">{transforms}{}<ds:DigestValue>{}</ds:DigestValue></ds:Reference>"#,
        element("CanonicalizationMethod", EXCLUSIVE_C14N),
        element("SignatureMethod", algorithm.uri()),
        form.uri,
        element("DigestMethod", SHA256),
        BASE64.encode(digest),
    )
}

fn key_info(leaf: &[u8]) -> String {
    let leaf = BASE64.encode(leaf);
    format!(
        "<ds:KeyInfo><ds:X509Data><ds:X509Certificate>{leaf}</ds:X509Certificate></ds:X509Data></ds:KeyInfo>"
    )
}
