//! Comparisons of two attributes, declared once under a name that rules then use like an attribute that is true or
//! false: `ticket.customer_id_matches_resource` instead of `token.ticket.customer_id == resource.id`.
//!
//! Other than a comparison that is written into a rule, a named one is always true or false: it is false where one of
//! the two isn't there. So `…_matches_resource: false` of a `deny` can't be passed by with a token that has no ticket.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use super::condition::{Test, among, same, text};
use super::constant::{Unanswerable, plain};
use super::fact::Fact;
use super::{Attribute, Condition, Constant};
use crate::json::Number;

/// How two attributes stand to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// They have the same value.
    Equals,
    /// The first is among the texts of the second.
    In,
    /// The first is a number not greater than the second.
    AtMost,
}

/// A comparison of two attributes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comparison {
    left: Attribute,
    relation: Relation,
    right: Attribute,
}

/// Every named comparison.
#[derive(Clone, Debug, Default)]
pub struct Comparisons(BTreeMap<String, Comparison>);

impl Comparison {
    /// What compares `left` with `right`.
    ///
    /// # Errors
    /// When the two could never stand so to each other; says what would be right.
    pub fn new(left: Attribute, relation: Relation, right: Attribute) -> Result<Self, String> {
        super::impossible::check(&left, &Test::Compared(relation, right.clone()), false)?;
        Ok(Self { left, relation, right })
    }

    /// The condition that a rule states with it: `<name>: true` or `<name>: false`.
    pub(super) fn condition(&self, name: String, test: &Test, negated: bool) -> Result<Condition, String> {
        let Test::Equals(Constant::Bool(wanted)) = test else {
            return Err("this is a comparison of the configuration's `comparisons`; it is `true` or `false`".to_owned());
        };
        Condition::build(name, self.left.clone(), Test::Compared(self.relation, self.right.clone()), *wanted == negated)
    }
}

impl Comparisons {
    /// Adds one; whether the name was free.
    pub fn add(&mut self, name: &str, comparison: Comparison) -> bool {
        self.0.insert(name.to_owned(), comparison).is_none()
    }

    /// The comparison of that name.
    pub(super) fn named(&self, name: &str) -> Option<&Comparison> {
        self.0.get(name)
    }
}

impl Relation {
    /// Whether it holds between two values that are there.
    pub(super) fn holds(self, one: &Fact<'_>, other: &Fact<'_>) -> Result<bool, Unanswerable> {
        match (self, one, other) {
            (_, Fact::Unclear, _) | (_, _, Fact::Unclear) => Err(Unanswerable),
            (Self::In, one, Fact::Texts(texts)) => among(one, *texts),
            // Ids are numbers to one system and texts to the next; that of a path is always a text.
            (Self::Equals | Self::In, Fact::Claimed(number), Fact::Text(text))
            | (Self::Equals | Self::In, Fact::Text(text), Fact::Claimed(number))
                if number.bytes().all(|byte| byte.is_ascii_digit()) =>
            {
                Ok(**text == **number)
            }
            (Self::Equals | Self::In, one, other) => same(one, other),
            (Self::AtMost, one, other) => Ok(order(one, other)? != Ordering::Greater),
        }
    }
}

fn order(one: &Fact<'_>, other: &Fact<'_>) -> Result<Ordering, Unanswerable> {
    let (mut of_one, mut of_other) = (String::new(), String::new());
    Ok(number(one, &mut of_one)?.compare(&number(other, &mut of_other)?))
}

fn number<'n>(fact: &'n Fact<'_>, written: &'n mut String) -> Result<Number<'n>, Unanswerable> {
    match fact {
        Fact::Number(number) => Ok(*number),
        Fact::Claimed(number) => Number::parse(number).ok_or(Unanswerable),
        Fact::Count(count) => {
            *written = count.to_string();
            Number::parse(written).ok_or(Unanswerable)
        }
        Fact::Numeral(_) => plain(text(fact)?),
        _ => Err(Unanswerable),
    }
}
