//! `hold`: what can't be had where heads go on before they are judged.

use crate::config::problem::Problems;
use crate::config::raw::{Config, Hold, Rule};

const WHY: &str = "a head that has gone on can't be changed any more (`hold: body_only`)";

/// Whether the gateway holds heads. Where it doesn't, whatever needs a held head is a complaint: an operator who wrote it
/// down counts on it.
pub(super) fn holds_heads(raw: &Config, problems: &mut Problems) -> bool {
    if raw.hold == Hold::HeadAndBody {
        return true;
    }
    if raw.audit.headers {
        problems.add(
            "/audit/headers",
            format!("found true, or nothing, which means the same; false would be right: {WHY}"),
        );
    }
    if raw.audit.assertion.is_some() {
        problems.add("/audit/assertion", format!("this can't be carried out: {WHY}"));
    }
    if raw.session_memory.as_ref().is_some_and(|memory| memory.export) {
        problems.add("/session_memory/export", format!("found true; false would be right: {WHY}"));
    }
    for (index, _) in raw.routes.iter().enumerate().filter(|(_, route)| route.credential.is_some()) {
        problems.add(format!("/routes/{index}/credential"), format!("this can't be carried out: {WHY}"));
    }
    rules(&raw.rules, "", problems);
    for (name, policy) in &raw.policies {
        rules(policy.rules.as_deref().unwrap_or_default(), &format!("/policies/{}", super::token(name)), problems);
    }
    false
}

fn rules(rules: &[Rule], place: &str, problems: &mut Problems) {
    for (index, rule) in rules.iter().enumerate() {
        let wishes = [("narrow", !rule.narrow.is_empty()), ("credential", rule.credential.is_some())];
        for (wish, _) in wishes.iter().filter(|(_, is_there)| *is_there) {
            problems.add(format!("{place}/rules/{index}/{wish}"), format!("this can't be carried out: {WHY}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complaints(changes: serde_json::Value) -> Vec<String> {
        let mut json = serde_json::json!({
            "policy_version": "1", "hold": "body_only", "identity": {"issuers": []}, "routes": [], "audit": {"headers": false},
        });
        json.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        let mut problems = Problems::default();
        holds_heads(&serde_json::from_value(json).unwrap(), &mut problems);
        problems.iter().map(|problem| problem.pointer.clone()).collect()
    }

    #[test]
    fn what_needs_a_held_head_is_a_complaint() {
        assert_eq!(complaints(serde_json::json!({})), Vec::<String>::new());
        let rule = serde_json::json!({"id": "a", "effect": "ask", "narrow": ["/limit"], "credential": {"scope": "x", "ttl_seconds": 60}});
        let wrong = serde_json::json!({
            "routes": [{"match": {"path": "/mcp"}, "protocol": "mcp", "server": "crm", "credential": {"header": "x-key", "value": "k"}}],
            "audit": {"assertion": {"key": "", "issuer": ""}}, "session_memory": {"export": true}, "rules": [rule], "policies": {"other": {"rules": [rule]}},
        });
        let expected = [
            "/audit/headers",
            "/audit/assertion",
            "/session_memory/export",
            "/routes/0/credential",
            "/rules/0/narrow",
            "/rules/0/credential",
            "/policies/other/rules/0/narrow",
            "/policies/other/rules/0/credential",
        ];
        assert_eq!(complaints(wrong.clone()), expected);
        let mut held = wrong;
        held["hold"] = "head_and_body".into();
        assert_eq!(complaints(held), Vec::<String>::new());
    }
}
