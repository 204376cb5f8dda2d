//! `rehome aka …`: what f1 to f5* of TS 33.102 clause 6.3.2 give for one set of
//! inputs, to compare with a card, an HLR or a test specification.

use aka::{Amf, Milenage, Operator, Rand, Sqn};
use anyhow::{Result, bail};
use clap::{Args, Subcommand, ValueEnum};
use secret::Secret;
use serde_json::json;

use crate::hex;

#[derive(Subcommand)]
pub(crate) enum Verb {
    /// Print MAC-A, MAC-S, XRES, CK, IK, AK and AK* for one challenge
    Vector(Vector),
}

#[derive(Args)]
pub(crate) struct Vector {
    /// Authentication algorithm set
    #[arg(long, value_enum)]
    alg: Algorithm,
    /// Subscriber key K, 16 octets
    #[arg(long, value_name = "HEX")]
    k: String,
    #[command(flatten)]
    operator: OperatorArgument,
    /// Challenge RAND, 16 octets
    #[arg(long, value_name = "HEX", value_parser = hex::octets::<16>)]
    rand: [u8; 16],
    /// Sequence number SQN, 6 octets
    #[arg(long, value_name = "HEX", value_parser = hex::octets::<6>)]
    sqn: [u8; 6],
    /// Authentication management field AMF, 2 octets
    #[arg(long, value_name = "HEX", value_parser = hex::octets::<2>)]
    amf: [u8; 2],
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
#[group(required = true, multiple = false)]
struct OperatorArgument {
    /// Operator constant OP, from which OPc is derived
    #[arg(long, value_name = "HEX")]
    op: Option<String>,
    /// Derived operator constant OPc
    #[arg(long, value_name = "HEX")]
    opc: Option<String>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Algorithm {
    /// TS 35.206
    Milenage,
    /// TS 35.231 (not supported yet)
    Tuak,
}

/// Runs one verb.
pub(crate) fn run(verb: Verb) -> Result<()> {
    let Verb::Vector(arguments) = verb;
    match arguments.alg {
        Algorithm::Milenage => vector(&arguments),
        Algorithm::Tuak => bail!("unsupported: TUAK is not there yet; --alg milenage is"),
    }
}

fn vector(arguments: &Vector) -> Result<()> {
    let k = key("--k", &arguments.k)?;
    let operator = match (&arguments.operator.op, &arguments.operator.opc) {
        (Some(op), None) => Operator::Op(key("--op", op)?),
        (None, Some(opc)) => Operator::Opc(key("--opc", opc)?),
        _ => bail!("one of --op and --opc is wanted"),
    };
    let (rand, sqn, amf) = (
        Rand(arguments.rand),
        Sqn::from_octets(arguments.sqn),
        Amf(arguments.amf),
    );
    let out = Milenage::new(&k, &operator).outputs(&rand, sqn, amf);
    let rows = [
        ("mac_a", hex::text(out.mac_a)),
        ("mac_s", hex::text(out.mac_s)),
        ("xres", hex::text(out.xres.expose())),
        ("ck", hex::text(out.ck.expose())),
        ("ik", hex::text(out.ik.expose())),
        ("ak", hex::text(out.ak.expose())),
        ("ak_s", hex::text(out.ak_s.expose())),
    ];
    if arguments.json {
        let object: serde_json::Map<_, _> = rows
            .into_iter()
            .map(|(name, value)| (name.to_owned(), json!(value)))
            .collect();
        println!("{}", serde_json::Value::Object(object));
    } else {
        for (name, value) in rows {
            println!("{name:<5} {value}");
        }
    }
    Ok(())
}

/// Keys are parsed here rather than by clap, which would repeat them in its
/// error message.
fn key(option: &str, text: &str) -> Result<Secret<[u8; 16]>> {
    match hex::octets(text) {
        Ok(octets) => Ok(Secret::new(octets)),
        Err(wanted) => bail!("{option}: {wanted}"),
    }
}
