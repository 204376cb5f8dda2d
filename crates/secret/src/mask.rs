//! Subscriber numbers as logs may show them: enough to tell the operator and
//! to match two lines, not enough to name the subscriber (TS 23.003 clause 2.2
//! for the parts of an IMSI).

use std::fmt;

/// Shows `00101*******123` for an IMSI: the PLMN's five digits and the last
/// three. Anything shorter than ten characters shows stars only.
pub struct MaskedImsi<'a>(pub &'a str);

/// Shows `*********678` for an MSISDN: the last three digits.
pub struct MaskedMsisdn<'a>(pub &'a str);

impl fmt::Display for MaskedImsi<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        masked(f, self.0, 5)
    }
}

impl fmt::Display for MaskedMsisdn<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        masked(f, self.0, 0)
    }
}

fn masked(f: &mut fmt::Formatter<'_>, number: &str, head: usize) -> fmt::Result {
    let length = number.chars().count();
    let shown = length >= 10;
    for (index, digit) in number.chars().enumerate() {
        let clear = shown && (index < head || index + 3 >= length);
        fmt::Write::write_char(f, if clear { digit } else { '*' })?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_imsi_keeps_its_plmn_and_its_last_three_digits() {
        assert_eq!(MaskedImsi("001010123456789").to_string(), "00101*******789");
        assert_eq!(MaskedImsi("00101").to_string(), "*****");
    }

    #[test]
    fn an_msisdn_keeps_its_last_three_digits() {
        assert_eq!(MaskedMsisdn("491701234567").to_string(), "*********567");
    }
}
