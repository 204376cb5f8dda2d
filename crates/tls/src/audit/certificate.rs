//! What a server's certificate says by itself (RFC 3280 clause 4.1; RFC 2818 clause
//! 3.1 for the host). Nobody's authority is asked.

use std::cmp::Ordering;

use openssl::asn1::Asn1Time;
use openssl::error::ErrorStack;
use openssl::nid::Nid;
use openssl::stack::Stack;
use openssl::x509::store::X509StoreBuilder;
use openssl::x509::verify::{X509CheckFlags, X509VerifyFlags, X509VerifyParam};
use openssl::x509::{X509, X509NameRef, X509StoreContext, X509VerifyResult};

use super::shake::{Key, key_of};
use crate::Error;

/// `X509_V_ERR_HOSTNAME_MISMATCH` and `X509_V_ERR_IP_ADDRESS_MISMATCH`.
const NAME_FAULTS: [i32; 2] = [62, 64];

/// A leaf that was shown, and what came after it.
#[derive(Clone, Debug)]
pub(super) struct Shown {
    pub(super) leaf: Vec<u8>,
    /// Subject and dates.
    pub(super) words: String,
    /// 3 for X.509 v3.
    pub(super) version: i64,
    pub(super) is_in_date: bool,
    pub(super) names_host: bool,
    pub(super) key: Option<Key>,
    /// Certificates that were sent, the leaf included.
    pub(super) sent: usize,
    /// Whether each is certified by the next.
    pub(super) is_in_order: bool,
}

impl Shown {
    /// Reads a chain, DER, the leaf first; `None` for none.
    ///
    /// # Errors
    /// The library's; what can't be read never comes so far.
    pub(super) fn read(chain: &[Vec<u8>], host: &str, now: i64) -> Result<Option<Self>, Error> {
        let Some(der) = chain.first() else {
            return Ok(None);
        };
        let read: Result<Vec<X509>, _> = chain.iter().map(|der| X509::from_der(der)).collect();
        let read = read?;
        let Some(leaf) = read.first() else {
            return Ok(None);
        };
        let time = Asn1Time::from_unix(now)?;
        let begun = leaf.not_before().compare(&time)? != Ordering::Greater;
        let lasts = leaf.not_after().compare(&time)? != Ordering::Less;
        Ok(Some(Self {
            leaf: der.clone(),
            words: format!(
                "{}, from {} to {}",
                subject(leaf.subject_name()),
                leaf.not_before(),
                leaf.not_after()
            ),
            version: i64::from(leaf.version()) + 1,
            is_in_date: begun && lasts,
            names_host: names(leaf, host)?,
            key: key_of(leaf),
            sent: chain.len(),
            is_in_order: in_order(&read),
        }))
    }
}

fn subject(name: &X509NameRef) -> String {
    let mut names = name.entries_by_nid(Nid::COMMONNAME);
    let name = names.next().and_then(|entry| entry.data().to_string().ok());
    name.map_or_else(
        || "no common name".to_owned(),
        |name| format!("CN={}", name.escape_default()),
    )
}

fn in_order(chain: &[X509]) -> bool {
    chain.windows(2).all(|pair| match pair {
        [below, above] => {
            let key = above.public_key();
            above.issued(below) == X509VerifyResult::OK
                && key.is_ok_and(|key| below.verify(&key).unwrap_or(false))
        }
        _ => true,
    })
}

/// Whether a leaf names a host, asked of the library with the leaf as its own
/// authority, since it has no other way to ask.
fn names(leaf: &X509, host: &str) -> Result<bool, ErrorStack> {
    let mut param = X509VerifyParam::new()?;
    param.set_flags(X509VerifyFlags::PARTIAL_CHAIN | X509VerifyFlags::NO_CHECK_TIME)?;
    match host.parse() {
        Ok(address) => param.set_ip(address)?,
        Err(_) => {
            param.set_hostflags(X509CheckFlags::NO_PARTIAL_WILDCARDS);
            param.set_host(host)?;
        }
    }
    let mut store = X509StoreBuilder::new()?;
    store.add_cert(leaf.clone())?;
    store.set_param(&param)?;
    let store = store.build();
    let mut context = X509StoreContext::new()?;
    let none = Stack::new()?;
    let fault = context.init(&store, leaf, &none, |context| {
        let _ = context.verify_cert()?;
        Ok(context.error())
    })?;
    Ok(!NAME_FAULTS.contains(&fault.as_raw()))
}
