//! `bench aka`: authentication vectors (RAND, AUTN, XRES, CK, IK; TS 33.102 clause
//! 6.3.2) on one core. MILENAGE beside OpenSSL's EVP, its key set once and set for
//! each vector, and beside libosmogsm; TUAK beside a plain Keccak in C. All give the
//! published values before anything is timed.

mod peer;

use std::hint::black_box;
use std::num::NonZeroU8;
use std::time::{Duration, Instant};

use aka::{
    Algorithm, AlgorithmSet, Amf, AuthenticationVector, Challenge, Milenage, Operator, Rand, Sqn,
    Tuak, TuakKey, TuakLengths, TuakOperator,
};
use anyhow::{Context, Result, ensure};
use data_encoding::HEXLOWER;
use secret::Secret;
use serde_json::Value;

use crate::measure::{Rounds, alternate_rounds};
use crate::report::Row;
use peer::{Mode, Peer};

const MILENAGE: &str = include_str!("../../../vectors/milenage.json");
const MODEL: &str = include_str!("../../../vectors/aka-eps-5g.json");
const UNIT: &str = "vectors/s";
/// Vectors in one call; an HLR that answers GSUP makes up to five.
const BATCH: usize = 16;

/// A published challenge with its keys and its answer, in hex.
struct Known {
    keys: [String; 2],
    challenge: [String; 3],
    answer: Vec<String>,
}

/// How one vector, or sixteen, are made here.
#[derive(Clone, Copy)]
enum Ours {
    Single,
    Batch,
}

/// The rows with goals, then those that explain them.
pub(crate) fn rows() -> Result<Vec<Row>> {
    let milenage = milenage_sets()?;
    let tuak = tuak_sets()?;
    let mut peer = if cfg!(feature = "peers") {
        Some(Peer::start()?)
    } else {
        None
    };
    check_ours(&milenage, &tuak)?;
    if let Some(peer) = &mut peer {
        check_peer(peer, &milenage, &tuak)?;
    }
    let first = milenage.first().context("no set")?;
    let cached = milenage_of(&first.keys)?;
    let keyed = tuak_of(&tuak.first().context("no set")?.keys)?;
    let [k, opc] = octets_of(&first.keys)?;
    let rekeyed = || {
        let operator = Operator::Opc(Secret::new(black_box(opc)));
        Milenage::new(&Secret::new(black_box(k)), &operator)
    };
    let mut row = |name, goal, ours: Rounds<'_>, mode: Option<Mode>| {
        let theirs = match (&mut peer, mode) {
            (Some(peer), Some(mode)) => Some(peer.rounds(mode)),
            _ => None,
        };
        Row::of_times(name, "ns", goal, alternate_rounds(Some(ours), theirs)).into_rates(UNIT)
    };
    Ok(vec![
        row(
            "milenage, openssl cached",
            Some(1.2),
            made(&cached, Ours::Batch),
            Some(Mode::EvpCached),
        ),
        row(
            "milenage, openssl batched",
            None,
            made(&cached, Ours::Batch),
            Some(Mode::EvpBatch),
        ),
        row(
            "milenage one by one, openssl",
            None,
            made(&cached, Ours::Single),
            Some(Mode::EvpCached),
        ),
        row(
            "milenage re-keyed, openssl",
            None,
            each(rekeyed),
            Some(Mode::EvpRekeyed),
        ),
        row(
            "milenage re-keyed, libosmogsm",
            None,
            each(rekeyed),
            Some(Mode::Osmogsm),
        ),
        row(
            "tuak, plain C",
            Some(4.0),
            made(&keyed, Ours::Batch),
            Some(Mode::Tuak),
        ),
        row(
            "tuak one by one, plain C",
            None,
            made(&keyed, Ours::Single),
            Some(Mode::Tuak),
        ),
    ])
}

/// Sixteen challenges; each round draws other RANDs from what was made before.
fn challenges() -> [Challenge; BATCH] {
    std::array::from_fn(|n| Challenge {
        rand: Rand([u8::try_from(n).unwrap_or_default(); 16]),
        sqn: Sqn::from_octets([0, 0, 0, 0, 1, 0x20]),
        amf: Amf([0x80, 0]),
    })
}

