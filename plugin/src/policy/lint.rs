//! What is valid and probably not meant: rules that never match or never decide, tools that nobody may use, an
//! `allow` that is wider than it looks.
//!
//! These are remarks, not errors: each is sound (what is called unreachable is), none is complete (what lies behind
//! an "or" is not looked into).

use super::condition::{Bound, Condition, Test};
use super::fact::Fact;
use super::{Attribute, Constant, Effect, Expression, Policy, Rule};

mod surface;
mod wide;

pub use surface::{KnownTool, Surface};

/// Something that an operator should look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// Where, as a JSON pointer (RFC 6901) into the configuration.
    pub pointer: String,
    /// What was found and what would be right.
    pub message: String,
}

/// Looks at a policy, and at what the configuration says of servers and tools. The cost grows with the square of the
/// number of rules: this is for a command, not for a request.
#[must_use]
pub fn remarks(policy: &Policy, surface: &Surface<'_>) -> Vec<Remark> {
    let mut remarks = Vec::new();
    for (place, rule) in policy.rules().iter().enumerate() {
        let pointer = format!("/rules/{place}");
        if let Some((one, other)) = contradiction(rule) {
            let message =
                format!("`{}` can never match: nothing meets both `{}` and `{}`", rule.id, one.name, other.name);
            remarks.push(Remark { pointer: format!("{pointer}/when"), message });
            continue;
        }
        if let Some(message) = shadow(policy, place, rule) {
            remarks.push(Remark { pointer: pointer.clone(), message });
        }
        for message in surface.complaints(rule).into_iter().chain(wide::complaints(rule, surface)) {
            remarks.push(Remark { pointer: format!("{pointer}/when"), message });
        }
        if let Some(condition) = passed_by(rule) {
            let message = format!(
                "`{}` doesn't match where the value of `{}` isn't there at all: a comparison on what is absent is false; \
                 if that should be denied too, say so in a rule with `_exists: false`",
                rule.id, condition.name
            );
            remarks.push(Remark { pointer: format!("{pointer}/when"), message });
        }
        if rule.effect == Effect::Allow && !names_something(rule) {
            let message = format!(
                "`{}` names no tool, action, server or agent, so it allows whatever else meets its conditions; add one, \
                 such as `tool_matches: \"crm.*\"`",
                rule.id
            );
            remarks.push(Remark { pointer: format!("{pointer}/when"), message });
        }
    }
    for tool in &surface.tools {
        let lets = |rule: &Rule| rule.effect != Effect::Deny && !rule.shadow && tool.may_meet(rule);
        if !policy.rules().iter().any(lets) {
            let message = format!(
                "no rule lets anybody use `{0}`; every call of it is refused; to change that, add a rule with `tool: {0}`",
                tool.name
            );
            remarks.push(Remark { pointer: tool.pointer.clone(), message });
        }
    }
    remarks
}

/// A condition by which a `deny` seems to demand a value, without which it doesn't match.
fn passed_by(rule: &Rule) -> Option<&Condition> {
    let exists =
        |attribute: &Attribute| conditions(rule).any(|it| it.test == Test::Exists && it.attribute == *attribute);
    conditions(rule).find(|it| {
        rule.effect == Effect::Deny
            && it.negated
            && !matches!(it.test, Test::Exists | Test::Compared(..))
            && matches!(it.attribute, Attribute::Parameter(_) | Attribute::Token(_))
            && !exists(&it.attribute)
    })
}

/// The conditions that must hold each for itself.
fn conditions(rule: &Rule) -> impl Iterator<Item = &Condition> {
    rule.conditions.iter().filter_map(|clause| match &clause.expression {
        Expression::Is(condition) => Some(condition),
        Expression::All(_) | Expression::Any(_) => None,
    })
}

/// Two conditions of which one is false wherever the other is true.
fn contradiction(rule: &Rule) -> Option<(&Condition, &Condition)> {
    conditions(rule).find_map(|one| {
        conditions(rule)
            .filter(|other| !std::ptr::eq(one, *other) && one.attribute == other.attribute)
            .find(|other| excludes(one, other))
            .map(|other| (one, other))
    })
}

