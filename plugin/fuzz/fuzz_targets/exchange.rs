//! A whole request of any head and body, from a good token to its verdict. Whatever comes, there is a verdict; what goes on is
//! allowed by a rule; and where a decision narrows a call, nothing but the parameter that the rule names is another.

#![no_main]

use std::sync::{Arc, LazyLock};

use serde_json::{Value, json};
use toolgate::config::Config;
use toolgate::exchange::{Edits, Exchange, Input, Step, Stored};
use toolgate::gate::Gate;
use toolgate::head::Head;
use toolgate::token::SignatureVerdict;
use toolgate_fuzz::NOW;

static CONFIG: LazyLock<Arc<Config>> = LazyLock::new(|| {
    toolgate_fuzz::config(json!({
        "routes": [
            {"match": {"path": "/mcp"}, "protocol": "mcp", "server": "crm", "max_body": "16KiB"},
            {"match": {"prefix": "/v1/"}, "protocol": "rest", "server": "payments", "max_body": "16KiB", "operations": [
                {"method": "GET", "path": "/v1/payments/{id}", "tool": "payments.read"},
                {"method": "POST", "path": "/v1/payments/{id}/refund", "tool": "payments.refund"},
            ]},
            {"match": {"prefix": "/a2a"}, "protocol": "a2a", "server": "agent", "max_body": "16KiB"},
        ],
        "risk": {"trusted_domains": ["example.com"], "limits": {"rows": 100, "amount": {"max": 500, "currency": "USD"}}},
        "rules": [
            {"id": "reads", "effect": "allow", "when": {"tool_in": ["customers.get", "payments.read"]}},
            {"id": "refunds", "effect": "ask", "when": {"tool": "payments.refund"}, "narrow": ["/limit"]},
            {"id": "lists", "effect": "allow", "when": {"action": "list"}},
            {"id": "expression", "effect": "deny", "when": "action == 'export' || parameters.amount > 100"},
        ],
        "decision": {"cluster": "pdp", "url": "https://pdp.example.com"},
    }))
});

static TOKEN: LazyLock<String> = LazyLock::new(toolgate_fuzz::authorization);

const PERMIT: &[u8] = br#"{"decision":true}"#;
const NARROW: &[u8] = br#"{"decision":true,"context":{"narrow":{"/limit":5}}}"#;

// Which answer the decision service gives; a method, a target and headers, a line each; an empty line; the body.
libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Some((choice, request)) = data.split_first() else { return };
    let end = request.windows(2).position(|pair| pair == b"\n\n");
    let (head, body) = end.map_or((request, &[][..]), |end| (&request[..end], &request[end + 2..]));
    let mut lines = head.split(|byte| *byte == b'\n');
    let mut pairs = vec![
        (&b":method"[..], lines.next().unwrap_or_default()),
        (b":path", lines.next().unwrap_or_default()),
        (b"authorization", TOKEN.as_bytes()),
    ];
    for line in lines {
        let colon = line.iter().position(|byte| *byte == b':').unwrap_or(line.len());
        pairs.push((&line[..colon], line.get(colon + 1..).unwrap_or_default()));
    }
    let head = Head::from_pairs(pairs);

    let mut exchange = Exchange::new(Arc::clone(&CONFIG));
    let mut gate = Gate::new(Arc::clone(&CONFIG));
    let response = Head::from_pairs([(":status", "200")]);
    let mut asked = false;
    let first = Input::Head { head: head.clone(), end: body.is_empty(), id: "id".into() };
    let mut step = exchange.advance(&mut gate, NOW, first);
    for _ in 0..10 {
        let input = match step {
            Step::Verify(_) => Input::Signature(SignatureVerdict::Valid),
            Step::Hold | Step::Read => Input::Body(body),
            Step::Ask(..) => {
                asked = true;
                Input::Answer { head: &response, body: if choice & 1 == 0 { PERMIT } else { NARROW } }
            }
            Step::Recall(_) => Input::Recalled { slot: None, version: 1 },
            Step::Remember { .. } => Input::Remembered(Stored::Yes),
            Step::Forward(edits, record) => {
                assert_eq!(record.reason, None);
                check(&edits, body, choice & 1 != 0 && asked, record.tool.as_deref(), head.target());
                let _ = exchange.advance(&mut gate, NOW, Input::Response(&response));
                return;
            }
            Step::Reject(reply, record) => {
                assert!(reply.status >= 400 && record.reason.is_some());
                return;
            }
            Step::Answer(_) => return,
            // Nothing is fetched, asked of an issuer or bound in this configuration, and heads are held.
            Step::Await
            | Step::SendHead(_)
            | Step::Introspect(..)
            | Step::Peer
            | Step::RoutePolicy
            | Step::Respond(..)
            | Step::Show(..)
            | Step::Pass => {
                panic!("no verdict: {step:?}")
            }
        };
        step = exchange.advance(&mut gate, NOW, input);
    }
    panic!("no verdict: {step:?}");
});

/// What went on is what was allowed, and as it came but for what was narrowed.
fn check(edits: &Edits, body: &[u8], narrowed: bool, tool: Option<&str>, target: &[u8]) {
    assert!(edits.body.is_none() || narrowed, "a body was changed that nobody narrowed");
    if !target.starts_with(b"/mcp") {
        return;
    }
    let Ok(mut before) = serde_json::from_slice::<Value>(body) else {
        assert!(body.is_empty(), "what can't be read went on");
        return;
    };
    if before["method"] == "tools/call" {
        assert_eq!(before["params"]["name"].as_str(), tool);
        assert!(matches!(tool, Some("customers.get" | "payments.refund")), "no rule allows {tool:?}");
    }
    if let Some(after) = &edits.body {
        let after: Value = serde_json::from_slice(after).expect("what goes on is JSON");
        if before["params"]["arguments"].is_null() {
            before["params"]["arguments"] = json!({});
        }
        before["params"]["arguments"]["limit"] = json!(5);
        assert_eq!(before, after, "more than the limit is another");
    }
}
