//! What rules see of a session.

use super::act::{Act, Outcome, UNIT};
use super::entry::Entry;
use super::tally::{Sums, kind_place};
use super::window::Window;
use crate::action::ActionKind;
use crate::time::Timestamp;

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Figure {
    /// Calls that the rules let through.
    Calls,
    /// Calls that were refused.
    Denials,
    /// Different tools.
    Tools,
    /// Rows asked for.
    Rows,
    /// Money, in whole units, rounded up.
    Amount,
    /// Bytes sent to tools.
    BytesOut,
    /// Calls of one kind.
    Kind(ActionKind),
}

impl Figure {
    /// The name that operators write.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Calls => "calls",
            Self::Denials => "denials",
            Self::Tools => "tools",
            Self::Rows => "rows",
            Self::Amount => "amount",
            Self::BytesOut => "bytes_out",
            Self::Kind(kind) => kind.name(),
        }
    }

    /// The figure of that name: one of the list, or an action's.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "calls" => Some(Self::Calls),
            "denials" => Some(Self::Denials),
            "tools" => Some(Self::Tools),
            "rows" => Some(Self::Rows),
            "amount" => Some(Self::Amount),
            "bytes_out" => Some(Self::BytesOut),
            other => ActionKind::named(other).map(Self::Kind),
        }
    }
}

/// The figures of one session at one call, which is counted as if it went on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    sums: [Sums; Window::COUNT],
    tools: [u64; Window::COUNT],
    recent: Vec<ActionKind>,
}

impl Figures {
    pub(super) fn new(entry: &Entry, act: &Act, now: Timestamp) -> Self {
        let mut figures = Self { recent: entry.recent(), ..Self::default() };
        for (((_, window), sums), tools) in Window::ALL.iter().zip(&mut figures.sums).zip(&mut figures.tools) {
            *sums = entry.sums(*window, now);
            sums.add(act, Outcome::Passed);
            *tools = entry.tools(*window, now, act);
        }
        figures
    }

    /// One of them.
    #[must_use]
    pub fn get(&self, figure: Figure, window: Window) -> u64 {
        let Some(sums) = self.sums.get(window.place()) else { return u64::MAX };
        match figure {
            Figure::Calls => sums.calls.into(),
            Figure::Denials => sums.denials.into(),
            Figure::Tools => self.tools.get(window.place()).copied().unwrap_or(u64::MAX),
            Figure::Rows => sums.rows,
            Figure::Amount => sums.amount.div_ceil(UNIT),
            Figure::BytesOut => sums.bytes,
            Figure::Kind(kind) => sums.kinds.get(kind_place(kind)).copied().map_or(u64::MAX, u64::from),
        }
    }

    /// The kinds of the latest calls that were let through, the latest first, without this one.
    #[must_use]
    pub fn recent(&self) -> &[ActionKind] {
        &self.recent
    }
}
