//! Lengths of time in configurations: a number with `s`, `m`, `h` or `d`.

use std::time::Duration;

use serde::{Deserialize, Deserializer, de::Error};

/// A length of time, at least a second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Period(pub(crate) Duration);

impl Period {
    /// `7d`, for example.
    fn parse(text: &str) -> Option<Self> {
        let at = text.len().checked_sub(1)?;
        let (number, unit) = text.split_at_checked(at)?;
        let seconds: u64 = match unit {
            "s" => 1,
            "m" => 60,
            "h" => 3600,
            "d" => 86_400,
            _ => return None,
        };
        let digits = number.bytes().all(|octet| octet.is_ascii_digit());
        let number: u64 = number.parse().ok().filter(|number| digits && *number > 0)?;
        let seconds = number.checked_mul(seconds)?;
        Some(Self(Duration::from_secs(seconds)))
    }
}

impl<'de> Deserialize<'de> for Period {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| {
            D::Error::custom(format!(
                "{text:?} is no length of time: write 7d, 12h, 30m or 90s"
            ))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_and_a_unit_are_a_length_of_time() {
        for (text, seconds) in [
            ("7d", Some(604_800)),
            ("12h", Some(43_200)),
            ("30m", Some(1_800)),
            ("90s", Some(90)),
            ("0s", None),
            ("7", None),
            ("d", None),
            ("", None),
            ("7 d", None),
            ("+7d", None),
            ("-7d", None),
            ("7w", None),
            ("7ü", None),
            ("99999999999999999999d", None),
            ("18446744073709551615d", None),
        ] {
            let read = Period::parse(text).map(|period| period.0.as_secs());
            assert_eq!(read, seconds, "{text}");
        }
    }
}
