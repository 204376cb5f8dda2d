//! Moments as HTTP writes them (RFC 9110 clause 5.6.7: IMF-fixdate).

use clock::Timestamp;

const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// `Sun, 06 Nov 1994 08:49:37 GMT`
pub(super) fn http_date(at: Timestamp) -> String {
    // 1970-01-01 was a Thursday.
    let seconds = at.unix_seconds();
    let weekday = usize::try_from(seconds / 86_400 % 7).unwrap_or_default();
    // YYYY-MM-DDTHH:MM:SS, then fractions or Z.
    let text = at.to_string();
    let part = |from: usize, to: usize| text.get(from..to).unwrap_or_default();
    let month = part(5, 7).parse::<usize>().unwrap_or_default();
    let month = MONTHS.get(month.wrapping_sub(1)).unwrap_or(&"");
    format!(
        "{}, {} {month} {} {} GMT",
        DAYS.get(weekday).unwrap_or(&""),
        part(8, 10),
        part(0, 4),
        part(11, 19),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 9110 clause 5.6.7, and dates of the program `date -u`.
    #[test]
    fn dates_are_written_as_http_writes_them() {
        for (seconds, text) in [
            (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),
            (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
            (1_709_208_000, "Thu, 29 Feb 2024 12:00:00 GMT"),
            (253_402_300_799, "Fri, 31 Dec 9999 23:59:59 GMT"),
        ] {
            let at = Timestamp::from_unix_seconds(seconds);
            assert_eq!(http_date(at), text);
        }
        let at = Timestamp::from_unix_millis(784_111_777_999);
        assert_eq!(http_date(at), "Sun, 06 Nov 1994 08:49:37 GMT");
    }
}
