//! Marks of the proofs that were seen, so that none counts twice (RFC 9449 section 11.1).
//!
//! The workers of a proxy share them: a fixed number of slots, each with room for a fixed number of marks. A slot is read,
//! and written back only if nobody wrote it meanwhile, so of two workers that see the same proof at once one is told no.
//! A mark stays for as long as its proof would be accepted; where all places of a slot are taken by such, a new proof is
//! refused, and a client that makes another is likely to fall into another slot. Nothing is forgotten early: else whoever
//! floods the memory could use a stolen proof again.
//!
//! A key's proofs fall into a part of the slots only. So an agent that floods the memory gets in the way of few.

use std::fmt;

use sha2::{Digest, Sha256};

use crate::time::Timestamp;

/// With [`PLACES`] in each, marks of 262,144 proofs in 3 MiB: 4,369 proofs a second where each is accepted for a minute.
const SLOTS: u16 = 4096;

/// Slots that one key's proofs may fall into: 273 proofs a second with one key, at a minute each.
const SLOTS_OF_A_KEY: u16 = 256;

/// Few enough that a slot is read and written in a microsecond, enough that slots fill evenly.
const PLACES: usize = 64;

/// Enough of a SHA-256 to tell proofs apart. Two that are taken for one cost a client a second try.
const DIGEST: usize = 8;

/// A mark: digest, and the second in which its proof is no longer accepted.
const MARK: usize = DIGEST + 4;

/// Changes whenever the layout does: bytes of another layout are no marks.
const LAYOUT: u8 = 1;

/// One of the slots.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ProofSlot(u16);

/// The key under which the proxy keeps it.
impl fmt::Display for ProofSlot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "toolgate.proof.{}", self.0)
    }
}

/// What is kept of a proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Where.
    pub slot: ProofSlot,
    digest: [u8; DIGEST],
    /// In seconds since 1970, as far as four bytes go: until 2106.
    until: u32,
}

/// What came of entering a mark.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entered {
    /// The proof is new; this is what the slot becomes.
    New(Vec<u8>),
    /// The proof was seen before.
    Known,
    /// There is no room for it.
    Full,
}

impl Mark {
    /// The mark of the proof with this `jti`, made with the key of that thumbprint, and accepted until then. `jti` is
    /// unique for a key, not between them.
    pub(super) fn new(key: &[u8; 32], jti: &str, until: Timestamp) -> Self {
        let digest: [u8; 32] = Sha256::new().chain_update(key).chain_update(jti).finalize().into();
        let [first, second, third, fourth, fifth, sixth, seventh, eighth, low, high, ..] = digest;
        let [of_key_low, of_key_high, ..] = *key;
        let within = u16::from_le_bytes([low, high]) % SLOTS_OF_A_KEY;
        let slot = u16::from_le_bytes([of_key_low, of_key_high]).wrapping_add(within) % SLOTS;
        Self {
            slot: ProofSlot(slot),
            digest: [first, second, third, fourth, fifth, sixth, seventh, eighth],
            // The second after, since the last one has begun.
            until: u32::try_from(until.as_secs().saturating_add(1)).unwrap_or(u32::MAX),
        }
    }

    /// Enters it into its slot, of which these are the bytes.
    #[must_use]
    pub fn enter(&self, slot: Option<&[u8]>, now: Timestamp) -> Entered {
        let marks = slot.and_then(|slot| slot.strip_prefix(&[LAYOUT])).unwrap_or_default();
        let now = u32::try_from(now.as_secs()).unwrap_or(u32::MAX);
        let mut bytes = Vec::with_capacity(marks.len().saturating_add(1 + MARK));
        bytes.push(LAYOUT);
        let mut living = 0_usize;
        for mark in marks.chunks_exact(MARK) {
            let Some((digest, until)) = mark.split_first_chunk::<DIGEST>() else { continue };
            let until = until.first_chunk().map_or(0, |until| u32::from_le_bytes(*until));
            if until < now {
                continue;
            }
            if *digest == self.digest {
                return Entered::Known;
            }
            living = living.saturating_add(1);
            bytes.extend_from_slice(mark);
        }
        if living >= PLACES {
            return Entered::Full;
        }
        bytes.extend_from_slice(&self.digest);
        bytes.extend_from_slice(&self.until.to_le_bytes());
        Entered::New(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: [u8; 32] = [7; 32];

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_secs(1_800_000_000).plus(std::time::Duration::from_secs(seconds))
    }

    fn mark(jti: &str) -> Mark {
        Mark::new(&KEY, jti, at(60))
    }

    fn new(entered: Entered) -> Vec<u8> {
        let Entered::New(bytes) = entered else { panic!("{entered:?}") };
        bytes
    }

    #[test]
    fn a_proof_counts_once_for_as_long_as_it_would_be_accepted() {
        let slot = new(mark("a").enter(None, at(0)));
        for seconds in [0, 30, 60] {
            assert_eq!(mark("a").enter(Some(&slot), at(seconds)), Entered::Known, "{seconds}");
        }
        let later = new(mark("a").enter(Some(&slot), at(62)));
        assert_eq!(later.len(), slot.len(), "what has ended makes room");
    }

    #[test]
    fn another_proof_is_another_one_and_so_is_one_of_another_key() {
        let slot = new(mark("a").enter(None, at(0)));
        let slot = new(mark("b").enter(Some(&slot), at(0)));
        assert!(matches!(Mark::new(&[8; 32], "a", at(60)).enter(Some(&slot), at(0)), Entered::New(_)));
        assert_eq!(mark("b").enter(Some(&slot), at(1)), Entered::Known);
        assert_eq!(mark("a").enter(Some(&slot), at(1)), Entered::Known);
    }

    #[test]
    fn a_full_slot_refuses_and_forgets_nothing() {
        let mut slot = Vec::new();
        for number in 0..PLACES {
            slot = new(mark(&number.to_string()).enter(Some(&slot), at(0)));
        }
        assert_eq!(slot.len(), 1 + PLACES * MARK);
        assert_eq!(mark("x").enter(Some(&slot), at(60)), Entered::Full);
        assert_eq!(mark("0").enter(Some(&slot), at(60)), Entered::Known);
        assert!(matches!(mark("x").enter(Some(&slot), at(62)), Entered::New(_)));
    }

    #[test]
    fn bytes_of_another_layout_are_no_marks() {
        let mut slot = new(mark("a").enter(None, at(0)));
        slot[0] = 9;
        assert!(matches!(mark("a").enter(Some(&slot), at(0)), Entered::New(_)));
    }

    #[test]
    fn the_proofs_of_a_key_spread_over_its_part_of_the_slots() {
        let slots: std::collections::BTreeSet<_> = (0..10_000).map(|number| mark(&number.to_string()).slot).collect();
        assert_eq!(slots.len(), usize::from(SLOTS_OF_A_KEY));
        assert!(slots.iter().all(|slot| slot.0 < SLOTS));
    }
}
