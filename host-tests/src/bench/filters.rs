//! Envoy's own filters, set up to do what of Toolgate's work they can.

use std::path::Path;

use anyhow::Context;
use serde_json::{Value, json};

use super::tokens::{AUDIENCE, ISSUER, Tokens};

/// The least that a wasm filter can do and be of use.
pub(super) fn noop_wasm(folder: &Path) -> anyhow::Result<Value> {
    let file = folder.join("noop.wasm");
    std::fs::write(&file, wat::parse_str(include_str!("noop.wat"))?).context("can't write noop.wasm")?;
    Ok(json!({"name": "noop", "typed_config": {
        "@type": "type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm",
        "config": {"name": "noop", "vm_config": {
            "vm_id": "noop",
            "runtime": "envoy.wasm.runtime.v8",
            "code": {"local": {"filename": file}},
        }},
    }}))
}

/// Checks signature, issuer, audience and lifetime of the token.
pub(super) fn jwt_authn(tokens: &Tokens, algorithm: &str, cached: bool) -> anyhow::Result<Value> {
    let keys = tokens.jwks()?;
    let keys =
        keys.get("keys").and_then(Value::as_array).context("no keys")?.iter().filter(|key| key["alg"] == algorithm);
    let jwks = json!({"keys": keys.collect::<Vec<_>>()});
    Ok(json!({"name": "jwt", "typed_config": {
        "@type": "type.googleapis.com/envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication",
        "providers": {"idp": {
            "issuer": ISSUER,
            "audiences": [AUDIENCE],
            "local_jwks": {"inline_string": jwks.to_string()},
            "payload_in_metadata": "token",
            "forward": true,
            "jwt_cache_config": cached.then(|| json!({"jwt_cache_size": 100})),
        }},
        "rules": [{"match": {"prefix": "/"}, "requires": {"provider_name": "idp"}}],
    }}))
}

/// Reads method and parameters from the body; refuses what is no MCP.
pub(super) fn mcp() -> Value {
    json!({"name": "mcp", "typed_config": {
        "@type": "type.googleapis.com/envoy.extensions.filters.http.mcp.v3.Mcp",
        "traffic_mode": "REJECT_NO_MCP",
        "max_request_body_size": 1 << 20,
    }})
}

/// Allows twenty tools by name to one role; the tool that is called is the last.
pub(super) fn rbac() -> Value {
    let named = |path: &[&str], namespace: &str, value: &str| {
        let path: Vec<_> = path.iter().map(|key| json!({"key": key})).collect();
        json!({"filter": namespace, "path": path, "value": {"string_match": {"exact": value}}})
    };
    let policies: serde_json::Map<_, _> = (0..20)
        .map(|number| {
            let tool = if number == 19 { "customers.get".to_owned() } else { format!("tool-{number}") };
            let policy = json!({
                "permissions": [{"sourced_metadata": {"metadata_matcher": named(&["params", "name"], "envoy.filters.http.mcp", &tool)}}],
                "principals": [{"sourced_metadata": {"metadata_matcher": named(&["token", "role"], "envoy.filters.http.jwt_authn", "support")}}],
            });
            (format!("policy-{number:02}"), policy)
        })
        .collect();
    json!({"name": "rbac", "typed_config": {
        "@type": "type.googleapis.com/envoy.extensions.filters.http.rbac.v3.RBAC",
        "rules": {"action": "ALLOW", "policies": policies},
    }})
}

/// Sends head and body of each request to a service that says yes.
pub(super) fn ext_authz() -> Value {
    json!({"name": "ext-authz", "typed_config": {
        "@type": "type.googleapis.com/envoy.extensions.filters.http.ext_authz.v3.ExtAuthz",
        "with_request_body": {"max_request_bytes": 1 << 20, "allow_partial_message": false},
        "http_service": {
            "server_uri": {"uri": "http://pdp.example.com", "cluster": "pdp", "timeout": "1s"},
        },
    }})
}
