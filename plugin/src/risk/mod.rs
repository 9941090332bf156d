//! How risky is that? Findings over an action's parameters, and the level that comes of them.

use serde::Serialize;

use crate::action::{Action, ActionKind};

/// How risky an action is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Nothing to speak of.
    Low,
    /// Worth a look in the log.
    Medium,
    /// Somebody should say yes first.
    High,
    /// Almost certainly wrong.
    Critical,
}

impl Level {
    const NAMES: &'static [(&'static str, Self)] =
        &[("low", Self::Low), ("medium", Self::Medium), ("high", Self::High), ("critical", Self::Critical)];

    /// The name that operators write.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, level)| *level == self).map_or("critical", |(name, _)| name)
    }

    /// The level of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(found, _)| *found == name).map(|(_, level)| *level)
    }
}

/// One observed risk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What was found.
    pub code: &'static str,
    /// Where, as a JSON pointer into the parameters.
    pub pointer: String,
    /// Why it counts, without the value.
    pub detail: String,
}

/// How risky an action is, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Risk {
    /// The level.
    pub level: Level,
    /// 0 to 100.
    pub score: u8,
    /// What was found.
    pub findings: Vec<Finding>,
}

/// What counts as risky here.
#[derive(Clone, Debug, Default)]
pub struct RiskTable;

impl RiskTable {
    /// How risky `action` is.
    #[must_use]
    pub fn assess(&self, action: &Action<'_>) -> Risk {
        let (level, score) = match action.kind {
            ActionKind::List | ActionKind::Read => (Level::Low, 10),
            ActionKind::Create | ActionKind::Update | ActionKind::Unknown => (Level::Medium, 40),
            _ => (Level::High, 70),
        };
        Risk { level, score, findings: Vec::new() }
    }
}
