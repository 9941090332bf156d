//! Conditions joined by "and" and "or".
//!
//! There is no "not": what is negated is the condition itself, so that a comparison on an absent parameter is false
//! whichever way it is put.

use std::fmt;

use super::constant::Unanswerable;
use super::{Condition, Facts};

/// One of the things that must hold for a rule to match.
#[derive(Clone, Debug)]
pub struct Clause {
    /// As a person reads it.
    pub name: String,
    /// What it is.
    pub expression: Expression,
}

/// Conditions, joined.
#[derive(Clone, Debug)]
pub enum Expression {
    /// One condition.
    Is(Condition),
    /// Every one of these.
    All(Vec<Expression>),
    /// At least one of these.
    Any(Vec<Expression>),
}

impl Expression {
    /// Whether it holds. What one part can't answer, another may settle, as in CEL: nothing that stands beside a false
    /// part makes "all" true, nothing that stands beside a true one makes "any" false. So the order of parts never
    /// matters.
    ///
    /// # Errors
    /// The first condition that has no answer on these facts, where nothing else settles it.
    pub fn holds(&self, facts: &Facts<'_>) -> Result<bool, &Condition> {
        match self {
            Self::Is(condition) => condition.holds(facts).map_err(|Unanswerable| condition),
            Self::All(parts) => settle(parts.iter().map(|part| part.holds(facts)), false),
            Self::Any(parts) => settle(parts.iter().map(|part| part.holds(facts)), true),
        }
    }

    /// How much it costs to answer; parts are tried in this order.
    #[must_use]
    pub fn rank(&self) -> u8 {
        match self {
            Self::Is(condition) => condition.rank(),
            Self::All(parts) | Self::Any(parts) => parts.iter().map(Self::rank).max().unwrap_or_default(),
        }
    }

    /// Every condition in it.
    pub fn each<'e>(&'e self, visit: &mut impl FnMut(&'e Condition)) {
        match self {
            Self::Is(condition) => visit(condition),
            Self::All(parts) | Self::Any(parts) => parts.iter().for_each(|part| part.each(visit)),
        }
    }
}

impl From<Expression> for Clause {
    fn from(expression: Expression) -> Self {
        Self { name: expression.to_string(), expression }
    }
}

impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (parts, between) = match self {
            Self::Is(condition) => return f.write_str(&condition.name),
            Self::All(parts) => (parts, " && "),
            Self::Any(parts) => (parts, " || "),
        };
        f.write_str("(")?;
        for (place, part) in parts.iter().enumerate() {
            let before = if place == 0 { "" } else { between };
            write!(f, "{before}{part}")?;
        }
        f.write_str(")")
    }
}

/// Whether parts with these answers hold together, where one that is `settling` settles it.
///
/// # Errors
/// Why the first of those that are open is, where nothing settles it.
pub(super) fn settle<E>(answers: impl IntoIterator<Item = Result<bool, E>>, settling: bool) -> Result<bool, E> {
    let mut open = None;
    for answer in answers {
        match answer {
            Ok(value) if value == settling => return Ok(settling),
            Ok(_) => {}
            Err(why) => open = open.or(Some(why)),
        }
    }
    open.map_or(Ok(!settling), Err)
}
