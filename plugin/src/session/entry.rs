//! The memory of one session, in a fixed number of bytes.

use super::act::{Act, Outcome};
use super::bytes::Bytes;
use super::settings::Quarantine;
use super::tally::{Sums, Tally, kind_place};
use super::window::Window;
use crate::action::ActionKind;
use crate::time::Timestamp;

/// More different tools than an honest session uses.
pub(super) const TOOLS: usize = 32;
/// So many actions back `recent_actions` looks.
pub(super) const RECENT: usize = 16;

/// The memory of one session.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Entry {
    /// Whose: a digest.
    pub(super) id: [u8; 16],
    /// When it last changed, in milliseconds; zero where there is no session.
    pub(super) touched: u64,
    /// Until when everything is refused, in milliseconds.
    quarantined: u64,
    tallies: [Tally; Window::COUNT],
    /// Tools and when each was last used, in milliseconds; in no order.
    tools: [(u64, u64); TOOLS],
    /// Kinds of actions, by their place in the closed list and one; the latest first, zero for none.
    recent: [u8; RECENT],
}

impl Entry {
    /// Bytes in a slot.
    pub(super) const BYTES: usize = 16 + 8 + 8 + Window::COUNT * Tally::BYTES + TOOLS * 16 + RECENT;

    /// That of a session of which nothing is remembered.
    pub(super) fn of(id: [u8; 16]) -> Self {
        Self { id, ..Self::default() }
    }

    /// Counts a call; enough denials begin a quarantine.
    pub(super) fn add(&mut self, act: &Act, outcome: Outcome, quarantine: Option<&Quarantine>, now: Timestamp) {
        self.touched = self.touched.max(now.as_millis());
        for ((_, window), tally) in Window::ALL.iter().zip(&mut self.tallies) {
            tally.add(*window, now, act, outcome);
        }
        match outcome {
            Outcome::Passed => {
                self.use_tool(act.tool, now);
                self.recent.rotate_right(1);
                if let Some(latest) = self.recent.first_mut() {
                    *latest = u8::try_from(kind_place(act.kind)).unwrap_or(u8::MAX).saturating_add(1);
                }
            }
            Outcome::Denied => {
                if let Some(quarantine) = quarantine
                    && u64::from(self.sums(quarantine.within, now).denials) >= quarantine.denials
                {
                    self.quarantined = now.plus(quarantine.lasts).as_millis();
                }
            }
        }
    }

    fn use_tool(&mut self, tool: u64, now: Timestamp) {
        let known = self.tools.iter().position(|(found, at)| *found == tool && *at > 0);
        let place = known.or_else(|| (0..TOOLS).min_by_key(|place| self.tools.get(*place).map(|(_, at)| *at)));
        if let Some(place) = place.and_then(|place| self.tools.get_mut(place)) {
            *place = (tool, now.as_millis());
        }
    }

    pub(super) fn is_quarantined(&self, now: Timestamp) -> bool {
        now.as_millis() < self.quarantined
    }

    pub(super) fn sums(&self, window: Window, now: Timestamp) -> Sums {
        self.tallies.get(window.place()).map(|tally| tally.sums(window, now)).unwrap_or_default()
    }

    /// Different tools used in the window, and by `act`.
    pub(super) fn tools(&self, window: Window, now: Timestamp, act: &Act) -> u64 {
        let since = now.as_millis().saturating_sub(u64::try_from(window.length().as_millis()).unwrap_or(u64::MAX));
        let others = self.tools.iter().filter(|(tool, at)| *at > since && *tool != act.tool).count();
        u64::try_from(others).unwrap_or(u64::MAX).saturating_add(1)
    }

    /// The latest first.
    pub(super) fn recent(&self) -> Vec<ActionKind> {
        let kinds = self.recent.iter().map_while(|place| usize::from(*place).checked_sub(1));
        kinds.filter_map(|place| ActionKind::ALL.get(place)).map(|(_, kind)| *kind).collect()
    }

    pub(super) fn read(bytes: &[u8]) -> Self {
        let mut bytes = Bytes(bytes);
        Self {
            id: bytes.take(),
            touched: bytes.u64(),
            quarantined: bytes.u64(),
            tallies: std::array::from_fn(|_| Tally::read(&mut bytes)),
            tools: std::array::from_fn(|_| (bytes.u64(), bytes.u64())),
            recent: bytes.take(),
        }
    }

    pub(super) fn write(&self, out: &mut Vec<u8>) {
        out.extend(self.id);
        out.extend(self.touched.to_le_bytes());
        out.extend(self.quarantined.to_le_bytes());
        self.tallies.iter().for_each(|tally| tally.write(out));
        for (tool, at) in self.tools {
            out.extend(tool.to_le_bytes());
            out.extend(at.to_le_bytes());
        }
        out.extend(self.recent);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_read_as_it_was_written_and_has_its_size() {
        let mut entry = Entry { id: [7; 16], ..Entry::default() };
        let now = Timestamp::from_secs(1_800_000_000);
        let quarantine =
            Quarantine { denials: 2, within: Window::FiveMinutes, lasts: std::time::Duration::from_secs(60) };
        for tool in 0..40 {
            let act = Act { kind: ActionKind::Send, tool, rows: 3, amount: 5, bytes: 7 };
            entry.add(&act, Outcome::Passed, Some(&quarantine), now);
            entry.add(&act, Outcome::Denied, Some(&quarantine), now);
        }
        let mut bytes = Vec::new();
        entry.write(&mut bytes);
        assert_eq!(bytes.len(), Entry::BYTES);
        assert_eq!(Entry::read(&bytes), entry);
        assert!(entry.is_quarantined(now) && !entry.is_quarantined(now.plus(quarantine.lasts)));
        let act = Act { kind: ActionKind::Send, tool: 99, rows: 0, amount: 0, bytes: 0 };
        assert_eq!(entry.tools(Window::Minute, now, &act), 33);
        assert_eq!(entry.recent(), [ActionKind::Send; RECENT]);
    }
}
