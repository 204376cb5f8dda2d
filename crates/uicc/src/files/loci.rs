//! EF_LOCI (TS 31.102 clause 4.2.17): TMSI, location area and its update status, eleven
//! octets.

use super::plmn::{Plmn, UNUSED};
use super::words::{Fault, Words, fault};

/// TMSI, LAI, an octet reserved for future use, the status.
const LENGTH: usize = 11;
/// No TMSI.
const NO_TMSI: [u8; 4] = [0xff; 4];

/// Where the card was last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Loci {
    /// None where there is no valid one (all ones).
    pub tmsi: Option<u32>,
    /// The network of the location area; none where it is all ones.
    pub plmn: Option<Plmn>,
    /// The location area code.
    pub lac: u16,
    /// The status.
    pub status: LocationStatus,
}

/// Whether the location is known to the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LocationStatus {
    /// Updated.
    Updated,
    /// Not updated: the device registers anew.
    NotUpdated,
    /// The network is not allowed.
    PlmnNotAllowed,
    /// The location area is not allowed.
    AreaNotAllowed,
}

const STATUSES: [(&str, LocationStatus); 4] = [
    ("updated", LocationStatus::Updated),
    ("not-updated", LocationStatus::NotUpdated),
    ("plmn-not-allowed", LocationStatus::PlmnNotAllowed),
    ("area-not-allowed", LocationStatus::AreaNotAllowed),
];

impl Loci {
    /// No TMSI, no area, not updated: the device registers anew.
    pub const RESET: Self = Self {
        tmsi: None,
        plmn: None,
        lac: 0,
        status: LocationStatus::NotUpdated,
    };

    pub(super) fn encode(self) -> Vec<u8> {
        let tmsi = self.tmsi.map_or(NO_TMSI, u32::to_be_bytes);
        let plmn = self.plmn.map_or(UNUSED, Plmn::encode);
        let status = match self.status {
            LocationStatus::Updated => 0,
            LocationStatus::NotUpdated => 1,
            LocationStatus::PlmnNotAllowed => 2,
            LocationStatus::AreaNotAllowed => 3,
        };
        let mut octets = [tmsi.as_slice(), &plmn, &self.lac.to_be_bytes()].concat();
        octets.extend([0xff, status]);
        octets
    }

    pub(super) fn decode(octets: &[u8]) -> Result<Self, &'static str> {
        let octets: [u8; LENGTH] = octets.try_into().map_err(|_| "it has 11 octets")?;
        let [t0, t1, t2, t3, p0, p1, p2, l0, l1, _, status] = octets;
        let tmsi = [t0, t1, t2, t3];
        let plmn = match [p0, p1, p2] {
            UNUSED => None,
            plmn => Some(Plmn::decode(plmn).ok_or("a digit of the network is not decimal")?),
        };
        let status = match status & 7 {
            0 => LocationStatus::Updated,
            1 => LocationStatus::NotUpdated,
            2 => LocationStatus::PlmnNotAllowed,
            3 => LocationStatus::AreaNotAllowed,
            _ => return Err("the status is reserved"),
        };
        Ok(Self {
            tmsi: (tmsi != NO_TMSI).then(|| u32::from_be_bytes(tmsi)),
            plmn,
            lac: u16::from_be_bytes([l0, l1]),
            status,
        })
    }

    pub(super) fn from_words(words: &mut Words<'_>) -> Result<Self, Fault> {
        const ALLOWED: &str = "`reset`, or `tmsi` (8 hex digits or none), `lai` (MCC and MNC or none, `:`, \
             4 hex digits) and `status`, in this order";
        const STATUS: &str = "updated, not-updated, plmn-not-allowed or area-not-allowed";
        let mut key = |expected| match words.want(ALLOWED)? {
            word if word == expected => words.want(ALLOWED),
            "reset" if expected == "tmsi" => Ok("reset"),
            word => Err(fault(word, ALLOWED)),
        };
        let tmsi = match key("tmsi")? {
            "reset" => return Ok(Self::RESET),
            "none" => None,
            // All ones is no TMSI.
            word => {
                let tmsi = hex::<8>(word).filter(|tmsi| *tmsi != u32::MAX);
                Some(tmsi.ok_or_else(|| fault(word, ALLOWED))?)
            }
        };
        let word = key("lai")?;
        let refused = || fault(word, ALLOWED);
        let (plmn, lac) = word.split_once(':').ok_or_else(refused)?;
        let plmn = match plmn {
            "none" => None,
            digits => Some(Plmn::new(digits).ok_or_else(refused)?),
        };
        let lac = hex::<4>(lac).and_then(|lac| u16::try_from(lac).ok());
        let lac = lac.ok_or_else(refused)?;
        let word = key("status")?;
        let status = STATUSES.iter().find(|(name, _)| *name == word);
        let (_, status) = status.ok_or_else(|| fault(word, STATUS))?;
        Ok(Self {
            tmsi,
            plmn,
            lac,
            status: *status,
        })
    }

    pub(super) fn to_words(self) -> Vec<String> {
        if self == Self::RESET {
            return vec!["reset".to_owned()];
        }
        let none = || "none".to_owned();
        let tmsi = self.tmsi.map_or_else(none, |tmsi| format!("{tmsi:08x}"));
        let plmn = self.plmn.map_or_else(none, |plmn| plmn.to_string());
        let status = STATUSES.iter().find(|(_, known)| *known == self.status);
        let status = status.map_or("", |(name, _)| *name);
        let lai = format!("{plmn}:{:04x}", self.lac);
        ["tmsi", &tmsi, "lai", &lai, "status", status]
            .map(str::to_owned)
            .to_vec()
    }
}

/// Exactly so many hexadecimal digits.
fn hex<const DIGITS: usize>(word: &str) -> Option<u32> {
    let is_hex = word.len() == DIGITS && word.bytes().all(|digit| digit.is_ascii_hexdigit());
    u32::from_str_radix(word, 16).ok().filter(|_| is_hex)
}
