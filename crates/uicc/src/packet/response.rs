//! Response packets (TS 102 225 clause 5.2): proofs of receipt, made by a card, read by
//! a server.

use super::agreed::Agreed;
use super::command::{octet, seal, unpadded};
use super::framing::{Framing, Kind};
use super::{Cntr, KeySet, Spi, Status, Tar};
use crate::UiccError;

/// Octets from TAR to the status.
const HEADER: usize = 10;
/// CNTR, PCNTR and the status.
const COUNTERS: usize = 7;

/// What a command said of the receipt that it wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReceiptTerms {
    /// The command's SPI.
    pub spi: Spi,
    /// Its KIc.
    pub kic: u8,
    /// Its KID.
    pub kid: u8,
    /// Its TAR.
    pub tar: Tar,
}

/// A response that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// Who answers.
    pub tar: Tar,
    /// The command's counter.
    pub cntr: Cntr,
    /// Octets of padding.
    pub pcntr: u8,
    /// What became of the command.
    pub status: Status,
    /// What came with it, without padding.
    pub data: Vec<u8>,
    /// Whether all of that is proven.
    pub proof: Proof,
}

/// What a response's RC or CC says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// SPI asks for none.
    NotAsked,
    /// SPI asks for one and there is none: the card could not open the command, or
    /// somebody else answers.
    Missing,
    /// It is right. An RC proves nothing against a forger.
    Verified,
    /// It is wrong.
    Failed,
}

impl ReceiptTerms {
    fn agreed<'a>(&self, keys: Option<&'a KeySet>) -> Result<Agreed<'a>, UiccError> {
        Agreed::new(
            self.spi.receipt_integrity,
            self.spi.receipt_is_ciphered,
            self.kic,
            self.kid,
            keys,
        )
    }

    /// A response, in SMS with its user data header `02 71 00`.
    ///
    /// # Errors
    /// As for [`super::wrap`].
    pub fn write(
        &self,
        framing: Framing,
        keys: Option<&KeySet>,
        cntr: Cntr,
        status: Status,
        data: &[u8],
    ) -> Result<Vec<u8>, UiccError> {
        written(framing, &self.agreed(keys)?, self.tar, cntr, status, data)
    }

    /// Reads a response to a command of these terms. In SMS its user data header may
    /// be there or not.
    ///
    /// A response without RC or CC where one was asked for is read as it stands
    /// ([`Proof::Missing`]); where only ciphering was asked for, one that is not a
    /// whole number of blocks is taken as not ciphered. One whose RC or CC is wrong is
    /// [`Proof::Failed`], also where what another key deciphers has no padding that can
    /// be: then its data has it all.
    ///
    /// # Errors
    /// [`UiccError::Truncated`], [`UiccError::Length`], [`UiccError::CheckLength`]; as for
    /// [`super::wrap`].
    pub fn read(
        &self,
        framing: Framing,
        keys: Option<&KeySet>,
        octets: &[u8],
    ) -> Result<Response, UiccError> {
        let asked = self.agreed(keys)?;
        let split = framing.split(Kind::Response, octets)?;
        let (rhl, body) = split
            .rest
            .split_first()
            .ok_or(UiccError::Truncated("RHL"))?;
        let rhl = usize::from(*rhl);
        let check = rhl.checked_sub(HEADER).ok_or(UiccError::Length("RHL"))?;
        if rhl > body.len() {
            return Err(UiccError::Length("RHL"));
        }
        let (tar, rest) = body
            .split_first_chunk::<3>()
            .ok_or(UiccError::Truncated("TAR"))?;
        let mut covered = split.covered();
        covered.push(octet(rhl)?);
        covered.extend(tar);
        let is_missing = check == 0 && asked.length() > 0;
        let agreed = match is_missing || !asked.is_whole(rest.len()) {
            true if check == 0 => unsecured()?,
            _ => asked,
        };
        if agreed.length() != check {
            return Err(UiccError::CheckLength);
        }
        let mut octets = rest.to_vec();
        agreed.decrypt(&mut octets);
        let (counters, behind) = octets
            .split_at_checked(COUNTERS)
            .ok_or(UiccError::Truncated("the header"))?;
        let (found, data) = behind
            .split_at_checked(check)
            .ok_or(UiccError::Truncated("the CC"))?;
        let proof = match asked.length() {
            0 => Proof::NotAsked,
            _ if is_missing => Proof::Missing,
            _ if agreed.verifies(&[&covered, counters, data], found) => Proof::Verified,
            _ => Proof::Failed,
        };
        let &[a, b, c, d, e, pcntr, status] = counters else {
            return Err(UiccError::Truncated("the header"));
        };
        Ok(Response {
            tar: Tar(*tar),
            cntr: Cntr::from_octets([a, b, c, d, e]),
            pcntr,
            status: Status::from_octet(status),
            data: match (unpadded(&agreed, data, pcntr), proof) {
                (Ok(data), _) => data,
                (Err(_), Proof::Failed) => data,
                (Err(error), _) => return Err(error),
            }
            .to_vec(),
            proof,
        })
    }
}

/// Neither RC, CC nor ciphering.
fn unsecured() -> Result<Agreed<'static>, UiccError> {
    Agreed::new(super::Integrity::None, false, 0, 0, None)
}

/// A response with nothing but a status.
pub(super) fn plain(
    framing: Framing,
    tar: Tar,
    cntr: Cntr,
    status: Status,
) -> Result<Vec<u8>, UiccError> {
    written(framing, &unsecured()?, tar, cntr, status, &[])
}

fn written(
    framing: Framing,
    agreed: &Agreed<'_>,
    tar: Tar,
    cntr: Cntr,
    status: Status,
    data: &[u8],
) -> Result<Vec<u8>, UiccError> {
    let check = agreed.length();
    let padding = agreed.padding(COUNTERS + check + data.len());
    let length = 1 + HEADER + check + data.len() + padding;
    let mut packet = framing.prefix(Kind::Response, length)?;
    packet.reserve_exact(length);
    packet.push(octet(HEADER + check)?);
    packet.extend(tar.0);
    let ciphered = packet.len();
    packet.extend(cntr.to_octets());
    packet.extend([octet(padding)?, status.to_octet()]);
    let at = packet.len();
    packet.resize(at + check, 0);
    packet.extend(data);
    packet.resize(packet.len() + padding, 0);
    seal(agreed, &mut packet, ciphered, at)?;
    Ok(packet)
}
