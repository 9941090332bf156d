//! Any answer to `tools/list`, as JSON or as a stream of events: however a client reads what it is shown, it finds no tool in it
//! that it could never call, and it finds the same whether the answer came whole or in two pieces.

#![no_main]

use std::sync::{Arc, LazyLock};

use serde_json::{Value, json};
use toolgate::config::Config;
use toolgate::exchange::{Exchange, Input, Step};
use toolgate::gate::Gate;
use toolgate::head::Head;
use toolgate::token::SignatureVerdict;
use toolgate_fuzz::NOW;

static CONFIG: LazyLock<Arc<Config>> = LazyLock::new(|| {
    toolgate_fuzz::config(json!({
        "routes": [{"match": {"path": "/mcp"}, "protocol": "mcp", "server": "crm"}],
        "rules": [{"id": "reads", "effect": "allow", "when": {"tool_in": ["get", "tools/list"]}}],
    }))
});

static HEAD: LazyLock<Head> = LazyLock::new(|| {
    Head::from_pairs([
        (":method", "POST"),
        (":path", "/mcp"),
        ("content-type", "application/json"),
        ("authorization", &toolgate_fuzz::authorization()),
    ])
});

// Whether it is a stream; where it is cut; the answer.
libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let [form, cut, answer @ ..] = data else { return };
    let is_stream = form & 1 != 0;
    let texts = texts(is_stream, &[answer]);
    let (first, rest) = answer.split_at(usize::from(*cut).min(answer.len()));
    assert_eq!(texts, self::texts(is_stream, &[first, rest]), "it hangs on how it came");
    for text in texts {
        let message = serde_json::from_slice::<Value>(&text).expect("what is no JSON was shown");
        let messages = message.as_array().cloned().unwrap_or_else(|| vec![message]);
        for tool in messages.iter().filter_map(|message| message["result"]["tools"].as_array()).flatten() {
            assert_eq!(tool["name"], "get", "of {}", String::from_utf8_lossy(&text));
        }
    }
});

/// What a client reads of an answer that comes in these pieces.
fn texts(is_stream: bool, pieces: &[&[u8]]) -> Vec<Vec<u8>> {
    let mut gate = Gate::new(Arc::clone(&CONFIG));
    let mut exchange = asked(&mut gate);
    let media = if is_stream { "text/event-stream" } else { "application/json" };
    let head = Head::from_pairs([(":status", "200"), ("content-type", media)]);
    exchange.advance(&mut gate, NOW, Input::Response(&head));
    let (mut client, mut held) = (Vec::new(), Vec::new());
    for (place, piece) in pieces.iter().enumerate() {
        held.extend_from_slice(piece);
        let end = place + 1 == pieces.len();
        match exchange.advance(&mut gate, NOW, Input::ResponseBody { body: Some(&held), end }) {
            Step::Hold => continue,
            Step::Show(Some(instead), _) => client.extend(instead),
            Step::Show(None, _) => client.extend_from_slice(&held),
            step => panic!("{step:?}"),
        }
        held.clear();
    }
    let texts = if is_stream { events(&client) } else { vec![client] };
    texts.into_iter().filter(|text| !text.trim_ascii().is_empty()).collect()
}

/// A request for the list, which has gone on.
fn asked(gate: &mut Gate) -> Exchange {
    let mut exchange = Exchange::new(Arc::clone(&CONFIG));
    exchange.advance(gate, NOW, Input::Head { head: HEAD.clone(), end: false, id: "id".into() });
    exchange.advance(gate, NOW, Input::Signature(SignatureVerdict::Valid));
    let step = exchange.advance(gate, NOW, Input::Body(br#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#));
    assert!(matches!(step, Step::Forward(..)), "{step:?}");
    exchange
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
