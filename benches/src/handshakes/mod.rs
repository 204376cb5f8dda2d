//! `bench tls`: what a handshake costs a server, full and resumed, in each
//! profile. Every server is a process of its own with one worker: ours, nginx,
//! `openssl s_server`. One and the same client comes to each, says goodbye as soon
//! as the handshake is over for it, and waits until the server closes, which has seen
//! the end of the handshake then; what counts is the processor time of the server's
//! threads.

mod client;
mod ours;
mod server;

use anyhow::{Context, Result};
use openssl::ssl::SslVersion;

use crate::measure::{Rounds, alternate_rounds};
use crate::process::Server;
use crate::report::Row;
use client::Client;
use server::Place;

pub(crate) use ours::serve as serve_ours;

const UNIT: &str = "handshakes per CPU second";
/// Against nginx in the profile `3gpp`.
const GOAL: f64 = 1.2;

/// Which key a server shows, or shares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Key {
    Ec,
    Rsa,
    Psk,
}

impl Key {
    /// As it is told our server, and its files' names.
    const fn name(self) -> &'static str {
        match self {
            Self::Ec => "ec",
            Self::Rsa => "rsa",
            Self::Psk => "psk",
        }
    }
}

/// Another program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Peer {
    Nginx,
    SServer,
}

/// What is negotiated.
#[derive(Clone, Copy, Debug)]
struct Case {
    name: &'static str,
    peer: Option<Peer>,
    /// Our profile's name.
    profile: &'static str,
    version: SslVersion,
    /// As the library calls it.
    suite: &'static str,
    group: &'static str,
    key: Key,
    resumed: bool,
    goal: Option<f64>,
}

const TLS13: (SslVersion, &str) = (SslVersion::TLS1_3, "TLS_AES_128_GCM_SHA256");
const GCM: (SslVersion, &str) = (SslVersion::TLS1_2, "ECDHE-ECDSA-AES128-GCM-SHA256");

const fn case(
    name: &'static str,
    peer: Option<Peer>,
    profile: &'static str,
    (version, suite): (SslVersion, &'static str),
    key: Key,
) -> Case {
    Case {
        name,
        peer,
        profile,
        version,
        suite,
        group: "X25519",
        key,
        resumed: false,
        goal: None,
    }
}

impl Case {
    const fn resumed(self) -> Self {
        Self {
            resumed: true,
            ..self
        }
    }

    const fn with_goal(self) -> Self {
        Self {
            goal: Some(GOAL),
            ..self
        }
    }

    const fn with_group(self, group: &'static str) -> Self {
        Self { group, ..self }
    }
}

const fn of_1_2(suite: &'static str) -> (SslVersion, &'static str) {
    (SslVersion::TLS1_2, suite)
}

#[rustfmt::skip] // A table.
const CASES: &[Case] = &[
    case("3gpp 1.3 full, nginx", Some(Peer::Nginx), "3gpp", TLS13, Key::Ec).with_goal(),
    case("3gpp 1.3 resumed, nginx", Some(Peer::Nginx), "3gpp", TLS13, Key::Ec).resumed().with_goal(),
    case("3gpp 1.2 full, nginx", Some(Peer::Nginx), "3gpp", GCM, Key::Ec).with_goal(),
    case("3gpp 1.2 resumed, nginx", Some(Peer::Nginx), "3gpp", GCM, Key::Ec).resumed().with_goal(),
    case("3gpp 1.3 full, s_server", Some(Peer::SServer), "3gpp", TLS13, Key::Ec),
    case("3gpp 1.3 resumed, s_server", Some(Peer::SServer), "3gpp", TLS13, Key::Ec).resumed(),
    case("3gpp 1.2 full, s_server", Some(Peer::SServer), "3gpp", GCM, Key::Ec),
    case("3gpp 1.2 resumed, s_server", Some(Peer::SServer), "3gpp", GCM, Key::Ec).resumed(),
    case("3gpp 1.3 ML-KEM full", None, "3gpp", TLS13, Key::Ec).with_group("X25519MLKEM768"),
    case("dm DHE_RSA GCM, nginx", Some(Peer::Nginx), "dm", of_1_2("DHE-RSA-AES128-GCM-SHA256"), Key::Rsa),
    case("dm RSA CBC_SHA256, nginx", Some(Peer::Nginx), "dm", of_1_2("AES128-SHA256"), Key::Rsa),
    case("dm RSA CBC resumed, nginx", Some(Peer::Nginx), "dm", of_1_2("AES128-SHA256"), Key::Rsa).resumed(),
    case("dm PSK GCM, s_server", Some(Peer::SServer), "dm", of_1_2("PSK-AES128-GCM-SHA256"), Key::Psk),
    case("dm ECDHE_PSK CBC, s_server", Some(Peer::SServer), "dm", of_1_2("ECDHE-PSK-AES128-CBC-SHA256"), Key::Psk),
    case("scp81 PSK CBC_SHA, s_server", Some(Peer::SServer), "scp81", of_1_2("PSK-AES128-CBC-SHA"), Key::Psk),
];

/// Each case beside its peer.
pub(crate) fn rows() -> Result<Vec<Row>> {
    let place = Place::new()?;
    CASES.iter().map(|case| row(&place, case)).collect()
}

fn row(place: &Place, case: &Case) -> Result<Row> {
    let ours = server::ours(place, case).context("our server")?;
    let peer = case
        .peer
        .map(|peer| server::peer(place, case, peer).with_context(|| format!("{peer:?}")))
        .transpose()?;
    let pair = alternate_rounds(
        Some(rounds(&ours, case)?),
        peer.as_ref().map(|peer| rounds(peer, case)).transpose()?,
    );
    Ok(Row::of_times(case.name, UNIT, case.goal, pair).into_rates(UNIT))
}

fn rounds<'a>(server: &'a Server, case: &Case) -> Result<Rounds<'a>> {
    let client = Client::new(case)?;
    Ok(Box::new(move |handshakes| {
        let before = server.cost()?;
        client.come(server.address(), handshakes)?;
        Ok(server.settled()?.saturating_sub(before))
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is measured is what its name says: the client counts a handshake
    /// only if it had the version, the suite, and was resumed or not.
    #[test]
    fn every_case_works_with_our_server() {
        let place = Place::new().unwrap();
        for case in CASES {
            let server = ours::start_here(case, &place).unwrap();
            let client = Client::new(case).unwrap();
            let came = client.come(server.address(), 3);
            came.unwrap_or_else(|error| panic!("{}: {error:#}", case.name));
        }
    }
}
