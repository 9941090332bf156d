//! The identity provider of the demo: a key made at start, a JWKS endpoint, access tokens (RFC 9068) that live five minutes, and
//! a token endpoint for the one client that it knows, the decision service.

mod exchange;
mod request;

use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context;
use axum::Router;
use axum::routing::{get, post};
use jwt_simple::prelude::*;
use serde::Serialize;
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// The `iss` that policy.yaml trusts.
pub(crate) const ISSUER: &str = "https://idp.example.com";
/// The `aud` that policy.yaml accepts.
const AUDIENCE: &str = "https://crm.example.com";
/// The CRM behind the gate. An agent's token is not meant for it, and one that is meant for it is not good at the gate.
pub(crate) const CRM: &str = "https://crm.internal.example.com";
/// The decision service's `client_id`.
pub(crate) const CLIENT: &str = "decision-service";
/// Long enough for the story, short enough to be worthless tomorrow. It is also what policy.yaml allows at most.
const LIFETIME_MINUTES: u64 = 5;

/// Signs tokens; its key never leaves it. Clones are the same issuer.
#[derive(Clone)]
pub(crate) struct Issuer(Arc<Inner>);

struct Inner {
    key: ES256KeyPair,
    /// Of the client that may exchange tokens.
    client: ES256PublicKey,
    seen: Mutex<request::Seen>,
    brokered: Mutex<Vec<String>>,
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
    /// With the public key of the client that may exchange tokens.
    pub(crate) fn new(client: ES256PublicKey) -> Self {
        let key = ES256KeyPair::generate().with_key_id("demo-1");
        Self(Arc::new(Inner { key, client, seen: Mutex::default(), brokered: Mutex::default() }))
    }

    /// The tokens that were given in an exchange, so that it can be looked where they turn up.
    pub(crate) fn brokered(&self) -> Vec<String> {
        self.0.brokered.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The public keys (RFC 7517 section 5).
    pub(crate) fn jwks(&self) -> anyhow::Result<Value> {
        let key: Value = serde_json::from_str(&self.0.key.public_key().to_jwk()).context("the key is no JWK")?;
        Ok(json!({"keys": [key]}))
    }

    /// An access token, such as a token exchange (RFC 8693) would give to an agent that acts for a user.
    pub(crate) fn token(&self, grant: Grant) -> anyhow::Result<String> {
        let Grant { agent, user, role, intent, scope } = grant;
        let custom = AgentClaims { client_id: agent, act: Actor { sub: agent }, scope, role, intent };
        let claims = Claims::with_custom_claims(custom, Duration::from_mins(LIFETIME_MINUTES));
        self.signed(claims.with_audience(AUDIENCE).with_subject(user))
    }

    fn signed<T: Serialize>(&self, claims: JWTClaims<T>) -> anyhow::Result<String> {
        let mut claims = claims.with_issuer(ISSUER);
        let id = claims.create_nonce();
        claims = claims.with_jwt_id(id);
        claims.nonce = None;
        let header = HeaderOptions { signature_type: Some("at+jwt".into()), content_type: None };
        self.0.key.sign_with_options(claims, &header).context("the token can't be signed")
    }

    /// Serves `/jwks` and `/token` until the task is dropped.
    pub(crate) async fn serve(self, listener: TcpListener, jwks: Value) -> std::io::Result<()> {
        let app = Router::new()
            .route("/jwks", get(async move || axum::Json(jwks)))
            .route("/token", post(exchange::token))
            .with_state(self);
        axum::serve(listener, app).await
    }
}
