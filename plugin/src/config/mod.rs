//! The operator's configuration: as written ([`raw`]), and as used ([`Config`]).
//!
//! [`read`] goes from one to the other. It reports everything that is wrong at once, each complaint with its JSON
//! pointer, what was found and what would be right; a configuration with a complaint is not used.

pub mod compile;
mod document;
mod missing;
pub mod problem;
pub mod raw;
#[cfg(test)]
mod reference;

use std::collections::BTreeMap;
use std::sync::Arc;

use problem::Problems;

use crate::action::{PolicyOf, Route, Routes, Tools};
use crate::assertion::Notary;
use crate::audit::{Digests, Kept, Mode, Verdict};
use crate::decision::DecisionService;
use crate::export::Collector;
use crate::policy::{Details, Policy, Task, Tasks};
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
    /// Whether the gateway holds a head until its body is judged.
    pub holds_heads: bool,
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
    /// Rules of their own that some routes have.
    pub policies: BTreeMap<String, NamedPolicy>,
    /// What runs may do, by what they were started for.
    pub tasks: Tasks,
    /// What tokens of one transaction grant.
    pub details: Details,
    /// What is counted of earlier calls; none where nobody looks at it.
    pub sessions: Option<Sessions>,
    /// Whom to ask.
    pub decision: Option<DecisionService>,
    /// What is recorded.
    pub audit: AuditSettings,
}

/// Rules of its own that a route has.
#[derive(Debug)]
pub struct NamedPolicy {
    /// The rules; none where those of all count.
    pub policy: Option<Policy>,
    /// Whether verdicts on these routes are carried out.
    pub mode: Mode,
}

impl Config {
    /// The rules that count on `route`, and whether their verdicts are carried out; `chosen` is the policy that the proxy's
    /// own route names, where it is asked.
    #[must_use]
    pub fn policy_of(&self, route: &Route, chosen: Option<&str>) -> (&Policy, Mode) {
        let name = match &route.policy {
            PolicyOf::All => None,
            PolicyOf::Named(name) => Some(name.as_str()),
            PolicyOf::Metadata => chosen,
        };
        match name.and_then(|name| self.policies.get(name)) {
            Some(named) => (named.policy.as_ref().unwrap_or(&self.policy), named.mode),
            None => (&self.policy, self.mode),
        }
    }

    /// Whether verdicts on a request for `target` (`:path`) are carried out.
    #[must_use]
    pub fn mode_of(&self, target: &[u8], chosen: Option<&str>) -> Mode {
        if self.policies.is_empty() {
            return self.mode;
        }
        self.routes.find(target).map_or(self.mode, |route| self.policy_of(route, chosen).1)
    }
}

/// What is recorded, and where.
#[derive(Debug)]
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
    /// Who signs for the upstream that a request was judged; none where nobody does.
    pub assertion: Option<Notary>,
}

impl AuditSettings {
    /// Whether anybody keeps the record of a request with this verdict.
    #[must_use]
    pub fn keeps(&self, verdict: Verdict) -> bool {
        self.kept.keeps(verdict) || self.export.as_ref().is_some_and(|collector| collector.kept.keeps(verdict))
    }
}

/// What a signed document says that a run may do: `task`, in the form of `tasks.named`.
///
/// # Errors
/// What can't be understood of it, in words that hold nothing of the document.
pub(crate) fn documented_task(task: &serde_json::Value) -> Result<Task, String> {
    compile::documented(task)
}

/// Reads a configuration from its JSON.
///
/// # Errors
/// Everything that is wrong with it.
pub fn read(json: &[u8]) -> Result<Config, Problems> {
    let mut problems = Problems::default();
    let Some((raw, examples)) = document::read(json, &mut problems) else { return Err(problems) };
    let mut of_meaning = Problems::default();
    let config = compile::config(raw, &mut of_meaning);
    problems.extend(of_meaning.into_iter().filter(|problem| !examples.hide(problem)));
    match config {
        Some(config) if problems.is_empty() => Ok(config),
        _ => Err(problems),
    }
}
