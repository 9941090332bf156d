//! What an issuer's server answers to a fetch.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use flate2::Compression;
use flate2::write::ZlibEncoder;
use serde_json::{Map, Value, json};

use toolgate::gate::Gate;
use toolgate::head::Head;
use toolgate::remote::{Lease, Task};
use toolgate::time::Timestamp;

use super::configuration::ISSUER;
use super::format::{Published, Sign, Statuses, Step};
use super::gateway::{CLUSTER, ISSUER_CLUSTER, NOW};
use super::keys::{self, Key};
use super::message::generated;
use super::mint::moment;

/// The body for a fetch of `path`, whose end says what is fetched.
#[must_use]
pub fn document(published: &Published, path: &str) -> Vec<u8> {
    if let Some(text) = published.text.clone().or_else(|| published.generate.as_ref().map(generated)) {
        return text.into_bytes();
    }
    if let Some(place) = path.strip_prefix(DIRECTORY) {
        return directory(&published.metadata, place).to_string().into_bytes();
    }
    if let Some(answer) = published.introspection.as_ref().filter(|_| path.ends_with("/introspect")) {
        return Value::Object(answer.clone()).to_string().into_bytes();
    }
    if path.ends_with("/status") {
        return statuses(published.statuses.clone().unwrap_or_default(), path).unwrap_or_default().into_bytes();
    }
    let document = match tenant(path) {
        Some(tenant) => metadata(&published.metadata, tenant),
        None if path.ends_with("/revoked") => json!({ "revoked": published.revoked }),
        None if path.ends_with("/jwks") => {
            let keys: Vec<Value> = published.keys.iter().map(|sign| key(*sign).public_jwk()).collect();
            json!({ "keys": keys })
        }
        None => json!({"error": "not found"}),
    };
    document.to_string().into_bytes()
}

/// Where a decision service tells of itself (AuthZEN Authorization API 1.0 section 9.2).
const DIRECTORY: &str = "/.well-known/authzen-configuration";

/// What the decision service at that place says of itself: what is right, but for what the scenario says.
fn directory(wanted: &Map<String, Value>, place: &str) -> Value {
    let service = format!("https://pdp.example.com{place}");
    let right = json!({
        "policy_decision_point": service,
        "access_evaluation_endpoint": "https://pdp.example.com/told/evaluation",
        "access_evaluations_endpoint": "https://pdp.example.com/told/evaluations",
    });
    but(right, wanted)
}

/// Whether `path` is where a decision service tells of itself.
#[must_use]
pub fn is_directory(path: &str) -> bool {
    path.starts_with(DIRECTORY)
}

/// The path of the issuer whose metadata are at `path`, if any are (OpenID Connect Discovery 1.0, RFC 8414).
fn tenant(path: &str) -> Option<&str> {
    path.strip_suffix("/.well-known/openid-configuration")
        .or_else(|| path.strip_prefix("/.well-known/oauth-authorization-server"))
}

/// Metadata of the issuer with this path.
fn metadata(wanted: &Map<String, Value>, tenant: &str) -> Value {
    let issuer = format!("{ISSUER}{tenant}");
    let right = json!({
        "jwks_uri": format!("{issuer}/published/jwks"),
        "token_endpoint": format!("{issuer}/token"),
        "token_endpoint_auth_signing_alg_values_supported": ["ES256", "EdDSA"],
        "issuer": issuer,
    });
    but(right, wanted)
}

/// With these members beside and in place of its own; one that is `false` is left out.
fn but(right: Value, wanted: &Map<String, Value>) -> Value {
    let wanted = wanted.iter().map(|(name, value)| (name.clone(), value.clone()));
    let mut members: Map<String, Value> =
        right.as_object().cloned().unwrap_or_default().into_iter().chain(wanted).collect();
    members.retain(|_, value| *value != false);
    Value::Object(members)
}

/// The key of that name.
fn key(sign: Sign) -> &'static Key {
    match sign {
        Sign::Rs256 => &keys::RS256,
        Sign::Eddsa => &keys::EDDSA,
        Sign::Es384 => &keys::ES384,
        Sign::Stranger => &keys::STRANGER,
        Sign::Secret => &keys::HS256,
        _ => &keys::ES256,
    }
}

