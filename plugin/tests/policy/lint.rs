//! What is valid and probably not meant.

use serde_json::{Value, json};
use toolgate::policy::lint::{KnownTool, Surface, remarks};

use crate::support::policy;

fn lint(rules: &Value, tools: &[&'static str]) -> Vec<String> {
    let tools = tools.iter().map(|name| known(name, None)).collect();
    lint_with(rules, tools)
}

fn known(name: &'static str, action: Option<&'static str>) -> KnownTool<'static> {
    let pointer = format!("/tools/{}", name.replace('/', "~1"));
    KnownTool { name, pointer, action, resource: None, server: None }
}

fn lint_with(rules: &Value, tools: Vec<KnownTool<'_>>) -> Vec<String> {
    remarks(&policy(rules), &Surface { tools, servers: vec!["crm"] })
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
fn a_deny_that_absence_passes_by_is_remarked() {
    let deny = |when: Value| one(when).iter().filter(|line| line.contains("isn't there at all")).count();
    assert_eq!(deny(json!({"tool": "a", "parameters.branch_not": "main"})), 1);
    assert_eq!(deny(json!("tool == 'a' && !parameters.dry_run")), 1);
    assert_eq!(deny(json!({"tool": "a", "parameters.branch_not": "main", "parameters.branch_exists": true})), 0);
    assert_eq!(deny(json!({"tool_not": "a"})), 0);
}

#[test]
fn an_allow_that_names_nothing_is_remarked() {
    let allow = |when: Value| lint(&json!([{"id": "r", "effect": "allow", "when": when}]), &[]).len();
    assert_eq!(allow(json!({"parameters.limit_lte": 1})), 1);
    assert_eq!(allow(json!("risk.level < 'high'")), 1);
    assert_eq!(allow(json!({"tool_matches": "*"})), 0);
    assert_eq!(allow(json!("risk.level < 'high' && (server == 'crm' || server == 'mail')")), 0);
}

#[test]
fn a_rule_that_no_tool_can_meet_is_remarked() {
    let tools = || vec![known("crm.query", Some("read")), known("crm.export", Some("export"))];
    let said = |when: Value| lint_with(&json!([{"id": "r", "effect": "deny", "when": when}]), tools()).join("\n");
    assert!(said(json!({"tool": "crm.export", "action": "read"})).contains("no tool can meet `r`"));
    assert!(said(json!({"tool": "crm.qeury"})).contains("did you mean `crm.query`?"));
    assert!(said(json!({"server": "cmr"})).contains("there are `crm`"));
    for fine in [
        json!({"tool": "crm.export", "action": "export"}),
        json!({"tool_in": ["crm.export", "crm.query"], "action": "read"}),
        json!({"tool": "another.tool", "server": "crm"}),
        json!({"tool": "crm.*", "action": "delete"}),
    ] {
        assert!(!said(fine.clone()).contains("/rules/0"), "{fine}: {}", said(fine.clone()));
    }
}

#[test]
fn an_allow_that_is_wider_than_it_says_is_remarked() {
    let tools = || vec![known("crm.query", Some("read")), known("crm.export", Some("export"))];
    let said =
        |id: &str, when: Value| lint_with(&json!([{"id": id, "effect": "allow", "when": when}]), tools()).join("\n");
    assert!(
        said("crm-reads", json!({"tool": "crm.*"})).contains("allows `crm.export` (export) too; add `action: read`")
    );
    assert!(said("read-docs", json!({"tool": "docs.*"})).contains("allows every kind of action"));
    assert!(said("crm", json!({"tool": "crm.*"})).contains("allows `crm.export` (export) by a pattern"));
    assert!(said("crm", json!({"tool": "crm.query", "agent.id": "support-*"})).contains("write `agent.id_matches`"));
    for (id, when) in [
        ("crm-reads", json!({"tool": "crm.*", "action": "read"})),
        ("crm-reads", json!({"tool": "crm.query"})),
        ("crm", json!({"tool_in": ["crm.query", "crm.export"]})),
        ("read-docs", json!({"tool": "docs.get"})),
    ] {
        assert!(!said(id, when.clone()).contains("/rules/0"), "{when}: {}", said(id, when.clone()));
    }
}

#[test]
fn a_rule_that_is_tried_out_hides_no_other_and_allows_nothing() {
    let rules = json!([
        {"id": "tried", "effect": "deny", "mode": "shadow", "when": {"tool": "a"}},
        {"id": "real", "effect": "allow", "when": {"tool": "a", "agent.role": "x"}},
        {"id": "also-tried", "effect": "allow", "mode": "shadow", "when": {"tool": "b"}},
    ]);
    let found = lint(&rules, &["a", "b"]);
    assert!(matches!(found.as_slice(), [one] if one.starts_with("/tools/b ")), "{found:?}");
}

#[test]
fn a_named_comparison_is_not_passed_by_and_excludes_nothing() {
    let rules = json!([
        {"id": "no", "effect": "deny", "when": {"tool": "a", "mine": false}},
        {"id": "absent", "effect": "deny", "when": {"tool": "b", "mine": false, "parameters.owner_exists": false}},
        {"id": "there", "effect": "deny", "when": {"tool": "c", "parameters.owner_exists": true}},
        {"id": "not-mine", "effect": "allow", "when": {"tool": "c", "mine": false}},
    ]);
    let config =
        crate::support::read_with(&rules, &json!({"mine": {"left": "parameters.owner", "equals": "agent.id"}}));
    assert_eq!(remarks(&config.policy, &Surface::default()), []);
}
