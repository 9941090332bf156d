//! A tool that looks at credentials: where money moves, a token of an issuer's is needed that is meant for this service and
//! for moving money. All else stays open, as in a [`Crm`](crate::Crm) without a guard.
//!
//! It is checked in front of both faces, so that a refusal is HTTP's own (RFC 6750 section 3.1).

use std::collections::HashSet;
use std::fmt;

use anyhow::Context;
use axum::Json;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jwt_simple::prelude::{Duration, ECDSAP256PublicKeyLike, ES256PublicKey, JWTClaims, VerificationOptions};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::journal::Entry;

/// The scope that moves money.
pub const PAYMENTS: &str = "payments:write";

/// By so much the issuer's clock may differ.
const CLOCKS_DIFFER: u64 = 5;

/// Whose tokens count, and for whom they must be meant.
pub struct Guard {
    key: ES256PublicKey,
    issuer: String,
    audience: String,
}

impl fmt::Debug for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guard").field("issuer", &self.issuer).field("audience", &self.audience).finish_non_exhaustive()
    }
}

/// What a token said that was good.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credential {
    /// On whose behalf (`sub`).
    pub user: String,
    /// Who acts (`act.sub`).
    pub agent: String,
    /// What it is good for.
    pub scope: String,
    /// How long it lives, from its issue to its end.
    pub seconds: u64,
}

/// Why there is no good token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refused {
    /// None, or none that counts here.
    Token,
    /// One for something else.
    Scope,
}

#[derive(Deserialize)]
struct Custom {
    scope: String,
    act: Actor,
}

#[derive(Deserialize)]
struct Actor {
    sub: String,
}

impl Guard {
    /// With the first key of the issuer's JWKS (ES256). `audience` is this service.
    ///
    /// # Errors
    /// There is no such key.
    pub fn new(jwks: &Value, issuer: &str, audience: &str) -> anyhow::Result<Self> {
        let key = jwks.pointer("/keys/0").context("the issuer has no keys")?;
        let key =
            ES256PublicKey::from_jwk(&key.to_string()).ok().context("the issuer's first key is none for ES256")?;
        Ok(Self { key, issuer: issuer.to_owned(), audience: audience.to_owned() })
    }

    /// What the token of this request says. `None` where none is needed, and then none is looked at.
    pub(crate) fn check(&self, entry: &Entry, headers: &HeaderMap) -> Result<Option<Credential>, Refused> {
        if !moves_money(entry) {
            return Ok(None);
        }
        let mut values = headers.get_all(header::AUTHORIZATION).iter();
        let only = values.next().filter(|_| values.next().is_none());
        let token = only.and_then(|value| value.to_str().ok()?.strip_prefix("Bearer ")).ok_or(Refused::Token)?;
        let claims = self.verified(token).ok_or(Refused::Token)?;
        let credential = credential(claims).ok_or(Refused::Token)?;
        if credential.scope.split(' ').any(|word| word == PAYMENTS) {
            Ok(Some(credential))
        } else {
            Err(Refused::Scope)
        }
    }

    fn verified(&self, token: &str) -> Option<JWTClaims<Custom>> {
        let options = VerificationOptions {
            required_signature_type: Some("at+jwt".to_owned()),
            allowed_issuers: Some(HashSet::from([self.issuer.clone()])),
            allowed_audiences: Some(HashSet::from([self.audience.clone()])),
            time_tolerance: Some(Duration::from_secs(CLOCKS_DIFFER)),
            ..VerificationOptions::default()
        };
        self.key.verify_token(token, Some(options)).ok()
    }
}

/// A token without an end is none.
fn credential(claims: JWTClaims<Custom>) -> Option<Credential> {
    let (issued, ends) = (claims.issued_at?.as_secs(), claims.expires_at?.as_secs());
    let Custom { scope, act } = claims.custom;
    Some(Credential { user: claims.subject?, agent: act.sub, scope, seconds: ends.saturating_sub(issued) })
}

/// A payment or a refund, over either face.
fn moves_money(entry: &Entry) -> bool {
    let by_tool = entry.tool().is_some_and(|tool| tool.starts_with("payments."));
    by_tool || (entry.method == "POST" && entry.path.starts_with("/v1/payments"))
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let (status, error) = match self {
            Self::Token => (StatusCode::UNAUTHORIZED, "invalid_token"),
            Self::Scope => (StatusCode::FORBIDDEN, "insufficient_scope"),
        };
        let challenge = format!("Bearer error=\"{error}\", scope=\"{PAYMENTS}\"");
        (status, [(header::WWW_AUTHENTICATE, challenge)], Json(json!({"error": error}))).into_response()
    }
}
