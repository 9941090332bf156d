//! The policies that ship with the service, asked as the gateway asks.

use serde_json::{Value, json};

use crate::{Service, shipped};

fn refund(parameters: Value) -> Value {
    json!({
        "subject": {"type": "agent", "id": "support-agent", "properties": {
            "user": "alice@example.com", "issuer": "https://idp.example.com", "tenant": "acme", "session": "s-1",
            "task": "t-1", "scopes": ["payments"], "actors": ["support-agent"]}},
        "action": {"name": "transfer", "properties": {"tool": "payments.refund", "server": "crm"}},
        "resource": {"type": "payment", "id": "inv-7", "properties": {}},
        "context": {
            "parameters": parameters,
            "risk": {"level": "high", "score": 70, "findings": [{"code": "amount.over_limit", "pointer": "/amount"}]},
            "policy_version": "crm-support-v12", "decision_id": "d-1", "route": "mcp", "time": "2026-11-22T17:00:00Z"}
    })
}

#[tokio::test]
async fn a_cleared_user_may_have_up_to_a_thousand_dollars_refunded() {
    let service = Service::start(shipped()).await;
    for amount in [json!(1), json!(0.01), json!(999.99), json!(1000), json!(1000.0)] {
        let answer = service.evaluate(&refund(json!({"amount": amount, "currency": "USD", "note": null}))).await;
        assert_eq!(answer["decision"], true, "{amount}: {answer}");
        assert_eq!(answer["context"]["policies"], json!(["support-agent-refunds"]));
        assert_eq!(answer["context"].get("reason"), None);
    }
    assert_eq!(service.evaluate(&refund(json!({"amount": 5}))).await["decision"], true);
    let mut invoice = refund(json!({"amount": 5}));
    invoice["resource"]["type"] = json!("invoice");
    assert_eq!(service.evaluate(&invoice).await["decision"], true);
}

#[tokio::test]
async fn an_amount_that_is_not_clearly_within_the_limit_is_denied() {
    let service = Service::start(shipped()).await;
    for parameters in [
        json!({"amount": 1000.01}),
        json!({"amount": 4800}),
        json!({"amount": 0}),
        json!({"amount": -5}),
        json!({"amount": "5"}),
        json!({"amount": null}),
        json!({"amount": [5]}),
        json!({}),
    ] {
        let answer = service.evaluate(&refund(parameters.clone())).await;
        assert_eq!(answer["decision"], false, "{parameters}");
        assert_eq!(answer["context"]["reason"], "forbidden");
        assert_eq!(answer["context"]["policies"], json!(["refund-limit"]), "{parameters}");
        let text = answer["context"]["reason_user"]["en"].as_str().unwrap();
        assert!(text.starts_with("refunds by an agent are limited to 1,000 USD"), "{text}");
    }
}

#[tokio::test]
async fn all_else_is_denied_and_says_by_which_policy() {
    let service = Service::start(shipped()).await;
    let good = || refund(json!({"amount": 5}));
    let change = |pointer: &str, value: Value| {
        let mut question = good();
        *question.pointer_mut(pointer).unwrap() = value;
        question
    };
    for (question, reason, policies) in [
        (
            change("/subject/properties/user", json!("mallory@example.com")),
            "forbidden",
            json!(["finance-cleared-users-only"]),
        ),
        (change("/subject/properties", json!({})), "forbidden", json!(["finance-cleared-users-only"])),
        (change("/subject/id", json!("sales-agent")), "not_permitted", json!([])),
        (change("/subject/type", json!("user")), "not_permitted", json!([])),
        (change("/resource/type", json!("Account")), "not_permitted", json!([])),
        (change("/action/name", json!("delete")), "forbidden", json!(["agents-never-delete"])),
        (change("/action/name", json!("read")), "not_permitted", json!([])),
        (refund(json!({"amount": 5, "currency": "EUR"})), "forbidden", json!(["refund-currency"])),
        (change("/context", json!({})), "forbidden", json!(["refund-limit"])),
    ] {
        let answer = service.evaluate(&question).await;
        assert_eq!(answer["decision"], false, "{question}");
        assert_eq!(
            (&answer["context"]["reason"], &answer["context"]["policies"]),
            (&json!(reason), &policies),
            "{question}"
        );
    }
}
