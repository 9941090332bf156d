//! What a configuration is told about its rules: all of it at once, each with its place and what would be right.

use serde_json::{Value, json};

use crate::support::complaints;

#[test]
fn every_mistake_is_reported_at_once_with_its_place() {
    let found = complaints(&json!([
        {"id": "a", "effect": "deny", "when": {"agent.rule": "x", "action": "eksport"}},
        {"id": "a", "effect": "allow"},
        {"id": "", "effect": "deny", "when": "tol == 'x' && risk.level > 'hi'"},
        {"id": "b", "effect": "deny", "when": 7},
    ]));
    let places: Vec<_> = found.iter().map(|line| line.split(": ").next().unwrap()).collect();
    assert_eq!(
        places,
        [
            "/rules/0/when/action",
            "/rules/0/when/agent.rule",
            "/rules/1/id",
            "/rules/1/when",
            "/rules/2/id",
            "/rules/2/when",
            "/rules/2/when",
            "/rules/3/when",
        ],
        "{found:#?}"
    );
}

#[test]
fn each_complaint_says_what_would_be_right() {
    for (when, advice) in [
        (json!({"agent.rule": "x"}), "did you mean `agent.role`?"),
        (json!({"params.limit": 1}), "did you mean `parameters.<name>`?"),
        (json!({"weather": "x"}), "names are user tenant"),
        (json!({"action": "eksport"}), "there are list read"),
        (json!({"action_matches": "eks*"}), "there are list read"),
        (json!({"action_in": []}), "name at least one value"),
        (json!({"risk.level_gte": "hi"}), "there are low medium high critical"),
        (json!({"risk.score_gte": 101}), "0 to 100"),
        (json!({"risk.score_gte": "50"}), "0 to 100"),
        (json!({"risk.findings": "rows.many"}), "there are rows.over_limit"),
        (json!({"request.protocol": "grpc"}), "there are mcp a2a rest"),
        (json!({"request.method": "post"}), "`POST`"),
        (json!({"tool_lte": 5}), "numbers and risk levels only"),
        (json!({"parameters.x_lte": "5"}), "numbers and risk levels only"),
        (json!({"tool": 5}), "this attribute is a text"),
        (json!({"tool": ["a"]}), "`_in`"),
        (json!({"tool": null}), "`_exists: false`"),
        (json!({"tool": {"a": 1}}), "a text, number or boolean"),
        (json!({"tool_exists": false}), "there on every request"),
        (json!({"tool_exists": "no"}), "`true` or `false`"),
        (json!({"tool_matches": "^crm"}), "regular expression"),
        (json!({"tool_in": "a"}), "takes a list"),
        (json!(["tool"]), "a CEL expression would be right"),
    ] {
        let found = complaints(&json!([{"id": "r", "effect": "deny", "when": when}]));
        assert!(matches!(found.as_slice(), [one] if one.contains(advice)), "{when}: {found:?} lacks {advice}");
    }
}

#[test]
fn only_a_configured_decision_service_can_be_asked() {
    for effect in ["ask", "approve"] {
        let mut configuration =
            crate::support::configuration(&json!([{"id": "r", "effect": effect, "when": {"tool": "x"}}]));
        assert!(toolgate::config::read(configuration.to_string().as_bytes()).is_ok());
        configuration["decision"] = Value::Null;
        let problems = toolgate::config::read(configuration.to_string().as_bytes()).unwrap_err().to_string();
        assert!(problems.starts_with(&format!("/rules/0/effect: found `{effect}`")), "{problems}");
    }
}

#[test]
fn nobody_is_asked_for_an_approval_who_knows_none() {
    let mut configuration =
        crate::support::configuration(&json!([{"id": "r", "effect": "approve", "when": {"tool": "x"}}]));
    configuration["decision"]["protocol"] = json!("cerbos");
    let problems = toolgate::config::read(configuration.to_string().as_bytes()).unwrap_err().to_string();
    assert!(problems.starts_with("/rules/0/effect: found `approve`, but Cerbos"), "{problems}");
}

