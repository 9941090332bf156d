//! From the configuration as written to the configuration as used.

mod comparisons;
mod decision;
mod identity;
mod jwks;
pub mod risk;
pub mod routes;
mod rules;
mod session;

pub use identity::identity;

use super::problem::Problems;
use super::{AuditSettings, Config, raw};
use crate::audit::Mode;

/// The configuration in the form that requests use; none where a part could not be made sense of.
pub(super) fn config(raw: raw::Config, problems: &mut Problems) -> Option<Config> {
    if raw.policy_version.is_empty() {
        problems.add("/policy_version", "found an empty text; a name such as `crm-support-v12` would be right");
    }
    // Every part is compiled before any is given up, so that every complaint is heard.
    let identity = identity(&raw.identity, problems);
    let routes = routes::routes(&raw.routes, problems);
    let tools = routes::tools(&raw.tools, problems);
    let risk = risk::risk(&raw.risk, problems);
    let comparisons = comparisons::compile(&raw.comparisons, problems);
    let policy = rules::compile(&raw.rules, &comparisons, raw.decision.is_some(), problems);
    let sessions = session::compile(raw.session_memory.as_ref(), policy.remembers(), problems);
    let decision = raw.decision.as_ref().map(|decision| decision::compile(decision, problems));
    Some(Config {
        policy_version: raw.policy_version.into(),
        mode: match raw.mode {
            raw::Mode::Enforce => Mode::Enforce,
            raw::Mode::Shadow => Mode::Shadow,
        },
        identity: identity?,
        routes,
        tools,
        risk,
        policy,
        sessions,
        decision: match decision {
            Some(decision) => Some(decision?),
            None => None,
        },
        audit: AuditSettings { headers: raw.audit.headers, log_forwarded: raw.audit.log == raw::LogWhat::All },
    })
}

/// A JSON pointer's token for the name of a member (RFC 6901 section 3).
fn token(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}
