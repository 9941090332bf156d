//! `identity.client_certificate` and `identity.dpop`: how senders of bound tokens show that they hold the key.

use serde::Deserialize;

use crate::token::Algorithm;

/// Who says which TLS certificate a client has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema, serde::Serialize))]
#[serde(rename_all = "snake_case")]
pub enum ClientCertificate {
    /// Envoy, of the connection that the request came on: its listener asks clients for certificates.
    Connection,
    /// `Hash` in `x-forwarded-client-cert`. Only right where Envoy's `forward_client_cert_details` is `SANITIZE_SET`: what
    /// else stands in that header a client may have written. One that describes several certificates is refused.
    ForwardedHeader,
}

/// Proofs of possession (DPoP, RFC 9449).
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema, serde::Serialize))]
#[serde(deny_unknown_fields)]
pub struct Dpop {
    /// Under which origins clients know this gateway, such as `https://gateway.example.com`: a proof's `htu` is one of them,
    /// followed by the path of the request. Where there are several, the one that the request names in `:authority`.
    pub origins: Vec<String>,
    /// What proofs may be signed with.
    #[serde(default = "default_algorithms")]
    pub algorithms: Vec<Algorithm>,
    /// How long after it was made a proof is accepted. Each is remembered for so long, and accepted once. A duration such as `60s`.
    #[serde(default = "default_age")]
    pub max_age: String,
    /// How far a client's clock may be ahead. A duration such as `5s`.
    #[serde(default = "default_ahead")]
    pub clock_skew: String,
    /// Proofs must hold a nonce of the gateway's (`dpop-nonce`), so that none can be made in advance.
    pub nonce: Option<DpopNonce>,
}

/// The gateway's nonces.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema, serde::Serialize))]
#[serde(deny_unknown_fields)]
pub struct DpopNonce {
    /// A secret under which nonces are made: base64 of at least 32 random bytes. Gateways with the same key know each other's.
    pub key: String,
    /// For how long one is good. A duration such as `5m`.
    #[serde(default = "default_lifetime")]
    pub lifetime: String,
}

fn default_algorithms() -> Vec<Algorithm> {
    vec![Algorithm::ES256, Algorithm::ES384, Algorithm::EdDSA, Algorithm::PS256, Algorithm::RS256]
}

fn default_age() -> String {
    "60s".into()
}

fn default_ahead() -> String {
    "5s".into()
}

fn default_lifetime() -> String {
    "5m".into()
}
