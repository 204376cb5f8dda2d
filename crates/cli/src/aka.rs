//! `rehome aka …`: what f1 to f5* of TS 33.102 clause 6.3.2 give for one set of
//! inputs and what EPS (TS 33.401 annex A.2) and 5G (TS 33.501 annex A) derive from
//! it, to compare with a card, an HLR or a test specification; and what an AUTS
//! says (TS 33.102 clause 6.3.5).

mod keys;

use aka::{
    AkaError, Algorithm, Amf, AuthenticationVector, Autn, Auts, NetworkName, Outputs, PlmnId, Rand,
    Sqn, eap, eps, five_g,
};
use anyhow::Result;
use clap::{Args, Subcommand};
use serde_json::{Map, Value, json};

use crate::hex;
use keys::{Keys, Lengths, Ready};

#[derive(Subcommand)]
pub(crate) enum Verb {
    /// Print MAC-A, MAC-S, XRES, CK, IK, AK, AK* and AUTN for one challenge, and
    /// with --serving-network the keys of EPS and 5G
    Vector(Vector),
    /// Print SQN_MS of an AUTS and whether its MAC-S holds
    Resync(Resync),
}

#[derive(Args)]
pub(crate) struct Vector {
    #[command(flatten)]
    keys: Keys,
    #[command(flatten)]
    lengths: Lengths,
    /// Challenge RAND, 16 octets
    #[arg(long, value_name = "HEX", value_parser = hex::octets::<16>)]
    rand: [u8; 16],
    /// Sequence number SQN, 6 octets
    #[arg(long, value_name = "HEX", value_parser = hex::octets::<6>)]
    sqn: [u8; 6],
    /// Authentication management field AMF, 2 octets; its first bit must be set for
    /// EPS and 5G
    #[arg(long, value_name = "HEX", value_parser = hex::octets::<2>)]
    amf: [u8; 2],
    /// Also print KASME, RES*, HXRES*, KAUSF, KSEAF, CK' and IK' for this network
    #[arg(long, value_name = "MCC-MNC")]
    serving_network: Option<PlmnId>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
pub(crate) struct Resync {
    #[command(flatten)]
    keys: Keys,
    /// The RAND that the AUTS answers, 16 octets
    #[arg(long, value_name = "HEX", value_parser = hex::octets::<16>)]
    rand: [u8; 16],
    /// AUTS, 14 octets
    #[arg(long, value_name = "HEX", value_parser = hex::octets::<14>)]
    auts: [u8; 14],
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

type Rows = Vec<(&'static str, Value)>;

/// Runs one verb.
pub(crate) fn run(verb: Verb) -> Result<()> {
    match verb {
        Verb::Vector(arguments) => vector(&arguments),
        Verb::Resync(arguments) => resync(&arguments),
    }
}

fn vector(arguments: &Vector) -> Result<()> {
    let (rand, sqn, amf) = (
        Rand(arguments.rand),
        Sqn::from_octets(arguments.sqn),
        Amf(arguments.amf),
    );
    let ready = arguments.keys.ready(Some(&arguments.lengths))?;
    let out = match &ready {
        Ready::Milenage(set) => set.outputs(&rand, sqn, amf),
        Ready::Tuak(set) => set.outputs(&rand, sqn, amf),
    };
    let mut rows = functions(&out, sqn, amf);
    if let Some(network) = &arguments.serving_network {
        let algorithm = Algorithm::try_from(ready)?;
        let vector = AuthenticationVector::new(&algorithm, rand, sqn, amf);
        rows.extend(derived(&vector, network)?);
    }
    print(rows, arguments.json);
    Ok(())
}

/// AUTN is there for a MAC that it can carry.
fn functions(out: &Outputs, sqn: Sqn, amf: Amf) -> Rows {
    let mut rows = vec![
        ("mac_a", octets(out.mac_a.expose())),
        ("mac_s", octets(out.mac_s.expose())),
        ("xres", octets(out.xres.expose())),
        ("ck", octets(out.ck.expose())),
        ("ik", octets(out.ik.expose())),
        ("ak", octets(out.ak.expose())),
        ("ak_s", octets(out.ak_s.expose())),
    ];
    if let Some(mac_a) = out.mac_a.array() {
        let autn = Autn::new(sqn, &out.ak, amf, mac_a);
        rows.push(("autn", octets(&autn.0)));
    }
    rows
}

fn derived(vector: &AuthenticationVector, network: &PlmnId) -> Result<Rows, AkaError> {
    vector.autn.separated()?;
    let AuthenticationVector {
        rand,
        autn,
        xres,
        ck,
        ik,
    } = vector;
    let (name, sqn) = (NetworkName::from(network), autn.concealed_sqn());
    let xres_star = five_g::res_star(ck, ik, &name, rand, xres.expose());
    let kausf = five_g::kausf(ck, ik, &name, &sqn);
    let (ck_prime, ik_prime) = eap::primes(ck, ik, &name, &sqn);
    Ok(vec![
        ("kasme", octets(eps::kasme(ck, ik, network, &sqn).expose())),
        ("xres_star", octets(xres_star.expose())),
        ("hxres_star", octets(&five_g::hres_star(rand, &xres_star))),
        ("kausf", octets(kausf.expose())),
        ("kseaf", octets(five_g::kseaf(&kausf, &name).expose())),
        ("ck_prime", octets(ck_prime.expose())),
        ("ik_prime", octets(ik_prime.expose())),
    ])
}

/// Prints what it finds in any case; exit status 1 if MAC-S is wrong.
fn resync(arguments: &Resync) -> Result<()> {
    let algorithm = Algorithm::try_from(arguments.keys.ready(None)?)?;
    let (sqn_ms, holds) = Auts(arguments.auts).examine(&algorithm, &Rand(arguments.rand));
    let rows = vec![
        ("sqn_ms", octets(&sqn_ms.to_octets())),
        ("seq", json!(sqn_ms.seq().to_u64())),
        ("ind", json!(sqn_ms.ind().to_usize())),
        ("mac_s_holds", json!(holds)),
    ];
    print(rows, arguments.json);
    if holds {
        Ok(())
    } else {
        Err(AkaError::AutsInvalid.into())
    }
}

fn octets(octets: &[u8]) -> Value {
    json!(hex::text(octets))
}

fn print(rows: Rows, json: bool) {
    if json {
        let object: Map<_, _> = rows
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect();
        println!("{}", Value::Object(object));
        return;
    }
    let width = rows.iter().map(|(name, _)| name.len()).max();
    for (name, value) in rows {
        let value = value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned);
        println!("{name:<width$} {value}", width = width.unwrap_or_default());
    }
}
