//! Any answer to `tools/list`, as JSON or as a stream of events, in two pieces: however a client reads what it is shown, it
//! finds no tool in it that it could never call.

#![no_main]

use std::sync::{Arc, LazyLock};

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use serde_json::{Value, json};
use toolgate::config::{self, Config};
use toolgate::exchange::{Exchange, Input, Step};
use toolgate::gate::Gate;
use toolgate::head::Head;
use toolgate::time::Timestamp;
use toolgate::token::SignatureVerdict;

const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);

static CONFIG: LazyLock<Arc<Config>> = LazyLock::new(|| {
    let json = json!({
        "policy_version": "fuzz",
        "identity": {"issuers": [{
            "issuer": "https://idp.example.com",
            "audiences": ["https://gateway.example.com/mcp"],
            "algorithms": ["ES256"],
            "jwks": {"inline": {"keys": [{"kty": "EC", "crv": "P-256", "kid": "1",
                "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]}},
        }]},
        "routes": [{"match": {"path": "/mcp"}, "protocol": "mcp", "server": "crm"}],
        "rules": [{"id": "reads", "effect": "allow", "when": {"tool_in": ["get", "tools/list"]}}],
    });
    Arc::new(config::read(json.to_string().as_bytes()).unwrap_or_else(|problems| panic!("{problems}")))
});

static HEAD: LazyLock<Head> = LazyLock::new(|| {
    let part = |json: Value| BASE64.encode(json.to_string());
    let now = NOW.as_secs();
    let claims = json!({"iss": "https://idp.example.com", "aud": "https://gateway.example.com/mcp", "sub": "ann",
        "client_id": "agent", "jti": "1", "iat": now - 100, "exp": now + 200});
    let header = part(json!({"alg": "ES256", "typ": "at+jwt", "kid": "1"}));
    let token = format!("Bearer {header}.{}.{}", part(claims), BASE64.encode([1; 64]));
    Head::from_pairs([
        (":method", "POST"),
        (":path", "/mcp"),
        ("content-type", "application/json"),
        ("authorization", &token),
    ])
});

// Whether it is a stream; where it is cut; the answer.
libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let [form, cut, answer @ ..] = data else { return };
    let is_stream = form & 1 != 0;
    let (first, rest) = answer.split_at(usize::from(*cut).min(answer.len()));
    let mut gate = Gate::new(Arc::clone(&CONFIG));
    let mut exchange = asked(&mut gate);
    let media = if is_stream { "text/event-stream" } else { "application/json" };
    let head = Head::from_pairs([(":status", "200"), ("content-type", media)]);
    exchange.advance(&mut gate, NOW, Input::Response(&head));
    let mut client = Vec::new();
    let held = match exchange.advance(&mut gate, NOW, Input::ResponseBody { body: Some(first), end: false }) {
        Step::Hold => first,
        step => {
            client.extend(shown(step, first));
            &[]
        }
    };
    let last = [held, rest].concat();
    let step = exchange.advance(&mut gate, NOW, Input::ResponseBody { body: Some(&last), end: true });
    client.extend(shown(step, &last));
    let texts = if is_stream { events(&client) } else { vec![client] };
    for text in texts {
        let Ok(message) = serde_json::from_slice::<Value>(&text) else {
            assert!(text.trim_ascii().is_empty(), "what is no JSON was shown");
            continue;
        };
        let messages = message.as_array().cloned().unwrap_or_else(|| vec![message]);
        for tool in messages.iter().filter_map(|message| message["result"]["tools"].as_array()).flatten() {
            assert_eq!(tool["name"], "get", "of {}", String::from_utf8_lossy(&text));
        }
    }
});

/// A request for the list, which has gone on.
fn asked(gate: &mut Gate) -> Exchange {
    let mut exchange = Exchange::new(Arc::clone(&CONFIG));
    exchange.advance(gate, NOW, Input::Head { head: HEAD.clone(), end: false, id: "id".into() });
    exchange.advance(gate, NOW, Input::Signature(SignatureVerdict::Valid));
    let step = exchange.advance(gate, NOW, Input::Body(br#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#));
    assert!(matches!(step, Step::Forward(..)), "{step:?}");
    exchange
}

fn shown(step: Step, sent: &[u8]) -> Vec<u8> {
    match step {
        Step::Show(Some(instead), _) => instead,
        Step::Show(None, _) => sent.to_vec(),
        step => panic!("{step:?}"),
    }
}

/// The data of each event, as the standard's text says step by step, but that a last one need not be ended.
fn events(stream: &[u8]) -> Vec<Vec<u8>> {
    let text = stream.strip_prefix(b"\xef\xbb\xbf").unwrap_or(stream);
    let mut events = vec![Vec::new()];
    let mut lines = Vec::new();
    let mut line = Vec::new();
    let mut bytes = text.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        match byte {
            b'\r' => {
                bytes.next_if_eq(&b'\n');
                lines.push(std::mem::take(&mut line));
            }
            b'\n' => lines.push(std::mem::take(&mut line)),
            byte => line.push(byte),
        }
    }
    lines.push(line);
    for line in lines {
        let colon = line.iter().position(|byte| *byte == b':');
        let (field, value) = colon.map_or((&line[..], &b""[..]), |colon| (&line[..colon], &line[colon + 1..]));
        let Some(event) = events.last_mut() else { break };
        if line.is_empty() {
            events.push(Vec::new());
        } else if field == b"data" {
            event.extend_from_slice(value.strip_prefix(b" ").unwrap_or(value));
            event.push(b'\n');
        }
    }
    events
}
