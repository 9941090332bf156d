//! Sums in one window: a ring of parts, the newest of which still grows.

use super::act::{Act, Outcome};
use super::bytes::Bytes;
use super::window::Window;
use crate::action::ActionKind;
use crate::time::Timestamp;

/// The parts that have ended, and the one that hasn't.
const RING: u64 = 7;
const KINDS: usize = ActionKind::ALL.len();

/// What was counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Sums {
    pub(super) calls: u32,
    pub(super) denials: u32,
    pub(super) rows: u64,
    /// In millionths.
    pub(super) amount: u64,
    pub(super) bytes: u64,
    pub(super) kinds: [u16; KINDS],
}

/// The sums of one window.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    /// The number of the newest part, counted from 1970 on.
    newest: u64,
    /// The part of number n stands at n modulo the length.
    ring: [Sums; 7],
}

impl Sums {
    /// What a call adds.
    pub(super) fn add(&mut self, act: &Act, outcome: Outcome) {
        match outcome {
            Outcome::Denied => self.denials = self.denials.saturating_add(1),
            Outcome::Passed => {
                self.calls = self.calls.saturating_add(1);
                self.rows = self.rows.saturating_add(act.rows);
                self.amount = self.amount.saturating_add(act.amount);
                self.bytes = self.bytes.saturating_add(act.bytes);
                if let Some(count) = self.kinds.get_mut(kind_place(act.kind)) {
                    *count = count.saturating_add(1);
                }
            }
        }
    }

    fn join(&mut self, other: &Self) {
        self.calls = self.calls.saturating_add(other.calls);
        self.denials = self.denials.saturating_add(other.denials);
        self.rows = self.rows.saturating_add(other.rows);
        self.amount = self.amount.saturating_add(other.amount);
        self.bytes = self.bytes.saturating_add(other.bytes);
        for (count, more) in self.kinds.iter_mut().zip(other.kinds) {
            *count = count.saturating_add(more);
        }
    }

    fn read(bytes: &mut Bytes<'_>) -> Self {
        Self {
            calls: bytes.u32(),
            denials: bytes.u32(),
            rows: bytes.u64(),
            amount: bytes.u64(),
            bytes: bytes.u64(),
            kinds: std::array::from_fn(|_| bytes.u16()),
        }
    }

    fn write(&self, out: &mut Vec<u8>) {
        out.extend(self.calls.to_le_bytes());
        out.extend(self.denials.to_le_bytes());
        for wide in [self.rows, self.amount, self.bytes] {
            out.extend(wide.to_le_bytes());
        }
        self.kinds.iter().for_each(|count| out.extend(count.to_le_bytes()));
    }
}

/// Where a kind of action stands in [`ActionKind::ALL`].
pub(super) fn kind_place(kind: ActionKind) -> usize {
    ActionKind::ALL.iter().position(|(_, found)| *found == kind).unwrap_or(KINDS)
}

impl Tally {
    /// Bytes in a slot.
    pub(super) const BYTES: usize = 8 + 7 * (8 + 24 + 2 * KINDS);

    /// All that is in the window at `now`.
    pub(super) fn sums(&self, window: Window, now: Timestamp) -> Sums {
        // Clocks of workers differ a little: what is newer than now counts too.
        let part = self.part(window, now);
        let oldest = part.saturating_sub(RING.saturating_sub(1));
        let mut sums = Sums::default();
        for number in oldest..=self.newest {
            if let Some(found) = self.ring.get(place(number)) {
                sums.join(found);
            }
        }
        sums
    }

    /// Counts a call.
    pub(super) fn add(&mut self, window: Window, now: Timestamp, act: &Act, outcome: Outcome) {
        let part = self.part(window, now);
        // What lies between was silent; after a long silence nothing is left.
        let passed = part.saturating_sub(self.newest).min(RING);
        for back in 0..passed {
            if let Some(stale) = self.ring.get_mut(place(part.saturating_sub(back))) {
                *stale = Sums::default();
            }
        }
        self.newest = part;
        if let Some(newest) = self.ring.get_mut(place(part)) {
            newest.add(act, outcome);
        }
    }

    /// The part that `now` belongs to: never one before the newest.
    fn part(&self, window: Window, now: Timestamp) -> u64 {
        now.as_millis().checked_div(window.part()).unwrap_or_default().max(self.newest)
    }

    pub(super) fn read(bytes: &mut Bytes<'_>) -> Self {
        Self { newest: bytes.u64(), ring: std::array::from_fn(|_| Sums::read(bytes)) }
    }

    pub(super) fn write(&self, out: &mut Vec<u8>) {
        out.extend(self.newest.to_le_bytes());
        self.ring.iter().for_each(|part| part.write(out));
    }
}

fn place(number: u64) -> usize {
    usize::try_from(number % RING).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn act() -> Act {
        Act { kind: ActionKind::Read, tool: 1, rows: 10, amount: 0, bytes: 100 }
    }

    #[test]
    fn a_window_forgets_what_is_older_than_it_and_never_what_is_younger() {
        let mut tally = Tally::default();
        let begin = 1_800_000_000_000;
        for second in 0..600 {
            tally.add(Window::Minute, Timestamp::from_millis(begin + second * 1000), &act(), Outcome::Passed);
            let sums = tally.sums(Window::Minute, Timestamp::from_millis(begin + second * 1000));
            let least = (second + 1).min(60);
            assert!((least..=least + 10).contains(&u64::from(sums.calls)), "{second}: {}", sums.calls);
            assert_eq!(u64::from(sums.calls) * 10, sums.rows);
        }
        let later =
            |seconds: u64| tally.sums(Window::Minute, Timestamp::from_millis(begin + (599 + seconds) * 1000)).calls;
        assert!(later(30) >= 30 && later(71) == 0, "{} {}", later(30), later(71));
    }

    #[test]
    fn a_clock_that_goes_back_loses_nothing() {
        let mut tally = Tally::default();
        for millis in [1_800_000_060_000, 1_800_000_000_000] {
            tally.add(Window::Minute, Timestamp::from_millis(millis), &act(), Outcome::Denied);
        }
        assert_eq!(tally.sums(Window::Minute, Timestamp::from_millis(1_800_000_000_000)).denials, 2);
    }
}
