//! One condition of a rule: an attribute, an operator, a constant or another attribute.

use std::cmp::Ordering;

use wildmatch::WildMatch;

use super::constant::{Unanswerable, plain};
use super::fact::{Fact, Texts};
use super::{Attribute, Comparisons, Constant, Facts, InvalidAttribute, Relation, flat, impossible};
use crate::json::Value;

/// A condition on one attribute.
#[derive(Clone, Debug)]
pub struct Condition {
    /// As the operator wrote it.
    pub name: String,
    pub(super) attribute: Attribute,
    pub(super) test: Test,
    /// Whether it holds where the test fails. Never where the attribute isn't there: that makes every comparison false.
    pub(super) negated: bool,
}

/// What is asked of the attribute's value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Test {
    Equals(Constant),
    In(Vec<Constant>),
    Ordered(Bound, Constant),
    /// Like one of these globs.
    Matches(Vec<WildMatch>),
    Text(Affix, String),
    /// Equal to the value of another attribute.
    Same(Attribute),
    /// Among the texts of another attribute.
    Among(Attribute),
    /// What a named comparison says of this attribute and another.
    Compared(Relation, Attribute),
    /// A list that contains this.
    Contains(Constant),
    Exists,
}

/// Which side of a constant is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bound {
    AtMost,
    AtLeast,
    Below,
    Above,
}

/// Where in a text another one is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Affix {
    Start,
    End,
    Anywhere,
}

/// Why a condition was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InvalidCondition {
    /// There is no such attribute.
    Attribute(InvalidAttribute),
    /// The value doesn't fit the operator or attribute; says what would.
    Value(String),
}

impl Condition {
    /// The condition that `when: {<name>: <value>}` states.
    ///
    /// # Errors
    /// When there is no such attribute, or the value doesn't fit.
    pub fn new(name: &str, value: &serde_json::Value) -> Result<Self, InvalidCondition> {
        Self::among(&Comparisons::default(), name, value)
    }

    /// The same, where names can be those of comparisons too.
    ///
    /// # Errors
    /// When there is no such attribute or comparison, or the value doesn't fit.
    pub fn among(comparisons: &Comparisons, name: &str, value: &serde_json::Value) -> Result<Self, InvalidCondition> {
        if let Some(comparison) = comparisons.named(name) {
            let test = Constant::read(value).map(Test::Equals).map_err(InvalidCondition::Value)?;
            return comparison.condition(name.to_owned(), &test, false).map_err(InvalidCondition::Value);
        }
        let (path, test, negated) = flat::split(name, value).map_err(InvalidCondition::Value)?;
        let attribute = Attribute::named(path).map_err(InvalidCondition::Attribute)?;
        let test = if attribute == Attribute::Tool { flat::glob_of_tools(test) } else { Ok(test) };
        let test = test.map_err(InvalidCondition::Value)?;
        Self::build(name.to_owned(), attribute, test, negated).map_err(InvalidCondition::Value)
    }

    /// # Errors
    /// When no request could ever meet it; says what would be right.
    pub(super) fn build(name: String, attribute: Attribute, test: Test, negated: bool) -> Result<Self, String> {
        impossible::check(&attribute, &test, negated)?;
        Ok(Self { name, attribute, test, negated })
    }

    /// What it looks at.
    #[must_use]
    pub fn attribute(&self) -> &Attribute {
        &self.attribute
    }

    /// Whether it says something of what isn't there too, as a named comparison does.
    pub(super) fn is_total(&self) -> bool {
        matches!(self.test, Test::Compared(..))
    }

    /// Every attribute that it looks at.
    pub(super) fn attributes(&self) -> impl Iterator<Item = &Attribute> {
        let other = match &self.test {
            Test::Same(other) | Test::Among(other) | Test::Compared(_, other) => Some(other),
            _ => None,
        };
        std::iter::once(&self.attribute).chain(other)
    }

