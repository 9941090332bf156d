//! One slot: the memories of a few sessions, of which a new one displaces the one that was silent the longest.

use std::fmt;

use super::act::{Act, Outcome};
use super::entry::Entry;
use super::figures::Figures;
use super::settings::{Key, Quarantine};
use crate::action::ActionKind;
use crate::time::Timestamp;

/// With four sessions in each, 4096 sessions are remembered, in 10 MiB at most.
pub const SLOTS: u64 = 1024;

/// Sessions in a slot: enough that two busy ones that share it don't displace each other.
const WAYS: usize = 4;

/// Changes whenever the layout does: bytes of another layout are no memory.
const LAYOUT: u8 = 1;

/// The size of every slot.
pub const SLOT_BYTES: usize = 1 + WAYS * Entry::BYTES;

/// One of the slots.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SlotId(pub(super) u16);

/// The key under which the proxy keeps it.
impl fmt::Display for SlotId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "toolgate.session.{}", self.0)
    }
}

/// The memory of one session, taken out of its slot.
#[derive(Clone, Debug)]
pub struct Memory<'s> {
    entry: Entry,
    /// The slot, if it is one of ours.
    slot: &'s [u8],
    way: usize,
}

impl<'s> Memory<'s> {
    /// The memory of the session of that key; a new one where the slot has none.
    #[must_use]
    pub fn find(slot: Option<&'s [u8]>, key: &Key) -> Self {
        let slot = slot.filter(|slot| slot.len() == SLOT_BYTES && slot.first() == Some(&LAYOUT));
        let slot = slot.and_then(|slot| slot.get(1..)).unwrap_or_default();
        let entries = || slot.chunks_exact(Entry::BYTES);
        let known = entries().position(|entry| entry.starts_with(&key.id));
        match known.and_then(|way| Some((way, entries().nth(way)?))) {
            Some((way, bytes)) => Self { entry: Entry::read(bytes), slot, way },
            None => {
                let silent = entries().map(|entry| Entry::read(entry).touched).enumerate().min_by_key(|(_, at)| *at);
                let way = silent.map_or(0, |(way, _)| way);
                Self { entry: Entry::of(key.id), slot, way }
            }
        }
    }

    /// Whether everything is refused.
    #[must_use]
    pub fn is_quarantined(&self, now: Timestamp) -> bool {
        self.entry.is_quarantined(now)
    }

    /// What rules see at this call.
    #[must_use]
    pub fn figures(&self, act: &Act, now: Timestamp) -> Figures {
        Figures::new(&self.entry, act, now)
    }

    /// The whole slot, after a refusal of a call that was counted already.
    #[must_use]
    pub fn after_denial(self, quarantine: Option<&Quarantine>, now: Timestamp) -> Vec<u8> {
        let nothing = Act { kind: ActionKind::Unknown, tool: 0, rows: 0, amount: 0, bytes: 0 };
        self.after(&nothing, Outcome::Denied, quarantine, now)
    }

    /// The whole slot, after this call.
    #[must_use]
    pub fn after(mut self, act: &Act, outcome: Outcome, quarantine: Option<&Quarantine>, now: Timestamp) -> Vec<u8> {
        self.entry.add(act, outcome, quarantine, now);
        let mut bytes = Vec::with_capacity(SLOT_BYTES);
        bytes.push(LAYOUT);
        let mut others = self.slot.chunks_exact(Entry::BYTES);
        for way in 0..WAYS {
            match others.next() {
                _ if way == self.way => self.entry.write(&mut bytes),
                Some(other) => bytes.extend(other),
                None => bytes.resize(bytes.len().saturating_add(Entry::BYTES), 0),
            }
        }
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::{Figure, Window};

    const ACT: Act = Act { kind: ActionKind::Read, tool: 1, rows: 2, amount: 0, bytes: 3 };

    fn key(id: u8) -> Key {
        Key { slot: SlotId(0), id: [id; 16] }
    }

    fn after(slot: Option<&[u8]>, id: u8, seconds: u64) -> Vec<u8> {
        Memory::find(slot, &key(id)).after(&ACT, Outcome::Passed, None, Timestamp::from_secs(seconds))
    }

    /// Calls of a session in the hour, this one included.
    fn calls(slot: &[u8], id: u8, seconds: u64) -> u64 {
        let figures = Memory::find(Some(slot), &key(id)).figures(&ACT, Timestamp::from_secs(seconds));
        figures.get(Figure::Calls, Window::Hour)
    }

    #[test]
    fn sessions_of_one_slot_are_told_apart() {
        let mut slot = after(None, 1, 1_800_000_000);
        slot = after(Some(&slot), 2, 1_800_000_001);
        slot = after(Some(&slot), 1, 1_800_000_002);
        assert_eq!(slot.len(), SLOT_BYTES);
        assert_eq!(
            (calls(&slot, 1, 1_800_000_003), calls(&slot, 2, 1_800_000_003), calls(&slot, 3, 1_800_000_003)),
            (3, 2, 1)
        );
    }

    #[test]
    fn the_session_that_was_silent_the_longest_gives_way() {
        let mut slot = after(None, 1, 1_800_000_000);
        for (seconds, id) in [(1, 2), (2, 3), (3, 4), (4, 1), (5, 5)] {
            slot = after(Some(&slot), id, 1_800_000_000 + seconds);
        }
        let found = [1, 2, 3, 4, 5].map(|id| calls(&slot, id, 1_800_000_006));
        assert_eq!(found, [3, 1, 2, 2, 2], "2 was silent the longest");
    }

    #[test]
    fn bytes_that_are_no_slot_are_no_memory() {
        let mut slot = after(None, 1, 1_800_000_000);
        assert_eq!(calls(&slot[1..], 1, 1_800_000_000), 1);
        slot[0] = 9;
        assert_eq!(calls(&slot, 1, 1_800_000_000), 1);
    }
}
