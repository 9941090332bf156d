//! The answer to a refused request: the denial in its protocol's words, and the headers that go with it.

use std::fmt::Write as _;

use crate::action::Protocol;
use crate::action::mcp::Rpc;
use crate::audit::{Record, headers};
use crate::config::Config;
use crate::denial::{self, Facts};
use crate::head::Head;
use crate::reason::{Authentication, Reason, Refusal};
use crate::token::{Metadata, challenges};

/// An answer of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// The headers.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: Vec<u8>,
    /// For the proxy's access log (`%RESPONSE_CODE_DETAILS%`).
    pub details: String,
}

impl Reply {
    /// What anybody may know of a protected resource (RFC 9728 section 3.2).
    #[must_use]
    pub fn metadata(metadata: &Metadata) -> Self {
        // To a HEAD the proxy itself sends no body.
        let body = metadata.document.clone().into_bytes();
        let headers = vec![("content-type", "application/json".into()), ("cache-control", "max-age=300".into())];
        Self { status: 200, headers, body, details: "toolgate_metadata".into() }
    }

    /// The answer of a filter that has no configuration, and so can judge nothing.
    #[must_use]
    pub fn unconfigured() -> Self {
        Self { status: Reason::Fault.status(), headers: Vec::new(), body: Vec::new(), details: details(Reason::Fault) }
    }
}

/// The answer to a refused request.
#[must_use]
pub fn reply(config: &Config, head: &Head, rpc: Option<&Rpc>, refusal: &Refusal, record: &Record) -> Reply {
    let reason = refusal.reason;
    let findings: Vec<_> = record.risk.iter().flat_map(|risk| &risk.findings).map(|finding| finding.code).collect();
    let facts = Facts {
        decision_id: &record.decision_id,
        rule: record.rule.as_deref(),
        policy_reason: Some(refusal.detail.as_str()).filter(|text| reason == Reason::PolicyDenied && !text.is_empty()),
        findings: &findings,
        coaz: config.decision.as_ref().is_some_and(|service| service.coaz.is_some()),
    };
    // What is on no route has no protocol; a problem is what any HTTP client understands.
    let route = config.routes.find(head.target()).ok();
    let protocol = route.map_or(Protocol::Rest, |route| route.protocol);
    let denial = denial::render(refusal, protocol, rpc, &facts);
    let decision = if refusal.approval().is_some() { headers::NEEDS_APPROVAL } else { headers::DENY };
    let mut headers = headers::to_client(&record.decision_id, decision, Some(reason));
    headers.push(("content-type", denial.content_type.into()));
    headers.extend(denial.retry_after.map(|seconds| ("retry-after", seconds.to_string())));
    headers.extend(denial.allow.map(|methods| ("allow", methods.into())));
    let access = route.map(|route| &route.access);
    let metadata = access.and_then(|access| Some(access.metadata.as_ref()?.url.as_str()));
    let metadata = metadata.or_else(|| config.identity.resource_metadata());
    let needed = if refusal.scopes.is_empty() { access.map(|access| &access.scopes) } else { Some(&refusal.scopes) };
    let algorithms = config.identity.proof_algorithms();
    let scopes = needed.map(|scopes| scopes.join(" "));
    for challenge in challenges(reason, algorithms.as_deref(), metadata, scopes.as_deref()) {
        let challenge = match refusal.step_up() {
            Some(wanted) => stepped_up(challenge, wanted),
            None => challenge,
        };
        headers.push(("www-authenticate", challenge));
    }
    if reason == Reason::TokenNonce {
        headers.extend(config.identity.nonce(record.time).map(|nonce| ("dpop-nonce", nonce)));
    }
    Reply { status: denial.status, headers, body: denial.body, details: details(reason) }
}

/// RFC 9470 section 3: which authentication a new token needs.
fn stepped_up(mut challenge: String, wanted: &Authentication) -> String {
    // Writing into a String can't fail.
    let _ = write!(challenge, ",acr_values=\"{}\"", wanted.acr);
    if let Some(seconds) = wanted.max_age {
        let _ = write!(challenge, ",max_age=\"{seconds}\"");
    }
    challenge
}

fn details(reason: Reason) -> String {
    format!("toolgate_{}", reason.code().replace('.', "_"))
}
