//! The identity provider of the demo: a key made at start, a JWKS endpoint, access tokens (RFC 9068) that live five minutes.

use anyhow::Context;
use axum::Router;
use axum::routing::get;
use jwt_simple::prelude::*;
use serde::Serialize;
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// The `iss` that policy.yaml trusts.
const ISSUER: &str = "https://idp.example.com";
/// The `aud` that policy.yaml accepts.
const AUDIENCE: &str = "https://crm.example.com";
/// Long enough for the story, short enough to be worthless tomorrow. It is also what policy.yaml allows at most.
const LIFETIME_MINUTES: u64 = 5;

/// Signs tokens; its key never leaves it.
pub(crate) struct Issuer {
    key: ES256KeyPair,
}

/// What a token says besides the registered claims: which agent acts, for what.
#[derive(Serialize)]
struct AgentClaims<'a> {
    client_id: &'a str,
    act: Actor<'a>,
    scope: &'a str,
    role: &'a str,
    intent: &'a str,
}

/// RFC 8693 section 4.1: the token's subject is the user, and this is who acts for them.
#[derive(Serialize)]
struct Actor<'a> {
    sub: &'a str,
}

/// Whom a token is for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Grant {
    pub(crate) agent: &'static str,
    pub(crate) user: &'static str,
    pub(crate) role: &'static str,
    pub(crate) intent: &'static str,
    pub(crate) scope: &'static str,
}

impl Issuer {
    pub(crate) fn new() -> Self {
        Self { key: ES256KeyPair::generate().with_key_id("demo-1") }
    }

    /// The public keys (RFC 7517 section 5).
    pub(crate) fn jwks(&self) -> anyhow::Result<Value> {
        let key: Value = serde_json::from_str(&self.key.public_key().to_jwk()).context("the key is no JWK")?;
        Ok(json!({"keys": [key]}))
    }

    /// An access token, such as a token exchange (RFC 8693) would give to an agent that acts for a user.
    pub(crate) fn token(&self, grant: Grant) -> anyhow::Result<String> {
        let Grant { agent, user, role, intent, scope } = grant;
        let custom = AgentClaims { client_id: agent, act: Actor { sub: agent }, scope, role, intent };
        let mut claims = Claims::with_custom_claims(custom, Duration::from_mins(LIFETIME_MINUTES))
            .with_issuer(ISSUER)
            .with_audience(AUDIENCE)
            .with_subject(user);
        let id = claims.create_nonce();
        claims = claims.with_jwt_id(id);
        claims.nonce = None;
        let header = HeaderOptions { signature_type: Some("at+jwt".into()), content_type: None };
        self.key.sign_with_options(claims, &header).context("the token can't be signed")
    }

    /// Serves `/jwks` until the task is dropped.
    pub(crate) async fn serve(listener: TcpListener, jwks: Value) -> std::io::Result<()> {
        let app = Router::new().route("/jwks", get(async move || axum::Json(jwks)));
        axum::serve(listener, app).await
    }
}
