//! The gateway, and who calls it: its configuration, tokens, proofs and calls.

use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use toolgate::config;
use toolgate::head::Head;
use toolgate::time::Timestamp;

pub(crate) const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);
pub(crate) const MAX_BODY: usize = 400;

/// What a request has to come through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Under {
    /// Token, body, rules, decision: as it is shipped.
    Shipped,
    /// And the memory of its session.
    Memory,
    /// And what its token is bound to.
    Binding,
    /// The same, where heads can't be held.
    Unheld,
    /// Another exchange has asked what this one would ask.
    Another,
    /// The word of its token's issuer, in the place of a signature.
    Introspection,
    /// And the document of its task.
    Document,
    /// And the policy that the proxy's route names.
    Choice,
}

pub(crate) fn configuration(under: Under) -> Arc<config::Config> {
    let narrow: &[&str] = if under == Under::Unheld { &[] } else { &["/limit"] };
    let rules = serde_json::json!([
        {"id": "reads", "effect": "allow", "when": {"tool": "customers.get"}},
        {"id": "deletes", "effect": "deny", "when": {"tool": "customers.delete"}},
        {"id": "refunds", "effect": "ask", "when": {"tool": "payments.refund"}, "narrow": narrow},
        {"id": "lists", "effect": "allow", "when": {"tool": "tools/list"}},
    ]);
    let documents = serde_json::json!({
        "issuer": "https://runs.example.com", "audiences": ["https://gateway.example.com/mcp"], "algorithms": ["ES256"],
        "jwks": {"inline": {"keys": [{"kty": "EC", "crv": "P-256", "kid": "1",
            "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]}},
    });
    let quarantine = serde_json::json!({"quarantine": {"denials": 1, "within": "5m", "lasts": "15m"}});
    let json = serde_json::json!({
        "policy_version": "every-sequence",
        "session_memory": if under == Under::Memory { quarantine } else { serde_json::Value::Null },
        "hold": if under == Under::Unheld { "body_only" } else { "head_and_body" },
        "audit": {"headers": under != Under::Unheld},
        "identity": {"client_certificate": "connection", "dpop": {"origins": ["https://gateway.example.com"]},
            "task_documents": if under == Under::Document { documents } else { serde_json::Value::Null }, "issuers": [{
            "issuer": "https://idp.example.com",
            "audiences": ["https://gateway.example.com/mcp"],
            "algorithms": ["ES256"],
            // RFC 7515 appendix A.3. Whether a signature holds is an input of the machine; none is verified here.
            "jwks": {"inline": {"keys": [{"kty": "EC", "crv": "P-256", "kid": "1",
                "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]}},
        }, {
            "issuer": "https://opaque.example.com",
            "profile": "opaque",
            "audiences": ["https://gateway.example.com/mcp"],
            "introspection": {"cluster": "idp", "uri": "https://opaque.example.com/introspect", "credential": "Basic eDp5"},
        }, {
            "issuer": "https://absent.example.com",
            "audiences": ["https://gateway.example.com/mcp"],
            "algorithms": ["ES256"],
            "jwks": {"cluster": "idp", "uri": "https://absent.example.com/jwks"},
        }]},
        "routes": [{"match": {"path": "/mcp"}, "protocol": "mcp", "server": "crm", "max_body": MAX_BODY.to_string(),
            "policy_by_metadata": under == Under::Choice,
            "protected_resource": {"resource": "https://gateway.example.com/mcp"}}],
        "rules": if under == Under::Choice { serde_json::json!([]) } else { rules.clone() },
        "policies": if under == Under::Choice { serde_json::json!({"readers": {"rules": rules}}) } else { serde_json::json!({}) },
        "decision": {"cluster": "pdp", "url": "https://pdp.example.com"},
    });
    Arc::new(config::read(json.to_string().as_bytes()).unwrap_or_else(|problems| panic!("{problems}")))
}

pub(crate) fn token(expires: u64) -> String {
    token_of("https://idp.example.com", expires)
}

pub(crate) fn token_of(issuer: &str, expires: u64) -> String {
    unsigned(serde_json::json!({"alg": "ES256", "typ": "at+jwt", "kid": "1"}), claims_of(issuer, expires))
}

pub(crate) fn claims_of(issuer: &str, expires: u64) -> serde_json::Value {
    serde_json::json!({
        "iss": issuer, "aud": "https://gateway.example.com/mcp", "sub": "ann", "client_id": "support-agent",
        "jti": "1", "iat": expires - 300, "exp": expires,
    })
}

pub(crate) fn unsigned(header: serde_json::Value, claims: serde_json::Value) -> String {
    let part = |json: serde_json::Value| BASE64.encode(json.to_string());
    format!("{}.{}.{}", part(header), part(claims), BASE64.encode([1; 64]))
}

/// A token that is bound to a certificate and to the key of RFC 9449 section 4.1.
pub(crate) fn bound_token() -> String {
    let mut claims = claims_of("https://idp.example.com", NOW.as_secs() + 200);
    claims["cnf"] = serde_json::json!({
        "x5t#S256": BASE64.encode([0x78; 32]), "jkt": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I",
    });
    unsigned(serde_json::json!({"alg": "ES256", "typ": "at+jwt", "kid": "1"}), claims)
}

/// A proof that its sender holds that key, if its signature holds.
pub(crate) fn proof() -> String {
    use sha2::Digest as _;
    let header = serde_json::json!({"typ": "dpop+jwt", "alg": "ES256", "jwk": {"kty": "EC", "crv": "P-256",
        "x": "l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs", "y": "9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA"}});
    let claims = serde_json::json!({
        "jti": "1", "htm": "POST", "htu": "https://gateway.example.com/mcp", "iat": NOW.as_secs(),
        "ath": BASE64.encode(sha2::Sha256::digest(bound_token())),
    });
    unsigned(header, claims)
}

/// A token that names a task.
fn tasked_token() -> String {
    let mut claims = claims_of("https://idp.example.com", NOW.as_secs() + 200);
    claims["task"] = "task-1".into();
    unsigned(serde_json::json!({"alg": "ES256", "typ": "at+jwt", "kid": "1"}), claims)
}

/// The document of that task: one server's tools, and not the one that the decision service is asked about.
pub(crate) fn document(agent: &str) -> String {
    let mut claims = serde_json::json!({
        "iss": "https://runs.example.com", "aud": "https://gateway.example.com/mcp", "client_id": agent, "jti": "task-1",
        "iat": NOW.as_secs() - 100, "exp": NOW.as_secs() + 200,
    });
    claims["task"] = serde_json::json!({"tools": ["customers.*"]});
    unsigned(serde_json::json!({"alg": "ES256", "typ": "task+jwt", "kid": "1"}), claims)
}

/// The head of a request with both.
pub(crate) fn head_of_task(document: Option<String>) -> Head {
    let head = head("POST", "/mcp", Some(&tasked_token()));
    let pairs = head.iter().map(|(name, value)| (name.to_vec(), value.to_vec()));
    let document = document.map(|document| (b"task-document".to_vec(), document.into_bytes()));
    Head::from_pairs(pairs.chain(document))
}

pub(crate) fn head(method: &str, path: &str, token: Option<&str>) -> Head {
    let mut pairs = vec![
        (":method".to_owned(), method.to_owned()),
        (":path".to_owned(), path.to_owned()),
        ("content-type".to_owned(), "application/json".to_owned()),
        ("accept".to_owned(), "application/json, text/event-stream".to_owned()),
        ("mcp-protocol-version".to_owned(), "2025-11-25".to_owned()),
    ];
    pairs.extend(token.map(|token| ("authorization".to_owned(), format!("Bearer {token}"))));
    Head::from_pairs(pairs)
}

pub(crate) fn call(tool: &str) -> Vec<u8> {
    let call = serde_json::json!({
        "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": tool, "arguments": {"id": "7"}},
    });
    call.to_string().into_bytes()
}
