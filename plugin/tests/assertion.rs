//! What the gate asserts to upstreams, and where it rather asserts nothing.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use toolgate::assertion::{Notary, SigningKey, digest};
use toolgate::audit::headers::{ALLOW, WOULD_DENY};
use toolgate::audit::{Mode, Record};
use toolgate::head::Head;
use toolgate::time::Timestamp;
use toolgate::token::Agent;

/// The longest path that is asserted.
const LONGEST: usize = 4096;

/// RFC 8037 appendix A.1.
const KEY: &str = r#"{"kty":"OKP","crv":"Ed25519","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;

fn notary(audience: Option<&str>) -> Notary {
    let key = SigningKey::read(KEY, None).unwrap();
    Notary::new(key, "gate".into(), audience.map(str::to_owned), Duration::from_secs(60))
}

fn agent() -> Arc<Agent> {
    Arc::new(Agent {
        id: "agent-1".into(),
        issuer: "https://idp.example.com".into(),
        subject: "agent-1".into(),
        user: None,
        tenant: None,
        session: None,
        task: None,
        intent: None,
        role: None,
        scopes: Vec::new(),
        actors: Vec::new(),
        token_id: "t-1".into(),
        expires: Timestamp::from_secs(9_000),
        claims: serde_json::Map::new(),
    })
}

fn record() -> Record {
    let now = Timestamp::from_secs(1_000);
    let mut record = Record::new(now, "d-1".into(), "p".into(), Mode::Enforce, Some(agent()));
    record.server = Some("crm".into());
    record.content = Some(digest(b"{}"));
    record
}

fn head(path: &[u8]) -> Head {
    Head::from_pairs([(":method".as_bytes(), b"POST".as_slice()), (b":path", path)])
}

fn claims(assertion: Option<String>) -> serde_json::Value {
    let assertion = assertion.unwrap();
    let payload = assertion.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}

#[test]
fn where_not_all_can_be_said_nothing_is() {
    let (plain, now) = (head(b"/mcp"), Timestamp::from_secs(2_000));
    let made = |head: &Head, record: &Record| notary(None).assertion(head, record, WOULD_DENY, None, now);
    assert!(made(&plain, &record()).is_some());
    assert_eq!(made(&plain, &Record { server: None, ..record() }), None, "for nobody");
    assert_eq!(made(&plain, &Record { content: None, ..record() }), None, "a body that wasn't seen whole");
    assert_eq!(made(&plain, &Record { agent: None, ..record() }), None, "of nobody");
    for path in [b"/mcp\xff".to_vec(), "/m\u{e9}".into(), [b"/".as_slice(), &[b'a'; LONGEST]].concat()] {
        assert_eq!(made(&head(&path), &record()), None, "a path that can't be said");
    }
    assert!(made(&head(&[b'/'; LONGEST]), &record()).is_some());
}

#[test]
fn what_goes_on_is_asserted_when_it_goes_on() {
    let (head, now) = (head(b"/mcp?a=%20b"), Timestamp::from_secs(2_000));
    let claims = claims(notary(Some("everyone")).assertion(&head, &record(), ALLOW, Some(b"narrowed"), now));
    let of_narrowed = format!("sha-256=:{}:", STANDARD.encode(digest(b"narrowed")));
    let found = ["aud", "iat", "exp", "path", "content_digest"].map(|name| claims[name].clone());
    let expected: [serde_json::Value; 5] =
        ["everyone".into(), 2_000.into(), 2_060.into(), "/mcp?a=%20b".into(), of_narrowed.into()];
    assert_eq!(found, expected);
}

#[test]
fn no_name_makes_the_header_long() {
    let mut record = record();
    record.tool = Some("t".repeat(100_000));
    let claims = claims(notary(None).assertion(&head(b"/mcp"), &record, ALLOW, None, Timestamp::from_secs(1)));
    assert!(claims["tool"].as_str().is_some_and(|tool| tool.starts_with("sha256:") && tool.len() == 39), "{claims}");
}
