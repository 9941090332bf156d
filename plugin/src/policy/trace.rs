//! Every rule tried on one request, for whoever wants to know why.
//!
//! The filter never does this: it wants the ruling alone, and looks only where one can match.

use serde_json::Value as Json;

use super::fact::Fact;
use super::{Condition, Expression, Facts, Policy, Rule};

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
        /// What it wants; empty of conditions that are joined.
        wanted: String,
        /// What stands in its place in this request; null where nothing does.
        found: Json,
        /// How many conditions don't hold.
        misses: usize,
    },
    /// This condition has no answer on this request.
    Failed {
        /// As the operator wrote it.
        condition: String,
        /// What stands in its place in this request.
        found: Json,
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
            let misses = || rule.conditions.iter().filter(|clause| matches!(clause.expression.holds(facts), Ok(false)));
            let failing = misses().next();
            Tried::Unmatched {
                condition: failing.map(|clause| clause.name.clone()).unwrap_or_default(),
                wanted: failing.map(|clause| wanted(&clause.expression)).unwrap_or_default(),
                found: failing.map(|clause| found(&clause.expression, facts)).unwrap_or_default(),
                misses: misses().count(),
            }
        }
        Err(condition) => {
            Tried::Failed { condition: condition.name.clone(), found: shown(&facts.of(condition.attribute())) }
        }
    }
}

fn wanted(expression: &Expression) -> String {
    match expression {
        Expression::Is(condition) => condition.wanted(),
        Expression::All(_) | Expression::Any(_) => String::new(),
    }
}

/// What stands in the place of one condition; of several, by their names.
fn found(expression: &Expression, facts: &Facts<'_>) -> Json {
    let of = |condition: &Condition| shown(&facts.of(condition.attribute()));
    if let Expression::Is(condition) = expression {
        return of(condition);
    }
    let mut found = serde_json::Map::new();
    expression.each(&mut |condition| {
        found.insert(condition.name.clone(), of(condition));
    });
    found.into()
}

/// A value for a person to read.
fn shown(fact: &Fact<'_>) -> Json {
    match fact {
        Fact::Absent => Json::Null,
        Fact::Text(text) => (&**text).into(),
        Fact::Numeral(text) => (*text).into(),
        // As it was sent: a number may have more digits than a float.
        Fact::Number(number) => serde_json::from_str(number.as_str()).unwrap_or_default(),
        Fact::Claimed(number) => serde_json::from_str(number).unwrap_or_default(),
        Fact::Count(count) => (*count).into(),
        Fact::Moment(moment) => moment.to_string().into(),
        Fact::Bool(value) => (*value).into(),
        Fact::Level(level) => level.name().into(),
        Fact::Texts(texts) => {
            let mut list = Vec::new();
            texts.any(|text| {
                list.push(text.to_owned());
                false
            });
            list.into()
        }
        Fact::Array(_) => "a list".into(),
        Fact::Composite => "an object".into(),
        Fact::Unclear => "what can be read in more than one way".into(),
    }
}