/// A status list (draft-ietf-oauth-status-list section 5.1), the least significant bits first.
fn statuses(wanted: Statuses, path: &str) -> Result<String> {
    let bits = usize::from(wanted.bits);
    let mut bytes = vec![0_u8; wanted.values.len().saturating_mul(bits).div_ceil(8)];
    for (index, value) in wanted.values.iter().enumerate() {
        let first = index.saturating_mul(bits);
        if let Some(byte) = bytes.get_mut(first / 8) {
            *byte |= value << (first % 8);
        }
    }
    bytes.resize(bytes.len().saturating_add(wanted.padding), 0);
    let mut packer = ZlibEncoder::new(Vec::new(), Compression::default());
    packer.write_all(&bytes)?;
    let packed = URL_SAFE_NO_PAD.encode(packer.finish()?);
    let key = key(wanted.sign);
    let mut header = json!({"typ": "statuslist+jwt", "alg": key.algorithm, "kid": key.id});
    let mut claims = json!({
        "sub": format!("{ISSUER}{path}"), "iat": NOW.as_secs(),
        "status_list": {"bits": wanted.bits, "lst": packed},
    });
    if let (Some(header), Some(claims)) = (header.as_object_mut(), claims.as_object_mut()) {
        header.extend(wanted.header);
        claims.extend(wanted.claims);
        claims.retain(|name, _| !wanted.remove.contains(name));
    }
    let input = [header, claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string())).join(".");
    let signature = URL_SAFE_NO_PAD.encode(key.sign(input.as_bytes())?);
    Ok(format!("{input}.{signature}"))
}

/// How long to wait before `step`.
///
/// # Errors
/// When it isn't a duration.
pub fn pause(step: &Step) -> Result<Duration> {
    let text = step.after.as_deref().unwrap_or("0s");
    humantime::parse_duration(text).with_context(|| format!("`{text}` is not a duration such as `2s`"))
}

/// What is published at each step: what it says, else what the step before it does.
#[must_use]
pub fn each(steps: &[Step], now: Duration) -> Vec<Published> {
    let mut last = Published::default();
    steps
        .iter()
        .map(|step| {
            if let Some(published) = &step.issuer {
                last = published.clone();
            }
            let mut said = last.clone();
            for (name, value) in said.introspection.iter_mut().flatten() {
                // What can't be read as a time stays as it is: a scenario of its own.
                *value = moment(name, value, now).unwrap_or_else(|_| value.clone());
            }
            said
        })
        .collect()
}

/// What surrounds the pure core where something is fetched: the clock, the lease of each publication, and the issuer's
/// server, or the decision service's. There is one worker, so nothing need be shared.
#[derive(Debug)]
pub(super) struct Issuer {
    pub(super) now: Timestamp,
    published: Published,
    leases: BTreeMap<usize, Lease>,
}

impl Default for Issuer {
    fn default() -> Self {
        Self { now: Timestamp::from_secs(NOW.as_secs()), published: Published::default(), leases: BTreeMap::new() }
    }
}

impl Issuer {
    /// After `pause`, this is what it publishes.
    pub(super) fn publish(&mut self, published: &Published, pause: Duration) {
        self.now = self.now.plus(pause);
        self.published = published.clone();
    }

    /// What it answers to a question about a token.
    pub(super) fn introspect(&self, cluster: &str, path: &str) -> Result<(Head, Vec<u8>)> {
        let said = |status: u16, body: Vec<u8>| (Head::from_pairs([(":status", status.to_string())]), body);
        Ok(match (cluster == ISSUER_CLUSTER, self.published.silent) {
            (false, _) => (Head::default(), Vec::new()),
            (true, true) => said(504, Vec::new()),
            (true, false) => said(self.published.status.unwrap_or(200), document(&self.published, path)),
        })
    }

    /// What the filter's root context does on its tick.
    pub(super) fn tick(&mut self, gate: &mut Gate) {
        let config = Arc::clone(&gate.config);
        for (at, source) in Gate::sources(&config).enumerate() {
            self.now = self.now.plus(TICK);
            let now = self.now;
            let lease = self.leases.get(&at).copied().unwrap_or_default();
            let Task::Fetch(taken) = gate.look_after(at, now, lease) else { continue };
            let listens = [ISSUER_CLUSTER, CLUSTER].contains(&source.cluster.as_str());
            let answers = listens && !self.published.silent && self.published.status.unwrap_or(200) == 200;
            let document = document(&self.published, gate.fetched_from(at));
            let lease = if answers && gate.load(at, now, &document).is_ok() {
                taken.fulfilled(source, now)
            } else {
                gate.fetch_failed(at);
                taken.failed(source, now)
            };
            self.leases.insert(at, lease);
        }
    }
}

/// Time passes while something is fetched.
const TICK: Duration = Duration::from_millis(20);
