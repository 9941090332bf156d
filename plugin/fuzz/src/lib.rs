//! What targets share that run whole requests: an issuer, and a token of it that holds because the target says so.

use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use serde_json::{Value, json};
use toolgate::config::{self, Config};
use toolgate::time::Timestamp;

pub const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);

/// The configuration `rest`, which trusts the issuer.
///
/// # Panics
/// If it is none.
#[must_use]
pub fn config(mut rest: Value) -> Arc<Config> {
    rest["policy_version"] = json!("fuzz");
    rest["identity"] = json!({"issuers": [{
        "issuer": "https://idp.example.com",
        "audiences": ["https://gateway.example.com/mcp"],
        "algorithms": ["ES256"],
        "jwks": {"inline": {"keys": [{"kty": "EC", "crv": "P-256", "kid": "1",
            "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]}},
    }]});
    Arc::new(config::read(rest.to_string().as_bytes()).unwrap_or_else(|problems| panic!("{problems}")))
}

/// The value of `authorization`.
#[must_use]
pub fn authorization() -> String {
    let part = |json: Value| BASE64.encode(json.to_string());
    let now = NOW.as_secs();
    let claims = json!({"iss": "https://idp.example.com", "aud": "https://gateway.example.com/mcp", "sub": "ann",
        "client_id": "agent", "jti": "1", "iat": now - 100, "exp": now + 200});
    let header = part(json!({"alg": "ES256", "typ": "at+jwt", "kid": "1"}));
    format!("Bearer {header}.{}.{}", part(claims), BASE64.encode([1; 64]))
}