    /// Whether it looks at what was counted of earlier calls.
    pub(super) fn remembers(&self) -> bool {
        self.attributes().any(Attribute::is_remembered)
    }

    /// How much it costs to answer, and how likely it is to fail: conditions are tried in this order.
    #[must_use]
    pub fn rank(&self) -> u8 {
        match (self.attribute.is_cheap(), &self.test) {
            (true, Test::Equals(_) | Test::In(_)) => 0,
            (true, _) => 1,
            (false, Test::Exists) => 2,
            (false, _) => 3,
        }
    }

    /// The constants of which the attribute must be one for this to hold, if it says so.
    pub(super) fn constants(&self) -> Option<&[Constant]> {
        match &self.test {
            _ if self.negated => None,
            Test::Equals(constant) => Some(std::slice::from_ref(constant)),
            Test::In(constants) => Some(constants),
            _ => None,
        }
    }

    /// Whether an attribute with just this value meets it; also true where that depends on something else.
    pub(super) fn admits(&self, value: &Constant) -> bool {
        let fact = Fact::of_constant(&self.attribute, value);
        match &self.test {
            Test::Exists => !self.negated,
            Test::Same(_) | Test::Among(_) | Test::Compared(..) | Test::Contains(_) => true,
            test => holds_of_scalar(test, &fact).is_ok_and(|holds| holds != self.negated),
        }
    }

    /// Whether it holds. A value that isn't there makes every condition false but `_exists: false`.
    pub(super) fn holds(&self, facts: &Facts<'_>) -> Result<bool, Unanswerable> {
        let fact = facts.of(&self.attribute);
        let holds = match (&self.test, fact) {
            (_, Fact::Unclear) => return Err(Unanswerable),
            (Test::Exists, Fact::Absent) => false,
            // An empty list has nothing in it that could be meant.
            (Test::Exists, Fact::Texts(texts)) => texts.any(|_| true),
            (Test::Exists, _) => true,
            (Test::Compared(relation, other), fact) => match (fact, facts.of(other)) {
                (Fact::Absent, _) | (_, Fact::Absent) => false,
                (one, other) => relation.holds(&one, &other)?,
            },
            (_, Fact::Absent) => return Ok(false),
            (Test::Same(other) | Test::Among(other), fact) => match facts.of(other) {
                Fact::Absent => return Ok(false),
                Fact::Texts(texts) if matches!(self.test, Test::Among(_)) => among(&fact, texts)?,
                other if matches!(self.test, Test::Same(_)) => same(&fact, &other)?,
                _ => return Err(Unanswerable),
            },
            (Test::Contains(wanted), Fact::Array(array)) => contains(array, wanted)?,
            (test, Fact::Texts(texts)) => holds_of_list(test, texts)?,
            (test, fact) => holds_of_scalar(test, &fact)?,
        };
        Ok(holds != self.negated)
    }
}

fn holds_of_scalar(test: &Test, fact: &Fact<'_>) -> Result<bool, Unanswerable> {
    match test {
        Test::Equals(constant) => Ok(constant.order(fact)?.is_eq()),
        Test::In(constants) => holds_in(constants, fact),
        Test::Ordered(bound, constant) => {
            // Texts have an order too, but none that an operator would mean.
            if matches!(fact, Fact::Text(_) | Fact::Bool(_))
                || matches!((fact, constant), (Fact::Numeral(_), Constant::Text(_) | Constant::Bool(_)))
            {
                return Err(Unanswerable);
            }
            Ok(bound.admits(constant.order(fact)?))
        }
        Test::Matches(patterns) => {
            let text = text(fact)?;
            Ok(patterns.iter().any(|pattern| pattern.matches(text)))
        }
        Test::Text(affix, wanted) => Ok(affix.found(text(fact)?, wanted)),
        Test::Same(_) | Test::Among(_) | Test::Compared(..) | Test::Contains(_) | Test::Exists => Err(Unanswerable),
    }
}

