//! `identity`: whose tokens are accepted.

use serde::Deserialize;

use super::possession::{ClientCertificate, Dpop};
pub use crate::token::Algorithm;

/// Whose tokens are accepted.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema, serde::Serialize))]
#[serde(deny_unknown_fields)]
pub struct Identity {
    /// At least one.
    pub issuers: Vec<Issuer>,
    /// What `WWW-Authenticate` names as `resource_metadata` (RFC 9728 section 5.1).
    pub resource_metadata: Option<String>,
    /// Who says which TLS certificate a client has, for tokens that are bound to one (`cnf.x5t#S256`, RFC 8705). Left out:
    /// they are refused.
    pub client_certificate: Option<ClientCertificate>,
    /// Proofs of possession, for tokens that are bound to a key (`cnf.jkt`, RFC 9449). Left out: they are refused.
    pub dpop: Option<Dpop>,
}

/// One issuer, and what its tokens must look like.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema, serde::Serialize))]
#[serde(deny_unknown_fields)]
pub struct Issuer {
    /// The exact `iss`.
    pub issuer: String,
    /// What kind of token it issues.
    #[serde(default)]
    pub profile: Profile,
    /// `aud` must contain one of these.
    pub audiences: Vec<String>,
    /// The algorithms allowed; nothing is inferred from the token (RFC 8725 section 3.1). None for opaque tokens.
    #[serde(default)]
    pub algorithms: Vec<Algorithm>,
    /// `HS256` may be among `algorithms`. Its key, an `oct` JWK in `jwks`, can make tokens as well as check them: whoever
    /// reads this configuration can then be any agent of this issuer.
    #[serde(default)]
    pub dangerously_allow_hs256: bool,
    /// Its keys. None for opaque tokens.
    #[serde(default)]
    pub jwks: Jwks,
    /// `profile: opaque`: where it says what its tokens are.
    pub introspection: Option<Introspection>,
    /// Where it says what it has revoked.
    pub revocations: Option<Revocations>,
    /// Its token status lists. A token that names one (`status.status_list`) is refused unless that says that it is valid; one
    /// that names another list is refused. Left out: tokens with a `status` are refused.
    #[serde(default)]
    pub status_lists: Vec<StatusList>,
    /// The exact `typ`, without regard to case and with or without `application/` (RFC 9068 section 2.1).
    #[serde(default = "access_token_type")]
    pub token_type: String,
    /// A token that lives longer (`exp - iat`) is refused. A duration such as `15m`.
    #[serde(default = "default_lifetime")]
    pub max_lifetime: String,
    /// How far clocks may differ. A duration such as `30s`.
    #[serde(default = "default_skew")]
    pub clock_skew: String,
    /// A token with a longer chain of actors (`act`, RFC 8693 section 4.1) is refused.
    #[serde(default = "default_actors")]
    pub max_actors: u8,
    /// Who may act for somebody (the outermost `act.sub`), and with which scopes; left out: whoever the issuer lets. The
    /// first entry about an actor counts, and an actor without one is refused.
    pub actors: Option<Vec<Actor>>,
    /// Claims that every token must have, by name or JSON pointer, besides those that its profile requires.
    #[serde(default)]
    pub required_claims: Vec<String>,
    /// Whether its tokens must be bound to a key or certificate (`cnf`): a bearer token, which serves whoever steals it, is
    /// then refused.
    #[serde(default)]
    pub require_binding: bool,
    /// Which claims say what.
    #[serde(default)]
    pub claims: Claims,
}

/// What kind of token an issuer issues.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema, serde::Serialize))]
#[serde(rename_all = "snake_case")]
pub enum Profile {
    /// JWT access tokens (RFC 9068).
    #[default]
    AccessToken,
    /// JWT-SVIDs (SPIFFE): `issuer` is `spiffe://` and the trust domain, `sub` names the agent; `iss`, `iat`, `jti` and
    /// `client_id` need not be there, and `typ` is absent, `JWT` or `JOSE`.
    JwtSvid,
    /// Random texts, about which the issuer is asked (RFC 7662; `introspection`). One issuer at most. Its answers must say `aud`
    /// and who the agent is; `iss`, `sub`, `exp`, `iat` and `jti` count where they are there.
    Opaque,
}

/// Somebody who may act: exactly one of `id` and `host`.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema, serde::Serialize))]
#[serde(deny_unknown_fields)]
pub struct Actor {
    /// The exact `sub`.
    pub id: Option<String>,
    /// Every client whose id is an https URL on this host, or, as `*.example.com`, on any host below.
    pub host: Option<String>,
    /// What a token in this actor's hands is cut to; left out: all its scopes.
    pub scopes: Option<Vec<String>>,
}

/// A JWK Set (RFC 7517 section 5): either `inline`, or fetched through `cluster`, from `uri` or where the issuer says that it is.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema, serde::Serialize))]
#[serde(deny_unknown_fields)]
pub struct Jwks {
    /// The keys, written out.
    pub inline: Option<serde_json::Value>,
    /// The Envoy cluster through which they are fetched.
    pub cluster: Option<String>,
    /// The URL of the set.
    pub uri: Option<String>,
    /// In place of `uri`: the issuer's metadata, fetched through the same cluster and as often, say where the set is
    /// (`jwks_uri`). Their `issuer` must be identical to the one above, and the set be on the same host.
    pub discover: Option<Discovery>,
    /// How often it is fetched, once for all workers. A duration such as `5m`.
    #[serde(default = "default_refresh")]
    pub refresh: String,
    /// How long after a refresh that failed the keys still count; then requests are refused.
    #[serde(default = "default_stale")]
    pub stale_for: String,
    /// How long one fetch may take.
    #[serde(default = "default_timeout")]
    pub timeout: String,
    /// A token with a `kid` that isn't known has the set fetched before that is due, and waits; but no sooner than this
    /// after the last fetch.
    #[serde(default = "default_pause")]
    pub pause: String,
}

