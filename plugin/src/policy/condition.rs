//! One condition of a rule: an attribute, an operator, a constant.

use std::cmp::Ordering;

use wildmatch::WildMatch;

use super::fact::Fact;
use super::{Attribute, Facts, InvalidAttribute};
use crate::action::ActionKind;
use crate::json::Number;
use crate::risk::Level;

/// A condition on one attribute.
#[derive(Clone, Debug)]
pub struct Condition {
    /// As the operator wrote it.
    pub name: String,
    attribute: Attribute,
    test: Test,
}

/// A value that the operator wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Constant {
    /// A text.
    Text(String),
    /// A number, as it was written.
    Number(String),
    /// A boolean.
    Bool(bool),
}

#[derive(Clone, Debug)]
enum Test {
    Equals(Constant),
    Differs(Constant),
    In(Vec<Constant>),
    Ordered(Bound, Constant),
    Matches(WildMatch),
    Exists(bool),
}

#[derive(Clone, Copy, Debug)]
enum Bound {
    AtMost,
    AtLeast,
    Below,
    Above,
}

/// Why a condition was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InvalidCondition {
    /// There is no such attribute.
    Attribute(InvalidAttribute),
    /// The value doesn't fit the operator or attribute; says what would.
    Value(String),
}

/// The condition has no answer on this request: the value is of a kind that can't be compared with the constant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unanswerable;

const BOUNDS: &[(&str, Bound)] =
    &[("_lte", Bound::AtMost), ("_gte", Bound::AtLeast), ("_lt", Bound::Below), ("_gt", Bound::Above)];

/// Characters that mean something in a regular expression and nothing in a glob.
const NOT_OF_A_GLOB: &[char] = &['^', '$', '(', ')', '|', '\\', '+', '[', ']', '{', '}'];

impl Condition {
    /// The condition that `when: {<name>: <value>}` states.
    ///
    /// # Errors
    /// When there is no such attribute, or the value doesn't fit.
    pub fn new(name: &str, value: &serde_json::Value) -> Result<Self, InvalidCondition> {
        let (path, test) = Self::split(name, value)?;
        let attribute = Attribute::named(path).map_err(InvalidCondition::Attribute)?;
        check_closed_list(&attribute, &test)?;
        Ok(Self { name: name.into(), attribute, test })
    }

    /// What it looks at.
    #[must_use]
    pub fn attribute(&self) -> &Attribute {
        &self.attribute
    }

    /// How much it costs to answer, and how likely it is to fail: conditions are tried in this order.
    #[must_use]
    pub fn rank(&self) -> u8 {
        match (self.attribute.is_cheap(), &self.test) {
            (true, Test::Equals(_) | Test::In(_)) => 0,
            (true, _) => 1,
            (false, Test::Exists(_)) => 2,
            (false, _) => 3,
        }
    }

