//! Every rule tried on one request, for whoever wants to know why.
//!
//! The filter never does this: it wants the ruling alone, and stops where that is settled.

use super::fact::Fact;
use super::{Expression, Facts, Policy, Rule};

/// One rule, tried on one request.
#[derive(Clone, Debug)]
pub struct Trial<'p> {
    /// The rule.
    pub rule: &'p Rule,
    /// What came of it.
    pub tried: Tried,
}

/// What came of trying a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tried {
    /// Every condition holds.
    Matched,
    /// This condition doesn't hold.
    Unmatched {
        /// As the operator wrote it.
        condition: String,
        /// What stands in its place in this request; null where nothing does.
        found: serde_json::Value,
    },
    /// This condition has no answer on this request.
    Failed {
        /// As the operator wrote it.
        condition: String,
        /// What stands in its place in this request.
        found: serde_json::Value,
    },
}

impl Policy {
    /// Tries every rule, in the operator's order. Whether one matches is [`Rule::matches`]'s word alone.
    #[must_use]
    pub fn trace(&self, facts: &Facts<'_>) -> Vec<Trial<'_>> {
        self.rules().iter().map(|rule| Trial { rule, tried: tried(rule, facts) }).collect()
    }
}

fn tried(rule: &Rule, facts: &Facts<'_>) -> Tried {
    match rule.matches(facts) {
        Ok(true) => Tried::Matched,
        Ok(false) => {
            let failing = rule.conditions.iter().find(|clause| matches!(clause.expression.holds(facts), Ok(false)));
            Tried::Unmatched {
                condition: failing.map(|clause| clause.name.clone()).unwrap_or_default(),
                found: failing.map(|clause| looked_at(&clause.expression, facts)).unwrap_or_default(),
            }
        }
        Err(condition) => {
            Tried::Failed { condition: condition.name.clone(), found: shown(&facts.of(condition.attribute())) }
        }
    }
}

/// What stands where an expression looks: one value, or those of all its conditions.
fn looked_at(expression: &Expression, facts: &Facts<'_>) -> serde_json::Value {
    let mut values = Vec::new();
    expression.each(&mut |condition| values.push(shown(&facts.of(condition.attribute()))));
    match <[_; 1]>::try_from(values) {
        Ok([value]) => value,
        Err(values) => values.into(),
    }
}

/// A value for a person to read.
fn shown(fact: &Fact<'_>) -> serde_json::Value {
    match fact {
        Fact::Absent => serde_json::Value::Null,
        Fact::Text(text) => (&**text).into(),
        Fact::Numeral(text) => (*text).into(),
        // As it was sent: a number may have more digits than a float.
        Fact::Number(number) => serde_json::from_str(number.as_str()).unwrap_or_default(),
        Fact::Claimed(number) => serde_json::from_str(number).unwrap_or_default(),
        Fact::Score(score) => (*score).into(),
        Fact::Bool(value) => (*value).into(),
        Fact::Level(level) => level.name().into(),
        Fact::Texts(texts) => {
            let mut found: Vec<serde_json::Value> = Vec::new();
            texts.any(|text| {
                found.push(text.into());
                false
            });
            found.into()
        }
        Fact::Array(_) => "an array".into(),
        Fact::Composite => "an object".into(),
        Fact::Unclear => "something that can be read in more than one way".into(),
    }
}