#[test]
fn a_credential_needs_somebody_who_could_issue_it() {
    let rule = json!({
        "id": "r", "effect": "allow", "when": {"tool": "x"}, "credential": {"scope": "crm:read", "ttl_seconds": 60},
    });
    let mut configuration = crate::support::configuration(&json!([rule]));
    assert!(toolgate::config::read(configuration.to_string().as_bytes()).is_ok());
    configuration["decision"] = Value::Null;
    let problems = toolgate::config::read(configuration.to_string().as_bytes()).unwrap_err().to_string();
    assert!(problems.starts_with("/rules/0/credential: found"), "{problems}");
}

/// What would be wrong on every call is told when the configuration is read.
#[test]
fn a_binding_that_can_not_hold_is_refused_with_its_place() {
    let mapping = json!({"evaluation": {"action": {"name": "read"}, "resource": {"type": "t", "id": "$params.name"}}});
    let several = json!({"evaluations": {"evaluations": [
        {"action": {"name": "read"}, "resource": {"type": "t", "id": "$params.name"}}]}});
    let server = |mapping: &Value| json!({"crm": {"trust_mappings": true, "tools": [{"name": "x", "inputSchema": {"x-authzen-mapping": mapping}}]}});
    let told = |effect: &str, patch: &[(&str, Value)]| {
        let mut configuration =
            crate::support::configuration(&json!([{"id": "r", "effect": effect, "when": {"tool": "x"}}]));
        for (pointer, value) in patch {
            let (parent, name) = pointer.rsplit_once('/').unwrap();
            configuration.pointer_mut(parent).unwrap()[name] = value.clone();
        }
        toolgate::config::read(configuration.to_string().as_bytes()).err().map(|problems| problems.to_string())
    };
    let coaz = ("/decision/coaz", json!({}));
    let tools = |mapping: &Value| ("/tools", json!({"a/b": {"x-authzen-mapping": mapping}}));
    assert_eq!(told("ask", &[coaz.clone(), tools(&mapping), ("/servers", server(&mapping))]), None);
    for (effect, patch, complaint) in [
        ("ask", vec![tools(&mapping)], "/tools/a~1b/x-authzen-mapping: found without `decision.coaz`"),
        ("ask", vec![("/servers", server(&mapping))], "/servers/crm/trust_mappings: found without `decision.coaz`"),
        ("ask", vec![coaz.clone(), ("/decision/protocol", json!("cerbos"))], "/decision/coaz: found beside another"),
        ("ask", vec![("/decision/coaz", json!({"subject_claim": ""}))], "/decision/coaz/subject_claim: found an empty"),
        (
            "ask",
            vec![coaz.clone(), ("/decision/on_error", json!({"low": "dangerously_allow"}))],
            "/decision/on_error/low: found `dangerously_allow`; under `decision.coaz`",
        ),
        ("approve", vec![coaz.clone()], "/decision/coaz/gate_context: found `false`, but rule `r` wants a person's"),
        ("ask", vec![coaz.clone(), tools(&several)], "/tools/a~1b/x-authzen-mapping: found `evaluations`, which"),
        (
            "ask",
            vec![coaz.clone(), tools(&json!({"evaluation": {"subject": {"id": "root"}}}))],
            "/tools/a~1b/x-authzen-mapping/evaluation/subject/id: the subject is the token's",
        ),
        (
            "ask",
            vec![coaz.clone(), ("/servers", server(&json!({})))],
            "/servers/crm/tools/0/inputSchema/x-authzen-mapping: an object with exactly one member",
        ),
    ] {
        let found = told(effect, &patch).unwrap_or_default();
        assert!(found.starts_with(complaint), "{complaint}: {found}");
    }
    let told_more = ("/decision/coaz", json!({"gate_context": true}));
    assert_eq!(told("approve", &[told_more]), None);
    assert_eq!(told("ask", &[coaz, tools(&several), ("/decision/evaluations", json!(true))]), None);
}
