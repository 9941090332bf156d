//! What an expression is worth for one call.
//!
//! Values are data, whatever they look like: a parameter that begins with `$` is a text like any other. Each step takes
//! time in proportion to the body at most, and how many there are the configuration bounds.

use std::borrow::Cow;
use std::cmp::Ordering;

use serde_json::Value as Claim;

use super::expression::{Constant, Expression, Key, Operator, Path, Root};
use crate::action::Action;
use crate::json::{Kind, Number, Value};
use crate::token::Agent;

/// The longest text that is put together: far more than a name or an id.
const MAX_TEXT: usize = 8 << 10;

/// The longest list in which something is looked for.
const MAX_LIST: usize = 1024;

/// What expressions look at.
#[derive(Clone, Copy, Debug)]
pub(super) struct Inputs<'i> {
    pub(super) agent: &'i Agent,
    pub(super) action: &'i Action<'i>,
    /// Names of this server, one of which `aud` holds.
    pub(super) accepted: &'i [String],
}

/// The value of an expression.
#[derive(Clone, Debug)]
pub(super) enum Datum<'i> {
    Text(Cow<'i, str>),
    Number(Cow<'i, str>),
    Bool(bool),
    Null,
    /// A list or an object of the request.
    Json(Value<'i>),
    /// A list or an object of the token.
    Claim(&'i Claim),
    List(Vec<Datum<'i>>),
}

/// Why an expression has no value on this call; holds nothing of it.
pub(super) type Failed = &'static str;

/// None where the value is absent.
type Found<'i> = Result<Option<Datum<'i>>, Failed>;

const NOTHING_THERE: Failed = "there is no such member";
const NO_MEMBERS: Failed = "a member was looked for in what has none";
const ABSENT: Failed = "a part of it is absent; `orValue` would stand in for it";

impl<'i> Inputs<'i> {
    pub(super) fn evaluate(&self, expression: &'i Expression) -> Found<'i> {
        Ok(Some(match expression {
            Expression::Constant(Constant::Text(text)) => Datum::Text(Cow::Borrowed(text)),
            Expression::Constant(Constant::Number(number)) => Datum::Number(Cow::Borrowed(number)),
            Expression::Constant(Constant::Bool(value)) => Datum::Bool(*value),
            Expression::Constant(Constant::Null) => Datum::Null,
            Expression::List(elements) => {
                Datum::List(elements.iter().map(|element| self.value(element)).collect::<Result<_, _>>()?)
            }
            Expression::Path(path) => return self.at(path),
            Expression::Has(path) => Datum::Bool(self.has(path)?),
            Expression::Not(condition) => Datum::Bool(!self.truth(condition)?),
            Expression::Binary(Operator::OrValue, sides) => {
                let [left, right] = sides.as_ref();
                match self.evaluate(left)? {
                    Some(value) => value,
                    None => return self.evaluate(right),
                }
            }
            Expression::Binary(operator @ (Operator::And | Operator::Or), sides) => {
                Datum::Bool(self.settle(sides, *operator == Operator::Or)?)
            }
            Expression::Binary(Operator::Join, sides) => {
                let [left, right] = sides.as_ref();
                Datum::Text(Cow::Owned(join(&self.text(left)?, &self.text(right)?)?))
            }
            Expression::Binary(operator, sides) => {
                let [left, right] = sides.as_ref();
                Datum::Bool(compare(*operator, &self.value(left)?, &self.value(right)?)?)
            }
            Expression::If(parts) => {
                let [condition, one, other] = parts.as_ref();
                return self.evaluate(if self.truth(condition)? { one } else { other });
            }
            Expression::Text(inner) => match self.value(inner)? {
                text @ Datum::Text(_) => text,
                Datum::Number(number) => Datum::Text(number),
                Datum::Bool(value) => Datum::Text(Cow::Borrowed(if value { "true" } else { "false" })),
                _ => return Err("`string` takes a text, a number or a boolean"),
            },
            Expression::Server => Datum::Text(Cow::Borrowed(self.server()?)),
        }))
    }

    /// A value that has to be there.
    fn value(&self, expression: &'i Expression) -> Result<Datum<'i>, Failed> {
        self.evaluate(expression)?.ok_or(ABSENT)
    }

    /// A text that has to be there, whatever is in it.
    fn text(&self, expression: &'i Expression) -> Result<Cow<'i, str>, Failed> {
        match self.value(expression)? {
            Datum::Text(text) => Ok(text),
            _ => Err("a text is needed; `string` makes one of a number"),
        }
    }

    fn truth(&self, expression: &'i Expression) -> Result<bool, Failed> {
        match self.value(expression)? {
            Datum::Bool(value) => Ok(value),
            _ => Err("a condition is neither true nor false"),
        }
    }

    /// What one side settles, the other can't spoil (CEL, "Logical Operators").
    fn settle(&self, sides: &'i [Expression; 2], settling: bool) -> Result<bool, Failed> {
        let [left, right] = sides;
        match (self.truth(left), || self.truth(right)) {
            (Ok(value), _) if value == settling => Ok(settling),
            (Ok(_), right) => right(),
            (Err(failed), right) => {
                if right() == Ok(settling) {
                    Ok(settling)
                } else {
                    Err(failed)
                }
            }
        }
    }

    /// The audience of the token that names this server (COAZ-MCP, "Default Mappings").
    fn server(&self) -> Result<&'i str, Failed> {
        let audiences: Vec<&str> = match self.agent.claims.get("aud") {
            Some(Claim::String(one)) => vec![one],
            Some(Claim::Array(several)) => {
                let named = several.iter().filter_map(Claim::as_str);
                named.filter(|name| self.accepted.iter().any(|accepted| accepted == name)).collect()
            }
            _ => Vec::new(),
        };
        match audiences.as_slice() {
            [one] => Ok(one),
            _ => Err("the token's `aud` names this server not just once"),
        }
    }

    fn has(&self, path: &Path) -> Result<bool, Failed> {
        match self.at(path) {
            Ok(found) => Ok(found.is_some()),
            Err(NOTHING_THERE) => Ok(false),
            Err(failed) => Err(failed),
        }
    }

    fn at(&self, path: &Path) -> Found<'i> {
        // Once a part may be absent, so may what stands in it (CEL, "Optional Values").
        let mut may_be_absent = false;
        let mut found: Option<Datum<'i>> = None;
        for (place, step) in path.steps.iter().enumerate() {
            may_be_absent |= step.optional;
            let next = match &found {
                None if place == 0 => self.member(path.root, &step.key)?,
                None => return Ok(None),
                Some(container) => within(container, &step.key)?,
            };
            if next.is_none() && !may_be_absent {
                return Err(NOTHING_THERE);
            }
            found = next;
        }
        Ok(found)
    }

    fn member(&self, root: Root, key: &Key) -> Found<'i> {
        let Key::Name(name) = key else { return Err(NO_MEMBERS) };
        if root == Root::Token {
            return Ok(self.agent.claims.get(name).map(of_claim));
        }
        let action = self.action;
        if action.method == super::CALL {
            match name.as_str() {
                "name" => return Ok(Some(Datum::Text(Cow::Borrowed(&action.tool)))),
                "arguments" => return Ok(action.parameters.body.map(of_json)),
                _ => {}
            }
        }
        let beside = action.parameters.beside.iter().find(|(found, _)| found == name);
        Ok(beside.map(|(_, value)| of_json(*value)))
    }
}

fn within<'i>(container: &Datum<'i>, key: &Key) -> Found<'i> {
    Ok(match (container, key) {
        (Datum::Json(value), Key::Name(name)) if value.kind() == Kind::Object => value.get(name).map(of_json),
        (Datum::Json(value), Key::Place(place)) if value.kind() == Kind::Array => {
            value.elements().nth(*place).map(of_json)
        }
        (Datum::Claim(Claim::Object(members)), Key::Name(name)) => members.get(name).map(of_claim),
        (Datum::Claim(Claim::Array(elements)), Key::Place(place)) => elements.get(*place).map(of_claim),
        _ => return Err(NO_MEMBERS),
    })
}

fn of_json(value: Value<'_>) -> Datum<'_> {
    if let Some(text) = value.as_str() {
        return Datum::Text(text);
    }
    if let Some(number) = value.as_number() {
        return Datum::Number(Cow::Borrowed(number.as_str()));
    }
    match value.as_bool() {
        Some(value) => Datum::Bool(value),
        None if value.is_null() => Datum::Null,
        None => Datum::Json(value),
    }
}

fn of_claim(claim: &Claim) -> Datum<'_> {
    match claim {
        Claim::Null => Datum::Null,
        Claim::Bool(value) => Datum::Bool(*value),
        Claim::Number(number) => Datum::Number(Cow::Owned(number.to_string())),
        Claim::String(text) => Datum::Text(Cow::Borrowed(text)),
        Claim::Array(_) | Claim::Object(_) => Datum::Claim(claim),
    }
}

fn join(one: &str, other: &str) -> Result<String, Failed> {
    if one.len().saturating_add(other.len()) > MAX_TEXT {
        return Err("a text that is put together gets too long");
    }
    Ok([one, other].concat())
}

fn compare(operator: Operator, left: &Datum<'_>, right: &Datum<'_>) -> Result<bool, Failed> {
    Ok(match operator {
        Operator::Equal => equal(left, right)?,
        Operator::Unequal => !equal(left, right)?,
        Operator::Below => order(left, right)?.is_lt(),
        Operator::AtMost => order(left, right)?.is_le(),
        Operator::Above => order(left, right)?.is_gt(),
        Operator::AtLeast => order(left, right)?.is_ge(),
        Operator::In => is_among(left, right)?,
        Operator::StartsWith => texts(left, right, |left, right| left.starts_with(right))?,
        Operator::EndsWith => texts(left, right, |left, right| left.ends_with(right))?,
        Operator::Contains => texts(left, right, |left, right| left.contains(right))?,
        Operator::And | Operator::Or | Operator::Join | Operator::OrValue => return Err("it compares nothing"),
    })
}

fn texts(left: &Datum<'_>, right: &Datum<'_>, holds: fn(&str, &str) -> bool) -> Result<bool, Failed> {
    match (left, right) {
        (Datum::Text(left), Datum::Text(right)) => Ok(holds(left, right)),
        _ => Err("a text is needed on both sides"),
    }
}

fn equal(left: &Datum<'_>, right: &Datum<'_>) -> Result<bool, Failed> {
    match (left, right) {
        (Datum::Text(left), Datum::Text(right)) => Ok(left == right),
        (Datum::Number(_), Datum::Number(_)) => Ok(order(left, right)?.is_eq()),
        (Datum::Bool(left), Datum::Bool(right)) => Ok(left == right),
        (Datum::Null, Datum::Null) => Ok(true),
        _ if is_container(left) && is_container(right) => Err("lists and objects don't compare"),
        _ => Ok(false),
    }
}

const fn is_container(datum: &Datum<'_>) -> bool {
    matches!(datum, Datum::Json(_) | Datum::Claim(_) | Datum::List(_))
}

fn order(left: &Datum<'_>, right: &Datum<'_>) -> Result<Ordering, Failed> {
    const NO_ORDER: Failed = "two values of these kinds have no order";
    match (left, right) {
        (Datum::Text(left), Datum::Text(right)) => Ok(left.cmp(right)),
        (Datum::Number(left), Datum::Number(right)) => {
            let (left, right) = (Number::parse(left).ok_or(NO_ORDER)?, Number::parse(right).ok_or(NO_ORDER)?);
            Ok(left.compare(&right))
        }
        _ => Err(NO_ORDER),
    }
}

fn is_among(member: &Datum<'_>, list: &Datum<'_>) -> Result<bool, Failed> {
    let is_long =
        |length: usize| if length > MAX_LIST { Err("a list is too long to look for something in it") } else { Ok(()) };
    let is_it = |element: Datum<'_>| equal(member, &element);
    match list {
        Datum::List(elements) => any(elements.iter().map(|element| equal(member, element))),
        Datum::Claim(Claim::Array(elements)) => {
            is_long(elements.len())?;
            any(elements.iter().map(of_claim).map(is_it))
        }
        Datum::Json(value) if value.kind() == Kind::Array => {
            is_long(value.len())?;
            any(value.elements().map(of_json).map(is_it))
        }
        _ => Err("`in` looks in a list"),
    }
}

fn any(tries: impl Iterator<Item = Result<bool, Failed>>) -> Result<bool, Failed> {
    for found in tries {
        if found? {
            return Ok(true);
        }
    }
    Ok(false)
}
