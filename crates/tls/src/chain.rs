//! Whether a chain leads from a leaf to what a store trusts (RFC 5280 clause 6), as
//! the library says, by the store's own parameters: time, purpose and names.

use openssl::error::ErrorStack;
use openssl::stack::Stack;
use openssl::x509::store::X509StoreRef;
use openssl::x509::{X509, X509StoreContext, X509VerifyResult};

/// The library's verdict. All certificates are DER; those of `chain` are the peer's
/// word, in any order.
pub(crate) fn judge(
    store: &X509StoreRef,
    leaf: &[u8],
    chain: &[Vec<u8>],
) -> Result<X509VerifyResult, ErrorStack> {
    let leaf = X509::from_der(leaf)?;
    let mut between = Stack::new()?;
    for certificate in chain {
        between.push(X509::from_der(certificate)?)?;
    }
    let mut context = X509StoreContext::new()?;
    context.init(store, &leaf, &between, |context| {
        let passed = context.verify_cert()?;
        Ok(match (passed, context.error()) {
            // A failure without a reason must not pass for a success.
            (false, X509VerifyResult::OK) => X509VerifyResult::APPLICATION_VERIFICATION,
            (_, verdict) => verdict,
        })
    })
}
