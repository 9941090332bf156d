//! What one request costs, from head to verdict, with a token that is known: the hot path, and its parts.
//!
//! `cargo bench -p toolgate --bench exchange`. Least and median of many samples, in microseconds; without a proxy, so
//! without host calls. `make bench` measures the whole in a real Envoy.

#![expect(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a measurement off any request's path: it computes with its own numbers, needs the clock, and may fail"
)]

use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use toolgate::action::body::Content;
use toolgate::action::{self, Reading};
use toolgate::config::{self, Config};
use toolgate::exchange::{Exchange, Input, Step};
use toolgate::gate::Gate;
use toolgate::head::Head;
use toolgate::json::{Document, Limits, Tape};
use toolgate::risk;
use toolgate::time::Timestamp;
use toolgate::token::SignatureVerdict;

/// Samples of one figure; an odd number.
const SAMPLES: usize = 101;
const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);

fn main() {
    println!("{:<12} {:>8} {:>10} {:>10}", "what", "bytes", "least us", "median us");
    let config = configuration();
    for size in [130, 4 * 1024, 256 * 1024] {
        let body = tool_call(size);
        let times = (256 * 1024 / size).clamp(1, 200);
        measure("whole", size, times, &mut whole(&config, &body));
        measure("json", size, times, &mut json(&body));
        measure("action", size, times, &mut parts(&config, &body, false));
        measure("action+risk", size, times, &mut parts(&config, &body, true));
    }
}

fn measure(what: &str, size: usize, times: usize, run: &mut dyn FnMut()) {
    let mut samples: Vec<f64> = (0..SAMPLES)
        .map(|_| {
            let begin = Instant::now();
            for _ in 0..times {
                run();
            }
            begin.elapsed().as_secs_f64() * 1e6 / times as f64
        })
        .collect();
    samples.sort_by(f64::total_cmp);
    let least = samples.first().copied().unwrap();
    let median = samples.into_iter().nth(SAMPLES / 2).unwrap();
    println!("{what:<12} {size:>8} {least:>10.2} {median:>10.2}");
}

fn whole(config: &Arc<Config>, body: &[u8]) -> impl FnMut() {
    let mut gate = Gate::new(Arc::clone(config));
    let (head, body) = (head(), body.to_vec());
    move || {
        let mut exchange = Exchange::new(Arc::clone(&gate.config));
        let input = Input::Head { head: head.clone(), end: false, id: "0123456789abcdef0123456789abcdef".into() };
        if let Step::Verify(_) = exchange.advance(&mut gate, NOW, input) {
            exchange.advance(&mut gate, NOW, Input::Signature(SignatureVerdict::Valid));
        }
        let step = exchange.advance(&mut gate, NOW, Input::Body(black_box(&body)));
        assert!(matches!(black_box(step), Step::Forward(..)));
    }
}

fn json(body: &[u8]) -> impl FnMut() {
    let mut tape = Tape::default();
    move || {
        let document = Document::read(black_box(body), &Limits::default(), std::mem::take(&mut tape)).unwrap();
        tape = black_box(document).into_tape();
    }
}

fn parts(config: &Config, body: &[u8], rated: bool) -> impl FnMut() {
    let head = head();
    let body = body.to_vec();
    move || {
        let document = Document::read(&body, &Limits::default(), Tape::default()).unwrap();
        let route = config.routes.find(head.target()).unwrap();
        let read = action::read(route, &config.tools, &head, &Content::json(&document));
        let Ok(Reading::Judge(action)) = read.outcome else { panic!("no action") };
        if rated {
            black_box(risk::assess(&config.risk, &action));
        }
        black_box(action);
    }
}

fn head() -> Head {
    let part = |json: serde_json::Value| BASE64.encode(json.to_string());
    let claims = serde_json::json!({
        "iss": "https://idp.example.com", "aud": "https://gateway.example.com/mcp", "sub": "ann", "client_id": "support-agent",
        "jti": "1", "iat": NOW.as_secs() - 100, "exp": NOW.as_secs() + 200, "role": "support", "scope": "crm.read crm.write",
    });
    let header = part(serde_json::json!({"alg": "ES256", "typ": "at+jwt", "kid": "1"}));
    let token = format!("Bearer {header}.{}.{}", part(claims), BASE64.encode([1; 64]));
    Head::from_pairs([
        (":authority", "gateway.example.com"),
        (":path", "/mcp"),
        (":method", "POST"),
        (":scheme", "https"),
        ("content-type", "application/json"),
        ("accept", "application/json, text/event-stream"),
        ("mcp-protocol-version", "2025-11-25"),
        ("user-agent", "an agent"),
        ("x-request-id", "5d6a7b1e-9a4c-4a37-8d38-0c6f4d2a9b11"),
        ("authorization", &token),
    ])
}

fn tool_call(size: usize) -> Vec<u8> {
    let call = |text: &str| {
        serde_json::json!({
            "jsonrpc": "2.0", "id": 7, "method": "tools/call",
            "params": {"name": "customers.get", "arguments": {"customer_id": "c-17", "note": text}},
        })
        .to_string()
    };
    let words = "the customer asked about the invoice of last month. ";
    let room = size.saturating_sub(call("").len());
    call(words.repeat(room / words.len() + 1).get(..room).unwrap()).into_bytes()
}

fn configuration() -> Arc<Config> {
    let json = serde_json::json!({
        "policy_version": "bench",
        "identity": {"issuers": [{
            "issuer": "https://idp.example.com", "audiences": ["https://gateway.example.com/mcp"], "algorithms": ["ES256"],
            "jwks": {"inline": {"keys": [{"kty": "EC", "crv": "P-256", "kid": "1",
                "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]}},
        }]},
        "routes": [{"match": {"path": "/mcp"}, "protocol": "mcp", "server": "crm", "max_body": "1MiB"}],
        "tools": {"customers.get": {"action": "read", "resource": {"type": "customer", "id": "/customer_id"}}},
        "risk": {"trusted_domains": ["example.com"], "limits": {"rows": 100, "recipients": 5, "amount": {"max": 500, "currency": "USD"}}},
        "rules": [
            {"id": "reads", "effect": "allow", "when": {"agent.role": "support", "action": "read"}},
            {"id": "deletes", "effect": "deny", "when": {"action": "delete"}},
        ],
    });
    Arc::new(config::read(json.to_string().as_bytes()).unwrap_or_else(|problems| panic!("{problems}")))
}
