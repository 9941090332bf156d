//! Answers remembered, so that the same question isn't asked twice in a row.

use super::latest::Latest;
use crate::time::Timestamp;

/// An answer with nothing attached to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remembered {
    /// Yes.
    Permit,
    /// No, and that was the last word.
    Deny,
}

/// Answers by the identity of their question, each with the time until which it may be used.
#[derive(Clone, Debug, Default)]
pub struct DecisionMemory(Latest<(Remembered, Timestamp)>);

impl DecisionMemory {
    /// The answer to the question of that identity, while it may still be used.
    #[must_use]
    pub fn recall(&self, identity: &[u8; 32], now: Timestamp) -> Option<Remembered> {
        let (decision, until) = self.0.get(identity)?;
        (now < *until).then_some(*decision)
    }

    /// Remembers an answer until `until`.
    pub fn remember(&mut self, identity: [u8; 32], decision: Remembered, until: Timestamp) {
        self.0.put(identity, (decision, until));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_recalled_until_its_time() {
        let at = |seconds: u64| Timestamp::from_secs(1_700_000_000 + seconds);
        let mut memory = DecisionMemory::default();
        memory.remember([7; 32], Remembered::Permit, at(30));
        assert_eq!(memory.recall(&[7; 32], at(29)), Some(Remembered::Permit));
        assert_eq!(memory.recall(&[7; 32], at(30)), None);
    }
}
