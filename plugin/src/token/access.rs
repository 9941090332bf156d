//! What a route wants of a token, beyond what its issuer's entry does, and what becomes of the token behind the gate.

use super::{Agent, Metadata, claims};
use crate::reason::{Reason, Refusal};

/// What a route wants of a token.
#[derive(Clone, Debug, Default)]
pub struct Access {
    /// What becomes of the token.
    pub passage: Passage,
    /// Scopes that every request on this route needs.
    pub scopes: Vec<String>,
    /// `aud` must name one of these; any audience of its issuer's entry will do where the list is empty. Without it a
    /// token for one server behind the gate would open all of them (RFC 8707 section 2).
    pub audiences: Vec<String>,
    /// What anybody may know of the resource (RFC 9728).
    pub metadata: Option<Metadata>,
}

/// What becomes of a request's token once it has served.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Passage {
    /// It ends here. A server behind the gate is another resource than the one that the token was issued for, and
    /// could use it in the agent's place ("confused deputy"; MCP authorization forbids to pass it on).
    #[default]
    Strip,
    /// It goes on to the server, which is (part of) the resource that it was issued for.
    Forward,
}

impl Access {
    /// Whether the token was issued for this route.
    ///
    /// # Errors
    /// [`Reason::TokenAudience`].
    pub fn check_audience(&self, agent: &Agent) -> Result<(), Refusal> {
        if self.audiences.is_empty() || claims::is_for(&agent.claims, &self.audiences) {
            return Ok(());
        }
        Err(Refusal::new(Reason::TokenAudience, "its `aud` does not name the resource on this route"))
    }

    /// Whether the agent has the scopes that every request on this route needs.
    ///
    /// # Errors
    /// [`Reason::TokenScope`], with all of them.
    pub fn check_scopes(&self, agent: &Agent) -> Result<(), Refusal> {
        if self.scopes.iter().all(|scope| agent.scopes.contains(scope)) {
            return Ok(());
        }
        Err(Refusal::insufficient_scope(&self.scopes))
    }

    /// The headers that end at the gate.
    #[must_use]
    pub const fn stripped(&self) -> &'static [&'static str] {
        match self.passage {
            Passage::Strip => CREDENTIALS,
            Passage::Forward => &[],
        }
    }
}

/// The headers that a client proves itself with: its token, and its proof of possession.
pub const CREDENTIALS: &[&str] = &["authorization", "dpop"];
