//! Proofs of possession (RFC 9449 section 4.2): good ones, and bad ones in one point each.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context, Result};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jwt_simple::prelude::{HS256Key, MACLike};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::format::{Proof, ProofNonce, Request, Sign};
use super::keys::{self, Key};
use super::message::AUTHORITY;
use super::mint::{corrupted, hmac, key_for, moment};

/// The proof for `request`, which is sent with `token`.
///
/// # Errors
/// When a time can't be read, or a key doesn't sign.
pub fn mint(proof: &Proof, request: &Request, token: &str, now: Duration) -> Result<String> {
    if let Some(raw) = &proof.raw {
        return Ok(raw.clone());
    }
    let key = proof.sign.and_then(key_for).unwrap_or(&keys::HOLDER);
    let header = header(proof, key)?;
    let payload = claims(proof, request, token, now)?.to_string();
    let input = format!("{}.{}", URL_SAFE_NO_PAD.encode(header.to_string()), URL_SAFE_NO_PAD.encode(&payload));
    let signature = match proof.sign {
        Some(Sign::None) => Vec::new(),
        Some(Sign::Hs256) => hmac(&input)?,
        _ => key.sign(input.as_bytes())?,
    };
    Ok(corrupted(&input, &signature, &payload, proof.corrupt))
}

fn header(proof: &Proof, key: &Key) -> Result<Value> {
    let algorithm = match proof.sign {
        Some(Sign::None) => "none",
        Some(Sign::Hs256) => "HS256",
        _ => key.algorithm,
    };
    let jwk = if proof.reveals { key.private_jwk()? } else { key.bare_jwk()? };
    let mut header = Map::new();
    header.insert("typ".into(), "dpop+jwt".into());
    header.insert("alg".into(), algorithm.into());
    header.insert("jwk".into(), jwk);
    header.extend(proof.header.clone());
    header.retain(|name, _| !proof.remove.iter().any(|gone| gone.strip_prefix("header.") == Some(name)));
    Ok(Value::Object(header))
}

/// Proofs are told apart by their ids, also by a real Envoy that sees those of all scenarios.
static NUMBER: AtomicU64 = AtomicU64::new(1);

fn claims(proof: &Proof, request: &Request, token: &str, now: Duration) -> Result<Value> {
    let path = request.path.split('?').next().unwrap_or_default();
    let mut claims = Map::new();
    claims.insert("jti".into(), format!("proof-{}", NUMBER.fetch_add(1, Ordering::Relaxed)).into());
    claims.insert("htm".into(), request.method.clone().into());
    claims.insert("htu".into(), format!("https://{AUTHORITY}{path}").into());
    claims.insert("iat".into(), now.as_secs().into());
    claims.insert("ath".into(), URL_SAFE_NO_PAD.encode(Sha256::digest(token)).into());
    if let Some(wanted) = &proof.nonce {
        claims.insert("nonce".into(), nonce(wanted, now)?.into());
    }
    for (name, value) in &proof.claims {
        claims.insert(name.clone(), moment(name, value, now)?);
    }
    claims.retain(|name, _| !proof.remove.contains(name));
    Ok(Value::Object(claims))
}

/// As `plugin/src/token/dpop/nonce.rs` makes them.
fn nonce(wanted: &ProofNonce, now: Duration) -> Result<String> {
    let made = match &wanted.made {
        Some(text) => moment("iat", &json!(text), now)?.as_u64().context("`made` is no time such as `-1m`")?,
        None => now.as_secs(),
    };
    let key = STANDARD.decode(&wanted.key).context("the key of the nonce is not base64")?;
    let time = made.saturating_mul(1000).to_be_bytes();
    let mac = HS256Key::from_bytes(&key).authentication_tag(&[b"toolgate dpop nonce\0", &time[..]].concat());
    let half = mac.get(..16).context("an HMAC-SHA256 is longer than that")?;
    Ok(URL_SAFE_NO_PAD.encode([&time[..], half].concat()))
}