/// One constant of the value's kind is enough to answer it: a list such as `["all", 100]` means values of both kinds.
fn holds_in(constants: &[Constant], fact: &Fact<'_>) -> Result<bool, Unanswerable> {
    let mut answered = false;
    for constant in constants {
        match constant.order(fact) {
            Ok(Ordering::Equal) => return Ok(true),
            Ok(_) => answered = true,
            Err(Unanswerable) => {}
        }
    }
    if answered { Ok(false) } else { Err(Unanswerable) }
}

/// A list equals a value when it contains it, and differs from one that it doesn't contain.
fn holds_of_list(test: &Test, texts: Texts<'_>) -> Result<bool, Unanswerable> {
    let contains = |constant: &Constant| constant.text().map(|wanted| texts.any(|text| text == wanted));
    match test {
        Test::Equals(constant) | Test::Contains(constant) => contains(constant).ok_or(Unanswerable),
        Test::In(constants) => {
            constants.iter().filter_map(contains).reduce(|found, one| found || one).ok_or(Unanswerable)
        }
        Test::Matches(patterns) => Ok(texts.any(|text| patterns.iter().any(|pattern| pattern.matches(text)))),
        Test::Text(affix, wanted) => Ok(texts.any(|text| affix.found(text, wanted))),
        Test::Ordered(..) | Test::Same(_) | Test::Among(_) | Test::Compared(..) | Test::Exists => Err(Unanswerable),
    }
}

/// Whether an array of the body has that element; an element of another kind might be the same to the server.
fn contains(array: Value<'_>, wanted: &Constant) -> Result<bool, Unanswerable> {
    let mut other_kind = false;
    for element in array.elements() {
        match wanted.order(&Fact::of_value(element)) {
            Ok(Ordering::Equal) => return Ok(true),
            Ok(_) => {}
            Err(Unanswerable) => other_kind = true,
        }
    }
    if other_kind { Err(Unanswerable) } else { Ok(false) }
}

pub(super) fn text<'f>(fact: &'f Fact<'_>) -> Result<&'f str, Unanswerable> {
    match fact {
        Fact::Text(text) => Ok(text),
        Fact::Numeral(text) => Ok(text),
        Fact::Level(level) => Ok(level.name()),
        _ => Err(Unanswerable),
    }
}

pub(super) fn among(fact: &Fact<'_>, texts: Texts<'_>) -> Result<bool, Unanswerable> {
    let wanted = text(fact)?;
    Ok(texts.any(|text| text == wanted))
}

/// Whether two attributes have the same value.
pub(super) fn same(one: &Fact<'_>, other: &Fact<'_>) -> Result<bool, Unanswerable> {
    match (one, other) {
        (Fact::Number(one), Fact::Number(other)) => Ok(one.compare(other).is_eq()),
        (Fact::Bool(one), Fact::Bool(other)) => Ok(one == other),
        (Fact::Number(number), Fact::Claimed(claim)) | (Fact::Claimed(claim), Fact::Number(number)) => {
            Ok(number.compare(&plain(claim)?).is_eq())
        }
        (Fact::Numeral(number), Fact::Claimed(claim)) | (Fact::Claimed(claim), Fact::Numeral(number)) => {
            Ok(plain(number)?.compare(&plain(claim)?).is_eq())
        }
        _ => Ok(text(one)? == text(other)?),
    }
}

impl Bound {
    fn admits(self, order: Ordering) -> bool {
        match self {
            Self::AtMost => order.is_le(),
            Self::AtLeast => order.is_ge(),
            Self::Below => order.is_lt(),
            Self::Above => order.is_gt(),
        }
    }
}

impl Affix {
    pub(super) fn found(self, text: &str, wanted: &str) -> bool {
        match self {
            Self::Start => text.starts_with(wanted),
            Self::End => text.ends_with(wanted),
            Self::Anywhere => text.contains(wanted),
        }
    }
}
