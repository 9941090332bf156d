//! `rules`: from `when` maps to conditions.

use std::collections::BTreeSet;

use crate::config::problem::Problems;
use crate::config::raw::{EffectName, Rule as RawRule};
use crate::policy::{Condition, Effect, InvalidCondition, Policy, Rule};

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
            EffectName::Deny => Effect::Deny,
        };
        if effect == Effect::Ask && !can_ask {
            problems
                .add(format!("{place}/effect"), "found `ask`, but no `decision` names a service that could be asked");
        }
        if effect == Effect::Allow && rule.when.is_empty() {
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
        });
    }
    Policy::new(rules)
}

fn conditions(rule: &RawRule, place: &str, problems: &mut Problems) -> Vec<Condition> {
    let mut conditions = Vec::with_capacity(rule.when.len());
    for (name, value) in &rule.when {
        let pointer = format!("{place}/when/{}", super::token(name));
        match Condition::new(name, value) {
            Ok(condition) => conditions.push(condition),
            Err(InvalidCondition::Value(message)) => problems.add(pointer, message),
            Err(InvalidCondition::Attribute(invalid)) => {
                let hint = invalid.nearest.map_or_else(
                    || {
                        "names begin with agent. user. tool server action resource. parameters. risk. request. token."
                            .into()
                    },
                    |nearest| format!("did you mean `{nearest}`?"),
                );
                problems.add(pointer, format!("found `{name}`, which no request can have; {hint}"));
            }
        }
    }
    // What is cheap and can't fail goes first, so that a rule about another tool never trips over this one's values.
    conditions.sort_by_key(Condition::rank);
    conditions
}
