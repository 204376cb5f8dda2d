//! From what was seen to a result for each row.

use super::certificate::Shown;
use super::raw::RawAnswer;
use super::shake::{Answer, Key, Kind, Shaken};
use super::survey::Seen;
use super::table::{Probe, Row};
use super::web::Entry;
use crate::http::auth::Challenge;
use crate::{Suite, Version};

/// Bits of the shortest curve (section 9.2.2).
const LEAST_CURVE: u32 = 256;
/// Bits of the shortest key of RSA or Diffie-Hellman (TS 33.310 clause 6.1.1).
const LEAST_INTEGER: u32 = 2048;

/// A row with its result.
#[derive(Clone, Debug)]
pub struct Judged {
    /// The row.
    pub row: Row,
    /// Its result.
    pub outcome: Outcome,
    /// What was seen, a line each.
    pub evidence: Vec<String>,
}

/// A row's result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is as demanded.
    Pass,
    /// It is not.
    Fail,
    /// It could not be found out, or does not apply; why.
    NotApplicable(String),
}

impl Outcome {
    pub(super) fn of(passes: bool) -> Self {
        match passes {
            true => Self::Pass,
            false => Self::Fail,
        }
    }

    fn none(reason: &str) -> Self {
        Self::NotApplicable(reason.to_owned())
    }

    /// `pass`, `fail` or `n/a`.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::NotApplicable(_) => "n/a",
        }
    }
}

/// A result and its evidence.
type Verdict = (Outcome, Vec<String>);

pub(super) fn judge(row: Row, seen: &Seen) -> Judged {
    let (outcome, evidence) = match row.probe {
        Probe::Basic => login(seen, "basic", seen.web.basic.as_ref()),
        Probe::Digest => login(seen, "digest", seen.web.digest.as_ref()),
        Probe::Certificate => certificate(seen),
        Probe::Modes => modes(seen),
        Probe::PskMode => psk_mode(seen),
        Probe::X509Mode => x509_mode(seen),
        Probe::PskSuites => suites(&row, seen, psk_mode(seen)),
        Probe::X509Suites => suites(&row, seen, x509_mode(seen)),
        Probe::Ssl2 => (
            Outcome::of(!seen.ssl2.is_taken),
            vec![seen.ssl2.words.clone()],
        ),
        Probe::Ssl3 => of_raw(&seen.ssl3, |taken, _| taken > 0),
        Probe::Ssl3Suites => ssl3_suites(seen),
        Probe::Tls1_0 => version(seen, Version::Tls1_0),
        Probe::Tls1_1 => version(seen, Version::Tls1_1),
        Probe::Tls1_2 => version(seen, Version::Tls1_2),
        Probe::Tls1_3 => tls1_3(seen),
        Probe::CurveLength => curve_length(seen),
        Probe::KeyLength => key_length(seen),
        Probe::HostName => of_leaves(seen, |shown| shown.names_host, "the host is named"),
        Probe::Chain => chain(seen),
        Probe::Stapling => stapling(seen),
        Probe::VersionCheck | Probe::Provisioned => {
            (Outcome::none("a matter of the client"), Vec::new())
        }
    };
    Judged {
        row,
        outcome,
        evidence,
    }
}

fn login(seen: &Seen, scheme: &str, entry: Option<&Entry>) -> Verdict {
    let (status, challenges) = match &seen.web.open {
        Ok(answer) => answer,
        Err(words) => return (Outcome::Fail, vec![words.clone()]),
    };
    let of_scheme = |challenge: &&Challenge| challenge.scheme == scheme;
    let offered = challenges.iter().any(|challenge| of_scheme(&challenge));
    let words: Vec<String> = challenges.iter().map(words_of).collect();
    let words = match words.is_empty() {
        true => "no challenge".to_owned(),
        false => words.join(", "),
    };
    let mut evidence = vec![format!(
        "POST without a login: {}, {words}",
        status.as_u16()
    )];
    evidence.extend(entry.map(|entry| entry.words.clone()));
    let is_in = entry.is_none_or(|entry| entry.is_in);
    (Outcome::of(offered && is_in), evidence)
}

fn words_of(challenge: &Challenge) -> String {
    let algorithm = challenge.algorithm.iter();
    let algorithm: String = algorithm.map(|name| format!(" ({name})")).collect();
    format!("{}{algorithm}", challenge.scheme)
}

fn version(seen: &Seen, wanted: Version) -> Verdict {
    let answers = seen.versions.iter();
    let mut answers = answers.filter(|(version, _)| *version == wanted);
    match answers.next() {
        Some((_, answer)) => (Outcome::of(answer.shaken().is_some()), vec![answer.words()]),
        None => (Outcome::none("not asked"), Vec::new()),
    }
}

