//! The token endpoint: an exchange (RFC 8693) of the decision service's word for a token that is good for one resource and
//! scope, and no longer than that word.

use std::sync::PoisonError;

use axum::extract::{Form, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use jwt_simple::prelude::*;
use serde::Serialize;
use serde_json::json;

use super::request::{Refused, Request, Seconds};
use super::{Actor, CLIENT, CRM, Issuer};

/// One call needs seconds.
const LONGEST: Seconds = 60;

#[derive(Serialize)]
struct BrokeredClaims<'r> {
    client_id: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    act: Option<Actor<'r>>,
    scope: &'r str,
}

pub(super) async fn token(State(issuer): State<Issuer>, Form(fields): Form<Vec<(String, String)>>) -> Response {
    let now = Clock::now_since_epoch().as_secs();
    let read = {
        let mut seen = issuer.0.seen.lock().unwrap_or_else(PoisonError::into_inner);
        Request::read(fields, &issuer.0.client, &mut seen, now)
    };
    let body = match read {
        Ok(request) => issuer.brokered_token(&request, now),
        Err(refused) => return refused.into_response(),
    };
    match body {
        Ok(body) => ([(header::CACHE_CONTROL, "no-store")], axum::Json(body)).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

impl Issuer {
    fn brokered_token(&self, request: &Request, now: Seconds) -> anyhow::Result<serde_json::Value> {
        let Request { user, agent, scope, until } = request;
        // What was signed by a clock that is behind may have ended: then so has the token.
        let life = until.saturating_sub(now).min(LONGEST);
        let act = agent.as_deref().map(|sub| Actor { sub });
        let claims =
            Claims::with_custom_claims(BrokeredClaims { client_id: CLIENT, act, scope }, Duration::from_secs(life));
        let token = self.signed(claims.with_audience(CRM).with_subject(user))?;
        self.0.brokered.lock().unwrap_or_else(PoisonError::into_inner).push(token.clone());
        Ok(json!({
            "access_token": token,
            "issued_token_type": "urn:ietf:params:oauth:token-type:access_token",
            "token_type": "Bearer",
            "expires_in": life,
            "scope": scope,
        }))
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let status = if self == Self::InvalidClient { StatusCode::UNAUTHORIZED } else { StatusCode::BAD_REQUEST };
        (status, axum::Json(json!({"error": self.code()}))).into_response()
    }
}
