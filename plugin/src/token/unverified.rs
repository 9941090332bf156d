//! What a token that isn't accepted says of itself, for whoever wonders whose agent is being refused.
//!
//! Nobody vouches for it: whoever sent it could write anybody's name there, or whatever would look like one line more in a log.
//! So it is digests of a fixed length, which tell records of the same sender apart from others and can be compared with the
//! digest of a name that is known. Only an issuer's name is told as it is, and only where it is one of the configuration's: it is
//! those words that are told.

use serde::Serialize;
use serde_json::Value;

use super::claims::{self, Claims};
use super::issuer::Mapping;
use super::jws::{Jws, MAX_TOKEN};
use super::{Identity, authorization};
use crate::head::Head;

/// What a refused token says of itself. It may all be made up.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Unverified {
    /// Of the token as it was sent: the same token again has the same.
    pub token_digest: String,
    /// Its issuer, where that is one of the configuration's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    /// Of any other `iss`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issuer_digest: Option<String>,
    /// Of the claim that names the agent: the outermost `act.sub`, else that of `claims.agent`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_digest: Option<String>,
    /// Of the claim that names the user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_digest: Option<String>,
    /// Of the claim that names the token (`jti`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_id_digest: Option<String>,
    /// Of `kid` in its header.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_id_digest: Option<String>,
}

impl Identity {
    /// What the token of `head` says of itself, each value as `digest` makes it; none where there is no one token, or one that
    /// is too long to be looked at.
    #[must_use]
    pub fn unverified(&self, head: &Head, digest: &dyn Fn(&[u8]) -> String) -> Option<Unverified> {
        let (_, token) = authorization::credential(head).ok()?;
        if token.len() > MAX_TOKEN {
            return None;
        }
        let mut told = Unverified { token_digest: digest(token), ..Unverified::default() };
        let Ok(jws) = Jws::parse(token) else { return Some(told) };
        told.key_id_digest = jws.header.key_id.as_ref().map(|id| digest(id.as_bytes()));
        let Ok(claims) = claims::read(&jws.payload) else { return Some(told) };
        let issuer = self.find(&claims).and_then(|at| self.issuer(at)).ok();
        match issuer {
            Some(issuer) => told.issuer = Some(issuer.issuer.clone()),
            None => told.issuer_digest = claims.get("iss").and_then(Value::as_str).map(|iss| digest(iss.as_bytes())),
        }
        let Named { agent, user, token_id } = Named::by(&claims, issuer.map(|issuer| &issuer.mapping));
        let digest = |name: Option<&str>| name.map(|name| digest(name.as_bytes()));
        told.agent_digest = digest(agent);
        told.user_digest = digest(user.filter(|user| Some(*user) != agent));
        told.token_id_digest = digest(token_id);
        Some(told)
    }
}

/// Who is named where claims usually name them.
struct Named<'c> {
    agent: Option<&'c str>,
    user: Option<&'c str>,
    token_id: Option<&'c str>,
}

impl<'c> Named<'c> {
    /// By the claims that the issuer's entry says; of a stranger's token by those of RFC 9068.
    fn by(claims: &'c Claims, mapping: Option<&Mapping>) -> Self {
        let actor = claims.get("act").and_then(|actor| actor.get("sub")).and_then(Value::as_str);
        let claim = |name: &str| claims.get(name).and_then(Value::as_str);
        let (client, user, token_id) = match mapping {
            Some(mapping) => {
                let [client, user, token_id] = [&mapping.agent, &mapping.user, &mapping.token_id]
                    .map(|path| path.find(claims).and_then(Value::as_str));
                (client, user, token_id)
            }
            None => (claim("client_id"), claim("sub"), claim("jti")),
        };
        Self { agent: actor.or(client), user, token_id }
    }
}