/// With keys that stay.
fn made<'a>(set: &'a dyn DynSet, how: Ours) -> Rounds<'a> {
    let mut asked = challenges();
    let mut out = Vec::with_capacity(BATCH);
    Box::new(move |units| {
        let began = Instant::now();
        let mut done = 0;
        while done < units {
            match how {
                Ours::Single => {
                    out.clear();
                    let [first, ..] = &mut asked;
                    out.push(set.one(first));
                    done += 1;
                }
                Ours::Batch => {
                    out.clear();
                    set.many(&asked, &mut out);
                    done += u32::try_from(BATCH)?;
                }
            }
            for (challenge, vector) in asked.iter_mut().zip(&out) {
                challenge.rand = Rand(*vector.ck.expose());
            }
        }
        black_box(&out);
        Ok(scaled(began.elapsed(), units, done))
    })
}

/// With a key schedule for each vector.
fn each<'a>(rekeyed: impl Fn() -> Milenage + 'a) -> Rounds<'a> {
    let [mut challenge, ..] = challenges();
    Box::new(move |units| {
        let began = Instant::now();
        for _ in 0..units {
            let vector = rekeyed().vector(&challenge);
            challenge.rand = Rand(*vector.ck.expose());
        }
        black_box(&challenge);
        Ok(began.elapsed())
    })
}

/// What `units` cost, when `done` were done.
fn scaled(took: Duration, units: u32, done: u32) -> Duration {
    took.mul_f64(f64::from(units) / f64::from(done))
}

/// An algorithm set behind one pointer.
trait DynSet {
    fn one(&self, challenge: &Challenge) -> AuthenticationVector;
    fn many(&self, challenges: &[Challenge], out: &mut Vec<AuthenticationVector>);
}

impl<A: AlgorithmSet> DynSet for A {
    fn one(&self, challenge: &Challenge) -> AuthenticationVector {
        self.vector(challenge)
    }

    fn many(&self, challenges: &[Challenge], out: &mut Vec<AuthenticationVector>) {
        self.vectors(challenges, out);
    }
}

fn text(row: &Value, name: &str) -> Result<String> {
    Ok(row[name]
        .as_str()
        .with_context(|| format!("no {name}"))?
        .to_owned())
}

fn texts<const N: usize>(row: &Value, names: [&str; N]) -> Result<[String; N]> {
    let all: Vec<String> = names
        .iter()
        .map(|name| text(row, name))
        .collect::<Result<_>>()?;
    all.try_into().ok().context("as many as there are names")
}

/// TS 35.208; those of its sets that are said whole.
fn milenage_sets() -> Result<Vec<Known>> {
    let file: Value = serde_json::from_str(MILENAGE)?;
    let rows = file
        .get("umts")
        .and_then(Value::as_array)
        .context("no sets")?;
    let known = |row: &Value| {
        let [sqn, amf, ak, mac] = texts(row, ["SQN", "AMF", "f5", "f1"])?;
        let concealed: Vec<u8> = octets::<6>(&sqn)?
            .iter()
            .zip(octets::<6>(&ak)?)
            .map(|(sqn, ak)| sqn ^ ak)
            .collect();
        let autn = format!("{}{amf}{mac}", HEXLOWER.encode(&concealed));
        let [xres, ck, ik] = texts(row, ["f2", "f3", "f4"])?;
        Ok(Known {
            keys: texts(row, ["K", "OPc"])?,
            challenge: [text(row, "RAND")?, sqn, amf],
            answer: vec![autn, xres, ck, ik],
        })
    };
    rows.iter().map(known).collect()
}

/// Those of the independent model in the lengths that the peer has: K of 256 bits,
/// the others as MILENAGE has them, one iteration.
fn tuak_sets() -> Result<Vec<Known>> {
    let file: Value = serde_json::from_str(MODEL)?;
    let rows = file
        .get("cases")
        .and_then(Value::as_array)
        .context("no cases")?;
    let lengths = serde_json::json!({"k": 256, "mac": 64, "res": 64, "ck": 128, "ik": 128});
    let fits = |row: &&Value| row["lengths"] == lengths && row["keccak_iterations"] == 1;
    let known = |row: &Value| {
        Ok(Known {
            keys: texts(row, ["k", "topc"])?,
            challenge: texts(row, ["rand", "sqn", "amf"])?,
            answer: texts(row, ["autn", "xres", "ck", "ik"])?.to_vec(),
        })
    };
    rows.iter().filter(fits).map(known).collect()
}

