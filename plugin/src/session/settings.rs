//! Whose calls are counted together, and what follows from too many denials.

use std::time::Duration;

use sha2::{Digest, Sha256};

use super::slot::{SLOTS, SlotId};
use super::window::Window;
use crate::token::Agent;

/// What the operator says of session memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sessions {
    /// Whose calls are counted together: those that are alike in all of these, and in issuer and tenant.
    pub per: Vec<Part>,
    /// JSON pointers to the parameters that say how many rows are asked for.
    pub rows: Vec<String>,
    /// JSON pointers to the parameters that say how much money is moved.
    pub amount: Vec<String>,
    /// What follows from too many denials.
    pub quarantine: Option<Quarantine>,
    /// Whether the upstream's side of the proxy gets what a call costs, in headers.
    pub export: bool,
}

/// A part of an identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The agent.
    Agent,
    /// The user it acts for.
    User,
    /// Its session.
    Session,
}

/// After so many denials within a window, everything is refused for a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quarantine {
    /// How many.
    pub denials: u64,
    /// In which window.
    pub within: Window,
    /// For how long.
    pub lasts: Duration,
}

/// One session: where its memory is, and which one there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    /// In which slot.
    pub slot: SlotId,
    pub(super) id: [u8; 16],
}

impl Sessions {
    /// The session that `agent` is in.
    #[must_use]
    pub fn key(&self, agent: &Agent) -> Key {
        let of = |part: Part, text: Option<&str>| if self.per.contains(&part) { text.map(str::to_owned) } else { None };
        let parts = [
            Some(agent.issuer.clone()),
            agent.tenant.clone(),
            of(Part::Agent, Some(&agent.id)),
            of(Part::User, agent.user.as_deref()),
            of(Part::Session, agent.session.as_deref()),
        ];
        let mut hasher = Sha256::new();
        for part in parts {
            // Its length before each part, and none for one that isn't there: no two identities have the same bytes.
            match part {
                Some(text) => {
                    hasher.update([1]);
                    hasher.update(u64::try_from(text.len()).unwrap_or(u64::MAX).to_le_bytes());
                    hasher.update(text);
                }
                None => hasher.update([0]),
            }
        }
        let digest: [u8; 32] = hasher.finalize().into();
        let (id, rest) = digest.split_at(16);
        let number = rest.first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes)) % SLOTS;
        Key { slot: SlotId(u16::try_from(number).unwrap_or_default()), id: id.try_into().unwrap_or_default() }
    }
}
