//! From the configuration as written to the configuration as used.

mod access;
mod assertion;
mod audit;
mod coaz;
mod comparisons;
mod decision;
mod details;
mod documents;
mod hold;
mod identity;
mod introspection;
mod jwks;
mod possession;
mod profile;
mod published;
pub mod risk;
pub mod routes;
mod rules;
mod session;
mod tasks;

pub use identity::identity;
pub(super) use tasks::documented;

use std::collections::BTreeMap;

use super::problem::Problems;
use super::{Config, NamedPolicy, raw};
use crate::audit::Mode;
use crate::policy::{Comparisons, Policy};

/// The configuration in the form that requests use; none where a part could not be made sense of.
pub(super) fn config(raw: raw::Config, problems: &mut Problems) -> Option<Config> {
    if raw.policy_version.is_empty() {
        problems.add("/policy_version", "found an empty text; a name such as `crm-support-v12` would be right");
    }
    // Every part is compiled before any is given up, so that every complaint is heard.
    let details = details::compile(&raw.authorization_details, problems);
    let identity = identity(&raw.identity, details.is_configured(), problems);
    let routes = routes::routes(&raw.routes, &raw.identity.issuers, problems);
    let mut tools = routes::tools(&raw.tools, problems);
    routes::servers(&raw.servers, &routes, &mut tools, problems);
    let risk = risk::risk(&raw.risk, problems);
    let audit = audit::audit(&raw.audit, problems);
    let comparisons = comparisons::compile(&raw.comparisons, problems);
    let service = raw.decision.as_ref().map(|decision| decision.protocol);
    let policy = rules::compile(&raw.rules, "", &comparisons, service, problems);
    let policies = named_policies(&raw, &comparisons, problems);
    let tasks = tasks::compile(&raw.tasks, raw.identity.task_documents.is_some(), problems);
    let rules_look =
        policy.remembers() || policies.values().filter_map(|named| named.policy.as_ref()).any(Policy::remembers);
    let is_told = raw.decision.as_ref().is_some_and(|decision| decision.session);
    let sessions = session::compile(raw.session_memory.as_ref(), rules_look || is_told, problems);
    let coaz = coaz::compile(&raw, problems);
    let decision = raw.decision.as_ref().map(|decision| decision::compile(decision, coaz, problems));
    let holds_heads = hold::holds_heads(&raw, problems);
    Some(Config {
        policy_version: raw.policy_version.into(),
        mode: match raw.mode {
            raw::Mode::Enforce => Mode::Enforce,
            raw::Mode::Shadow => Mode::Shadow,
        },
        holds_heads,
        identity: identity?,
        routes,
        tools,
        risk,
        policy,
        policies,
        tasks,
        details,
        sessions,
        decision: match decision {
            Some(decision) => Some(decision?),
            None => None,
        },
        audit,
    })
}

/// `policies`, and whether every route that names one names one that is there; or leaves it to Envoy's routes to name one.
fn named_policies(
    raw: &raw::Config,
    comparisons: &Comparisons,
    problems: &mut Problems,
) -> BTreeMap<String, NamedPolicy> {
    for (index, route) in raw.routes.iter().enumerate() {
        if let Some(name) = route.policy.as_ref().filter(|name| !raw.policies.contains_key(*name)) {
            let known: Vec<_> = raw.policies.keys().map(String::as_str).collect();
            let message = format!("found `{name}`, which is none of `policies`; there are `{}`", known.join("`, `"));
            problems.add(format!("/routes/{index}/policy"), message);
        }
    }
    let mut by_metadata = raw.routes.iter().enumerate().filter(|(_, route)| route.policy_by_metadata).peekable();
    let any_may_be_named = by_metadata.peek().is_some();
    for (index, route) in by_metadata {
        if route.policy.is_some() {
            let message = "found `true` beside `policy`; only one of the two can say which policy counts";
            problems.add(format!("/routes/{index}/policy_by_metadata"), message);
        }
        if raw.policies.is_empty() {
            let message = "found `true` without any of `policies`, so every request would be refused";
            problems.add(format!("/routes/{index}/policy_by_metadata"), message);
        }
    }
    let service = raw.decision.as_ref().map(|decision| decision.protocol);
    let compiled = raw.policies.iter().map(|(name, written)| {
        let place = format!("/policies/{}", token(name));
        if !any_may_be_named && !raw.routes.iter().any(|route| route.policy.as_ref() == Some(name)) {
            problems.add(&*place, "no route names this policy; it would never count");
        }
        if written.rules.is_none() && written.mode.is_none() {
            problems.add(&*place, "has neither `rules` nor a `mode` of its own; give one of them");
        }
        let own = written.rules.as_ref();
        let policy = own.map(|own| rules::compile(own, &place, comparisons, service, problems));
        let mode = match written.mode.unwrap_or(raw.mode) {
            raw::Mode::Enforce => Mode::Enforce,
            raw::Mode::Shadow => Mode::Shadow,
        };
        (name.clone(), NamedPolicy { policy, mode })
    });
    compiled.collect()
}

/// A JSON pointer's token for the name of a member (RFC 6901 section 3).
fn token(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}
