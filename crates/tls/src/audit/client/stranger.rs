//! A certificate of an authority that the client can't know, in everything else as
//! the one that it is to trust: a client that takes it does not authenticate its
//! server by X.509 (section 9.2.1; RFC 5280 clause 6.1).

use openssl::asn1::Asn1Integer;
use openssl::bn::{BigNum, MsbOption};
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use openssl::x509::extension::{ExtendedKeyUsage, SubjectAlternativeName};
use openssl::x509::{X509, X509NameBuilder};

use super::question::{Shape, attempt};
use super::{Outcome, Verdict, Visits, none};
use crate::{Credentials, Error};

const SERIAL_BITS: i32 = 120;

/// Whether the client refuses it.
pub(super) async fn put(visits: &mut Visits<'_>) -> Result<Verdict, Error> {
    let of_site = visits.site.credentials.iter();
    let shown: Vec<Credentials> = of_site.map(like).collect::<Result<_, _>>()?;
    if shown.is_empty() {
        return Ok(none("there is no certificate to show"));
    }
    let Some(tcp) = visits.next().await? else {
        return Ok(none("the client did not come"));
    };
    let shape = Shape::showing(shown);
    let (line, ended) = attempt(visits, tcp, &shape).await?;
    let outcome = match ended {
        Ok(_) => Outcome::Fail,
        Err(Error::RefusedByPeer { .. } | Error::Closed | Error::Io { .. }) => Outcome::Pass,
        Err(_) => {
            let reason = "no certificate of an unknown authority could be shown";
            Outcome::NotApplicable(reason.to_owned())
        }
    };
    let line = format!("a certificate of an unknown authority: {line}");
    Ok((outcome, vec![line]))
}

/// The same names and dates with a new key, by a new authority.
fn like(own: &Credentials) -> Result<Credentials, Error> {
    let key = match own.is_rsa() {
        true => PKey::from_rsa(Rsa::generate(2048)?)?,
        false => p256()?,
    };
    let leaf = X509::from_der(&own.leaf_der()?)?;
    let mut issuer = X509NameBuilder::new()?;
    issuer.append_entry_by_text("CN", "an authority that nobody knows")?;
    let mut builder = X509::builder()?;
    builder.set_version(2)?;
    let mut serial = BigNum::new()?;
    serial.rand(SERIAL_BITS, MsbOption::ONE, false)?;
    let serial = Asn1Integer::from_bn(&serial)?;
    builder.set_serial_number(&serial)?;
    builder.set_subject_name(leaf.subject_name())?;
    builder.set_issuer_name(&issuer.build())?;
    builder.set_not_before(leaf.not_before())?;
    builder.set_not_after(leaf.not_after())?;
    builder.set_pubkey(&key)?;
    builder.append_extension(ExtendedKeyUsage::new().server_auth().build()?)?;
    if let Some(names) = names(&leaf) {
        let extension = names.build(&builder.x509v3_context(None, None))?;
        builder.append_extension(extension)?;
    }
    let authority = p256()?;
    builder.sign(&authority, MessageDigest::sha256())?;
    Credentials::new(&builder.build().to_der()?, &[], key)
}

fn p256() -> Result<PKey<Private>, Error> {
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1)?;
    Ok(PKey::from_ec_key(EcKey::generate(&group)?)?)
}

/// Hosts and addresses that a leaf names.
fn names(leaf: &X509) -> Option<SubjectAlternativeName> {
    let named = leaf.subject_alt_names()?;
    let mut names = SubjectAlternativeName::new();
    let mut any = false;
    for name in &named {
        if let Some(host) = name.dnsname() {
            names.dns(host);
            any = true;
        } else if let Some(address) = name.ipaddress().and_then(address) {
            names.ip(&address);
            any = true;
        }
    }
    any.then_some(names)
}

fn address(octets: &[u8]) -> Option<String> {
    let short = <[u8; 4]>::try_from(octets).map(std::net::IpAddr::from);
    let long = || <[u8; 16]>::try_from(octets).map(std::net::IpAddr::from);
    let address = short.or_else(|_| long());
    address.ok().map(|address| address.to_string())
}