/// A mode is there if one of its suites is taken.
fn mode(answers: &[&Answer], also: Option<&Shaken>) -> Verdict {
    let taken = answers.iter().find_map(|answer| answer.shaken()).or(also);
    match taken {
        Some(shaken) => (Outcome::Pass, vec![format!("{} taken", shaken.line)]),
        None => (
            Outcome::Fail,
            answers.iter().map(|answer| answer.words()).collect(),
        ),
    }
}

fn answers(seen: &Seen, is_psk: bool) -> Vec<&Answer> {
    let wanted = seen.suites.iter();
    let wanted = wanted.filter(|(suite, _)| suite.is_psk() == is_psk);
    wanted.map(|(_, answer)| answer).collect()
}

fn x509_mode(seen: &Seen) -> Verdict {
    let is_psk = |name| Suite::by_name(name).is_some_and(Suite::is_psk);
    let mut others = seen.shaken();
    let other = others.find(|shaken| !shaken.chain.is_empty() && !is_psk(shaken.suite));
    mode(&answers(seen, false), other)
}

fn psk_mode(seen: &Seen) -> Verdict {
    let answers = answers(seen, true);
    let begun = answers.iter().find(|it| matches!(it, Answer::Begun(_)));
    let is_psk = |name| Suite::by_name(name).is_some_and(Suite::is_psk);
    let mut others = seen.shaken();
    match begun {
        Some(answer) if !seen.has_key => (
            Outcome::none("the server takes such suites, but there is no key to go on with"),
            vec![answer.words()],
        ),
        _ => mode(&answers, others.find(|shaken| is_psk(shaken.suite))),
    }
}

/// Both at once: a client that has both offers both. Where one is missing, that is
/// the fault of the line about it.
fn modes(seen: &Seen) -> Verdict {
    let modes = [
        (
            "X.509",
            x509_mode(seen),
            "X.509 mode is missing, which is line 14's fault",
        ),
        (
            "PSK-TLS",
            psk_mode(seen),
            "PSK-TLS mode is missing, which is line 12's fault",
        ),
    ];
    let mut evidence = Vec::new();
    for (name, (outcome, lines), _) in &modes {
        let line = lines.first().map_or("", String::as_str);
        evidence.push(format!("{name} {}: {line}", outcome.word()));
    }
    for (_, (outcome, _), fault) in modes {
        match outcome {
            Outcome::Pass => {}
            Outcome::Fail => return (Outcome::none(fault), evidence),
            none => return (none, evidence),
        }
    }
    let both = &seen.both_modes;
    evidence.push(format!("suites of both in one hello: {}", both.words()));
    (Outcome::of(both.shaken().is_some()), evidence)
}

/// Asked for with certificates, so not without that mode.
fn tls1_3(seen: &Seen) -> Verdict {
    let (outcome, evidence) = version(seen, Version::Tls1_3);
    let has_mode = x509_mode(seen).0 == Outcome::Pass;
    match outcome {
        Outcome::Fail if !has_mode => {
            let reason = "there is no X.509 mode to ask for it with";
            (Outcome::none(reason), evidence)
        }
        outcome => (outcome, evidence),
    }
}

/// Each suite of a row, in the mode that the row speaks of.
fn suites(row: &Row, seen: &Seen, mode: Verdict) -> Verdict {
    match mode.0 {
        Outcome::Pass => {}
        Outcome::Fail => return (Outcome::none("the mode is not supported"), mode.1),
        none => return (none, mode.1),
    }
    let asked = seen.suites.iter();
    let asked = asked.filter(|(suite, _)| row.suites.iter().any(|name| name == suite.name));
    let asked: Vec<&Answer> = asked.map(|(_, answer)| answer).collect();
    let passes = asked.iter().all(|answer| answer.shaken().is_some());
    let evidence = asked.iter().map(|answer| answer.words()).collect();
    (Outcome::of(passes), evidence)
}

fn of_raw(answers: &[RawAnswer], passes: impl Fn(usize, usize) -> bool) -> Verdict {
    let taken = answers.iter().filter(|answer| answer.is_taken).count();
    let words = answers.iter().map(|answer| answer.words.clone());
    (Outcome::of(passes(taken, answers.len())), words.collect())
}

fn ssl3_suites(seen: &Seen) -> Verdict {
    let (outcome, evidence) = of_raw(&seen.ssl3, |taken, all| taken == all);
    match seen.ssl3.iter().any(|answer| answer.is_taken) {
        true => (outcome, evidence),
        false => (Outcome::none("SSL 3.0 is not supported"), evidence),
    }
}

