//! Points in time and lengths of time; no naked integers.

use std::fmt;
use std::ops::{Add, Sub};
use std::time::Duration;

use serde::Serialize;

/// Seconds since 1970-01-01T00:00:00Z, as in `exp` (RFC 7519 section 2, NumericDate). Arithmetic saturates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct UnixTime(pub i64);

/// A length of time in seconds, possibly negative. Arithmetic saturates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Seconds(pub i64);

impl Seconds {
    /// As a `Duration`; negative lengths are zero.
    pub fn duration(self) -> Duration {
        Duration::from_secs(self.0.max(0).unsigned_abs())
    }

    /// Reads `90`, `90s`, `15m`, `24h`, `30d` or `1h 30m`; a bare number is seconds.
    pub fn parse(text: &str) -> Option<Seconds> {
        let text = text.trim();
        if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) {
            return text.parse().ok().map(Seconds);
        }
        let duration = humantime::parse_duration(text).ok()?;
        i64::try_from(duration.as_secs()).ok().map(Seconds)
    }
}

impl fmt::Display for Seconds {
    /// `45 s`, `12 min`, `3 h`, `29 days`: the largest unit that keeps the number readable.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.unsigned_abs() {
            0..=119 => write!(f, "{} s", self.0),
            120..=7_199 => write!(f, "{} min", self.0 / 60),
            7_200..=172_799 => write!(f, "{} h", self.0 / 3_600),
            _ => write!(f, "{} days", self.0 / 86_400),
        }
    }
}

impl fmt::Display for UnixTime {
    /// RFC 3339 in UTC: `2026-01-12T09:30:00Z`; the bare number where no calendar holds it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Year 9999 is where RFC 3339 ends.
        match u64::try_from(self.0) {
            Ok(seconds) if seconds < 253_402_300_800 => {
                let point = std::time::UNIX_EPOCH + Duration::from_secs(seconds);
                write!(f, "{}", humantime::format_rfc3339_seconds(point))
            }
            _ => write!(f, "{}", self.0),
        }
    }
}

impl Add<Seconds> for UnixTime {
    type Output = UnixTime;
    fn add(self, length: Seconds) -> UnixTime {
        UnixTime(self.0.saturating_add(length.0))
    }
}

impl Add for Seconds {
    type Output = Seconds;
    fn add(self, other: Seconds) -> Seconds {
        Seconds(self.0.saturating_add(other.0))
    }
}

impl Sub<Seconds> for UnixTime {
    type Output = UnixTime;
    fn sub(self, length: Seconds) -> UnixTime {
        UnixTime(self.0.saturating_sub(length.0))
    }
}

impl Sub for UnixTime {
    type Output = Seconds;
    fn sub(self, earlier: UnixTime) -> Seconds {
        Seconds(self.0.saturating_sub(earlier.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_read_as_people_write_them() {
        for (text, seconds) in [("90", 90), ("60s", 60), ("15m", 900), ("24h", 86_400), ("30d", 2_592_000), ("1h 30m", 5_400), ("0", 0)] {
            assert_eq!(Seconds::parse(text), Some(Seconds(seconds)), "{text}");
        }
        for text in ["", "soon", "-5", "1.5", "99999999999999999999", "5 parsecs"] {
            assert_eq!(Seconds::parse(text), None, "{text}");
        }
    }

    #[test]
    fn arithmetic_saturates_instead_of_wrapping() {
        assert_eq!(UnixTime(i64::MAX) + Seconds(1), UnixTime(i64::MAX));
        assert_eq!(UnixTime(i64::MIN) - Seconds(1), UnixTime(i64::MIN));
        assert_eq!(UnixTime(i64::MIN) - UnixTime(1), Seconds(i64::MIN));
    }

    #[test]
    fn times_print_as_rfc_3339_and_absurd_ones_as_numbers() {
        assert_eq!(UnixTime(1_768_210_200).to_string(), "2026-01-12T09:30:00Z");
        assert_eq!(UnixTime(253_402_300_799).to_string(), "9999-12-31T23:59:59Z");
        assert_eq!(UnixTime(253_402_300_800).to_string(), "253402300800");
        assert_eq!(UnixTime(-1).to_string(), "-1");
    }
}