    fn split<'n>(name: &'n str, value: &serde_json::Value) -> Result<(&'n str, Test), InvalidCondition> {
        if let Some((path, bound)) = BOUNDS.iter().find_map(|(end, bound)| Some((name.strip_suffix(end)?, bound))) {
            return Ok((path, Test::Ordered(*bound, constant(value)?)));
        }
        if let Some(path) = name.strip_suffix("_in") {
            let items = value.as_array().ok_or_else(|| {
                InvalidCondition::Value(format!(
                    "`_in` takes a list; for a parameter whose own name ends in `_in` write `{name}_in: [value]`"
                ))
            })?;
            return Ok((path, Test::In(items.iter().map(constant).collect::<Result<_, _>>()?)));
        }
        if let Some(path) = name.strip_suffix("_not") {
            return Ok((path, Test::Differs(constant(value)?)));
        }
        if let Some(path) = name.strip_suffix("_exists") {
            let wanted =
                value.as_bool().ok_or_else(|| InvalidCondition::Value("`_exists` takes `true` or `false`".into()))?;
            return Ok((path, Test::Exists(wanted)));
        }
        if let Some(path) = name.strip_suffix("_matches") {
            let pattern = value
                .as_str()
                .ok_or_else(|| InvalidCondition::Value("`_matches` takes a glob such as `crm.*`".into()))?;
            if let Some(found) = pattern.chars().find(|found| NOT_OF_A_GLOB.contains(found)) {
                return Err(InvalidCondition::Value(format!(
                    "`_matches` takes a glob over the whole value, with `*` for any text and `?` for one character; \
                     `{found}` belongs to a regular expression"
                )));
            }
            return Ok((path, Test::Matches(WildMatch::new(pattern))));
        }
        Ok((name, Test::Equals(constant(value)?)))
    }

    /// Whether it holds. A value that isn't there makes every condition false but `_exists: false`.
    pub(super) fn holds(&self, facts: &Facts<'_>) -> Result<bool, Unanswerable> {
        let fact = facts.of(&self.attribute);
        if let Test::Exists(wanted) = self.test {
            return Ok(wanted != matches!(fact, Fact::Absent));
        }
        match fact {
            Fact::Absent => Ok(false),
            Fact::Texts(texts) => holds_of_list(&self.test, &texts),
            fact => holds_of_scalar(&self.test, &fact),
        }
    }
}

fn holds_of_scalar(test: &Test, fact: &Fact<'_>) -> Result<bool, Unanswerable> {
    match test {
        Test::Equals(constant) => Ok(order(fact, constant)? == Ordering::Equal),
        Test::Differs(constant) => Ok(order(fact, constant)? != Ordering::Equal),
        Test::In(constants) => {
            for constant in constants {
                if order(fact, constant)? == Ordering::Equal {
                    return Ok(true);
                }
            }
            Ok(false)
        }
        Test::Ordered(bound, constant) => {
            if matches!((fact, constant), (Fact::Text(_) | Fact::Bool(_), _) | (Fact::Numeral(_), Constant::Text(_))) {
                return Err(Unanswerable);
            }
            let order = order(fact, constant)?;
            Ok(match bound {
                Bound::AtMost => order.is_le(),
                Bound::AtLeast => order.is_ge(),
                Bound::Below => order.is_lt(),
                Bound::Above => order.is_gt(),
            })
        }
        Test::Matches(pattern) => match fact {
            Fact::Text(text) | Fact::Numeral(text) => Ok(pattern.matches(text)),
            Fact::Level(level) => Ok(pattern.matches(level.name())),
            _ => Err(Unanswerable),
        },
        Test::Exists(_) => Err(Unanswerable),
    }
}

/// A list equals a value when it contains it, and differs from one that it doesn't contain.
fn holds_of_list(test: &Test, texts: &[&str]) -> Result<bool, Unanswerable> {
    let contains = |constant: &Constant| match constant {
        Constant::Text(wanted) => Ok(texts.contains(&wanted.as_str())),
        Constant::Number(_) | Constant::Bool(_) => Err(Unanswerable),
    };
    match test {
        Test::Equals(constant) => contains(constant),
        Test::Differs(constant) => contains(constant).map(|found| !found),
        Test::In(constants) => constants.iter().try_fold(false, |found, constant| Ok(found | contains(constant)?)),
        Test::Matches(pattern) => Ok(texts.iter().any(|text| pattern.matches(text))),
        Test::Ordered(..) | Test::Exists(_) => Err(Unanswerable),
    }
}

