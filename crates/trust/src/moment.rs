//! Moments as ASN.1 times: UTCTime up to 2049 and GeneralizedTime after it in
//! certificates and revocation lists (RFC 5280 clauses 4.1.2.5 and 5.1.2.4),
//! GeneralizedTime for every year in OCSP (RFC 6960 clause 4.2.2.1).

use std::time::Duration;

use clock::Timestamp;
use der::DateTime;
use der::asn1::{GeneralizedTime, UtcTime};
use x509_cert::time::Time;

use crate::TrustError;

/// The last year that is written as UTCTime.
const LAST_UTC_YEAR: u16 = 2049;

/// A moment in whole seconds, as certificates write it.
pub(crate) fn time(moment: Timestamp) -> Result<Time, TrustError> {
    let date = date(moment)?;
    if date.year() > LAST_UTC_YEAR {
        return Ok(Time::GeneralTime(GeneralizedTime::from_date_time(date)));
    }
    UtcTime::from_date_time(date)
        .map(Time::UtcTime)
        .map_err(|_| TrustError::EncodingFailed)
}

/// The inverse of [`time`]; `None` for GeneralizedTime of a year before 2050.
pub(crate) fn of_time(time: &Time) -> Option<Timestamp> {
    let well_chosen = match time {
        Time::UtcTime(_) => true,
        Time::GeneralTime(time) => time.to_date_time().year() > LAST_UTC_YEAR,
    };
    well_chosen.then(|| Timestamp::from_unix_seconds(time.to_unix_duration().as_secs()))
}

/// A moment in whole seconds, as OCSP writes it.
pub(crate) fn generalized(moment: Timestamp) -> Result<GeneralizedTime, TrustError> {
    date(moment).map(GeneralizedTime::from_date_time)
}

/// The inverse of [`generalized`].
pub(crate) fn of_generalized(time: GeneralizedTime) -> Timestamp {
    Timestamp::from_unix_seconds(time.to_unix_duration().as_secs())
}

fn date(moment: Timestamp) -> Result<DateTime, TrustError> {
    DateTime::from_unix_duration(Duration::from_secs(moment.unix_seconds()))
        .map_err(|_| TrustError::EncodingFailed)
}
