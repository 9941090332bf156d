//! An assertion of the gate's (`x-agent-assertion`), as an upstream verifies it: with an ordinary JWT library, and held
//! against the request that it came with. `envoy/ASSERTION.md` tells what is in it.

use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jwt_simple::prelude::{
    ECDSAP256PublicKeyLike, ES256KeyPair, ES256PublicKey, Ed25519KeyPair, Ed25519PublicKey, EdDSAPublicKeyLike,
    NoCustomClaims, VerificationOptions,
};
use serde_json::Value;
use sha2::{Digest, Sha256};
use toolgate::assertion::TYPE;

/// The public half of the gate's key.
#[derive(Clone, Debug)]
pub enum VerifyingKey {
    /// ECDSA on P-256.
    Es256(ES256PublicKey),
    /// Ed25519.
    Ed25519(Ed25519PublicKey),
}

/// The request as the upstream got it.
#[derive(Clone, Copy, Debug)]
pub struct Received<'r> {
    /// Its method.
    pub method: &'r str,
    /// Its path, with the query.
    pub path: &'r str,
    /// Its body.
    pub body: &'r [u8],
}

impl VerifyingKey {
    /// The public key that `text` holds: PEM or a JWK.
    ///
    /// # Errors
    /// When it is none on P-256 or Ed25519.
    pub fn read(text: &str) -> Result<Self> {
        let text = text.trim();
        if text.starts_with('{') {
            let es256 = ES256PublicKey::from_jwk(text).map(Self::Es256);
            return es256.or_else(|_| Ed25519PublicKey::from_jwk(text).map(Self::Ed25519)).map_err(plain);
        }
        let es256 = ES256PublicKey::from_pem(text).map(Self::Es256);
        es256.or_else(|_| Ed25519PublicKey::from_pem(text).map(Self::Ed25519)).map_err(plain)
    }

    /// The public half of the private key that `text` holds.
    ///
    /// # Errors
    /// When it is none on P-256 or Ed25519.
    pub fn of_private(text: &str) -> Result<Self> {
        let text = text.trim();
        if text.starts_with('{') {
            let es256 = ES256KeyPair::from_jwk(text).map(|pair| Self::Es256(pair.public_key()));
            let ed25519 = || Ed25519KeyPair::from_jwk(text).map(|pair| Self::Ed25519(pair.public_key()));
            return es256.or_else(|_| ed25519()).map_err(plain);
        }
        let es256 = ES256KeyPair::from_pem(text).map(|pair| Self::Es256(pair.public_key()));
        es256.or_else(|_| Ed25519KeyPair::from_pem(text).map(|pair| Self::Ed25519(pair.public_key()))).map_err(plain)
    }
}

/// The header and the claims of `token`, if `key` signed it as an assertion and it holds at `now`, give or take
/// `tolerance`.
///
/// # Errors
/// Why it doesn't.
pub fn verified(token: &str, key: &VerifyingKey, now: Duration, tolerance: Duration) -> Result<(Value, Value)> {
    let options = VerificationOptions {
        required_signature_type: Some(TYPE.into()),
        time_tolerance: Some(tolerance.into()),
        artificial_time: Some(now.into()),
        ..VerificationOptions::default()
    };
    match key {
        VerifyingKey::Es256(key) => key.verify_token::<NoCustomClaims>(token, Some(options)),
        VerifyingKey::Ed25519(key) => key.verify_token::<NoCustomClaims>(token, Some(options)),
    }
    .map_err(plain)?;
    let mut parts = token.split('.').map(|part| -> Result<Value> {
        Ok(serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).context("not base64url")?)?)
    });
    let mut part = || parts.next().context("not three parts")?;
    Ok((part()?, part()?))
}

/// What in these claims speaks of another request than `received`; nothing if it is the one.
#[must_use]
pub fn misfits(claims: &Value, received: &Received<'_>) -> Vec<String> {
    let content = format!("sha-256=:{}:", STANDARD.encode(Sha256::digest(received.body)));
    let pairs = [("htm", received.method), ("path", received.path), ("content_digest", content.as_str())];
    let told = |name: &str| claims.get(name).and_then(Value::as_str).unwrap_or_default();
    let wrong = pairs.into_iter().filter(|(name, found)| told(name) != *found);
    wrong.map(|(name, found)| format!("`{name}` says `{}`, and the request has `{found}`", told(name))).collect()
}

/// jwt-simple has its own `Error`.
fn plain(error: jwt_simple::Error) -> anyhow::Error {
    anyhow!("{error}")
}
