//! `rules`: from `when` maps and expressions to conditions.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::config::problem::Problems;
use crate::config::raw::{EffectName, Rule as RawRule};
use crate::policy::{Clause, Condition, Effect, Expression, InvalidCondition, Policy, Rule, read_cel};

/// Every rule that could be made sense of.
pub(super) fn compile(raw: &[RawRule], can_ask: bool, problems: &mut Problems) -> Policy {
    let mut names = BTreeSet::new();
    let mut rules = Vec::with_capacity(raw.len());
    for (index, rule) in raw.iter().enumerate() {
        let place = format!("/rules/{index}");
        if rule.id.is_empty() {
            problems.add(format!("{place}/id"), "found an empty text; audit records need a name");
        }
        if !names.insert(rule.id.as_str()) {
            problems.add(format!("{place}/id"), format!("found `{}` a second time; every rule needs its own", rule.id));
        }
        let effect = match rule.effect {
            EffectName::Allow => Effect::Allow,
            EffectName::Ask => Effect::Ask,
            EffectName::Approve => Effect::Approve,
            EffectName::Deny => Effect::Deny,
        };
        if matches!(rule.effect, EffectName::Ask | EffectName::Approve) && !can_ask {
            let found = if effect == Effect::Ask { "ask" } else { "approve" };
            problems.add(
                format!("{place}/effect"),
                format!("found `{found}`, but no `decision` names a service that could be asked"),
            );
        }
        if effect == Effect::Allow && (rule.when.is_null() || rule.when.as_object().is_some_and(Map::is_empty)) {
            problems.add(
                format!("{place}/when"),
                "found no condition; an `allow` without any allows everything: to mean that, say `tool_matches: \"*\"`",
            );
        }
        rules.push(Rule {
            id: rule.id.clone(),
            effect,
            conditions: conditions(rule, &place, problems),
            reason: rule.reason.clone(),
            narrow: narrow(rule, &place, problems),
        });
    }
    Policy::new(rules)
}

/// The pointers that the decision service may name.
fn narrow(rule: &RawRule, place: &str, problems: &mut Problems) -> Vec<String> {
    if !rule.narrow.is_empty() && rule.effect == EffectName::Deny {
        problems.add(format!("{place}/narrow"), "found on a `deny`; only what may go on can be narrowed");
    }
    for (index, pointer) in rule.narrow.iter().enumerate() {
        let written = pointer.strip_prefix('/').is_some_and(|rest| !rest.is_empty());
        let escaped = pointer.split('~').skip(1).all(|rest| rest.starts_with(['0', '1']));
        if !(written && escaped) {
            problems.add(
                format!("{place}/narrow/{index}"),
                format!("found `{pointer}`; a JSON pointer such as `/limit` would be right"),
            );
        }
    }
    rule.narrow.clone()
}

fn conditions(rule: &RawRule, place: &str, problems: &mut Problems) -> Vec<Clause> {
    let mut conditions = match &rule.when {
        Value::Null => Vec::new(),
        Value::Object(members) => flat(members, place, problems),
        Value::String(text) => read_cel(text).unwrap_or_else(|complaints| {
            for complaint in complaints {
                problems.add(format!("{place}/when"), complaint);
            }
            Vec::new()
        }),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) => {
            problems
                .add(format!("{place}/when"), "a map such as `{tool: crm.query}` or a CEL expression would be right");
            Vec::new()
        }
    };
    // What is cheap and can't fail goes first: most rules are about another tool.
    conditions.sort_by_key(Expression::rank);
    conditions.into_iter().map(Clause::from).collect()
}

fn flat(members: &Map<String, Value>, place: &str, problems: &mut Problems) -> Vec<Expression> {
    let mut conditions = Vec::with_capacity(members.len());
    for (name, value) in members {
        let pointer = format!("{place}/when/{}", super::token(name));
        match Condition::new(name, value) {
            Ok(condition) => conditions.push(Expression::Is(condition)),
            Err(InvalidCondition::Value(message)) => problems.add(pointer, message),
            Err(InvalidCondition::Attribute(invalid)) => problems.add(pointer, format!("found `{name}`; {invalid}")),
        }
    }
    conditions
}
