//! What is valid and probably not meant.

use serde_json::{Value, json};
use toolgate::policy::lint::remarks;

use crate::support::policy;

fn lint(rules: &Value, tools: &[&str]) -> Vec<String> {
    remarks(&policy(rules), tools.iter().copied())
        .iter()
        .map(|remark| format!("{} {}", remark.pointer, remark.message))
        .collect()
}

fn one(when: Value) -> Vec<String> {
    lint(&json!([{"id": "r", "effect": "deny", "when": when}]), &[])
}

#[test]
fn a_rule_that_can_never_match_is_remarked() {
    for never in [
        json!({"tool": "a", "tool_not": "a"}),
        json!({"tool": "a", "tool_in": ["b", "c"]}),
        json!({"tool": "mail.send", "tool_matches": "crm.*"}),
        json!({"parameters.x_gt": 5, "parameters.x_lt": 5}),
        json!({"parameters.x_gte": 6, "parameters.x_lte": 5}),
        json!({"parameters.x": 9, "parameters.x_lte": 5}),
        json!({"parameters.x_exists": false, "parameters.x": "a"}),
        json!({"risk.level": "low", "risk.level_gte": "high"}),
        json!("tool == 'a' && tool == 'b'"),
        json!("has(parameters.x) && !has(parameters.x)"),
    ] {
        let found = one(never.clone());
        assert!(
            matches!(found.as_slice(), [one] if one.starts_with("/rules/0/when `r` can never match")),
            "{never}: {found:?}"
        );
    }
    for maybe in [
        json!({"tool": "a", "tool_matches": "a*"}),
        json!({"parameters.x_gte": 5, "parameters.x_lte": 5}),
        json!({"agent.scopes": "a", "agent.scopes_in": ["b"]}),
        json!({"token.groups": "a", "token.groups_in": ["b"]}),
        json!("tool == 'a' || tool == 'b'"),
    ] {
        assert_eq!(one(maybe.clone()), Vec::<String>::new(), "{maybe}");
    }
}

#[test]
fn a_rule_that_never_decides_is_remarked() {
    let shadowed = |wide: Value, narrow: Value| {
        let rules = json!([
            {"id": "narrow", "effect": "allow", "when": narrow},
            {"id": "wide", "effect": "deny", "when": wide},
        ]);
        lint(&rules, &[])
            .iter()
            .any(|line| line.starts_with("/rules/0 `narrow` never decides: wherever it matches, `wide`"))
    };
    for (wide, narrow) in [
        (json!({"tool": "a"}), json!({"tool": "a", "agent.role": "x"})),
        (json!({"tool_in": ["a", "b"]}), json!({"tool": "a"})),
        (json!({"tool_matches": "a*"}), json!({"tool_in": ["a1", "a2"]})),
        (json!({"tool_not": "b"}), json!({"tool": "a"})),
        (json!({"tool": "a", "parameters.x_exists": true}), json!({"tool": "a", "parameters.x": 1})),
        (json!({"tool": "a", "parameters.x_lte": 10}), json!({"tool": "a", "parameters.x_lt": 10})),
        (json!({"tool": "a", "parameters.x_lte": 10}), json!("tool == 'a' && parameters.x <= 3")),
        (json!({}), json!({"tool": "a"})),
    ] {
        assert!(shadowed(wide.clone(), narrow.clone()), "{wide} {narrow}");
    }
    for (wide, narrow) in [
        (json!({"tool": "a", "agent.role": "x"}), json!({"tool": "a"})),
        (json!({"tool": "a"}), json!({"tool_in": ["a", "b"]})),
        (json!({"tool": "a", "parameters.x_lt": 10}), json!({"tool": "a", "parameters.x_lte": 10})),
        (json!({"tool": "a", "parameters.x_gte": 1}), json!({"tool": "a", "parameters.x_lte": 10})),
        (json!("tool == 'a' || tool == 'b'"), json!({"tool": "c"})),
    ] {
        assert!(!shadowed(wide.clone(), narrow.clone()), "{wide} {narrow}");
    }
}

#[test]
fn a_rule_said_twice_is_remarked_once() {
    let rules = json!([
        {"id": "one", "effect": "allow", "when": {"tool": "a"}},
        {"id": "two", "effect": "allow", "when": "tool == 'a'"},
    ]);
    let found = lint(&rules, &[]);
    assert!(matches!(found.as_slice(), [one] if one.starts_with("/rules/1 `two` adds nothing")), "{found:?}");
}

#[test]
fn a_tool_that_nobody_may_use_is_remarked() {
    let rules = json!([
        {"id": "a", "effect": "allow", "when": {"tool_matches": "crm.*"}},
        {"id": "b", "effect": "ask", "when": {"tool": "mail.send"}},
        {"id": "c", "effect": "deny", "when": {"tool": "disk.wipe"}},
    ]);
    let found = lint(&rules, &["crm.query", "mail.send", "disk.wipe", "a/b"]);
    let places: Vec<_> = found.iter().map(|line| line.split(' ').next().unwrap()).collect();
    assert_eq!(places, ["/tools/disk.wipe", "/tools/a~1b"], "{found:?}");
}

#[test]
fn an_allow_that_names_nothing_is_remarked() {
    let allow = |when: Value| lint(&json!([{"id": "r", "effect": "allow", "when": when}]), &[]).len();
    assert_eq!(allow(json!({"parameters.limit_lte": 1})), 1);
    assert_eq!(allow(json!("risk.level < 'high'")), 1);
    assert_eq!(allow(json!({"tool_matches": "*"})), 0);
    assert_eq!(allow(json!("risk.level < 'high' && (server == 'crm' || server == 'mail')")), 0);
}