/// Which metadata an issuer publishes about itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema, serde::Serialize))]
#[serde(rename_all = "snake_case")]
pub enum Discovery {
    /// OpenID Connect Discovery 1.0: `/.well-known/openid-configuration` behind the issuer's path.
    Oidc,
    /// RFC 8414: `/.well-known/oauth-authorization-server` before the issuer's path.
    Oauth,
}

/// Where an issuer is asked about opaque tokens (RFC 7662).
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema, serde::Serialize))]
#[serde(deny_unknown_fields)]
pub struct Introspection {
    /// The Envoy cluster through which it is asked.
    pub cluster: String,
    /// The URL of its introspection endpoint.
    pub uri: String,
    /// The header that this gateway proves itself with.
    #[serde(default = "default_header")]
    pub header: String,
    /// What stands in it, such as `Basic …`. A secret, as safe as this configuration.
    pub credential: String,
    /// How long an answer counts, though never longer than the token's `exp`: for so long a token that was revoked goes on.
    #[serde(default = "default_answer_age")]
    pub max_age: String,
    /// How long an answer may take.
    #[serde(default = "default_timeout")]
    pub timeout: String,
}

/// A feed of revocations: a JSON document `{"revoked": [{"jti": …} | {"sub": …} | {"session": …} | {"agent": …}]}`, each
/// entry with an optional `before` (seconds since 1970; tokens issued from then on are not meant). As long as it can't be
/// had, no token of the issuer is accepted.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema, serde::Serialize))]
#[serde(deny_unknown_fields)]
pub struct Revocations {
    /// The Envoy cluster through which it is fetched.
    pub cluster: String,
    /// Its URL.
    pub uri: String,
    /// How often it is fetched, once for all workers: a revocation takes effect within it. A duration such as `5s`.
    #[serde(default = "default_poll")]
    pub refresh: String,
    /// How long after a refresh that failed the last feed still counts; then requests are refused.
    #[serde(default = "default_blind")]
    pub stale_for: String,
    /// How long one fetch may take.
    #[serde(default = "default_timeout")]
    pub timeout: String,
}

/// A Token Status List (draft-ietf-oauth-status-list), as `statuslist+jwt`, signed with one of the issuer's keys. As long as it
/// can't be had, no token that names it is accepted.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema, serde::Serialize))]
#[serde(deny_unknown_fields)]
pub struct StatusList {
    /// The Envoy cluster through which it is fetched.
    pub cluster: String,
    /// Its URI, exactly as tokens name it.
    pub uri: String,
    /// How often it is fetched, once for all workers; sooner where its `ttl` says so. A duration such as `15s`.
    #[serde(default = "default_list_refresh")]
    pub refresh: String,
    /// How long after a refresh that failed the last list still counts, but never longer than its `exp`.
    #[serde(default = "default_blind")]
    pub stale_for: String,
    /// How long one fetch may take.
    #[serde(default = "default_timeout")]
    pub timeout: String,
}

/// Names of claims; a name that starts with `/` is a JSON pointer into the claims.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema, serde::Serialize))]
#[serde(deny_unknown_fields, default)]
pub struct Claims {
    /// The agent, unless `act` names an actor.
    pub agent: String,
    /// The user.
    pub user: String,
    /// The tenant.
    pub tenant: Option<String>,
    /// The session.
    pub session: Option<String>,
    /// The task.
    pub task: Option<String>,
    /// What the agent says it does.
    pub intent: Option<String>,
    /// The agent's role.
    pub role: Option<String>,
    /// What tells this token from every other.
    pub token_id: String,
    /// The scopes: a text separated by spaces, or a list.
    pub scopes: String,
}

impl Default for Jwks {
    fn default() -> Self {
        Self {
            inline: None,
            cluster: None,
            uri: None,
            discover: None,
            refresh: default_refresh(),
            stale_for: default_stale(),
            timeout: default_timeout(),
            pause: default_pause(),
        }
    }
}

impl Default for Claims {
    fn default() -> Self {
        Self {
            agent: "client_id".into(),
            user: "sub".into(),
            tenant: Some("org_id".into()),
            session: Some("sid".into()),
            task: Some("task".into()),
            intent: Some("intent".into()),
            role: Some("role".into()),
            token_id: "jti".into(),
            scopes: "scope".into(),
        }
    }
}

fn access_token_type() -> String {
    "at+jwt".into()
}

fn default_lifetime() -> String {
    "1h".into()
}

fn default_skew() -> String {
    "30s".into()
}

fn default_refresh() -> String {
    "5m".into()
}

fn default_stale() -> String {
    "1h".into()
}

fn default_timeout() -> String {
    "2s".into()
}

fn default_pause() -> String {
    "10s".into()
}

fn default_poll() -> String {
    "5s".into()
}

fn default_list_refresh() -> String {
    "15s".into()
}

fn default_blind() -> String {
    "1m".into()
}

fn default_header() -> String {
    "authorization".into()
}

fn default_answer_age() -> String {
    "10s".into()
}

fn default_actors() -> u8 {
    4
}
