//! The operator's configuration: as written ([`raw`]), and as used ([`Config`]).
//!
//! [`read`] goes from one to the other. It reports everything that is wrong at once, each complaint with its JSON
//! pointer, what was found and what would be right; a configuration with a complaint is not used.

pub mod compile;
mod document;
pub mod problem;
pub mod raw;
#[cfg(test)]
mod reference;

use std::sync::Arc;

use problem::Problems;

use crate::action::{Routes, Tools};
use crate::audit::{Digests, Kept, Mode, Verdict};
use crate::decision::DecisionService;
use crate::export::Collector;
use crate::policy::Policy;
use crate::risk::RiskTable;
use crate::token::Identity;

/// The configuration in the form that requests use.
#[derive(Debug)]
pub struct Config {
    /// The name of this version of the policy.
    pub policy_version: Arc<str>,
    /// Whether verdicts are carried out.
    pub mode: Mode,
    /// Whose tokens are accepted.
    pub identity: Identity,
    /// Which paths carry which protocol.
    pub routes: Routes,
    /// What the operator knows of tools.
    pub tools: Tools,
    /// What counts as risky, and from where on the decision service is asked.
    pub risk: RiskTable,
    /// What agents may do.
    pub policy: Policy,
    /// Whom to ask.
    pub decision: Option<DecisionService>,
    /// What is recorded.
    pub audit: AuditSettings,
}

/// What is recorded, and where.
#[derive(Clone, Debug)]
pub struct AuditSettings {
    /// Whether the upstream gets `x-agent-*` headers.
    pub headers: bool,
    /// Which records are written to the proxy's log.
    pub kept: Kept,
    /// How values are digested in them.
    pub digests: Digests,
    /// Whether each worker's records form a chain.
    pub chain: bool,
    /// Whether the verdict is left in filter state.
    pub filter_state: bool,
    /// Whom records are sent to.
    pub export: Option<Collector>,
}

impl AuditSettings {
    /// Whether anybody keeps the record of a request with this verdict.
    #[must_use]
    pub fn keeps(&self, verdict: Verdict) -> bool {
        self.kept.keeps(verdict) || self.export.as_ref().is_some_and(|collector| collector.kept.keeps(verdict))
    }
}

/// Reads a configuration from its JSON.
///
/// # Errors
/// Everything that is wrong with it.
pub fn read(json: &[u8]) -> Result<Config, Problems> {
    let mut problems = Problems::default();
    let config = document::read(json, &mut problems).map(|raw| compile::config(raw, &mut problems));
    match config {
        Some(Some(config)) if problems.is_empty() => Ok(config),
        _ => Err(problems),
    }
}
