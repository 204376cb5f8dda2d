//! Command packets (TS 102 225 clause 5.1): made by a server, opened by a card.

use std::fmt;

use super::agreed::{Agreed, key_set};
use super::framing::{Framing, Kind};
use super::response::{self, ReceiptTerms};
use super::{Cntr, KeySet, Receipt, Spi, Status, Tar};
use crate::UiccError;

/// Octets from SPI to PCNTR.
const HEADER: usize = 13;
/// Octets from SPI to TAR, which are never ciphered.
const OPEN: usize = 7;
/// CNTR and PCNTR.
const COUNTERS: usize = 6;

/// What a command says beside its data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CommandHeader {
    /// What secures it.
    pub spi: Spi,
    /// The key set and algorithm for ciphering.
    pub kic: u8,
    /// The key set and algorithm for RC or CC.
    pub kid: u8,
    /// Whom it is for.
    pub tar: Tar,
    /// Its counter.
    pub cntr: Cntr,
}

/// A command packet around `data`, from CPL on in SMS, from the identifier on in the
/// other framing. `keys` may be left out where SPI wants neither CC nor ciphering.
///
/// # Errors
/// [`UiccError::NoKey`], [`UiccError::KeySet`], [`UiccError::KeySetsDiffer`], [`UiccError::Proprietary`],
/// [`UiccError::Reserved`] where KIc, KID and the key set don't agree;
/// [`UiccError::TooLong`].
pub fn wrap(
    framing: Framing,
    header: &CommandHeader,
    keys: Option<&KeySet>,
    data: &[u8],
) -> Result<Vec<u8>, UiccError> {
    let spi = header.spi;
    let agreed = Agreed::new(spi.integrity, spi.is_ciphered, header.kic, header.kid, keys)?;
    let check = agreed.length();
    let padding = agreed.padding(COUNTERS + check + data.len());
    let length = 1 + HEADER + check + data.len() + padding;
    let mut packet = framing.prefix(Kind::Command, length)?;
    packet.reserve_exact(length);
    packet.push(octet(HEADER + check)?);
    packet.extend(spi.to_octets());
    packet.extend([header.kic, header.kid]);
    packet.extend(header.tar.0);
    let ciphered = packet.len();
    packet.extend(header.cntr.to_octets());
    packet.push(octet(padding)?);
    let at = packet.len();
    packet.resize(at + check, 0);
    packet.extend(data);
    packet.resize(packet.len() + padding, 0);
    seal(&agreed, &mut packet, ciphered, at)?;
    Ok(packet)
}

/// Puts RC or CC where its place is, and ciphers from `ciphered` on.
pub(super) fn seal(
    agreed: &Agreed<'_>,
    packet: &mut [u8],
    ciphered: usize,
    at: usize,
) -> Result<(), UiccError> {
    let end = at + agreed.length();
    let parts = packet.split_at_checked(at).zip(packet.get(end..));
    let ((before, _), after) = parts.ok_or(UiccError::TooLong)?;
    if let Some(value) = agreed.value(&[before, after])
        && let Some(place) = packet.get_mut(at..end)
    {
        place.copy_from_slice(value.octets());
    }
    if let Some(rest) = packet.get_mut(ciphered..) {
        agreed.encrypt(rest);
    }
    Ok(())
}

pub(super) fn octet(value: usize) -> Result<u8, UiccError> {
    u8::try_from(value).map_err(|_| UiccError::TooLong)
}

/// A command as it came: nothing in it is proven yet.
pub struct SealedCommand<'a> {
    framing: Framing,
    terms: ReceiptTerms,
    /// What RC or CC covers before CNTR.
    covered: Vec<u8>,
    /// Octets of RC or CC.
    check: usize,
    /// From CNTR on.
    rest: &'a [u8],
}

/// An opened command: its RC or CC, if it has one, was right.
#[derive(Clone, PartialEq, Eq)]
pub struct Command {
    framing: Framing,
    terms: ReceiptTerms,
    /// Its counter, for [`super::CounterMode::judge`].
    pub cntr: Cntr,
    /// The data without padding.
    pub data: Vec<u8>,
}

impl<'a> SealedCommand<'a> {
    /// Takes a packet apart.
    ///
    /// # Errors
    /// [`UiccError::Truncated`], [`UiccError::Length`], [`UiccError::Reserved`],
    /// [`UiccError::DigitalSignature`]: no receipt can be made for such a packet.
    pub fn parse(framing: Framing, octets: &'a [u8]) -> Result<Self, UiccError> {
        let split = framing.split(Kind::Command, octets)?;
        let (chl, body) = split
            .rest
            .split_first()
            .ok_or(UiccError::Truncated("CHL"))?;
        let chl = usize::from(*chl);
        let check = chl.checked_sub(HEADER).ok_or(UiccError::Length("CHL"))?;
        if chl > body.len() || check > 8 {
            return Err(UiccError::Length("CHL"));
        }
        let (open, rest) = body
            .split_at_checked(OPEN)
            .ok_or(UiccError::Truncated("the header"))?;
        let &[first, second, kic, kid, a, b, c] = open else {
            return Err(UiccError::Truncated("the header"));
        };
        let mut covered = split.covered();
        covered.push(octet(chl)?);
        covered.extend(open);
        Ok(Self {
            framing,
            terms: ReceiptTerms {
                spi: Spi::from_octets([first, second])?,
                kic,
                kid,
                tar: Tar([a, b, c]),
            },
            covered,
            check,
            rest,
        })
    }

