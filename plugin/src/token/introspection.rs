//! Opaque tokens: what they are, their issuer says (RFC 7662).
//!
//! Such a token is a random text. The gate asks its issuer, through a cluster of the proxy, and holds what the answer says to
//! the same checks as a JWT's claims. Only `active: true` is a yes, and only for as long as the configuration allows: a token
//! that is known isn't asked about, so it can't be revoked meanwhile.

use std::sync::Arc;
use std::time::Duration;

use percent_encoding::{NON_ALPHANUMERIC, percent_encode};
use serde_json::Value;

use super::claims;
use super::identity::Seal;
use super::jws::MAX_TOKEN;
use super::{Agent, Identity, Published, TokenMemory};
use crate::credential::Credential;
use crate::head::Head;
use crate::reason::{Reason, Refusal};
use crate::time::Timestamp;

/// Where an issuer is asked.
#[derive(Clone, Debug)]
pub struct Introspector {
    /// The proxy's cluster.
    pub cluster: String,
    /// `http` or `https`, for `:scheme`.
    pub scheme: &'static str,
    /// `:authority`.
    pub authority: String,
    /// `:path`, with its query.
    pub path: String,
    /// What this gateway proves itself to the issuer with (RFC 7662 section 2.1).
    pub credential: Credential,
    /// How long an answer may take.
    pub timeout: Duration,
    /// How long an answer counts.
    pub max_age: Duration,
}

/// An opaque token that its issuer is asked about.
pub struct Inquiry {
    token: Box<[u8]>,
    issuer: usize,
    seal: Seal,
}

impl Inquiry {
    /// About this token, if it can be one at all (RFC 6750 section 2.1, `b64token`).
    pub(super) fn new(token: &[u8], issuer: usize, seal: Seal) -> Result<Self, Refusal> {
        let stem = token.iter().rposition(|byte| *byte != b'=').and_then(|last| token.get(..=last)).unwrap_or_default();
        let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~+/".contains(byte);
        if token.len() > MAX_TOKEN || stem.is_empty() || !stem.iter().all(plain) {
            return Err(Refusal::new(Reason::TokenMalformed, "it is neither a JWT nor an opaque token"));
        }
        Ok(Self { token: token.into(), issuer, seal })
    }

    /// The body of the question (RFC 7662 section 2.1).
    #[must_use]
    pub fn form(&self) -> Vec<u8> {
        format!("token={}&token_type_hint=access_token", percent_encode(&self.token, NON_ALPHANUMERIC)).into_bytes()
    }

    /// The agent, if the issuer's answer says that the token is active and the rest of it is in order; it is remembered for
    /// the next request.
    ///
    /// # Errors
    /// [`Reason::TokenInactive`]; [`Reason::TokenIntrospection`] where there is no answer that can be understood; what is
    /// wrong with a token of which the answer says more.
    pub fn admit(
        &self,
        (head, body): (&Head, &[u8]),
        identity: &Identity,
        now: Timestamp,
        memory: &mut TokenMemory,
        published: &Published,
    ) -> Result<Arc<Agent>, Refusal> {
        if self.seal != *identity.seal() {
            return Err(Refusal::new(Reason::Fault, "the configuration changed while the token was asked about"));
        }
        if head.first(":status") != Some(b"200") {
            return Err(unusable("the token's issuer gave no answer about it"));
        }
        let mut claims =
            claims::read(body).map_err(|_| unusable("the issuer's answer about the token can't be read"))?;
        match claims.remove("active") {
            Some(Value::Bool(true)) => {}
            Some(Value::Bool(false)) => return Err(Reason::TokenInactive.into()),
            _ => return Err(unusable("the issuer's answer doesn't say whether the token is active")),
        }
        let issuer = identity.issuer(self.issuer)?;
        let agent = Arc::new(issuer.agent(claims, now)?);
        issuer.check_revocations(&agent, published)?;
        if let (Some(standing), Some(introspector)) =
            (identity.standing(self.issuer, None, published, now), issuer.introspector())
        {
            let until = issuer.end(agent.expires).min(now.plus(introspector.max_age));
            memory.remember(&self.seal, &self.token, &agent, standing, until, now);
        }
        Ok(agent)
    }
}

impl std::fmt::Debug for Inquiry {
    /// Without the token.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Inquiry").field("issuer", &self.issuer).finish_non_exhaustive()
    }
}

fn unusable(detail: &str) -> Refusal {
    Refusal::new(Reason::TokenIntrospection, detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_can_be_a_token_is_asked_about() {
        let seal = || Identity::new(Vec::new(), Vec::new(), None).seal().clone();
        let form = |token: &str| Inquiry::new(token.as_bytes(), 0, seal()).map(|inquiry| inquiry.form());
        assert_eq!(form("aB3-._~+/==").unwrap(), b"token=aB3%2D%2E%5F%7E%2B%2F%3D%3D&token_type_hint=access_token");
        for token in ["", "==", "a=b", "a&token=b", "a b", "a\u{e9}", &"a".repeat(MAX_TOKEN + 1)] {
            assert_eq!(form(token).unwrap_err().reason, Reason::TokenMalformed, "{token}");
        }
    }
}
