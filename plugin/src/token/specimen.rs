//! A token as an issuer would write it, but that nobody signed: to see what would become of one with these claims.
//!
//! It opens nothing. Like every other token it becomes an [`Agent`](super::Agent) only through
//! [`Candidate::admit`](super::Candidate::admit), which takes a verdict on its signature; whoever explains says that
//! it holds, and a filter that got such a token over the wire would find that it doesn't.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::claims::{ClaimPath, Claims};
use super::{Confirmation, Identity, Issuer, Keys};
use crate::time::Timestamp;

/// Shorter than any `max_lifetime` that makes sense.
const LIFETIME: u64 = 60;

/// Who acts when the claims don't say.
const SOMEBODY: &str = "agent";

impl Identity {
    /// A token with these claims, of the issuer that `iss` names, else the first. What RFC 9068 section 2.2 requires
    /// and the claims leave out is filled in.
    #[must_use]
    pub fn specimen(&self, claims: &serde_json::Map<String, Value>, now: Timestamp) -> String {
        let named = claims.get("iss").and_then(|named| self.issuers().iter().find(|issuer| *named == issuer.issuer));
        let issuer = named.or_else(|| self.issuers().first());
        let header = issuer.map(header).unwrap_or_default();
        let claims = match issuer {
            Some(issuer) => completed(claims, issuer, now),
            None => claims.clone(),
        };
        let part = |json: Value| URL_SAFE_NO_PAD.encode(json.to_string());
        format!("{}.{}.{}", part(header), part(Value::Object(claims)), URL_SAFE_NO_PAD.encode(b"not signed"))
    }
}

fn header(issuer: &Issuer) -> Value {
    let key = match &issuer.keys {
        Keys::Inline(keys) => keys.first(),
        Keys::Published(_) => None,
    };
    let algorithm = key.map(|key| key.algorithm()).or_else(|| issuer.algorithms.first().copied());
    let mut header =
        json!({"alg": algorithm.map_or("none", super::Algorithm::name), "typ": issuer.profile.token_type()});
    if let (Some(members), Some(id)) = (header.as_object_mut(), key.and_then(|key| key.key_id())) {
        members.insert("kid".into(), id.into());
    }
    header
}

fn completed(claims: &Claims, issuer: &Issuer, now: Timestamp) -> Claims {
    let mut claims = claims.clone();
    // Nobody holds a key for a specimen. What can't be verified at all stays, and is refused.
    if Confirmation::read(&claims).is_ok_and(|bound| issuer.bindings.check(&bound).is_ok()) {
        claims.remove("cnf");
    }
    // A client that acts for itself is its own subject (RFC 9068 section 2.2).
    let agent = [issuer.mapping.agent.top_level(), Some("client_id"), Some("sub")].into_iter().flatten();
    let agent = agent.filter_map(|name| claims.get(name)?.as_str()).next().unwrap_or(SOMEBODY).to_owned();
    let issued = claims.get("iat").and_then(Value::as_u64).unwrap_or_else(|| now.as_secs());
    let mut fill = |name: &str, value: Value| {
        claims.entry(name).or_insert(value);
    };
    fill("iss", issuer.issuer.as_str().into());
    fill("aud", issuer.audiences.first().map_or(Value::Null, |audience| audience.as_str().into()));
    fill("client_id", agent.as_str().into());
    for path in [&issuer.mapping.agent, &issuer.mapping.user].into_iter().filter_map(ClaimPath::top_level) {
        fill(path, agent.as_str().into());
    }
    fill("sub", agent.into());
    for path in [Some("jti"), issuer.mapping.token_id.top_level()].into_iter().flatten() {
        fill(path, "specimen".into());
    }
    fill("iat", issued.into());
    fill("exp", issued.saturating_add(LIFETIME).into());
    claims
}
