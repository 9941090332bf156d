//! Rules as the literature on agent authorization writes them, run as they are.

use serde_json::{Value, json};

use crate::support::{Call, call, complaints, configuration, policy, read_with};

fn ticket(id: &str, claims: &Value) -> Call {
    let mut call = call().claims(claims);
    call.resource = Some(("Account".into(), id.into()));
    call
}

/// Whether a rule with this `when` matches under the one comparison there is: `yes`, `no` or `failed`.
fn compared(when: &Value, comparison: &Value, call: &Call) -> &'static str {
    let rules = json!([{"id": "r", "effect": "deny", "when": when}]);
    let config = read_with(&rules, &json!({"ticket.customer_id_matches_resource": comparison}));
    match call.judged_by(&config.policy).as_str() {
        "deny r" => "yes",
        "no rule" => "no",
        _ => "failed",
    }
}

#[test]
fn a_named_comparison_is_true_or_false_and_never_absent() {
    let equals = json!({"left": "token.ticket.customer_id", "equals": "resource.id"});
    let ours = |claims: Value| ticket("c-7", &claims);
    for (claims, expected) in [
        (json!({"ticket": {"customer_id": "c-7"}}), "yes"),
        (json!({"ticket": {"customer_id": "c-8"}}), "no"),
        (json!({"ticket": {}}), "no"),
        (json!({}), "no"),
        (json!({"ticket": {"customer_id": {"id": "c-7"}}}), "failed"),
    ] {
        let other = match expected {
            "yes" => "no",
            "no" => "yes",
            failed => failed,
        };
        for (when, expected) in [
            (json!({"ticket.customer_id_matches_resource": true}), expected),
            (json!({"ticket.customer_id_matches_resource": false}), other),
            (json!("ticket.customer_id_matches_resource"), expected),
            (json!("!ticket.customer_id_matches_resource"), other),
            (json!("tool == 'crm.query' && ticket.customer_id_matches_resource == false"), other),
        ] {
            assert_eq!(compared(&when, &equals, &ours(claims.clone())), expected, "{when} {claims}");
        }
    }
}

#[test]
fn an_id_is_the_same_as_number_and_as_text() {
    let equals = json!({"left": "token.ticket.customer_id", "equals": "resource.id"});
    let when = json!({"ticket.customer_id_matches_resource": true});
    for (id, expected) in [("7", "yes"), ("07", "no"), ("7.0", "no")] {
        let call = ticket(id, &json!({"ticket": {"customer_id": 7}}));
        assert_eq!(compared(&when, &equals, &call), expected, "{id}");
    }
}