fn order(fact: &Fact<'_>, constant: &Constant) -> Result<Ordering, Unanswerable> {
    match (fact, constant) {
        (Fact::Text(text) | Fact::Numeral(text), Constant::Text(wanted)) => Ok(text.as_ref().cmp(wanted)),
        (Fact::Number(number), Constant::Number(wanted)) => compare(number, wanted),
        (Fact::Count(count), Constant::Number(wanted)) => compare_texts(&count.to_string(), wanted),
        (Fact::Numeral(text), Constant::Number(wanted)) => compare_texts(text, wanted),
        (Fact::Bool(value), Constant::Bool(wanted)) => Ok(value.cmp(wanted)),
        (Fact::Numeral(text), Constant::Bool(wanted)) => {
            text.parse::<bool>().map(|value| value.cmp(wanted)).map_err(|_| Unanswerable)
        }
        (Fact::Level(level), Constant::Text(wanted)) => {
            Level::named(wanted).map(|wanted| level.cmp(&wanted)).ok_or(Unanswerable)
        }
        _ => Err(Unanswerable),
    }
}

fn compare(number: &Number<'_>, wanted: &str) -> Result<Ordering, Unanswerable> {
    Number::parse(wanted).map(|wanted| number.compare(&wanted)).ok_or(Unanswerable)
}

fn compare_texts(number: &str, wanted: &str) -> Result<Ordering, Unanswerable> {
    compare(&Number::parse(number).ok_or(Unanswerable)?, wanted)
}

fn constant(value: &serde_json::Value) -> Result<Constant, InvalidCondition> {
    match value {
        serde_json::Value::String(text) => Ok(Constant::Text(text.clone())),
        serde_json::Value::Number(number) => Ok(Constant::Number(number.to_string())),
        serde_json::Value::Bool(value) => Ok(Constant::Bool(*value)),
        serde_json::Value::Null => {
            Err(InvalidCondition::Value("null compares with nothing; to ask for absence use `_exists: false`".into()))
        }
        serde_json::Value::Array(_) => {
            Err(InvalidCondition::Value("a list needs `_in` behind the attribute's name".into()))
        }
        serde_json::Value::Object(_) => {
            Err(InvalidCondition::Value("found an object; a text, number or boolean would be right".into()))
        }
    }
}

/// A comparison that could never succeed, or never be answered, is a mistake of the operator's: it is found here and
/// not by a request.
fn check_closed_list(attribute: &Attribute, test: &Test) -> Result<(), InvalidCondition> {
    let constants = match test {
        Test::Equals(constant) | Test::Differs(constant) | Test::Ordered(_, constant) => std::slice::from_ref(constant),
        Test::In(constants) => constants.as_slice(),
        Test::Matches(_) | Test::Exists(_) => return Ok(()),
    };
    let wrong = |what: String| Err(InvalidCondition::Value(what));
    let ordered = matches!(test, Test::Ordered(..));
    for constant in constants {
        match (attribute, constant) {
            (Attribute::Action, Constant::Text(name)) if ActionKind::named(name).is_none() => {
                let names: Vec<_> = ActionKind::ALL.iter().map(|(name, _)| *name).collect();
                return wrong(format!("`{name}` is not an action; there are {}", names.join(" ")));
            }
            (Attribute::RiskLevel, Constant::Text(name)) if Level::named(name).is_none() => {
                return wrong(format!("`{name}` is not a risk level; there are low medium high critical"));
            }
            (Attribute::RequestProtocol, Constant::Text(name)) if !matches!(name.as_str(), "mcp" | "rest") => {
                return wrong(format!("`{name}` is not a protocol; there are mcp rest"));
            }
            (Attribute::RiskScore, Constant::Number(_)) | (Attribute::RiskLevel, Constant::Text(_)) => {}
            (Attribute::Parameter(_) | Attribute::Token(_), Constant::Number(_)) => {}
            (Attribute::Parameter(_) | Attribute::Token(_), _) if !ordered => {}
            (Attribute::RiskScore, _) => return wrong("this attribute is a number from 0 to 100".into()),
            _ if ordered => {
                return wrong("`_lt`, `_lte`, `_gt` and `_gte` compare numbers and risk levels only".into());
            }
            (_, Constant::Text(_)) => {}
            _ => return wrong("this attribute is a text".into()),
        }
    }
    Ok(())
}
