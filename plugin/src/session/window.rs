//! How far back a figure looks.

use std::time::Duration;

/// How far back a figure looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Window {
    /// One minute.
    Minute,
    /// Five minutes.
    FiveMinutes,
    /// One hour.
    Hour,
    /// One day.
    Day,
}

/// Whole parts of a window. More would make it sharper at its far end, and every slot larger.
const PARTS: u64 = 6;

impl Window {
    /// Every window, by the name that operators write.
    pub const ALL: &'static [(&'static str, Self)] =
        &[("1m", Self::Minute), ("5m", Self::FiveMinutes), ("1h", Self::Hour), ("1d", Self::Day)];

    /// How many there are.
    pub(super) const COUNT: usize = Self::ALL.len();

    /// The name that operators write.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Minute => "1m",
            Self::FiveMinutes => "5m",
            Self::Hour => "1h",
            Self::Day => "1d",
        }
    }

    /// The window of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(found, _)| *found == name).map(|(_, window)| *window)
    }

    /// How long it is.
    #[must_use]
    pub const fn length(self) -> Duration {
        Duration::from_secs(match self {
            Self::Minute => 60,
            Self::FiveMinutes => 300,
            Self::Hour => 3600,
            Self::Day => 86_400,
        })
    }

    /// The length of one of its parts, in milliseconds.
    pub(super) const fn part(self) -> u64 {
        self.length().as_secs().saturating_mul(1000) / PARTS
    }

    pub(super) const fn place(self) -> usize {
        match self {
            Self::Minute => 0,
            Self::FiveMinutes => 1,
            Self::Hour => 2,
            Self::Day => 3,
        }
    }
}
