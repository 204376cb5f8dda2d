//! Keys for `rehome aka`: TS 35.206 clause 2.3 (K, OP, OPc) and TS 35.231 clause 5
//! (K, TOP, TOPc). They come from the environment, from private files or, for
//! test keys, from arguments; no message repeats them.

use std::num::NonZeroU8;

use aka::{AkaError, Algorithm, Milenage, Operator, Tuak, TuakKey, TuakLengths, TuakOperator};
use anyhow::{Result, anyhow, bail};
use clap::{Args, ValueEnum};
use secret::Secret;

use crate::hex;

#[derive(Args)]
pub(super) struct Keys {
    /// Authentication algorithm set
    #[arg(long, value_enum)]
    alg: Set,
    /// Subscriber key K: 16 octets, for TUAK 16 or 32; @FILE reads it from a file
    /// of mode 0600
    #[arg(
        long,
        value_name = "HEX|@FILE",
        env = "REHOME_AKA_K",
        hide_env_values = true
    )]
    k: String,
    #[command(flatten)]
    operator: OperatorConstant,
    /// How often TUAK does Keccak-f[1600] in each function [default: 1]
    #[arg(long, value_name = "N")]
    iterations: Option<NonZeroU8>,
}

#[derive(Args)]
#[group(required = true, multiple = false)]
struct OperatorConstant {
    /// MILENAGE's operator constant OP, from which OPc is derived
    #[arg(
        long,
        value_name = "HEX|@FILE",
        env = "REHOME_AKA_OP",
        hide_env_values = true
    )]
    op: Option<String>,
    /// MILENAGE's derived operator constant OPc
    #[arg(
        long,
        value_name = "HEX|@FILE",
        env = "REHOME_AKA_OPC",
        hide_env_values = true
    )]
    opc: Option<String>,
    /// TUAK's operator constant TOP, from which TOPc is derived
    #[arg(
        long,
        value_name = "HEX|@FILE",
        env = "REHOME_AKA_TOP",
        hide_env_values = true
    )]
    top: Option<String>,
    /// TUAK's derived operator constant TOPc
    #[arg(
        long,
        value_name = "HEX|@FILE",
        env = "REHOME_AKA_TOPC",
        hide_env_values = true
    )]
    topc: Option<String>,
}

/// TUAK's lengths; MILENAGE has one of each.
#[derive(Args)]
pub(super) struct Lengths {
    /// MAC of TUAK in bits: 64, 128 or 256 [default: 64]
    #[arg(long, value_name = "BITS")]
    mac_bits: Option<u16>,
    /// RES of TUAK in bits: 32, 64, 128 or 256 [default: 64]
    #[arg(long, value_name = "BITS")]
    res_bits: Option<u16>,
    /// CK of TUAK in bits: 128 or 256 [default: 128]
    #[arg(long, value_name = "BITS")]
    ck_bits: Option<u16>,
    /// IK of TUAK in bits: 128 or 256 [default: 128]
    #[arg(long, value_name = "BITS")]
    ik_bits: Option<u16>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Set {
    /// TS 35.206
    Milenage,
    /// TS 35.231
    Tuak,
}

/// An algorithm set with its keys, in any lengths.
#[expect(clippy::large_enum_variant, reason = "there is one of it")]
pub(super) enum Ready {
    Milenage(Milenage),
    Tuak(Tuak),
}

impl Keys {
    /// Reads the keys.
    pub(super) fn ready(&self, lengths: Option<&Lengths>) -> Result<Ready> {
        match self.alg {
            Set::Milenage => self.milenage(lengths).map(Ready::Milenage),
            Set::Tuak => self.tuak(lengths).map(Ready::Tuak),
        }
    }

    fn milenage(&self, lengths: Option<&Lengths>) -> Result<Milenage> {
        if self.iterations.is_some() || lengths.is_some_and(|lengths| lengths.any().is_some()) {
            bail!("unsupported: MILENAGE has no --iterations and no lengths to choose");
        }
        let k = key("--k", &self.k)?;
        let operator = match &self.operator {
            OperatorConstant { op: Some(op), .. } => Operator::Op(key("--op", op)?),
            OperatorConstant { opc: Some(opc), .. } => Operator::Opc(key("--opc", opc)?),
            _ => bail!("MILENAGE wants --op or --opc"),
        };
        Ok(Milenage::new(&k, &operator))
    }

    fn tuak(&self, lengths: Option<&Lengths>) -> Result<Tuak> {
        let k = tuak_key("--k", &self.k)?;
        let operator = match &self.operator {
            OperatorConstant { top: Some(top), .. } => TuakOperator::Top(key("--top", top)?),
            OperatorConstant {
                topc: Some(topc), ..
            } => TuakOperator::Topc(key("--topc", topc)?),
            _ => bail!("TUAK wants --top or --topc"),
        };
        let lengths = lengths.map_or(Ok(TuakLengths::LIKE_MILENAGE), Lengths::checked)?;
        let iterations = self.iterations.unwrap_or(NonZeroU8::MIN);
        Ok(Tuak::new(&k, &operator, lengths, iterations))
    }
}

impl Lengths {
    fn any(&self) -> Option<u16> {
        self.mac_bits
            .or(self.res_bits)
            .or(self.ck_bits)
            .or(self.ik_bits)
    }

    fn checked(&self) -> Result<TuakLengths, AkaError> {
        TuakLengths::new(
            self.mac_bits.unwrap_or(64),
            self.res_bits.unwrap_or(64),
            self.ck_bits.unwrap_or(128),
            self.ik_bits.unwrap_or(128),
        )
    }
}

impl TryFrom<Ready> for Algorithm {
    type Error = AkaError;

    fn try_from(ready: Ready) -> Result<Self, AkaError> {
        match ready {
            Ready::Milenage(set) => Ok(set.into()),
            Ready::Tuak(set) => set.try_into(),
        }
    }
}

/// Keys are parsed here rather than by clap, which would repeat them in its
/// error message.
fn key<const N: usize>(option: &str, given: &str) -> Result<Secret<[u8; N]>> {
    hex::octets(&hex::given(option, given)?)
        .map(Secret::new)
        .map_err(|wanted| anyhow!("{option}: {wanted}"))
}

fn tuak_key(option: &str, given: &str) -> Result<TuakKey> {
    let text = hex::given(option, given)?;
    if let Ok(short) = hex::octets(&text) {
        return Ok(TuakKey::Short(Secret::new(short)));
    }
    match hex::octets(&text) {
        Ok(long) => Ok(TuakKey::Long(Secret::new(long))),
        Err(_) => bail!("{option}: 32 or 64 hexadecimal digits are wanted (16 or 32 octets)"),
    }
}
