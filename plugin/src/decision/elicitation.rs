//! Which clients said that they can show a person a link.
//!
//! In MCP 2025-11-25 a client says so once, in `initialize`, and a request for approval comes in a later request. What
//! was said is remembered by the token it was said under, in each worker for itself. A client that is not remembered
//! (another worker, a renewed token, a slot taken over) is told in an error instead, which holds the same link.

use sha2::{Digest, Sha256};

use crate::token::Agent;

/// So many are kept, at 33 bytes each: far more than the clients that one worker serves between two of their calls.
const SLOTS: usize = 1024;

/// The latest client of each of a fixed number of slots.
#[derive(Clone, Debug)]
pub struct Elicitors(Vec<Option<[u8; 32]>>);

impl Default for Elicitors {
    fn default() -> Self {
        Self(vec![None; SLOTS])
    }
}

impl Elicitors {
    /// The client behind this agent's token can be sent a link.
    pub fn note(&mut self, agent: &Agent) {
        let name = name(agent);
        if let Some(place) = self.0.get_mut(slot(&name)) {
            *place = Some(name);
        }
    }

    /// Whether it said that it can.
    #[must_use]
    pub fn knows(&self, agent: &Agent) -> bool {
        let name = name(agent);
        self.0.get(slot(&name)).is_some_and(|found| *found == Some(name))
    }
}

fn name(agent: &Agent) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in [&agent.issuer, &agent.id, &agent.token_id] {
        hash.update(part.len().to_le_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}

fn slot(name: &[u8; 32]) -> usize {
    let [first, second, ..] = *name;
    usize::from(u16::from_le_bytes([first, second])) % SLOTS
}
