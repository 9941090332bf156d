//! Places in the memory that a proxy's workers share.

use std::fmt;

use crate::session::SlotId;
use crate::token::ProofSlot;

/// One of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Slot {
    /// What sessions did.
    Session(SlotId),
    /// Which proofs of possession were seen.
    Proofs(ProofSlot),
}

/// The key under which the proxy keeps it.
impl fmt::Display for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Session(slot) => slot.fmt(f),
            Self::Proofs(slot) => slot.fmt(f),
        }
    }
}
