//! Access technologies of a network (TS 31.102 clause 4.2.5, access technology
//! identifier).

use std::ops::BitOr;

/// E-UTRAN is selected, and which modes of it.
const EUTRAN: u16 = 0x4000;
const EUTRAN_MODES: u16 = 0x3000;
/// GSM is selected, and which kinds of it.
const GSM: u16 = 0x0080;
const GSM_KINDS: u16 = 0x000c;
/// Reserved for future use.
const RESERVED: u16 = 0x0003;

/// A set of access technologies, in two octets. Where several codings mean the same, the
/// shortest is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AccessTechnologies(u16);

const NAMES: [(&str, AccessTechnologies); 14] = [
    ("utran", AccessTechnologies::UTRAN),
    ("eutran", AccessTechnologies::EUTRAN),
    ("eutran-wb", AccessTechnologies::EUTRAN_WB),
    ("eutran-nb", AccessTechnologies::EUTRAN_NB),
    ("ngran", AccessTechnologies::NGRAN),
    ("sat-ngran", AccessTechnologies::SATELLITE_NGRAN),
    ("sat-eutran-wb", AccessTechnologies::SATELLITE_EUTRAN_WB),
    ("sat-eutran-nb", AccessTechnologies::SATELLITE_EUTRAN_NB),
    ("gsm", AccessTechnologies::GSM),
    ("gsm-no-ec", AccessTechnologies::GSM_WITHOUT_EC),
    ("ec-gsm-iot", AccessTechnologies::EC_GSM_IOT),
    ("gsm-compact", AccessTechnologies::GSM_COMPACT),
    ("hrpd", AccessTechnologies::HRPD),
    ("1xrtt", AccessTechnologies::CDMA2000_1XRTT),
];

impl AccessTechnologies {
    /// None.
    pub const NONE: Self = Self(0);
    /// UTRAN.
    pub const UTRAN: Self = Self(0x8000);
    /// E-UTRAN in WB-S1 and NB-S1 mode: LTE, LTE-M and NB-IoT.
    pub const EUTRAN: Self = Self(EUTRAN);
    /// E-UTRAN in WB-S1 mode alone: LTE and LTE-M.
    pub const EUTRAN_WB: Self = Self(EUTRAN | 0x2000);
    /// E-UTRAN in NB-S1 mode alone: NB-IoT.
    pub const EUTRAN_NB: Self = Self(EUTRAN | 0x1000);
    /// NG-RAN.
    pub const NGRAN: Self = Self(0x0800);
    /// NG-RAN over satellites.
    pub const SATELLITE_NGRAN: Self = Self(0x0400);
    /// E-UTRAN in WB-S1 mode over satellites.
    pub const SATELLITE_EUTRAN_WB: Self = Self(0x0200);
    /// E-UTRAN in NB-S1 mode over satellites.
    pub const SATELLITE_EUTRAN_NB: Self = Self(0x0100);
    /// GSM, with and without EC-GSM-IoT.
    pub const GSM: Self = Self(GSM);
    /// GSM without EC-GSM-IoT.
    pub const GSM_WITHOUT_EC: Self = Self(GSM | 0x0004);
    /// EC-GSM-IoT alone.
    pub const EC_GSM_IOT: Self = Self(GSM | 0x0008);
    /// GSM COMPACT.
    pub const GSM_COMPACT: Self = Self(0x0040);
    /// cdma2000 HRPD.
    pub const HRPD: Self = Self(0x0020);
    /// cdma2000 1xRTT.
    pub const CDMA2000_1XRTT: Self = Self(0x0010);

    /// What the words may be.
    pub(super) const ALLOWED: &str = "MCC and MNC (5 or 6 digits), `:`, and technologies with commas: utran, \
         eutran (or eutran-wb, eutran-nb), ngran, gsm (or gsm-no-ec, ec-gsm-iot), gsm-compact, hrpd, 1xrtt, \
         sat-ngran, sat-eutran-wb, sat-eutran-nb; or none";

    /// From two octets.
    #[must_use]
    pub const fn decode(octets: [u8; 2]) -> Self {
        let mut bits = u16::from_be_bytes(octets) & !RESERVED;
        if bits & EUTRAN == 0 || bits & EUTRAN_MODES == EUTRAN_MODES {
            bits &= !EUTRAN_MODES;
        }
        if bits & GSM == 0 || bits & GSM_KINDS == GSM_KINDS {
            bits &= !GSM_KINDS;
        }
        Self(bits)
    }

    /// Two octets.
    #[must_use]
    pub const fn encode(self) -> [u8; 2] {
        self.0.to_be_bytes()
    }

    /// What of it belongs to E-UTRAN, to GSM, and the rest bit for bit.
    const fn of(self, selected: u16, kinds: u16) -> u16 {
        match self.0 & selected {
            0 => 0,
            _ => self.0 & (selected | kinds),
        }
    }

    /// The names, with commas.
    pub(super) fn to_word(self) -> String {
        let others = !(EUTRAN | EUTRAN_MODES | GSM | GSM_KINDS);
        let names = NAMES.iter().filter(|(_, known)| match known.0 {
            bits if bits & EUTRAN != 0 => bits == self.of(EUTRAN, EUTRAN_MODES),
            bits if bits & GSM != 0 => bits == self.of(GSM, GSM_KINDS),
            bits => bits & self.0 & others != 0,
        });
        let names: Vec<&str> = names.map(|(name, _)| *name).collect();
        match names.is_empty() {
            true => "none".to_owned(),
            false => names.join(","),
        }
    }

    /// None where a name is unknown or there twice.
    pub(super) fn from_word(word: &str) -> Option<Self> {
        if word == "none" {
            return Some(Self::NONE);
        }
        word.split(',').try_fold(Self::NONE, |all, name| {
            let (_, one) = NAMES.iter().find(|(known, _)| *known == name)?;
            let both = all | *one;
            (both != all).then_some(both)
        })
    }
}

impl BitOr for AccessTechnologies {
    type Output = Self;

    /// All of both. One kind of E-UTRAN or GSM and another are both of them.
    fn bitor(self, other: Self) -> Self {
        let union = |selected, kinds| match (self.of(selected, kinds), other.of(selected, kinds)) {
            (0, one) | (one, 0) => one,
            (one, same) if one == same => one,
            _ => selected,
        };
        let rest = (self.0 | other.0) & !(EUTRAN | EUTRAN_MODES | GSM | GSM_KINDS);
        Self(rest | union(EUTRAN, EUTRAN_MODES) | union(GSM, GSM_KINDS))
    }
}
