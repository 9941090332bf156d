//! `rules`: from `when` maps and expressions to conditions.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Map, Value};

use crate::config::problem::Problems;
use crate::config::raw::{DecisionProtocol, EffectName, Mode, Rule as RawRule, RuleAudit, Scopes};
use crate::credential::CredentialWish;
use crate::policy::{
    Clause, Comparisons, Condition, Effect, Expression, InvalidCondition, Pointer, Policy, Rule, Wishes, read_cel,
};

/// Every rule that could be made sense of.
pub(super) fn compile(
    raw: &[RawRule],
    at: &str,
    comparisons: &Comparisons,
    service: Option<DecisionProtocol>,
    problems: &mut Problems,
) -> Policy {
    let can_ask = service.is_some();
    let mut names = BTreeSet::new();
    let mut rules = Vec::with_capacity(raw.len());
    for (index, rule) in raw.iter().enumerate() {
        let place = format!("{at}/rules/{index}");
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
        if effect == Effect::Approve && service == Some(DecisionProtocol::Cerbos) {
            let message = "found `approve`, but Cerbos knows no approvals: it would permit without a person";
            problems.add(format!("{place}/effect"), message);
        }
        if service == Some(DecisionProtocol::ExtAuthz) {
            if effect == Effect::Approve {
                let message = "found `approve`, but `ext_authz` knows no approvals: it would permit without a person";
                problems.add(format!("{place}/effect"), message);
            }
            if rule.credential.is_some() {
                let message = "found a credential, but `ext_authz` tells neither the scope of one nor its end";
                problems.add(format!("{place}/credential"), message);
            }
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
            conditions: conditions(rule, comparisons, &place, problems),
            reason: rule.reason.clone(),
            scopes: scopes(rule, effect, &place, problems),
            wishes: wishes(rule, effect, can_ask, &place, problems),
            shadow: rule.mode == Mode::Shadow,
        });
    }
    Policy::new(rules)
}

fn scopes(rule: &RawRule, effect: Effect, place: &str, problems: &mut Problems) -> Vec<String> {
    let place = format!("{place}/requires_scope");
    let scopes = match &rule.requires_scope {
        None => return Vec::new(),
        Some(Scopes::One(scope)) => vec![scope.clone()],
        Some(Scopes::Several(scopes)) => scopes.clone(),
    };
    if effect == Effect::Deny {
        problems.add(&*place, "found on a `deny`, which no scope would change");
    }
    // RFC 6749 section 3.3: what a scope consists of.
    let is_scope = |scope: &String| {
        !scope.is_empty() && scope.bytes().all(|byte| matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e))
    };
    if scopes.is_empty() || !scopes.iter().all(is_scope) {
        problems.add(&*place, "one scope such as `crm:read`, or a list of them, would be right");
    }
    scopes
}

/// A credential that lives longer than an hour isn't one of a request's own.
const MAX_TTL: u32 = 3600;

fn wishes(rule: &RawRule, effect: Effect, can_ask: bool, place: &str, problems: &mut Problems) -> Wishes {
    if effect == Effect::Deny && (rule.credential.is_some() || !rule.narrow.is_empty()) {
        let name = if rule.credential.is_some() { "credential" } else { "narrow" };
        problems.add(format!("{place}/{name}"), "found on a `deny`, which lets nothing through that could have it");
    }
    if effect != Effect::Deny && rule.credential.is_some() && !can_ask {
        let message = "found a credential, but no `decision` names a service that could issue one";
        problems.add(format!("{place}/credential"), message);
    }
    let credential = rule.credential.as_ref().map(|written| {
        if written.scope.trim().is_empty() {
            problems.add(
                format!("{place}/credential/scope"),
                "found an empty text; a scope such as `crm:read` would be right",
            );
        }
        if !(1..=MAX_TTL).contains(&written.ttl_seconds) {
            let message = format!("found {}; 1 to {MAX_TTL} would be right", written.ttl_seconds);
            problems.add(format!("{place}/credential/ttl_seconds"), message);
        }
        CredentialWish { scope: written.scope.clone(), ttl: Duration::from_secs(written.ttl_seconds.into()) }
    });
    let mut narrow = Vec::with_capacity(rule.narrow.len());
    for (index, written) in rule.narrow.iter().enumerate() {
        match Pointer::read(written) {
            Ok(pointer) => narrow.push(pointer),
            Err(invalid) => problems.add(format!("{place}/narrow/{index}"), format!("found `{written}`; {invalid}")),
        }
    }
    Wishes { credential, narrow, recorded: rule.audit == Some(RuleAudit::Required), tags: rule.tags.clone() }
}

fn conditions(rule: &RawRule, comparisons: &Comparisons, place: &str, problems: &mut Problems) -> Vec<Clause> {
    let mut conditions = match &rule.when {
        Value::Null => Vec::new(),
        Value::Object(members) => flat(members, comparisons, place, problems),
        Value::String(text) => read_cel(text, comparisons).unwrap_or_else(|complaints| {
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

fn flat(
    members: &Map<String, Value>,
    comparisons: &Comparisons,
    place: &str,
    problems: &mut Problems,
) -> Vec<Expression> {
    let mut conditions = Vec::with_capacity(members.len());
    for (name, value) in members {
        let pointer = format!("{place}/when/{}", super::token(name));
        match Condition::among(comparisons, name, value) {
            Ok(condition) => conditions.push(Expression::Is(condition)),
            Err(InvalidCondition::Value(message)) => problems.add(pointer, message),
            Err(InvalidCondition::Attribute(invalid)) => problems.add(pointer, format!("found `{name}`; {invalid}")),
        }
    }
    conditions
}
