//! Signed task documents: good ones, and bad ones in one point each.

use std::time::Duration;

use anyhow::Result;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::configuration::Configuration;
use super::format::{Document, Sign, Token};
use super::keys::{self, Key};
use super::mint::{corrupted, hmac, key_for, moment};

/// The document in its compact form (RFC 7515 section 3.1).
///
/// # Errors
/// When a time can't be read, or a key doesn't sign.
pub fn mint(document: &Document, config: &Configuration, now: Duration) -> Result<String> {
    if let Some(raw) = &document.raw {
        return Ok(raw.clone());
    }
    let key = key_for(document.sign).or_else(|| config.documents_key()).unwrap_or(&keys::ES256);
    let payload = match &document.payload {
        Some(text) => text.clone(),
        None => claims(document, config, now)?.to_string(),
    };
    let header = header(document, key).to_string();
    let input = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(&payload));
    let signature = match document.sign {
        Sign::None => Vec::new(),
        Sign::Hs256 => hmac(&input)?,
        _ => key.sign(input.as_bytes())?,
    };
    Ok(corrupted(&input, &signature, &payload, document.corrupt))
}

/// Has the token name this document, unless the scenario says what it names.
pub fn name_in(token: &mut Token, wanted: &Document, document: &str) {
    let name = match wanted.named_by_digest {
        true => format!("sha-256:{}", URL_SAFE_NO_PAD.encode(Sha256::digest(document))),
        false => "task-1".to_owned(),
    };
    token.claims.entry("task").or_insert(name.into());
}

fn header(document: &Document, key: &Key) -> Value {
    let algorithm = match document.sign {
        Sign::None => "none",
        Sign::Hs256 => "HS256",
        _ => key.algorithm,
    };
    let mut header = Map::new();
    header.insert("alg".into(), algorithm.into());
    header.insert("typ".into(), "task+jwt".into());
    header.insert("kid".into(), key.id.into());
    header.extend(document.header.clone());
    header.retain(|name, _| !document.remove.iter().any(|gone| gone.strip_prefix("header.") == Some(name)));
    Value::Object(header)
}

fn claims(document: &Document, config: &Configuration, now: Duration) -> Result<Value> {
    let mut claims = Map::new();
    claims.insert("iss".into(), config.documents("/issuer").into());
    claims.insert("aud".into(), config.documents("/audiences/0").into());
    claims.insert("client_id".into(), "support-agent".into());
    claims.insert("jti".into(), "task-1".into());
    claims.insert("iat".into(), json!(now.as_secs().saturating_sub(60)));
    claims.insert("exp".into(), json!(now.as_secs().saturating_add(300)));
    claims.insert("task".into(), Value::Object(document.task.clone()));
    for (name, value) in &document.claims {
        claims.insert(name.clone(), moment(name, value, now)?);
    }
    claims.retain(|name, _| !document.remove.contains(name));
    Ok(Value::Object(claims))
}
