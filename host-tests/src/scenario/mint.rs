//! Tokens from claims: good ones, and bad ones in one point each.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jwt_simple::prelude::{HS256Key, MACLike};
use serde_json::{Map, Value, json};

use super::configuration::{Configuration, Issuer};
use super::format::{Corruption, Sign, Token};
use super::keys::{self, Key};

/// The value of the `Authorization` header for `token`, if it sends one.
///
/// # Errors
/// When the configuration has no issuer, or a time among the claims can't be read.
pub fn authorization(token: &Token, config: &Configuration, now: Duration) -> Result<Option<String>> {
    if token.absent {
        return Ok(None);
    }
    let scheme = token.scheme.as_deref().unwrap_or("Bearer");
    let credential = match &token.raw {
        Some(raw) => raw.clone(),
        None => mint(token, config, now)?,
    };
    Ok(Some(format!("{scheme} {credential}")))
}

/// The token in its compact form (RFC 7515 section 3.1).
///
/// # Errors
/// As [`authorization`].
pub fn mint(token: &Token, config: &Configuration, now: Duration) -> Result<String> {
    let named = token.claims.get("iss").and_then(Value::as_str);
    let issuer = config.issuer(named).context("the configuration has no issuer")?;
    let key = key_for(token.sign).unwrap_or(issuer.key);
    let header = header(token, &issuer, key);
    let payload = match &token.payload {
        Some(text) => text.clone(),
        None => {
            let mut claims = Value::Object(claims(token, &issuer, now)?);
            if let Some(uri) = claims.pointer_mut("/status/status_list/uri")
                && let Some(own) = uri.as_str().and_then(|uri| config.status_list(uri))
            {
                *uri = own.into();
            }
            claims.to_string()
        }
    };
    let input = format!("{}.{}", URL_SAFE_NO_PAD.encode(header.to_string()), URL_SAFE_NO_PAD.encode(&payload));
    let signature = match token.sign {
        Sign::None => Vec::new(),
        Sign::Hs256 => hmac(&input)?,
        _ => key.sign(input.as_bytes())?,
    };
    Ok(corrupted(&input, &signature, &payload, token.corrupt))
}

/// The key of that name; none for whichever is allowed.
pub(super) fn key_for(sign: Sign) -> Option<&'static Key> {
    Some(match sign {
        Sign::Allowed => return None,
        Sign::Rs256 => &keys::RS256,
        Sign::Eddsa => &keys::EDDSA,
        Sign::Es384 => &keys::ES384,
        Sign::Rs384 => &keys::RS384,
        Sign::Rs512 => &keys::RS512,
        Sign::Ps256 => &keys::PS256,
        Sign::Ps384 => &keys::PS384,
        Sign::Ps512 => &keys::PS512,
        Sign::Secret => &keys::HS256,
        Sign::Stranger => &keys::STRANGER,
        Sign::Holder => &keys::HOLDER,
        Sign::Es256 | Sign::Hs256 | Sign::None => &keys::ES256,
    })
}

fn header(token: &Token, issuer: &Issuer, key: &Key) -> Value {
    let algorithm = match token.sign {
        Sign::None => "none",
        Sign::Hs256 => "HS256",
        _ => key.algorithm,
    };
    let mut header = Map::new();
    header.insert("alg".into(), algorithm.into());
    header.insert("typ".into(), issuer.token_type.clone().into());
    header.insert("kid".into(), key.id.into());
    header.extend(token.header.clone());
    header.retain(|name, _| !token.remove.iter().any(|gone| gone.strip_prefix("header.") == Some(name)));
    Value::Object(header)
}

/// What RFC 9068 section 2.2 requires, then what the scenario says.
fn claims(token: &Token, issuer: &Issuer, now: Duration) -> Result<Map<String, Value>> {
    let Value::Object(mut claims) = json!({
        "iss": issuer.name,
        "aud": issuer.audience,
        "sub": "user-7",
        "client_id": "support-agent",
        "jti": "token-1",
        "iat": now.as_secs().saturating_sub(60),
        "exp": now.as_secs().saturating_add(300),
    }) else {
        bail!("the claims are no object");
    };
    for (name, value) in &token.claims {
        claims.insert(name.clone(), moment(name, value, now)?);
    }
    claims.retain(|name, _| !token.remove.contains(name));
    Ok(claims)
}

/// `"+5m"` and `"-1h"` in a claim that holds a time.
pub(super) fn moment(claim: &str, value: &Value, now: Duration) -> Result<Value> {
    let (Value::String(text), "iat" | "nbf" | "exp" | "auth_time") = (value, claim) else { return Ok(value.clone()) };
    let (sign, rest) = text.split_at_checked(1).unwrap_or_default();
    let seconds = |rest: &str| -> Result<u64> {
        let (number, unit) = rest.split_at_checked(rest.len().saturating_sub(1)).unwrap_or_default();
        let number: u64 = number.parse()?;
        Ok(match unit {
            "s" => number,
            "m" => number.saturating_mul(60),
            "h" => number.saturating_mul(3600),
            "d" => number.saturating_mul(86_400),
            _ => bail!("unknown unit"),
        })
    };
    match sign {
        "+" | "-" => {
            let shift = seconds(rest).with_context(|| format!("`{claim}` is `{text}`: a time like `+5m` or `-30s`"))?;
            let at =
                if sign == "+" { now.as_secs().saturating_add(shift) } else { now.as_secs().saturating_sub(shift) };
            Ok(at.into())
        }
        // A text in a claim that must be a number: a scenario of its own.
        _ => Ok(value.clone()),
    }
}

/// The key confusion of RFC 8725 section 2.1: the public key, which everybody has, as the secret.
pub(super) fn hmac(input: &str) -> Result<Vec<u8>> {
    let key = HS256Key::from_bytes(keys::ES256.public_pem()?.as_bytes());
    Ok(key.authentication_tag(input.as_bytes()))
}

pub(super) fn corrupted(input: &str, signature: &[u8], payload: &str, corruption: Option<Corruption>) -> String {
    let signed = format!("{input}.{}", URL_SAFE_NO_PAD.encode(signature));
    match corruption {
        None => signed,
        Some(Corruption::Payload) => {
            let forged = payload.replacen("support-agent", "admin-agent", 1);
            let header = input.split('.').next().unwrap_or_default();
            format!("{header}.{}.{}", URL_SAFE_NO_PAD.encode(forged), URL_SAFE_NO_PAD.encode(signature))
        }
        Some(Corruption::Signature) => {
            let mut bent = signature.to_vec();
            if let Some(first) = bent.first_mut() {
                *first ^= 1;
            }
            format!("{input}.{}", URL_SAFE_NO_PAD.encode(bent))
        }
        Some(Corruption::Unsigned) => format!("{input}."),
        Some(Corruption::TwoParts) => input.into(),
        Some(Corruption::FourParts) => format!("{signed}.e30"),
        Some(Corruption::Padding) => format!("{signed}=="),
    }
}
