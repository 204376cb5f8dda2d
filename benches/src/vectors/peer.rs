//! The peers in C (`benches/c/aka.c`).

use anyhow::Result;

use crate::lines::Lines;
use crate::measure::Rounds;

const SOURCE: &str = include_str!("../../c/aka.c");

/// How the peers make vectors.
#[derive(Clone, Copy, Debug)]
pub(super) enum Mode {
    /// OpenSSL's EVP, the key set once; one vector after the other.
    EvpCached,
    /// The same, sixteen vectors together.
    EvpBatch,
    /// The key set for each vector.
    EvpRekeyed,
    /// libosmogsm's MILENAGE, which takes K with each call.
    Osmogsm,
    /// A plain Keccak-f[1600].
    Tuak,
}

impl Mode {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::EvpCached => "evp-cached",
            Self::EvpBatch => "evp-batch",
            Self::EvpRekeyed => "evp-rekeyed",
            Self::Osmogsm => "osmogsm",
            Self::Tuak => "tuak",
        }
    }
}

/// A running peer.
pub(super) struct Peer(Lines);

impl Peer {
    /// Builds it and starts it.
    pub(super) fn start() -> Result<Self> {
        let libraries = ["-lcrypto", "-losmogsm", "-losmocore"];
        Ok(Self(Lines::start(SOURCE, &libraries)?))
    }

    /// K and OPc of MILENAGE, K (32 octets) and TOPc of TUAK, in hex.
    pub(super) fn keys(&mut self, milenage: [&str; 2], tuak: [&str; 2]) -> Result<()> {
        let [k, opc] = milenage;
        let [long_k, topc] = tuak;
        self.0.tell(&format!("keys {k} {opc} {long_k} {topc}"))
    }

    /// AUTN, XRES, CK and IK for RAND, SQN and AMF, in hex.
    pub(super) fn show(&mut self, mode: Mode, [rand, sqn, amf]: [&str; 3]) -> Result<Vec<String>> {
        let answer = self
            .0
            .ask(&format!("show {} {rand} {sqn} {amf}", mode.name()))?;
        Ok(answer.split(' ').map(str::to_owned).collect())
    }

    /// What so many vectors cost.
    pub(super) fn rounds(&mut self, mode: Mode) -> Rounds<'_> {
        Box::new(move |units| self.0.time(mode.name(), units))
    }
}
