//! `risk`: what counts as risky here.

use crate::config::problem::Problems;
use crate::config::raw::RiskSettings;
use crate::risk::{Level, RiskTable};

/// The table, or none where a complaint was made.
pub(super) fn compile(_raw: &RiskSettings, _problems: &mut Problems) -> Option<RiskTable> {
    Some(RiskTable)
}

/// From which level on the decision service is asked.
pub(super) fn ask_at(raw: &RiskSettings, problems: &mut Problems) -> Option<Level> {
    let Some(name) = raw.ask_at.as_deref() else {
        return Some(Level::High);
    };
    let level = Level::named(name);
    if level.is_none() {
        problems.add("/risk/ask_at", format!("found `{name}`; `low`, `medium`, `high` or `critical` would be right"));
    }
    level
}
