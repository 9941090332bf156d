//! `identity.task_documents`: who says, signed, what one run may do.

use serde::Deserialize;

use super::Jwks;
use crate::token::Algorithm;

/// Signed task documents: JWS of `typ` `task+jwt` with `iss`, `aud`, `iat`, `exp`, `jti`, `client_id` (the agent), where it is for
/// one user `sub`, and `task`: tools, actions, resources and counterparties in the form of `tasks.named`. A token names its
/// document in the claim that names a task: by `jti`, or as `sha-256:` and the SHA-256 of the document in base64url. It only
/// takes away: what isn't part of it is refused, whatever rules allow.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema, serde::Serialize))]
#[serde(deny_unknown_fields)]
pub struct TaskDocuments {
    /// The header that they come in; it ends at the gate.
    #[serde(default = "default_header")]
    pub header: String,
    /// The exact `iss` of whoever signs them.
    pub issuer: String,
    /// `aud` must contain one of these.
    pub audiences: Vec<String>,
    /// The algorithms allowed.
    pub algorithms: Vec<Algorithm>,
    /// The signer's keys.
    pub jwks: Jwks,
    /// A document that lives longer (`exp - iat`) is refused. A duration such as `1h`.
    #[serde(default = "default_lifetime")]
    pub max_lifetime: String,
    /// How far clocks may differ. A duration such as `30s`.
    #[serde(default = "default_skew")]
    pub clock_skew: String,
}

fn default_header() -> String {
    "task-document".into()
}

fn default_lifetime() -> String {
    "1h".into()
}

fn default_skew() -> String {
    "30s".into()
}
