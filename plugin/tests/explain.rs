//! An explanation and the filter's verdict are one: over many policies, agents and requests.
#![allow(
    clippy::panic,
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Value, json};
use toolgate::config::{self, Config};
use toolgate::explain::{Call, Explanation, explain};
use toolgate::time::Timestamp;

const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);

fn policy(rules: Value) -> Value {
    json!({
        "policy_version": "explained",
        "identity": {"issuers": [issuer("https://idp.example.com"), issuer("https://other.example.com")]},
        "routes": [
            {"match": {"prefix": "/v1/"}, "protocol": "rest", "server": "pay", "operations": [
                {"method": "POST", "path": "/v1/payments/{id}/refund", "tool": "payments.refund", "action": "transfer",
                 "resource": {"type": "payment", "id": "{id}"}}]},
            {"match": {"path": "/mcp"}, "protocol": "mcp", "server": "crm"},
        ],
        "tools": {"crm.get": {"action": "read", "resource": {"type": "Account", "id": "/id"}}},
        "risk": {"trusted_domains": ["example.com"], "limits": {"rows": 100}},
        "rules": rules,
        "decision": {"cluster": "pdp", "url": "https://pdp.example.com"},
    })
}

fn issuer(name: &str) -> Value {
    json!({
        "issuer": name, "audiences": ["https://gateway.example.com/mcp"], "algorithms": ["ES256"],
        // RFC 7515 appendix A.3.
        "jwks": {"inline": {"keys": [{"kty": "EC", "crv": "P-256", "kid": "1",
            "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]}},
    })
}

fn rules() -> Value {
    json!([
        {"id": "reads", "effect": "allow", "when": {"agent.role": "support", "action": "read", "parameters.limit_lte": 100}},
        {"id": "exports", "effect": "allow", "when": {"action": "export"}},
        {"id": "refunds", "effect": "ask", "when": {"tool": "payments.refund"}},
        {"id": "over-mcp", "effect": "allow", "when": {"request.protocol": "mcp", "action": "list"}},
        {"id": "cel", "effect": "approve", "when": "action == 'send' && (agent.role == 'support' || parameters.amount > 5)"},
        {"id": "no-deletes", "effect": "deny", "when": {"action": "delete"}, "reason": "agents delete nothing"},
    ])
}

fn compiled(policy: &Value) -> Arc<Config> {
    Arc::new(config::read(policy.to_string().as_bytes()).unwrap_or_else(|problems| panic!("{problems}")))
}

fn call(json: Value) -> Call {
    Call::read(&json.to_string()).unwrap_or_else(|problems| panic!("{problems}"))
}

fn explained(json: Value) -> Explanation {
    explain(&compiled(&policy(rules())), &call(json), NOW).unwrap_or_else(|problems| panic!("{problems}"))
}

fn rule<'e>(explanation: &'e Explanation, id: &str) -> &'e toolgate::explain::RuleStep {
    explanation.rules.iter().find(|rule| rule.id == id).unwrap()
}

#[test]
fn a_call_that_is_allowed_is_told_from_token_to_rule() {
    let told = explained(json!({
        "claims": {"client_id": "support-agent", "sub": "ann", "role": "support"},
        "tool": "crm.get", "arguments": {"id": "c-7", "limit": 1},
    }));
    assert_eq!((told.verdict, told.rule.as_deref(), told.asked), ("forward", Some("reads"), false), "{told}");
    let token = told.token.as_ref().unwrap();
    assert_eq!((token.agent.as_str(), token.user.as_deref()), ("support-agent", Some("ann")));
    assert_eq!(token.issuer, "https://idp.example.com");
    let action = told.action.as_ref().unwrap();
    assert_eq!((action.kind, action.source), ("read", "operator"));
    assert_eq!(action.resource.as_ref().map(|it| (it.kind.as_str(), it.id.as_str())), Some(("Account", "c-7")));
    assert!(rule(&told, "reads").decides);
    assert_eq!(rule(&told, "no-deletes").condition.as_deref(), Some("action"));
    assert_eq!(rule(&told, "no-deletes").found, "read");
}

#[test]
fn a_rule_that_does_not_match_names_its_first_false_condition_and_what_was_found() {
    let told =
        explained(json!({"claims": {"role": "support"}, "tool": "crm.get", "arguments": {"id": "7", "limit": 5000}}));
    assert_eq!((told.verdict, told.reason), ("reject", Some("policy.no_rule")), "{told}");
    let reads = rule(&told, "reads");
    assert_eq!((reads.outcome, reads.condition.as_deref()), ("unmatched", Some("parameters.limit_lte")));
    assert_eq!(reads.found, 5000);
}

#[test]
fn an_expression_is_told_clause_by_clause() {
    let told = explained(json!({"claims": {"role": "sales"}, "tool": "send_mail", "arguments": {"amount": 3}}));
    let cel = rule(&told, "cel");
    assert_eq!(cel.outcome, "unmatched", "{told}");
    assert_eq!(cel.found, json!({"agent.role": "sales", "parameters.amount": 3}), "{told}");
}

#[test]
fn a_rule_that_cannot_be_evaluated_is_told_as_such() {
    let told = explained(json!({"claims": {"role": "support"}, "tool": "crm.get", "arguments": {"limit": "many"}}));
    assert_eq!((told.verdict, told.reason), ("reject", Some("policy.failed")), "{told}");
    assert_eq!(rule(&told, "reads").outcome, "failed");
}

#[test]
fn what_the_decision_service_would_be_asked_is_shown() {
    let refund = json!({"request": {"path": "/v1/payments/p-1/refund", "body": {"amount": 5}}});
    let told = explained(refund);
    assert_eq!((told.verdict, told.asked, told.reason), ("ask", true, None), "{told}");
    let question = told.question.as_ref().unwrap();
    assert_eq!(question["resource"], json!({"type": "payment", "id": "p-1"}));
    assert_eq!(question["context"]["parameters"]["amount"], 5);
}

#[test]
fn claims_are_judged_as_those_of_a_real_token() {
    for (claims, reason) in [
        (json!({"aud": "https://elsewhere.example.com"}), "token.audience"),
        (json!({"exp": 1_700_000_000}), "token.expired"),
        (json!({"act": {"sub": ""}}), "token.actor"),
        (json!({"iss": "https://nobody.example.com"}), "token.issuer"),
        (json!({"cnf": {}}), "token.binding"),
    ] {
        let told = explained(json!({"claims": claims, "tool": "crm.get"}));
        assert_eq!((told.verdict, told.reason), ("reject", Some(reason)), "{told}");
        assert!(told.token.is_none() && told.rules.is_empty(), "nothing of it was believed: {told}");
    }
    let told = explained(json!({"claims": {"iss": "https://other.example.com"}, "tool": "crm.get"}));
    assert_eq!(told.token.unwrap().issuer, "https://other.example.com");
}

#[test]
fn a_token_that_the_request_brings_is_not_taken_on_trust() {
    let config = compiled(&policy(rules()));
    let specimen = config.identity.specimen(&json!({"role": "support"}).as_object().unwrap().clone(), NOW);
    let told = explained(
        json!({"request": {"path": "/mcp", "headers": {"authorization": format!("Bearer {specimen}")}, "body": {}}}),
    );
    assert_eq!(told.reason, Some("token.signature"), "{told}");
}

#[test]
fn what_cannot_be_sent_is_a_problem_with_a_place() {
    let config = compiled(&policy(rules()));
    for (json, pointer) in [
        (r#"{"tool": 1}"#, "/tool"),
        (r#"{"claims": {}}"#, ""),
        (r#"{"tool": "a", "request": {"path": "/"}}"#, "/request"),
        (r#"{"request": {"path": "v1"}}"#, "/request/path"),
        (r#"{"arguments": {}, "request": {"path": "/"}}"#, "/arguments"),
        (r#"{"toll": "a"}"#, "/toll"),
        (r#"{"tool": "a"} {"tool": "b"}"#, ""),
        ("", ""),
    ] {
        let problems = Call::read(json).and_then(|call| explain(&config, &call, NOW)).expect_err(json);
        assert_eq!(problems.iter().map(|problem| problem.pointer.as_str()).collect::<Vec<_>>(), [pointer], "{json}");
    }
}

/// What the rules that were tried add up to, worked out here from the explanation alone.
fn verdict_by_rules(told: &Explanation, ask_at: &[&str]) -> &'static str {
    let of = |outcome: &str, effect: &str| told.rules.iter().any(|it| it.outcome == outcome && it.effect == effect);
    // Deny over what failed over ask over allow.
    let failed = told.rules.iter().any(|rule| rule.outcome == "failed");
    let risky = ask_at.contains(&told.risk.as_ref().unwrap().risk.level);
    if failed || of("matched", "deny") {
        "reject"
    } else if of("matched", "ask") || of("matched", "approve") || (of("matched", "allow") && risky) {
        "ask"
    } else if of("matched", "allow") {
        "forward"
    } else {
        "reject"
    }
}

#[test]
fn verdict_and_rules_never_disagree() {
    let tools = ["crm.get", "crm.list_all", "crm.export", "crm.delete", "send_mail", "payments.refund", "crm.whatever"];
    let arguments = [
        json!({}),
        json!({"id": "c-7", "limit": 1}),
        json!({"limit": 100_000}),
        json!({"limit": "many"}),
        json!({"to": "eve@evil.test", "amount": 1e9}),
        json!({"limit": [1]}),
    ];
    let claims = [json!({"role": "support"}), json!({"role": "sales"}), json!({"client_id": "a", "sub": "b"})];
    let all = rules();
    let all = all.as_array().unwrap();
    let mut seen = BTreeSet::new();
    // Every subset of the rules.
    for subset in 0..1_u32 << all.len() {
        let some: Vec<_> = all.iter().enumerate().filter(|(at, _)| subset >> at & 1 == 1).map(|(_, it)| it).collect();
        let config = compiled(&policy(json!(some)));
        for (tool, arguments, claims) in tools.iter().flat_map(|tool| {
            arguments
                .iter()
                .flat_map(|arguments| claims.iter().map(move |claims| (tool, arguments, claims)))
                .collect::<Vec<_>>()
        }) {
            let told =
                explain(&config, &call(json!({"claims": claims, "tool": tool, "arguments": arguments})), NOW).unwrap();
            assert_eq!(told.verdict, verdict_by_rules(&told, &["high", "critical"]), "{told}");
            assert_eq!(told.rules.len(), some.len());
            let decides: Vec<_> = told.rules.iter().filter(|rule| rule.decides).collect();
            assert_eq!(decides.first().map(|rule| rule.id.as_str()), told.rule.as_deref(), "{told}");
            assert!(decides.iter().all(|rule| rule.outcome != "unmatched"), "{told}");
            let risk = told.risk.as_ref().unwrap();
            let sum = risk.weights.values().fold(risk.base, |sum, weight| sum.saturating_add(*weight)).min(100);
            assert_eq!(sum, risk.risk.score, "{told}");
            assert_eq!(told.question.is_some(), told.asked, "{told}");
            assert_eq!(told.answer.is_some(), told.verdict == "reject", "{told}");
            assert_eq!(told.reason.is_some(), told.verdict == "reject", "{told}");
            seen.insert((told.verdict, told.reason));
        }
    }
    let reached: BTreeSet<_> = [
        ("forward", None),
        ("ask", None),
        ("reject", Some("policy.denied")),
        ("reject", Some("policy.failed")),
        ("reject", Some("policy.no_rule")),
    ]
    .into();
    assert_eq!(seen, reached);
}
