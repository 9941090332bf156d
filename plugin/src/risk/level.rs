//! Levels of risk.

use std::fmt;

/// A level; `risk.ask_at` names the one from which the decision service is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Scores below 30: reads little, changes nothing that matters.
    Low,
    /// From 30: changes something that can be changed back.
    Medium,
    /// From 60: hard to undo, or data leaves.
    High,
    /// From 85: both, or worse.
    Critical,
}

impl Level {
    /// Every level, lowest first, by the name that operators write.
    pub const ALL: &'static [(&'static str, Self)] =
        &[("low", Self::Low), ("medium", Self::Medium), ("high", Self::High), ("critical", Self::Critical)];

    /// The level of a score.
    #[must_use]
    pub const fn of(score: u8) -> Self {
        match score {
            0..=29 => Self::Low,
            30..=59 => Self::Medium,
            60..=84 => Self::High,
            _ => Self::Critical,
        }
    }

    /// The name that operators write and audit records carry.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }

    /// The level of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(found, _)| *found == name).map(|(_, level)| *level)
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
