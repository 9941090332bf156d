//! Which clients said that they can show a person a link.
//!
//! In MCP 2025-11-25 a client says so once, in `initialize`, and a request for approval comes in a later request. What
//! was said is remembered by the token it was said under, in each worker for itself. A client that is not remembered
//! (another worker, a renewed token, a slot taken over) is told in an error instead, which holds the same link.

use sha2::{Digest, Sha256};

use super::latest::Latest;
use crate::token::Agent;

/// The clients that said so last.
#[derive(Clone, Debug, Default)]
pub struct Elicitors(Latest<()>);

impl Elicitors {
    /// The client behind this agent's token can be sent a link.
    pub fn note(&mut self, agent: &Agent) {
        self.0.put(name(agent), ());
    }

    /// Whether it said that it can.
    #[must_use]
    pub fn knows(&self, agent: &Agent) -> bool {
        self.0.get(&name(agent)).is_some()
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