    /// What secures it, and whom it is for.
    #[must_use]
    pub const fn terms(&self) -> &ReceiptTerms {
        &self.terms
    }

    /// The number of the key set that opens it; none for one without CC and
    /// ciphering.
    ///
    /// # Errors
    /// [`UiccError::KeySetsDiffer`].
    pub fn key_set(&self) -> Result<Option<u8>, UiccError> {
        let terms = &self.terms;
        key_set(
            terms.spi.integrity,
            terms.spi.is_ciphered,
            terms.kic,
            terms.kid,
        )
    }

    /// Deciphers and verifies.
    ///
    /// # Errors
    /// As [`wrap`] has them, for KIc and KID; [`UiccError::CheckLength`] for a CC of
    /// another length than the key set's; [`UiccError::DecipheringFailed`], [`UiccError::CheckFailed`];
    /// [`UiccError::Length`] for a padding counter that can't be.
    pub fn open(&self, keys: Option<&KeySet>) -> Result<Command, UiccError> {
        let terms = &self.terms;
        let agreed = Agreed::new(
            terms.spi.integrity,
            terms.spi.is_ciphered,
            terms.kic,
            terms.kid,
            keys,
        )?;
        if agreed.length() != self.check {
            return Err(UiccError::CheckLength);
        }
        if !agreed.is_whole(self.rest.len()) {
            return Err(UiccError::DecipheringFailed);
        }
        let mut octets = self.rest.to_vec();
        agreed.decrypt(&mut octets);
        let (counters, behind) = octets
            .split_at_checked(COUNTERS)
            .ok_or(UiccError::Truncated("the header"))?;
        let (found, data) = behind
            .split_at_checked(self.check)
            .ok_or(UiccError::Truncated("the CC"))?;
        if !agreed.verifies(&[&self.covered, counters, data], found) {
            return Err(UiccError::CheckFailed);
        }
        let &[a, b, c, d, e, padding] = counters else {
            return Err(UiccError::Truncated("the header"));
        };
        let data = unpadded(&agreed, data, padding)?;
        Ok(Command {
            framing: self.framing,
            terms: *terms,
            cntr: Cntr::from_octets([a, b, c, d, e]),
            data: data.to_vec(),
        })
    }

    /// What is answered to a command that could not be opened, if a receipt was asked
    /// for: neither signed nor ciphered, whatever SPI says, since whoever sent it may
    /// know no key. CNTR is that of the command where it could be read.
    #[must_use]
    pub fn refusal(&self, why: &UiccError) -> Option<Vec<u8>> {
        self.refused(match why {
            UiccError::CheckFailed => Status::CheckFailed,
            UiccError::DecipheringFailed => Status::CipheringError,
            _ => Status::UnidentifiedSecurityError,
        })
    }

    /// The same with a status of the caller's, for a command that is not opened: one
    /// without a CC whose target is not there, or wants more security. To decipher it
    /// would tell its sender, who may know no key, what any octets decipher to: in the
    /// CNTR of the answer, and by whether the padding can be.
    #[must_use]
    pub fn refused(&self, status: Status) -> Option<Vec<u8>> {
        let spi = self.terms.spi;
        if spi.receipt == Receipt::Never {
            return None;
        }
        let cntr = match (spi.is_ciphered, self.rest.first_chunk()) {
            (false, Some(octets)) => Cntr::from_octets(*octets),
            _ => Cntr::default(),
        };
        response::plain(self.framing, self.terms.tar, cntr, status).ok()
    }
}

/// Padding is less than a block of the cipher, and there is none without one.
pub(super) fn unpadded<'a>(
    agreed: &Agreed<'_>,
    data: &'a [u8],
    padding: u8,
) -> Result<&'a [u8], UiccError> {
    let wrong = UiccError::Length("padding counter");
    let padding = usize::from(padding);
    if padding >= agreed.block() {
        return Err(wrong);
    }
    let length = data.len().checked_sub(padding);
    length.and_then(|length| data.get(..length)).ok_or(wrong)
}

/// How long its data is, and not what: a script may have keys in it.
impl fmt::Debug for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Command")
            .field("terms", &self.terms)
            .field("cntr", &self.cntr)
            .field("octets", &self.data.len())
            .finish_non_exhaustive()
    }
}

impl Command {
    /// What secures it, and whom it is for.
    #[must_use]
    pub const fn terms(&self) -> &ReceiptTerms {
        &self.terms
    }

    /// The proof of receipt, secured as SPI asks for; none where SPI asks for none
    /// with this status.
    ///
    /// # Errors
    /// As for [`wrap`], where the receipt is to be secured otherwise than the command.
    pub fn receipt(
        &self,
        keys: Option<&KeySet>,
        status: Status,
        data: &[u8],
    ) -> Result<Option<Vec<u8>>, UiccError> {
        match (self.terms.spi.receipt, status) {
            (Receipt::Never, _) | (Receipt::OnError, Status::Ok) => Ok(None),
            _ => {
                let made = self
                    .terms
                    .write(self.framing, keys, self.cntr, status, data)?;
                Ok(Some(made))
            }
        }
    }
}
