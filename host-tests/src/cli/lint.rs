//! Advice on a valid configuration: rules and tools that don't do what they seem to.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::{Map, Value};
use toolgate::action::ActionKind;
use wildmatch::WildMatch;

/// One piece of advice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Advice {
    /// Where, as a JSON pointer into the configuration.
    pub(super) pointer: String,
    /// What it is about.
    pub(super) code: &'static str,
    /// What was found and what would be right.
    pub(super) message: String,
}

/// What speaks against `config`, which is valid.
pub(super) fn lint(config: &Value) -> Vec<Advice> {
    let rules = rules(config);
    let known = Known::of(config);
    let mut advice = Vec::new();
    for (index, rule) in rules.iter().enumerate() {
        never_matches(rule, &known, &mut advice);
        shadowed(rule, index, &rules, &mut advice);
        too_wide(rule, &mut advice);
    }
    unallowed_tools(&known, &rules, &mut advice);
    advice
}

struct Rule<'c> {
    pointer: String,
    id: &'c str,
    effect: &'c str,
    when: Option<&'c Map<String, Value>>,
}

fn rules(config: &Value) -> Vec<Rule<'_>> {
    let listed = config.get("rules").and_then(Value::as_array).into_iter().flatten();
    listed
        .enumerate()
        .filter_map(|(index, rule)| {
            Some(Rule {
                pointer: format!("/rules/{index}"),
                id: rule.get("id")?.as_str()?,
                effect: rule.get("effect")?.as_str()?,
                when: rule.get("when").and_then(Value::as_object),
            })
        })
        .collect()
}

impl<'c> Rule<'c> {
    fn conditions(&self) -> impl Iterator<Item = (&'c str, &'c Value)> {
        self.when.into_iter().flatten().map(|(name, value)| (name.as_str(), value))
    }

    fn looks_at(&self, attribute: &str) -> bool {
        self.conditions().any(|(name, _)| name.split_once('_').map_or(name, |(start, _)| start) == attribute)
    }

    /// Whether its conditions on `attribute` can hold for this very value. What can't be told, can.
    fn can_match(&self, attribute: &str, found: &str) -> bool {
        self.conditions().all(|(name, wanted)| match name.strip_prefix(attribute) {
            Some("") => wanted == found,
            Some("_in") => wanted.as_array().is_none_or(|values| values.iter().any(|value| value == found)),
            Some("_not") => wanted != found,
            Some("_matches") => wanted.as_str().is_none_or(|glob| WildMatch::new(glob).matches(found)),
            _ => true,
        })
    }
}

/// What the configuration itself says of tools and servers.
struct Known<'c> {
    /// Tools with the place where they are described, and their action where the operator says it.
    tools: BTreeMap<&'c str, (String, Option<&'c str>)>,
    servers: BTreeSet<&'c str>,
}

impl<'c> Known<'c> {
    fn of(config: &'c Value) -> Self {
        let mut known = Self { tools: BTreeMap::new(), servers: BTreeSet::new() };
        let routes = config.get("routes").and_then(Value::as_array).into_iter().flatten();
        for (index, route) in routes.enumerate() {
            known.servers.extend(route.get("server").and_then(Value::as_str));
            let operations = route.get("operations").and_then(Value::as_array).into_iter().flatten();
            for (place, operation) in operations.enumerate() {
                if let Some(tool) = operation.get("tool").and_then(Value::as_str) {
                    let pointer = format!("/routes/{index}/operations/{place}");
                    known.tools.insert(tool, (pointer, operation.get("action").and_then(Value::as_str)));
                }
            }
        }
        for (tool, facts) in config.get("tools").and_then(Value::as_object).into_iter().flatten() {
            let pointer = format!("/tools/{}", tool.replace('~', "~0").replace('/', "~1"));
            known.tools.insert(tool, (pointer, facts.get("action").and_then(Value::as_str)));
        }
        known
    }
}

fn never_matches(rule: &Rule<'_>, known: &Known<'_>, advice: &mut Vec<Advice>) {
    let mut say = |message: String| {
        advice.push(Advice { pointer: format!("{}/when", rule.pointer), code: "never-matches", message })
    };
    for (name, wanted) in rule.conditions() {
        if name.ends_with("_in") && wanted.as_array().is_some_and(Vec::is_empty) {
            say(format!("rule `{}` never matches: the list of `{name}` is empty", rule.id));
        }
    }
    if rule.looks_at("server") && !known.servers.iter().any(|server| rule.can_match("server", server)) {
        let servers = known.servers.iter().copied().collect::<Vec<_>>().join("`, `");
        say(format!("rule `{}` never matches: the servers of `routes` are `{servers}`", rule.id));
    }
    let tool = rule.conditions().find(|(name, _)| *name == "tool").and_then(|(_, wanted)| wanted.as_str());
    if let Some((tool, action)) = tool.and_then(|tool| Some((tool, known.tools.get(tool)?.1?)))
        && !rule.can_match("action", action)
    {
        say(format!("rule `{}` never matches: the action of `{tool}` is `{action}`", rule.id));
    }
}

