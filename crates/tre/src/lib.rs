//! What a TRE does with its keys, down to octets (operator-change profile,
//! sections 1, 2 and 7; TR 33.812 clauses B.2.2.1 and B.2.3.6): key slots, the
//! envelope `PuKTRE(PIK|PCK) | Protected_data` around `data`, state sealed under
//! a counter, the CertTRE extension and its certificate request.
//!
//! A [`Backend`] holds the private keys: a TPM, a PKCS#11 token, a file, or
//! [`MemoryBackend`]. It is asked to sign, agree, decrypt and seal; nothing ever
//! asks it for a key. The TLV payload inside `data`, the order and the decision
//! whether to accept anything belong to callers.
//!
//! Random octets come from the caller's [`clock::Random`], except where
//! libcrypto draws its own and can't be told otherwise: the generation of a
//! [`SoftwareKey`], the seed of OAEP and the nonce of ECDSA.

mod agreement;
mod backend;
mod cert_tre;
pub mod envelope;
mod error;
mod key;
mod memory;
mod public_key;
mod recipient;
mod request;
mod seal;
pub mod state;
mod suite;
mod symmetric;
mod tre_id;

pub use backend::{Backend, KeySlot};
pub use cert_tre::{CERT_TRE_OID, CertTre};
pub use error::TreError;
pub use key::SoftwareKey;
pub use memory::{KeyPairs, MemoryBackend};
pub use public_key::{KeyKind, PublicKey};
pub use recipient::{KeyIdentifier, Recipient};
pub use request::{KeyUse, certificate_request};
pub use seal::SealKey;
pub use suite::{Suite, choose_suite};
pub use tre_id::TreId;
