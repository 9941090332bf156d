//! The operator's configuration: as written ([`raw`]), and as used ([`Config`]).
//!
//! [`read`] goes from one to the other. It reports everything that is wrong at once, each complaint with its JSON
//! pointer, what was found and what would be right; a configuration with a complaint is not used.

pub mod compile;
mod document;
pub mod problem;
pub mod raw;

use std::sync::Arc;

use problem::Problems;

use crate::action::{Routes, Tools};
use crate::audit::Mode;
use crate::decision::DecisionService;
use crate::policy::Policy;
use crate::risk::RiskTable;
use crate::session::Sessions;
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
    /// What is counted of earlier calls; none where nobody looks at it.
    pub sessions: Option<Sessions>,
    /// Whom to ask.
    pub decision: Option<DecisionService>,
    /// What is recorded.
    pub audit: AuditSettings,
}

/// What is recorded, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AuditSettings {
    /// Whether the upstream gets `x-agent-*` headers.
    pub headers: bool,
    /// Whether what was forwarded is logged; what was rejected always is.
    pub log_forwarded: bool,
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
