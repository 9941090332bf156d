//! Tasks and policies of routes, as far as a configuration is told what is wrong with them.

use serde_json::{Value, json};

use crate::support::configuration;

fn problems(change: &Value) -> String {
    let mut written = configuration(&json!([{"id": "r", "effect": "allow", "when": {"tool": "x"}}]));
    written.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
    match toolgate::config::read(written.to_string().as_bytes()) {
        Ok(_) => String::new(),
        Err(problems) => problems.to_string(),
    }
}

#[test]
fn a_task_that_makes_no_sense_is_a_complaint() {
    for (task, place) in [
        (json!({"actions": ["eksport"]}), "/tasks/named/t/actions: "),
        (json!({"tools": []}), "/tasks/named/t/tools: "),
        (json!({"resources": [{"type": "a", "same_as": "tokn.a"}]}), "/tasks/named/t/resources/0/same_as: "),
        (json!({"domains": ["com"]}), "/tasks/named/t/domains/0: "),
        (json!({"domains": []}), "/tasks/named/t/domains: "),
        (json!({"payees": [" "]}), "/tasks/named/t/payees/0: "),
    ] {
        let found = problems(&json!({"tasks": {"named": {"t": task}}}));
        assert!(found.starts_with(place), "{place}: {found}");
    }
    assert!(problems(&json!({"tasks": {"required": true}})).starts_with("/tasks/required: "));
}

#[test]
fn a_policy_of_a_route_must_be_there_and_be_used() {
    let route =
        |policy: &str| json!([{"match": {"path": "/mcp"}, "protocol": "mcp", "server": "crm", "policy": policy}]);
    let rules = json!({"rules": [{"id": "a", "effect": "allow", "when": {"tol": "x"}}]});
    assert!(problems(&json!({"routes": route("x")})).starts_with("/routes/0/policy: found `x`"));
    let unused = problems(&json!({"policies": {"p": {"rules": []}}}));
    assert!(unused.starts_with("/policies/p: no route names this policy"), "{unused}");
    let broken = problems(&json!({"routes": route("p"), "policies": {"p": rules}}));
    assert!(broken.starts_with("/policies/p/rules/0/when/tol: "), "{broken}");
    let empty = problems(&json!({"routes": route("p"), "policies": {"p": {}}}));
    assert!(empty.starts_with("/policies/p: has neither `rules` nor a `mode` of its own"), "{empty}");
}
