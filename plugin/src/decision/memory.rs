//! Answers remembered, so that the same question isn't asked twice in a row.

use crate::time::Timestamp;

/// So many answers are kept: each takes 48 bytes, and a question that needs a decision is rare by design.
const SLOTS: usize = 1024;

/// An answer with nothing attached to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remembered {
    /// Yes.
    Permit,
    /// No, and that was the last word.
    Deny,
}

/// The latest answer for each of a fixed number of slots; a question's identity chooses its slot, and a newer question
/// takes it over. There is no growth and no eviction to get wrong.
#[derive(Clone, Debug)]
pub struct DecisionMemory {
    slots: Vec<Option<Entry>>,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    identity: [u8; 32],
    decision: Remembered,
    until: Timestamp,
}

impl Default for DecisionMemory {
    fn default() -> Self {
        Self { slots: vec![None; SLOTS] }
    }
}

impl DecisionMemory {
    /// The answer to the question of that identity, while it may still be used.
    #[must_use]
    pub fn recall(&self, identity: &[u8; 32], now: Timestamp) -> Option<Remembered> {
        let entry = self.slots.get(slot(identity))?.as_ref()?;
        (entry.identity == *identity && now < entry.until).then_some(entry.decision)
    }

    /// Remembers an answer until `until`.
    pub fn remember(&mut self, identity: [u8; 32], decision: Remembered, until: Timestamp) {
        if let Some(place) = self.slots.get_mut(slot(&identity)) {
            *place = Some(Entry { identity, decision, until });
        }
    }
}

/// SHA-256 spreads evenly, so two of its bytes choose as well as any.
fn slot(identity: &[u8; 32]) -> usize {
    let [first, second, ..] = *identity;
    usize::from(u16::from_le_bytes([first, second])) % SLOTS
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: Timestamp = Timestamp::from_secs(1_700_000_000);

    #[test]
    fn an_answer_is_recalled_for_its_own_question_until_its_time() {
        let mut memory = DecisionMemory::default();
        let mut other = [7; 32];
        other[31] = 8;
        memory.remember([7; 32], Remembered::Permit, Timestamp::from_secs(1_700_000_030));
        assert_eq!(memory.recall(&[7; 32], NOON), Some(Remembered::Permit));
        assert_eq!(memory.recall(&other, NOON), None, "the same slot is not the same question");
        assert_eq!(memory.recall(&[7; 32], Timestamp::from_secs(1_700_000_030)), None);
    }

    #[test]
    fn a_newer_question_takes_the_slot_over() {
        let mut memory = DecisionMemory::default();
        let mut other = [7; 32];
        other[31] = 8;
        memory.remember([7; 32], Remembered::Permit, Timestamp::from_secs(1_700_000_030));
        memory.remember(other, Remembered::Deny, Timestamp::from_secs(1_700_000_030));
        assert_eq!(memory.recall(&[7; 32], NOON), None);
        assert_eq!(memory.recall(&other, NOON), Some(Remembered::Deny));
    }
}
