//! `audit`: what is recorded, and where.

use serde::Deserialize;

use super::Secret;

/// What is recorded, and where.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema, serde::Serialize))]
#[serde(deny_unknown_fields, default)]
pub struct Audit {
    /// Whether the upstream gets `x-agent-*` headers. Those that a client sends are removed in any case.
    pub headers: bool,
    /// Which records are written to the proxy's log.
    pub log: LogWhat,
    /// A secret under which values are digested (HMAC-SHA-256): base64 of at least 32 random bytes. Without it digests
    /// are plain SHA-256, and what has few possible values can be guessed from them.
    pub digest_key: Option<String>,
    /// Whether each worker's records form a chain, in which none can be changed or taken out without `toolgate verify-log`
    /// naming it. With `digest_key` only who has the key could forge one.
    pub chain: bool,
    /// Whether the verdict is left in filter state, for the format of Envoy's access log:
    /// `%FILTER_STATE(wasm.toolgate.verdict:PLAIN)%` and the others that README.md lists.
    pub filter_state: bool,
    /// A collector to which records are sent as OpenTelemetry logs (OTLP/HTTP, JSON).
    pub export: Option<Export>,
    /// A signed header `x-agent-assertion`, by which an upstream can verify that the gate judged this very request:
    /// `envoy/ASSERTION.md`.
    pub assertion: Option<Assertion>,
}

impl Default for Audit {
    fn default() -> Self {
        Self {
            headers: true,
            log: LogWhat::All,
            digest_key: None,
            chain: false,
            filter_state: false,
            export: None,
            assertion: None,
        }
    }
}

/// Which records are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema, serde::Serialize))]
#[serde(rename_all = "snake_case")]
pub enum LogWhat {
    /// One for each judged request.
    #[default]
    All,
    /// Only those of requests that were refused, or would have been but for shadow mode.
    Denials,
    /// None. Metrics and headers still tell what happened.
    None,
}

/// A collector of OpenTelemetry logs.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema, serde::Serialize))]
#[serde(deny_unknown_fields)]
pub struct Export {
    /// The Envoy cluster through which it is reached.
    pub cluster: String,
    /// Where it takes logs, such as `http://collector.example.com:4318/v1/logs`.
    pub url: String,
    /// How long to wait for its answer, such as `5s`.
    #[serde(default = "default_timeout")]
    pub timeout: String,
    /// Which records are sent.
    #[serde(default)]
    pub records: LogWhat,
    /// How many records each worker keeps while the collector doesn't take them; what comes then is dropped, and counted.
    #[serde(default = "default_queue")]
    pub queue: u32,
}

/// How the header `x-agent-assertion` is signed.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema, serde::Serialize))]
#[serde(deny_unknown_fields)]
pub struct Assertion {
    /// The gate's private key, on Ed25519 (signs as `EdDSA`) or P-256 (`ES256`): PEM (PKCS #8) or the JSON of a JWK. It
    /// appears in no log, no record and no answer.
    pub key: Secret,
    /// `kid`, by which upstreams find the public key. Left out: that of the JWK, else the key's thumbprint (RFC 7638).
    pub key_id: Option<String>,
    /// `iss`: the gate's name, such as `https://gateway.example.com`.
    pub issuer: String,
    /// `aud`. Left out: the route's `server`.
    pub audience: Option<String>,
    /// How long an assertion is good, from `1s` to `5m`.
    #[serde(default = "default_lifetime")]
    pub lifetime: String,
}

/// As long as it may take from the gate to the upstream, and its clock be wrong.
fn default_lifetime() -> String {
    "60s".into()
}

fn default_timeout() -> String {
    "5s".into()
}

/// About 4 MB a worker: with 100 requests a second, 40 seconds without a collector.
fn default_queue() -> u32 {
    4096
}
