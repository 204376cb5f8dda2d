//! Keys for `rehome ota` (TS 102 225 clauses 5.1.2 and 5.1.3). They come from the
//! environment, from private files or, for test keys, from arguments; no message
//! repeats them.

use anyhow::{Context, Result, bail};
use clap::Args;
use uicc::packet::{CipherAlgorithm, KeySet, MacAlgorithm, SingleDes};
use zeroize::Zeroizing;

use crate::hex;

#[derive(Args)]
pub(super) struct Keys {
    /// Key for ciphering; @FILE reads it from a file of mode 0600
    #[arg(
        long,
        value_name = "HEX|@FILE",
        env = "REHOME_OTA_KIC",
        hide_env_values = true
    )]
    kic_key: Option<String>,
    /// Key for CC
    #[arg(
        long,
        value_name = "HEX|@FILE",
        env = "REHOME_OTA_KID",
        hide_env_values = true
    )]
    kid_key: Option<String>,
    /// Octets of an AES CC, which the packet does not say: 4 or 8 [default: 8]
    #[arg(long, value_name = "N")]
    cc_len: Option<u8>,
    /// Take keys of 56 bits: DES, and 3DES whose keys are equal
    #[arg(long)]
    single_des: bool,
}

impl Keys {
    /// The key set that KIc and KID name, with the keys that there are; none without
    /// any.
    pub(super) fn set(&self, kic: u8, kid: u8) -> Result<Option<KeySet>> {
        let policy = match self.single_des {
            true => SingleDes::Allowed,
            false => SingleDes::Refused,
        };
        let number = match (&self.kic_key, &self.kid_key) {
            (None, None) => return Ok(None),
            (Some(_), Some(_)) if kic >> 4 != kid >> 4 => {
                bail!(
                    "key-sets-differ: KIc names key set {}, KID {}",
                    kic >> 4,
                    kid >> 4
                )
            }
            (Some(_), _) => kic >> 4,
            (None, Some(_)) => kid >> 4,
        };
        let mut set = KeySet::new(number).context("KIc and KID")?;
        if let Some(text) = &self.kic_key {
            let key = key("--kic-key", text)?;
            set = set
                .with_cipher(cipher(kic)?, &key, policy)
                .context("--kic-key")?;
        }
        if let Some(text) = &self.kid_key {
            let key = key("--kid-key", text)?;
            set = set
                .with_mac(self.mac(kid)?, &key, policy)
                .context("--kid-key")?;
        }
        Ok(Some(set))
    }

    fn mac(&self, kid: u8) -> Result<MacAlgorithm> {
        Ok(match (kid & 0x0f, self.cc_len) {
            (0x2, None | Some(8)) => MacAlgorithm::AesCmac8,
            (0x2, Some(4)) => MacAlgorithm::AesCmac4,
            (0x1, None | Some(8)) => MacAlgorithm::Des,
            (0x5, None | Some(8)) => MacAlgorithm::TripleDes2,
            (0x9, None | Some(8)) => MacAlgorithm::TripleDes3,
            (0x1 | 0x2 | 0x5 | 0x9, Some(_)) => {
                bail!("--cc-len is 8, for AES 4 or 8")
            }
            _ => bail!("unsupported: KID {kid:02x} names no algorithm for CC"),
        })
    }
}

fn cipher(kic: u8) -> Result<CipherAlgorithm> {
    Ok(match kic & 0x0f {
        0x1 => CipherAlgorithm::DesCbc,
        0xd => CipherAlgorithm::DesEcb,
        0x5 => CipherAlgorithm::TripleDes2,
        0x9 => CipherAlgorithm::TripleDes3,
        0x2 => CipherAlgorithm::Aes,
        _ => bail!("unsupported: KIc {kic:02x} names no algorithm for ciphering"),
    })
}

fn key(option: &str, given: &str) -> Result<Zeroizing<Vec<u8>>> {
    let text = hex::given(option, given)?;
    let octets = hex::any_octets(text.as_bytes()).map(Zeroizing::new);
    octets.with_context(|| option.to_owned())
}
