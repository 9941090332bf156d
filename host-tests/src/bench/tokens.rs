//! The issuer of the benchmark, and its tokens.

use anyhow::{Context, anyhow};
use jwt_simple::prelude::{
    Claims, Duration, ECDSAP256KeyPairLike, ES256KeyPair, JWTClaims, RS256KeyPair, RSAKeyPairLike,
};
use serde_json::{Value, json};

/// `iss`
pub(super) const ISSUER: &str = "https://idp.example.com";
/// `aud`
pub(super) const AUDIENCE: &str = "https://gateway.example.com/mcp";

/// What requests bring along.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// All the same token (ES256), as an agent does that keeps its token until it expires.
    Kept,
    /// Each a token that nobody has seen before.
    NewEs256,
    /// The same, RS256.
    NewRs256,
}

/// Keys of a made-up issuer, new in each run.
pub(super) struct Tokens {
    es256: ES256KeyPair,
    rs256: RS256KeyPair,
    kept: String,
}

impl Tokens {
    /// Makes keys.
    ///
    /// # Errors
    /// None that would be expected.
    pub(super) fn generate() -> anyhow::Result<Self> {
        let es256 = ES256KeyPair::generate().with_key_id("es256");
        let rs256 = RS256KeyPair::generate(2048).map_err(plain)?.with_key_id("rs256");
        let kept = es256.sign(claims()).map_err(plain)?;
        Ok(Self { es256, rs256, kept })
    }

    /// The value of the `authorization` header for the next request.
    ///
    /// # Errors
    /// None that would be expected.
    pub(super) fn authorization(&self, token: Token) -> anyhow::Result<String> {
        let token = match token {
            Token::Kept => self.kept.clone(),
            Token::NewEs256 => self.es256.sign(claims()).map_err(plain)?,
            Token::NewRs256 => self.rs256.sign(claims()).map_err(plain)?,
        };
        Ok(format!("Bearer {token}"))
    }

    /// The public keys as a JWK Set (RFC 7517).
    ///
    /// # Errors
    /// None that would be expected.
    pub(super) fn jwks(&self) -> anyhow::Result<Value> {
        let es256 = jwk(&self.es256.public_key().to_jwk(), "ES256", "es256")?;
        let rs256 = jwk(&self.rs256.public_key().to_jwk(), "RS256", "rs256")?;
        Ok(json!({"keys": [es256, rs256]}))
    }
}

fn jwk(text: &str, algorithm: &str, id: &str) -> anyhow::Result<Value> {
    let mut key: Value = serde_json::from_str(text)?;
    let fields = key.as_object_mut().context("a JWK that is no object")?;
    fields.extend([("alg", algorithm), ("kid", id), ("use", "sig")].map(|(name, value)| (name.into(), value.into())));
    Ok(key)
}

fn claims() -> JWTClaims<Value> {
    let own = json!({"client_id": "support-agent", "role": "support", "org_id": "acme", "sid": "s1", "task": "t1"});
    let mut claims = Claims::with_custom_claims(own, Duration::from_mins(10))
        .with_issuer(ISSUER)
        .with_audience(AUDIENCE)
        .with_subject("alice");
    let id = claims.create_nonce();
    claims.with_jwt_id(id)
}

fn plain(error: jwt_simple::Error) -> anyhow::Error {
    anyhow!("{error}")
}