fn excludes(one: &Condition, other: &Condition) -> bool {
    if other.is_total() || one.is_total() {
        return false;
    }
    if one.test == Test::Exists && one.negated {
        // Whatever is compared must be there.
        return other.test != Test::Exists || !other.negated;
    }
    if may_be_several(&one.attribute) {
        return false;
    }
    if let Some(constants) = one.constants() {
        return !constants.iter().any(|constant| other.admits(constant));
    }
    match (bound(one), bound(other)) {
        (Some((lower @ (Bound::AtLeast | Bound::Above), from)), Some((upper @ (Bound::AtMost | Bound::Below), to))) => {
            match to.order(&Fact::of_constant(&one.attribute, from)) {
                Ok(order) => order.is_gt() || (order.is_eq() && (lower, upper) != (Bound::AtLeast, Bound::AtMost)),
                Err(_) => true,
            }
        }
        _ => false,
    }
}

fn bound(condition: &Condition) -> Option<(Bound, &Constant)> {
    match &condition.test {
        Test::Ordered(bound, constant) if !condition.negated => Some((*bound, constant)),
        _ => None,
    }
}

/// Whether an attribute can equal two texts at once, as a list does that contains both.
fn may_be_several(attribute: &Attribute) -> bool {
    attribute.is_list() || matches!(attribute, Attribute::Token(_))
}

/// Why a rule never decides anything, if another one always does in its stead.
fn shadow(policy: &Policy, place: usize, rule: &Rule) -> Option<String> {
    if rule.shadow {
        return None;
    }
    let mut others = policy.rules().iter().enumerate().filter(|(_, other)| !other.shadow);
    others.find_map(|(at, other)| {
        let twin = other.effect == rule.effect && at < place;
        ((other.effect > rule.effect || twin) && at != place && covers(other, rule)).then(|| match twin {
            true => {
                format!("`{}` adds nothing: wherever it matches, `{}` does and has the same effect", rule.id, other.id)
            }
            false => {
                format!("`{}` never decides: wherever it matches, `{}` does and is stronger", rule.id, other.id)
            }
        })
    })
}

/// Whether `wide` matches wherever `narrow` does.
fn covers(wide: &Rule, narrow: &Rule) -> bool {
    wide.conditions.iter().all(|clause| match &clause.expression {
        Expression::Is(weaker) => conditions(narrow).any(|stronger| implies(stronger, weaker)),
        Expression::All(_) | Expression::Any(_) => false,
    })
}

fn implies(stronger: &Condition, weaker: &Condition) -> bool {
    if stronger.attribute != weaker.attribute {
        return false;
    }
    if stronger.test == weaker.test && stronger.negated == weaker.negated {
        return true;
    }
    if may_be_several(&stronger.attribute) {
        return false;
    }
    if weaker.test == Test::Exists && !weaker.negated {
        // A comparison on what isn't there is false.
        return stronger.test != Test::Exists && !stronger.is_total();
    }
    if let Some(constants) = stronger.constants() {
        return is_settled(weaker) && constants.iter().all(|constant| weaker.admits(constant));
    }
    match (bound(stronger), bound(weaker)) {
        (Some((tight, near)), Some((loose, far))) => {
            let Ok(order) = far.order(&Fact::of_constant(&stronger.attribute, near)) else { return false };
            match (tight, loose) {
                (Bound::AtMost, Bound::Below) => order.is_lt(),
                (Bound::AtLeast, Bound::Above) => order.is_gt(),
                (Bound::AtMost | Bound::Below, Bound::AtMost | Bound::Below) => order.is_le(),
                (Bound::AtLeast | Bound::Above, Bound::AtLeast | Bound::Above) => order.is_ge(),
                _ => false,
            }
        }
        _ => false,
    }
}

/// Whether the attribute's value alone decides it.
fn is_settled(condition: &Condition) -> bool {
    !matches!(condition.test, Test::Same(_) | Test::Among(_) | Test::Compared(..) | Test::Contains(_))
}

fn names_something(rule: &Rule) -> bool {
    let mut found = false;
    for clause in &rule.conditions {
        clause.expression.each(&mut |condition| {
            found |= matches!(
                condition.attribute,
                Attribute::Tool
                    | Attribute::Action
                    | Attribute::Server
                    | Attribute::AgentId
                    | Attribute::AgentRole
                    | Attribute::AgentIssuer
                    | Attribute::AgentScopes
                    | Attribute::AgentActors
            );
        });
    }
    found
}