fn octets<const N: usize>(hex: &str) -> Result<[u8; N]> {
    let octets = HEXLOWER.decode(hex.as_bytes())?;
    octets.try_into().ok().context("octets of another length")
}

fn octets_of<const N: usize>(hex: &[String; 2]) -> Result<[[u8; N]; 2]> {
    let [first, second] = hex;
    Ok([octets(first)?, octets(second)?])
}

fn milenage_of(keys: &[String; 2]) -> Result<Milenage> {
    let [k, opc] = octets_of(keys)?;
    Ok(Milenage::new(
        &Secret::new(k),
        &Operator::Opc(Secret::new(opc)),
    ))
}

fn tuak_of(keys: &[String; 2]) -> Result<Algorithm> {
    let [k, topc] = octets_of(keys)?;
    let tuak = Tuak::new(
        &TuakKey::Long(Secret::new(k)),
        &TuakOperator::Topc(Secret::new(topc)),
        TuakLengths::LIKE_MILENAGE,
        NonZeroU8::MIN,
    );
    Ok(tuak.try_into()?)
}

fn check_ours(milenage: &[Known], tuak: &[Known]) -> Result<()> {
    ensure!(milenage.len() >= 6 && tuak.len() >= 2, "too few sets");
    for known in milenage {
        check(&milenage_of(&known.keys)?, known)?;
    }
    for known in tuak {
        check(&tuak_of(&known.keys)?, known)?;
    }
    Ok(())
}

fn check(set: &dyn DynSet, known: &Known) -> Result<()> {
    let [rand, sqn, amf] = &known.challenge;
    let challenge = Challenge {
        rand: Rand(octets(rand)?),
        sqn: Sqn::from_octets(octets(sqn)?),
        amf: Amf(octets(amf)?),
    };
    let mut vectors = Vec::with_capacity(BATCH + 1);
    set.many(&[challenge; BATCH], &mut vectors);
    vectors.push(set.one(&challenge));
    for vector in &vectors {
        let hex = |octets: &[u8]| HEXLOWER.encode(octets);
        let found = [
            hex(&vector.autn.0),
            hex(vector.xres.expose()),
            hex(vector.ck.expose()),
            hex(vector.ik.expose()),
        ];
        ensure!(found.as_slice() == known.answer, "our own values are wrong");
    }
    Ok(())
}

fn check_peer(peer: &mut Peer, milenage: &[Known], tuak: &[Known]) -> Result<()> {
    let tuak_first = tuak.first().context("no set")?;
    for known in milenage {
        let [k, opc] = words(&known.keys);
        peer.keys([k, opc], words(&tuak_first.keys))?;
        for mode in [
            Mode::EvpCached,
            Mode::EvpBatch,
            Mode::EvpRekeyed,
            Mode::Osmogsm,
        ] {
            expect(peer, mode, known)?;
        }
    }
    let first = milenage.first().context("no set")?;
    for known in tuak {
        peer.keys(words(&first.keys), words(&known.keys))?;
        expect(peer, Mode::Tuak, known)?;
    }
    peer.keys(words(&first.keys), words(&tuak_first.keys))
}

fn words<const N: usize>(texts: &[String; N]) -> [&str; N] {
    texts.each_ref().map(String::as_str)
}

fn expect(peer: &mut Peer, mode: Mode, known: &Known) -> Result<()> {
    let found = peer.show(mode, words(&known.challenge))?;
    ensure!(found == known.answer, "{} gives other values", mode.name());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A wrong answer is noticed, ours and the peers'.
    #[test]
    fn nothing_is_timed_that_gives_other_values() {
        let (mut milenage, tuak) = (milenage_sets().unwrap(), tuak_sets().unwrap());
        check_ours(&milenage, &tuak).unwrap();
        let last = milenage[3].answer.last_mut().unwrap();
        last.replace_range(..1, if last.starts_with('0') { "1" } else { "0" });
        assert!(check_ours(&milenage, &tuak).is_err());
    }

    #[cfg(feature = "peers")]
    #[test]
    fn the_peers_give_the_published_values() {
        let (milenage, mut tuak) = (milenage_sets().unwrap(), tuak_sets().unwrap());
        let mut peer = Peer::start().unwrap();
        check_peer(&mut peer, &milenage, &tuak).unwrap();
        tuak[0].answer[1].replace_range(..2, "..");
        assert!(check_peer(&mut peer, &milenage, &tuak).is_err());
    }
}