/// A rule whose conditions are among those of another matches wherever that one does.
fn shadowed(rule: &Rule<'_>, index: usize, rules: &[Rule<'_>], advice: &mut Vec<Advice>) {
    let strength = |rule: &Rule<'_>| match rule.effect {
        "deny" => 3,
        "approve" => 2,
        "ask" => 1,
        _ => 0,
    };
    let covers =
        |other: &Rule<'_>| other.conditions().all(|(name, wanted)| rule.conditions().any(|own| own == (name, wanted)));
    let shadow = rules.iter().enumerate().find(|(place, other)| {
        *place != index
            && covers(other)
            && (strength(other) > strength(rule) || (strength(other) == strength(rule) && *place < index))
    });
    if let Some((_, other)) = shadow {
        let message =
            format!("rule `{}` changes nothing: `{}` ({}) matches wherever it does", rule.id, other.id, other.effect);
        advice.push(Advice { pointer: rule.pointer.clone(), code: "shadowed", message });
    }
}

/// Attributes that say what is done, not who does it.
const WHAT: &[&str] = &["tool", "action", "resource.type", "request.path"];

fn too_wide(rule: &Rule<'_>, advice: &mut Vec<Advice>) {
    if rule.effect != "allow" || WHAT.iter().any(|attribute| rule.looks_at(attribute)) {
        return;
    }
    let mut words = rule.id.split(|letter: char| !letter.is_ascii_alphanumeric());
    let named = words.find(|word| *word != "unknown" && ActionKind::named(word.trim_end_matches('s')).is_some());
    let message = match named {
        Some(word) => format!("rule `{}` speaks of `{word}` but allows every action; add `action` or `tool`", rule.id),
        None => format!("rule `{}` allows every action of every tool; add `action` or `tool`", rule.id),
    };
    advice.push(Advice { pointer: rule.pointer.clone(), code: "too-wide", message });
}

fn unallowed_tools(known: &Known<'_>, rules: &[Rule<'_>], advice: &mut Vec<Advice>) {
    for (tool, (pointer, action)) in &known.tools {
        let could = |rule: &&Rule<'_>| {
            rule.can_match("tool", tool) && action.is_none_or(|action| rule.can_match("action", action))
        };
        let allowed = rules.iter().filter(|rule| rule.effect != "deny").any(|rule| could(&rule));
        if !allowed {
            let message = format!("no rule allows `{tool}`: every call of it is denied");
            advice.push(Advice { pointer: pointer.clone(), code: "not-allowed", message });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn advice(rules: Value) -> Vec<(String, &'static str)> {
        let config = json!({
            "routes": [{"match": {"path": "/mcp"}, "protocol": "mcp", "server": "crm"}],
            "tools": {"crm.read": {"action": "read"}},
            "rules": rules,
        });
        lint(&config).into_iter().map(|advice| (advice.pointer, advice.code)).collect()
    }

    #[test]
    fn a_sound_policy_gets_no_advice() {
        assert_eq!(advice(json!([{"id": "a", "effect": "allow", "when": {"tool_matches": "crm.*"}}])), []);
    }

    #[test]
    fn a_rule_that_can_never_match_is_named() {
        let rules = json!([
            {"id": "all", "effect": "ask"},
            {"id": "a", "effect": "allow", "when": {"tool": "crm.read", "action": "delete"}},
            {"id": "b", "effect": "deny", "when": {"server": "cmr"}},
            {"id": "c", "effect": "deny", "when": {"tool_in": []}},
        ]);
        let never: Vec<_> = advice(rules).into_iter().filter(|(_, code)| *code == "never-matches").collect();
        let places: Vec<_> = never.iter().map(|(pointer, _)| pointer.as_str()).collect();
        assert_eq!(places, ["/rules/1/when", "/rules/2/when", "/rules/3/when"]);
    }

    #[test]
    fn a_rule_behind_a_stronger_one_is_named() {
        let rules = json!([
            {"id": "a", "effect": "allow", "when": {"tool": "crm.read", "user": "u"}},
            {"id": "d", "effect": "deny", "when": {"tool": "crm.read"}},
        ]);
        assert_eq!(advice(rules), [("/rules/0".into(), "shadowed")]);
    }

    #[test]
    fn an_allow_wider_than_its_name_is_named() {
        let rules = json!([{"id": "support-reads-tickets", "effect": "allow", "when": {"agent.role": "support"}}]);
        assert_eq!(advice(rules), [("/rules/0".into(), "too-wide")]);
    }

    #[test]
    fn a_tool_that_nothing_allows_is_named() {
        let rules = json!([{"id": "a", "effect": "allow", "when": {"tool": "crm.write"}}]);
        assert_eq!(advice(rules), [("/tools/crm.read".into(), "not-allowed")]);
    }
}
