//! What outlives a request: the configuration, and memories of fixed size.

use std::sync::Arc;

use crate::config::Config;
use crate::decision::{Breaker, DecisionMemory, Elicitors, UnderWay};
use crate::json::Tape;
use crate::policy::DocumentedTask;
use crate::token::{Memory, Published, TokenMemory};

/// What the exchanges of one worker share.
#[derive(Debug)]
pub struct Gate {
    /// What the operator configured.
    pub config: Arc<Config>,
    /// Tokens that were verified.
    pub tokens: TokenMemory,
    /// Task documents that were verified.
    pub documents: Memory<DocumentedTask>,
    /// What issuers publish.
    pub published: Published,
    /// Decisions that may be used again.
    pub decisions: DecisionMemory,
    /// Questions that are being asked.
    pub under_way: UnderWay,
    /// How the decision service does.
    pub breaker: Breaker,
    /// Clients that can show a person a link.
    pub elicitors: Elicitors,
    /// Scratch memory of the JSON reader.
    pub tape: Tape,
}

impl Gate {
    /// A gate that remembers nothing yet: what was verified or decided under another configuration doesn't count.
    #[must_use]
    pub fn new(config: Arc<Config>) -> Self {
        let breaker = Breaker::new(config.decision.as_ref().map(|service| service.breaker));
        let published = Published::new(config.identity.publications());
        Self {
            config,
            tokens: TokenMemory::default(),
            documents: Memory::default(),
            published,
            decisions: DecisionMemory::default(),
            under_way: UnderWay::default(),
            breaker,
            elicitors: Elicitors::default(),
            tape: Tape::default(),
        }
    }
}
