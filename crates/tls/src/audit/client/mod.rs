//! The audit of a client (OMA DM session security, sections 9.2 and B.1.1): a
//! listener to which it comes again and again, each time for one question.

mod flight;
mod question;
mod stranger;
mod web;

use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, timeout_at};

use self::question::Question;
use super::judge::{Judged, Outcome};
use super::table::{Probe, Row};
use super::target::SharedKey;
use crate::{Credentials, Error};

/// Where a client comes to, and what it is shown.
pub struct Site {
    /// Where it comes to.
    pub listener: TcpListener,
    /// What the client is to trust: certificates with an EC and with an RSA key,
    /// or one of them.
    pub credentials: Vec<Credentials>,
    /// The key that the client has.
    pub key: Option<SharedKey>,
    /// How long the client has to come, and then for what it does.
    pub patience: Duration,
}

type Verdict = (Outcome, Vec<String>);

/// A client that was met, and what it was seen to do.
struct Visits<'a> {
    site: &'a Site,
    count: u32,
    /// Hellos of SSL 2.0.
    of_ssl2: u32,
    /// Finished handshakes, as far as a row is about them.
    proofs: Proofs,
}

/// The first finished handshake of each kind, in words.
#[derive(Default)]
struct Proofs {
    /// The client took a certificate.
    certificate: Option<String>,
    /// And nothing else.
    x509_mode: Option<String>,
    /// It used a pre-shared key, in TLS 1.2 or older (RFC 4279).
    psk_mode: Option<String>,
    /// It went on in SSL 3.0.
    ssl3: Option<String>,
}

/// Puts the questions of all rows to whoever comes, in the rows' order, and
/// judges the rows. `told` hears what the next connection is for.
pub(super) async fn audit(
    site: &Site,
    rows: Vec<Row>,
    mut told: impl FnMut(&str),
) -> Result<Vec<Judged>, Error> {
    let mut visits = Visits {
        site,
        count: 0,
        of_ssl2: 0,
        proofs: Proofs::default(),
    };
    let mut asked: Vec<(Probe, Verdict)> = Vec::new();
    for row in &rows {
        if let Some(question) = Question::of(row) {
            told(&format!("{} {}", row.id, row.function));
            let verdict = question.put(&mut visits).await?;
            asked.push((row.probe, verdict));
        }
        if visits.count == 0 && !asked.is_empty() {
            return Err(Error::Timeout("waiting for a client"));
        }
    }
    let judged = rows.into_iter().map(|row| {
        let (outcome, evidence) = judge(row.probe, &asked, &visits);
        Judged {
            row,
            outcome,
            evidence,
        }
    });
    Ok(judged.collect())
}

fn none(reason: &str) -> Verdict {
    (Outcome::NotApplicable(reason.to_owned()), Vec::new())
}

fn judge(probe: Probe, asked: &[(Probe, Verdict)], visits: &Visits<'_>) -> Verdict {
    let of = |wanted: Probe| {
        let mut asked = asked.iter();
        let found = asked.find(|(probe, _)| *probe == wanted);
        found.map_or_else(|| none("not asked"), |(_, verdict)| verdict.clone())
    };
    let proofs = &visits.proofs;
    match probe {
        Probe::Certificate => certificate(
            proofs.certificate.as_ref(),
            of(Probe::Certificate),
            of(Probe::X509Suites),
        ),
        Probe::Modes => modes(of(Probe::X509Suites), of(Probe::PskSuites)),
        Probe::X509Mode | Probe::X509Suites | Probe::PskMode | Probe::PskSuites => {
            let (suites, proof) = match probe {
                Probe::X509Mode | Probe::X509Suites => {
                    (of(Probe::X509Suites), proofs.x509_mode.as_ref())
                }
                _ => (of(Probe::PskSuites), proofs.psk_mode.as_ref()),
            };
            if modes(of(Probe::X509Suites), of(Probe::PskSuites)).0 == Outcome::Fail {
                let reason = "neither mode has a suite of the paper, which is line 4's fault";
                return (Outcome::NotApplicable(reason.to_owned()), suites.1);
            }
            // Those of line 13 are of TLS 1.2 (RFC 5246 clause 1.2, RFC 5288 clause 4).
            if probe == Probe::X509Suites
                && suites.0 == Outcome::Fail
                && of(Probe::Tls1_2).0 == Outcome::Fail
            {
                let reason = "the suites are of TLS 1.2, whose want is line 9's fault";
                return (Outcome::NotApplicable(reason.to_owned()), suites.1);
            }
            let of_mode = matches!(probe, Probe::X509Mode | Probe::PskMode);
            match (of_mode, &suites.0, proof) {
                (true, Outcome::Fail, proof) => proved(proof, suites),
                (false, Outcome::Fail, None) => {
                    let reason = "the mode is not supported".to_owned();
                    (Outcome::NotApplicable(reason), suites.1)
                }
                _ => suites,
            }
        }
        Probe::Ssl3 => ssl3(proofs.ssl3.as_ref(), of(Probe::Ssl3Suites)),
        Probe::Ssl2 => {
            let line = format!(
                "{} connections, {} with a CLIENT-HELLO of SSL 2.0 alone",
                visits.count, visits.of_ssl2
            );
            (Outcome::of(visits.of_ssl2 == 0), vec![line])
        }
        Probe::Provisioned => none("not to be seen on the wire"),
        other => of(other),
    }
}

