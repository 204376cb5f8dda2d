//! What is known of a certificate, and what is told of it: after expiry, by
//! policy (the paper on certificate validation for machine devices, clause
//! 7.7.1: "expired DM server certificates are also revoked").

use clock::Timestamp;
use der::asn1::Null;
use thiserror::Error;

use super::ResponderConfig;
use crate::ocsp::asn1::{CertStatus, RevokedInfo};
use crate::{Revocation, RevocationReason, TrustError, moment};

/// Where a responder looks certificates up. Records stay after expiry: one that
/// is dropped turns from revoked to unknown.
pub trait StatusSource {
    /// What is known of the issuer's certificate with this serial number, as
    /// [`Certificate::serial`](crate::Certificate::serial) gives it; `None` if
    /// it was never issued.
    ///
    /// # Errors
    /// [`SourceError`] if that can't be told now; the client is asked to try
    /// again.
    fn record(&self, serial: &[u8]) -> Result<Option<Record>, SourceError>;
}

/// The source can't be asked now.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("the source of certificate status can't be asked")]
pub struct SourceError;

/// A certificate that was issued.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record {
    /// The last second of its validity.
    pub not_after: Timestamp,
    /// Whether it was revoked.
    pub revocation: Option<Revocation>,
}

/// What a responder says of a certificate that has expired and was not revoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExpiryPolicy {
    /// `good`, as plain OCSP does: dates are the client's to judge.
    GoodAfterExpiry,
    /// `revoked` since its last second, because it ceased to operate: for
    /// clients without a clock.
    RevokeOnExpiry,
}

impl Record {
    /// The status at this moment and until when it will stand. A good one never
    /// stands longer than the certificate's validity, or a kept answer would
    /// outlive it; once that is over, no end is told.
    pub(super) fn told(
        self,
        config: ResponderConfig,
        now: Timestamp,
    ) -> Result<(CertStatus, Option<Timestamp>), TrustError> {
        let end = Timestamp::from_unix_seconds(now.unix_seconds()).plus(config.validity);
        let expired = self.not_after.unix_seconds() < now.unix_seconds();
        let expiry = Revocation {
            at: self.not_after,
            reason: Some(RevocationReason::CessationOfOperation),
        };
        let revocation = match config.expiry {
            ExpiryPolicy::RevokeOnExpiry if expired => self.revocation.or(Some(expiry)),
            _ => self.revocation,
        };
        match revocation {
            Some(revocation) => {
                let info = RevokedInfo {
                    revocation_time: moment::generalized(revocation.at)?,
                    revocation_reason: revocation.reason,
                };
                Ok((CertStatus::Revoked(info), Some(end)))
            }
            None => {
                let end = (!expired).then(|| end.min(self.not_after));
                Ok((CertStatus::Good(Null), end))
            }
        }
    }
}
