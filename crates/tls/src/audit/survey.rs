//! All that is asked of a server, one connection for each question, and what came
//! back.

use zeroize::Zeroizing;

use super::certificate::Shown;
use super::raw::{self, RawAnswer};
use super::shake::{Answer, Hello, Shaken, attempt, shake};
use super::table::{Probe, Row};
use super::target::{SharedKey, Target};
use super::web::{self, Web};
use crate::{Error, Suite, Version};

/// Curves of fewer than 256 bits, and suites for which a server may take them
/// whatever its certificate.
const SHORT_CURVES: &str = "P-224:P-192";
const OF_CURVES: &str = "ECDHE:ECDHE+PSK:!aNULL";

const VERSIONS: [Version; 4] = [
    Version::Tls1_0,
    Version::Tls1_1,
    Version::Tls1_2,
    Version::Tls1_3,
];

/// What a server was seen to do.
pub(super) struct Seen {
    pub(super) versions: Vec<(Version, Answer)>,
    pub(super) suites: Vec<(&'static Suite, Answer)>,
    /// The suites of both modes in one hello.
    pub(super) both_modes: Answer,
    pub(super) ssl2: RawAnswer,
    pub(super) ssl3: Vec<RawAnswer>,
    pub(super) short_curves: Answer,
    pub(super) certificates: Vec<Shown>,
    pub(super) web: Web,
    /// Whether the caller had a pre-shared key.
    pub(super) has_key: bool,
}

impl Seen {
    /// Every finished handshake but that on short curves.
    pub(super) fn shaken(&self) -> impl Iterator<Item = &Shaken> {
        let versions = self.versions.iter().map(|(_, answer)| answer);
        let suites = self.suites.iter().map(|(_, answer)| answer);
        versions.chain(suites).filter_map(Answer::shaken)
    }
}

/// Asks a server all that the rows are about.
///
/// # Errors
/// Those of [`Target::open`], and [`Error::Timeout`] for a server that does not
/// answer a first hello at all.
pub(super) async fn of_server(target: &Target, rows: &[Row], now: i64) -> Result<Seen, Error> {
    reach(target).await?;
    let key = target.key.as_ref();
    let mut versions = Vec::new();
    for version in VERSIONS {
        // An external key of TLS 1.3 is nothing that the rows ask for.
        let key = key.filter(|_| version != Version::Tls1_3);
        versions.push((version, shake(target, &Hello::version(version, key)).await?));
    }
    // Without a key it is still seen whether the server takes the suite.
    let stranger = SharedKey::new(b"rehome-audit", Zeroizing::new(vec![0; 16]))?;
    let mut suites = Vec::new();
    for suite in suites_of(rows) {
        let key = suite.is_psk().then(|| key.unwrap_or(&stranger));
        suites.push((suite, shake(target, &Hello::suite(suite, key)).await?));
    }
    let both: Vec<&str> = suites_of(rows).map(|suite| suite.library).collect();
    let both = both.join(":");
    let mut of_both = Hello::version(Version::Tls1_2, Some(key.unwrap_or(&stranger)));
    (of_both.oldest, of_both.list) = (Version::Tls1_0, &both);
    let mut short = Hello::version(Version::Tls1_2, key);
    (short.curves, short.list) = (SHORT_CURVES, OF_CURVES);
    let mut seen = Seen {
        versions,
        suites,
        both_modes: shake(target, &of_both).await?,
        ssl2: raw::ssl2(target).await?,
        ssl3: of_ssl3(target, rows).await?,
        short_curves: shake(target, &short).await?,
        certificates: Vec::new(),
        web: web::ask(target).await?,
        has_key: key.is_some(),
    };
    seen.certificates = certificates(&seen, &target.host, now)?;
    Ok(seen)
}

/// A server that says nothing at all is not there.
async fn reach(target: &Target) -> Result<(), Error> {
    let patience = Error::Timeout("handshake").to_string();
    match attempt(target, &Hello::anything(None)).await?.0 {
        Answer::Refused(words) if words.ends_with(&patience) => Err(Error::Timeout("handshake")),
        _ => Ok(()),
    }
}

fn suites_of(rows: &[Row]) -> impl Iterator<Item = &'static Suite> {
    let names = rows.iter().flat_map(|row| &row.suites);
    let suites = names.filter_map(|name| Suite::by_name(name));
    // The library can't offer those of SSL 3.0: `of_ssl3` asks for them.
    suites.filter(|suite| !suite.is_ssl3_alone())
}

async fn of_ssl3(target: &Target, rows: &[Row]) -> Result<Vec<RawAnswer>, Error> {
    let mut answers = Vec::new();
    let rows = rows.iter().filter(|row| row.probe == Probe::Ssl3Suites);
    for name in rows.flat_map(|row| &row.suites) {
        if let Some(number) = raw::number_of_ssl3(name) {
            answers.push(raw::ssl3(target, name, number).await?);
        }
    }
    Ok(answers)
}

/// Each leaf once.
fn certificates(seen: &Seen, host: &str, now: i64) -> Result<Vec<Shown>, Error> {
    let mut found: Vec<Shown> = Vec::new();
    for shaken in seen.shaken() {
        let known = |leaf| found.iter().any(|shown| &shown.leaf == leaf);
        if shaken.chain.first().is_none_or(known) {
            continue;
        }
        found.extend(Shown::read(&shaken.chain, host, now)?);
    }
    Ok(found)
}
