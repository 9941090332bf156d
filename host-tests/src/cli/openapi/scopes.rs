//! Scopes that an operation's security demands, as rules that deny what lacks them.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use super::document::Document;
use super::operation::Operation;

/// Sets of scopes, one of which a token must have whole; none where no scope is demanded.
pub(super) type Alternatives = Vec<Vec<String>>;

/// A rule of the policy.
#[derive(Debug, Serialize)]
pub(super) struct Rule {
    id: String,
    effect: &'static str,
    when: String,
    reason: String,
}

/// The alternatives of an operation: its own `security`, else the document's (OpenAPI 3.1.1 section 4.8.10.1).
pub(super) fn alternatives(document: &Document, operation: &Value) -> Alternatives {
    let requirements = operation.get("security").or_else(|| document.get("security")).and_then(Value::as_array);
    let mut alternatives: Alternatives = requirements
        .into_iter()
        .flatten()
        .map(|requirement| {
            let lists = requirement.as_object().into_iter().flat_map(|schemes| schemes.values());
            let mut scopes: Vec<String> =
                lists.filter_map(Value::as_array).flatten().filter_map(Value::as_str).map(str::to_owned).collect();
            scopes.sort_unstable();
            scopes.dedup();
            scopes
        })
        .collect();
    // One that demands nothing is met by everybody.
    if alternatives.iter().any(Vec::is_empty) {
        alternatives.clear();
    }
    alternatives.sort_unstable();
    alternatives
}

/// One rule for each demand, for all the tools that have it.
pub(super) fn rules(operations: &[Operation]) -> Vec<Rule> {
    let mut tools: BTreeMap<&Alternatives, Vec<&str>> = BTreeMap::new();
    for operation in operations.iter().filter(|operation| !operation.scopes.is_empty()) {
        tools.entry(&operation.scopes).or_default().push(&operation.tool);
    }
    tools
        .into_iter()
        .map(|(scopes, tools)| {
            let tools: Vec<String> = tools.into_iter().map(quoted).collect();
            let sets: Vec<String> = scopes
                .iter()
                .map(|set| {
                    let held: Vec<String> =
                        set.iter().map(|scope| format!("{} in agent.scopes", quoted(scope))).collect();
                    format!("({})", held.join(" && "))
                })
                .collect();
            let told: Vec<String> = scopes.iter().map(|set| set.join(" and ")).collect();
            Rule {
                id: format!("lacks-{}", told.join("-or-").replace(" and ", "-and-")),
                effect: "deny",
                when: format!("tool in [{}] && !({})", tools.join(", "), sets.join(" || ")),
                reason: format!("this needs the scope {}", told.join(", or ")),
            }
        })
        .collect()
}

/// As CEL writes a text.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
}