/// A client that takes its server's certificate, and not just any (section 9.2.1:
/// certificates authenticate).
fn certificate(proof: Option<&String>, stranger: Verdict, suites: Verdict) -> Verdict {
    let (outcome, lines) = stranger;
    match (proof, outcome) {
        (_, Outcome::Fail) => (Outcome::Fail, lines),
        (None, _) => suites,
        (Some(line), outcome) => (outcome, [vec![line.clone()], lines].concat()),
    }
}

/// Passes by what was seen, else as `suites` was judged.
fn proved(proof: Option<&String>, suites: Verdict) -> Verdict {
    match proof {
        Some(line) => (Outcome::Pass, vec![line.clone()]),
        None => suites,
    }
}

/// Passes by what was seen; fails where line 7 does not apply for the want of it.
fn ssl3(proof: Option<&String>, suites: Verdict) -> Verdict {
    match (proof, suites.0) {
        (Some(line), _) => (Outcome::Pass, vec![line.clone()]),
        (None, Outcome::NotApplicable(reason)) if reason == question::WITHOUT_SSL3 => {
            (Outcome::Fail, suites.1)
        }
        (None, other) => (other, suites.1),
    }
}

/// One mode of the two with a suite of the paper.
fn modes(x509: Verdict, psk: Verdict) -> Verdict {
    match (&x509.0, &psk.0) {
        (Outcome::Pass, _) => x509,
        (_, Outcome::Pass) => psk,
        (Outcome::Fail, Outcome::Fail) => (Outcome::Fail, [x509.1, psk.1].concat()),
        // Without a pre-shared key that mode can't be seen.
        (Outcome::NotApplicable(_), _) => x509,
        (_, Outcome::NotApplicable(_)) => psk,
    }
}

impl Visits<'_> {
    /// The next connection, if one comes in time; hellos of SSL 2.0 are noted and
    /// closed, and the one after them is waited for.
    async fn next(&mut self) -> Result<Option<TcpStream>, Error> {
        let deadline = self.deadline();
        while let Ok(came) = timeout_at(deadline, self.site.listener.accept()).await {
            let (tcp, _) = came?;
            let mut first = [0; 5];
            let mut seen = 0;
            while seen < first.len() {
                // Fewer octets than that are no hello of any kind.
                match timeout_at(deadline, tcp.peek(&mut first)).await {
                    Ok(Ok(count)) if count > seen => seen = count,
                    _ => break,
                }
            }
            if seen == 0 {
                continue;
            }
            self.count += 1;
            match first {
                [0x80..=0xff, _, 1, 0, 2] => self.of_ssl2 += 1,
                _ => return Ok(Some(tcp)),
            }
        }
        Ok(None)
    }

    fn deadline(&self) -> Instant {
        Instant::now() + self.site.patience
    }
}