fn certificate(seen: &Seen) -> Verdict {
    if seen.certificates.is_empty() {
        let evidence = vec!["no certificate was shown".to_owned()];
        return (Outcome::Fail, evidence);
    }
    let passes = |shown: &Shown| shown.version == 3 && shown.is_in_date;
    let lines = seen.certificates.iter().map(|shown| {
        let date = if shown.is_in_date { "in" } else { "OUT OF" };
        let key = shown.key.map_or_else(|| "no key".to_owned(), Key::words);
        format!(
            "X.509 v{} {}, {date} date, {key}",
            shown.version, shown.words
        )
    });
    let outcome = Outcome::of(seen.certificates.iter().all(passes));
    (outcome, lines.collect())
}

/// A row about every certificate.
fn of_leaves(seen: &Seen, passes: impl Fn(&Shown) -> bool, words: &str) -> Verdict {
    if seen.certificates.is_empty() {
        return (Outcome::none("no certificate was shown"), Vec::new());
    }
    let lines = seen.certificates.iter().map(|shown| {
        let not = if passes(shown) { "" } else { "not so: " };
        format!("{not}{words}: {}", shown.words)
    });
    let all = seen.certificates.iter().all(&passes);
    (Outcome::of(all), lines.collect())
}

fn chain(seen: &Seen) -> Verdict {
    let (outcome, mut lines) = of_leaves(seen, |shown| shown.is_in_order, "in order");
    for (line, shown) in lines.iter_mut().zip(&seen.certificates) {
        line.push_str(&format!(", {} sent", shown.sent));
    }
    (outcome, lines)
}

fn stapling(seen: &Seen) -> Verdict {
    if seen.certificates.is_empty() {
        return (Outcome::none("no certificate was shown"), Vec::new());
    }
    let stapled = seen.shaken().find(|shaken| shaken.stapled);
    let line = match stapled {
        Some(shaken) => format!("{}: a status came with the certificate", shaken.line),
        None => "asked for in every handshake, none came".to_owned(),
    };
    (Outcome::of(stapled.is_some()), vec![line])
}

/// Certificates' keys and ephemeral ones of one sort, each with its origin, once.
fn keys(seen: &Seen, wanted: impl Fn(Kind) -> bool) -> Vec<(Key, String)> {
    let mut found: Vec<(Key, String)> = Vec::new();
    let leaves = seen.certificates.iter();
    let leaves = leaves.filter_map(|shown| Some((shown.key?, "certificate".to_owned())));
    let ephemeral = seen
        .shaken()
        .filter_map(|shaken| Some((shaken.ephemeral?, shaken.line.clone())));
    for (key, origin) in leaves.chain(ephemeral) {
        if wanted(key.kind) && !found.iter().any(|(known, _)| *known == key) {
            found.push((key, origin));
        }
    }
    found
}

fn lengths(keys: &[(Key, String)], least: u32) -> Verdict {
    let lines = keys
        .iter()
        .map(|(key, origin)| format!("{origin}: {}", key.words()));
    let passes = keys.iter().all(|(key, _)| key.bits >= least);
    (Outcome::of(passes), lines.collect())
}

fn curve_length(seen: &Seen) -> Verdict {
    let keys = keys(seen, |kind| kind == Kind::Curve);
    let (outcome, mut evidence) = lengths(&keys, LEAST_CURVE);
    evidence.push(format!(
        "curves of 192 and 224 bits alone: {}",
        seen.short_curves.words()
    ));
    if let Some(shaken) = seen.short_curves.shaken() {
        let key = shaken.ephemeral.map(Key::words).unwrap_or_default();
        evidence.push(format!("{}: {key}", shaken.line));
        return (Outcome::Fail, evidence);
    }
    if keys.is_empty() {
        let reason = "no suite with ECDHE or ECDSA was taken";
        return (Outcome::none(reason), evidence);
    }
    (outcome, evidence)
}

fn key_length(seen: &Seen) -> Verdict {
    let keys = keys(seen, |kind| kind != Kind::Curve);
    if keys.is_empty() {
        return (Outcome::none("no RSA and no Diffie-Hellman"), Vec::new());
    }
    lengths(&keys, LEAST_INTEGER)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_x25519_of_the_library_has_32_octets() {
        let key = openssl::pkey::PKey::generate_x25519().unwrap();
        let raw = key.raw_public_key().unwrap();
        let public =
            openssl::pkey::PKey::public_key_from_raw_bytes(&raw, openssl::pkey::Id::X25519)
                .unwrap();
        assert_eq!(raw.len(), 32);
        assert_eq!(Key::of(&public).bits, 256);
    }
}