#[test]
fn an_attribute_can_be_looked_for_in_a_list_and_bounded_by_another() {
    let when = json!({"ticket.customer_id_matches_resource": true});
    let within = json!({"left": "resource.id", "in": "token.customers"});
    assert_eq!(compared(&when, &within, &ticket("c-7", &json!({"customers": ["c-1", "c-7"]}))), "yes");
    assert_eq!(compared(&when, &within, &ticket("c-9", &json!({"customers": ["c-1", "c-7"]}))), "no");
    assert_eq!(compared(&when, &within, &ticket("c-7", &json!({"customers": "c-7"}))), "yes");
    let bounded = json!({"left": "parameters.amount", "at_most": "token.refund_limit"});
    for (body, expected) in [
        (r#"{"amount": 50}"#, "yes"),
        (r#"{"amount": 50.00}"#, "yes"),
        (r#"{"amount": 50.01}"#, "no"),
        (r#"{"amount": "50"}"#, "failed"),
        ("{}", "no"),
    ] {
        let call = call().claims(&json!({"refund_limit": 50})).with(body);
        assert_eq!(compared(&when, &bounded, &call), expected, "{body}");
    }
}

#[test]
fn a_glob_can_stand_for_tools() {
    let judged = |tool: &str, when: Value| {
        let mut call = call();
        tool.clone_into(&mut call.tool);
        call.judged_by(&policy(&json!([{"id": "r", "effect": "allow", "when": when}])))
    };
    assert_eq!(judged("github.issues.read", json!({"tool": "github.*"})), "allow r");
    assert_eq!(judged("gitlab.issues.read", json!({"tool": "github.*"})), "no rule");
    assert_eq!(judged("mail.send", json!({"tool_in": ["github.*", "mail.send"]})), "allow r");
    assert_eq!(judged("mail.sender", json!({"tool_in": ["github.*", "mail.send"]})), "no rule");
    assert_eq!(judged("mail.send", json!({"tool_not": "github.*"})), "allow r");
    assert_eq!(judged("github.merge", json!({"tool_not": "github.*"})), "no rule");
    assert_eq!(judged("mail.send", json!({"tool_matches": ["a*", "m*"]})), "allow r");
}

#[test]
fn rules_can_look_at_the_clock() {
    let mut call = call();
    // 2027-01-15T08:00:00Z, a Friday.
    for (when, expected) in [
        (json!({"time.hour_gte": 8, "time.hour_lt": 18}), "deny r"),
        (json!({"time.hour_lt": 8}), "no rule"),
        (json!({"time.weekday_in": ["saturday", "sunday"]}), "no rule"),
        (json!({"time.weekday": "friday"}), "deny r"),
        (json!({"time_gte": "2027-01-15T08:00:00Z", "time_lt": "2027-01-15T08:00:00.001Z"}), "deny r"),
        (json!("time > '2027-01-15T08:00:00Z' || time.hour == 7"), "no rule"),
    ] {
        call.now = toolgate::time::Timestamp::from_secs(1_800_000_000);
        let policy = policy(&json!([{"id": "r", "effect": "deny", "when": when}]));
        assert_eq!(call.judged_by(&policy), expected, "{when}");
    }
}

#[test]
fn a_rule_in_shadow_mode_decides_nothing_and_says_what_it_would() {
    let policy = policy(&json!([
        {"id": "reads", "effect": "allow", "when": {"action": "read"}},
        {"id": "tried", "effect": "deny", "mode": "shadow", "when": {"agent.role": "support"}},
        {"id": "never", "effect": "allow", "mode": "shadow", "when": {"tool": "crm.query"}},
    ]));
    let mut call = call();
    let rehearsed =
        |call: &Call| call.facts(|facts| policy.rehearse(facts).map(|ruling| crate::support::spell(&ruling)));
    assert_eq!(call.judged_by(&policy), "allow reads");
    assert_eq!(rehearsed(&call).as_deref(), Some("deny tried"));
    call.agent.role = None;
    assert_eq!(rehearsed(&call), None, "`reads` comes first and has the same effect");
    call.kind = toolgate::action::ActionKind::Delete;
    assert_eq!(call.judged_by(&policy), "no rule");
    assert_eq!(rehearsed(&call).as_deref(), Some("allow never"));
}

#[test]
fn wishes_are_compiled() {
    let policy = policy(&json!([{
        "id": "r", "effect": "allow", "when": {"tool": "crm.query"}, "reason": "for tickets", "audit": "required",
        "credential": {"scope": "crm:read", "ttl_seconds": 300}, "narrow": ["parameters.limit", "/fields"], "tags": ["crm"],
    }]));
    let [rule] = policy.rules() else { panic!("one rule") };
    let credential = rule.wishes.credential.clone().unwrap();
    assert_eq!((credential.scope.as_str(), credential.ttl.as_secs()), ("crm:read", 300));
    let narrow: Vec<_> = rule.wishes.narrow.iter().map(toolgate::policy::Pointer::as_str).collect();
    assert_eq!(narrow, ["/limit", "/fields"]);
    assert!(rule.wishes.recorded && rule.wishes.tags == ["crm"]);
}

#[test]
fn a_wish_that_nobody_could_grant_is_a_complaint() {
    let found = complaints(&json!([
        {"id": "a", "effect": "deny", "when": {"tool": "x"}, "credential": {"scope": "s", "ttl_seconds": 5}},
        {"id": "b", "effect": "allow", "when": {"tool": "x"}, "credential": {"scope": " ", "ttl_seconds": 86400}},
        {"id": "c", "effect": "allow", "when": {"tool": "x"}, "narrow": ["limit"]},
    ]));
    let places: Vec<_> = found.iter().map(|line| line.split(": ").next().unwrap()).collect();
    let expected =
        ["/rules/0/credential", "/rules/1/credential/scope", "/rules/1/credential/ttl_seconds", "/rules/2/narrow/0"];
    assert_eq!(places, expected, "{found:#?}");
}

#[test]
fn a_comparison_that_makes_no_sense_is_a_complaint() {
    for (name, comparison, advice) in [
        ("agent.role", json!({"left": "token.a", "equals": "tool"}), "an attribute already"),
        ("x", json!({"left": "token.a"}), "exactly one"),
        ("x", json!({"left": "token.a", "equals": "tool", "in": "token.b"}), "exactly one"),
        ("x", json!({"left": "tokn.a", "equals": "tool"}), "no request can have it"),
        ("x", json!({"left": "agent.scopes", "equals": "tool"}), "looks for a member"),
        ("x", json!({"left": "tool", "in": "resource.id"}), "lists to look into"),
        ("x", json!({"left": "tool", "at_most": "token.b"}), "numbers to compare"),
    ] {
        let mut written = configuration(&json!([{"id": "r", "effect": "deny", "when": {"tool": "x"}}]));
        written["comparisons"] = json!({name: comparison});
        let problems = toolgate::config::read(written.to_string().as_bytes()).unwrap_err().to_string();
        assert!(problems.starts_with("/comparisons/") && problems.contains(advice), "{comparison}: {problems}");
    }
}

#[test]
fn a_scope_that_is_lacking_is_told_with_all_that_are_needed() {
    let policy = policy(&json!([
        {"id": "reads", "effect": "allow", "when": {"action": "read"}, "requires_scope": "crm.read"},
        {"id": "crm", "effect": "allow", "when": {"tool": "crm.*"}, "requires_scope": ["crm.use", "crm.read"]},
        {"id": "other", "effect": "allow", "when": {"tool": "mail.*"}, "requires_scope": "mail.admin"},
        {"id": "none", "effect": "deny", "when": {"intent": "harm"}},
    ]));
    let mut call = call();
    assert_eq!(call.judged_by(&policy), "scope crm");
    assert_eq!(call.facts(|facts| policy.scopes(facts).join(" ")), "crm.read crm.use");
    call.agent.intent = Some("harm".into());
    assert_eq!(call.judged_by(&policy), "deny none", "no token would change that");
    call.agent.intent = None;
    call.agent.scopes.push("crm.use".into());
    assert_eq!(call.judged_by(&policy), "allow reads");
}
