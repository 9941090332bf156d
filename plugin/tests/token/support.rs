//! A configuration and a token that are right, and ways to change one thing.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use p256::ecdsa::signature::Signer as _;
use serde_json::{Value, json};
use toolgate::head::Head;
use toolgate::reason::{Reason, Refusal};
use toolgate::time::Timestamp;
use toolgate::token::{Agent, Attempt, Identity, Presented, Published, TokenMemory, verify_in_process};

/// 2026-11-22T17:00:00Z.
pub(crate) const NOW: u64 = 1_795_366_800;
pub(crate) const ISSUER: &str = "https://idp.example.com";
pub(crate) const AUDIENCE: &str = "https://gateway.example.com/mcp";

pub(crate) fn now() -> Timestamp {
    Timestamp::from_secs(NOW)
}

pub(crate) fn signing_key(seed: u8) -> p256::ecdsa::SigningKey {
    p256::ecdsa::SigningKey::from_slice(&[seed; 32]).unwrap()
}

pub(crate) fn jwk(seed: u8, key_id: &str) -> Value {
    let point = signing_key(seed).verifying_key().to_sec1_point(false);
    let coordinate = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    json!({"kty": "EC", "crv": "P-256", "kid": key_id, "x": coordinate(point.x().unwrap()), "y": coordinate(point.y().unwrap())})
}

/// One issuer with one key.
pub(crate) fn configuration() -> Value {
    json!({"issuers": [{
        "issuer": ISSUER,
        "audiences": ["https://other.example.com", AUDIENCE],
        "algorithms": ["ES256"],
        "jwks": {"inline": {"keys": [jwk(1, "k1")]}},
        "max_lifetime": "15m",
        "clock_skew": "30s",
    }]})
}

pub(crate) fn compiled(identity: Value) -> Identity {
    let route = json!({"match": {"path": "/mcp"}, "protocol": "mcp", "server": "crm"});
    let whole = json!({"policy_version": "v1", "identity": identity, "routes": [route]});
    match toolgate::config::read(whole.to_string().as_bytes()) {
        Ok(config) => config.identity,
        Err(problems) => panic!("{problems}"),
    }
}

pub(crate) fn header() -> Value {
    json!({"alg": "ES256", "typ": "at+jwt", "kid": "k1"})
}

pub(crate) fn claims() -> Value {
    json!({
        "iss": ISSUER, "aud": AUDIENCE, "sub": "user-7", "client_id": "agent-1", "jti": "t-1",
        "iat": NOW - 60, "exp": NOW + 600, "scope": "crm.read crm.write",
        "org_id": "acme", "sid": "s-1", "task": "ticket-9", "intent": "answer", "role": "support",
    })
}

/// `value` with `changes` laid over it; `null` takes a member away.
pub(crate) fn with(mut value: Value, changes: Value) -> Value {
    for (name, change) in changes.as_object().unwrap() {
        let object = value.as_object_mut().unwrap();
        if change.is_null() {
            object.remove(name)
        } else {
            object.insert(name.clone(), change.clone())
        };
    }
    value
}

pub(crate) fn mint_raw(header: &str, claims: &str, seed: u8) -> String {
    let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
    let signature: p256::ecdsa::Signature = signing_key(seed).sign(signed.as_bytes());
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature.to_bytes()))
}

pub(crate) fn mint(header: &Value, claims: &Value) -> String {
    mint_raw(&header.to_string(), &claims.to_string(), 1)
}

pub(crate) fn head(token: &str) -> Head {
    Head::from_pairs([("authorization", format!("Bearer {token}"))])
}

pub(crate) fn run(
    identity: &Identity,
    token: &str,
    now: Timestamp,
    memory: &mut TokenMemory,
) -> Result<Arc<Agent>, Refusal> {
    match identity.present(&head(token), now, memory, &mut Published::default(), Attempt::First)? {
        Presented::Known(agent) => Ok(agent),
        // Nothing is fetched here.
        Presented::Awaiting | Presented::Opaque(_) => Err(Reason::Fault.into()),
        Presented::Unverified(candidate) => {
            let verdict = verify_in_process(candidate.check());
            candidate.admit(verdict, identity, now, memory, &Published::default())
        }
    }
}

pub(crate) fn agent_of(configuration: Value, header: &Value, claims: &Value) -> Result<Agent, Reason> {
    let result = run(&compiled(configuration), &mint(header, claims), now(), &mut TokenMemory::default());
    result.map(|agent| Agent::clone(&agent)).map_err(|refusal| refusal.reason)
}

/// The outcome with changed claims.
pub(crate) fn claimed(changes: Value) -> Result<Agent, Reason> {
    agent_of(configuration(), &header(), &with(claims(), changes))
}

/// The outcome with a changed header.
pub(crate) fn headed(changes: Value) -> Result<Agent, Reason> {
    agent_of(configuration(), &with(header(), changes), &claims())
}

/// The outcome with a changed issuer in the configuration.
pub(crate) fn configured(changes: Value, header: &Value, claims: &Value) -> Result<Agent, Reason> {
    let mut configuration = configuration();
    configuration["issuers"][0] = with(configuration["issuers"][0].take(), changes);
    agent_of(configuration, header, claims)
}
