//! Files whose contents are keys of the subscriber (3GPP TS 31.102 clauses 4.2 and 4.4, TS
//! 51.011 clause 10.3), by their paths: nobody is shown what is in them.

use super::identifiers;

const GSM: u16 = 0x7f20;
const GSM_ACCESS: u16 = 0x5f3b;
const WLAN: u16 = 0x5f40;
const OF_5G: u16 = 0x5fc0;

/// Whether the contents of an EF are keys, by its path `3f00/7ff0/6f08`: of the air
/// interface and of logins derived from it, of personalisation, of hidden phone book entries.
/// Identifiers of an ADF count in each: what another application than the USIM has under
/// them is taken for keys too.
#[must_use]
pub fn holds_keys(path: &str) -> bool {
    let path = identifiers(path).unwrap_or_default();
    let Some((identifier, directories)) = path.split_last() else {
        return false;
    };
    match (directories.last(), *identifier) {
        // EF Keys, KeysPS, DCK, Hiddenkey, EPSNSC
        (_, 0x6f08 | 0x6f09 | 0x6f2c | 0x6fc3 | 0x6fe4) => true,
        // EF Kc, KcGPRS
        (Some(&GSM), 0x6f20 | 0x6f52) | (Some(&GSM_ACCESS), 0x4f20 | 0x4f52) => true,
        // EF WRI: the master key of a login that is done again
        (Some(&WLAN), 0x4f46) => true,
        // EF 5GS3GPPNSC, 5GSN3GPPNSC, 5GAUTHKEYS
        (Some(&OF_5G), 0x4f03..=0x4f05) => true,
        _ => false,
    }
}
