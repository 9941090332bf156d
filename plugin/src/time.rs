//! Time as an argument.
//!
//! Pure code never asks a clock: whoever drives it says what time it is, so a scenario can be run at any hour and
//! twice with the same result.

use std::fmt;
use std::time::{Duration, UNIX_EPOCH};

/// A moment, in milliseconds since 1970-01-01T00:00:00Z (RFC 7519 `NumericDate`, three digits finer).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Timestamp(u64);

impl Timestamp {
    /// From milliseconds since the epoch.
    #[must_use]
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis)
    }

    /// From seconds since the epoch, as claims state them.
    #[must_use]
    pub const fn from_secs(secs: u64) -> Self {
        Self(secs.saturating_mul(1000))
    }

    /// Milliseconds since the epoch.
    #[must_use]
    pub const fn as_millis(self) -> u64 {
        self.0
    }

    /// Whole seconds since the epoch.
    #[must_use]
    pub const fn as_secs(self) -> u64 {
        self.0 / 1000
    }

    /// The hour of the day, 0 to 23, UTC.
    #[must_use]
    pub const fn hour(self) -> u64 {
        self.as_secs() / 3600 % 24
    }

    /// The day of the week, UTC.
    #[must_use]
    pub const fn weekday(self) -> &'static str {
        // 1970-01-01 was a Thursday.
        match self.as_secs() / 86_400 % 7 {
            0 => "thursday",
            1 => "friday",
            2 => "saturday",
            3 => "sunday",
            4 => "monday",
            5 => "tuesday",
            _ => "wednesday",
        }
    }

    /// This moment and `duration`; the end of time when that lies beyond it.
    #[must_use]
    pub fn plus(self, duration: Duration) -> Self {
        let millis = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        Self(self.0.saturating_add(millis))
    }

    /// How long after `earlier` this is; zero when it isn't.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }
}

/// 9999-12-31T23:59:59Z, the last second that RFC 3339 can write.
const LAST_SECOND: u64 = 253_402_300_799;

/// As RFC 3339, in milliseconds; the number of milliseconds where that can't write it.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match UNIX_EPOCH.checked_add(Duration::from_millis(self.0)) {
            Some(time) if self.as_secs() <= LAST_SECOND => humantime::format_rfc3339_millis(time).fmt(f),
            _ => self.0.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_hours_are_those_of_the_calendar() {
        let moment = Timestamp::from_secs(1_793_577_599);
        assert_eq!(
            (moment.to_string().as_str(), moment.weekday(), moment.hour()),
            ("2026-11-01T23:59:59.000Z", "sunday", 23)
        );
        assert_eq!((Timestamp::default().weekday(), Timestamp::default().hour()), ("thursday", 0));
        assert_eq!(Timestamp::from_millis(u64::MAX).to_string(), u64::MAX.to_string());
    }
}
