//! Comparisons that could never succeed, or never be answered: a mistake of the operator's, found when the
//! configuration is read and not by a request.

use super::condition::Test;
use super::{Attribute, Constant};
use crate::action::ActionKind;
use crate::risk::{Code, Level};

/// # Errors
/// What would be right.
pub(super) fn check(attribute: &Attribute, test: &Test, negated: bool) -> Result<(), String> {
    match test {
        Test::Exists if negated && attribute.is_always_there() => {
            Err("this attribute is there on every request".to_owned())
        }
        Test::Exists => Ok(()),
        Test::In(constants) if constants.is_empty() => {
            Err("found an empty list, in which nothing is; name at least one value".to_owned())
        }
        Test::In(constants) => constants.iter().try_for_each(|constant| check_constant(attribute, constant)),
        Test::Equals(constant) => check_constant(attribute, constant),
        Test::Ordered(_, constant) => check_bound(attribute, constant),
        Test::Matches(pattern) => check_texts(attribute, pattern.to_string().as_str(), |name| pattern.matches(name)),
        Test::Text(affix, wanted) => check_texts(attribute, wanted, |name| affix.found(name, wanted)),
        Test::Same(other) if [attribute, other].iter().any(|it| it.is_list() || **it == Attribute::RiskScore) => {
            Err("lists and `risk.score` compare with no other attribute; `'x' in list` looks for a member".to_owned())
        }
        Test::Among(other) if !other.is_list() && !matches!(other, Attribute::Token(_)) => {
            Err("only `agent.scopes`, `agent.actors`, `risk.findings` and claims are lists to look into".to_owned())
        }
        Test::Among(_) if attribute.is_list() || *attribute == Attribute::RiskScore => {
            Err("only one text can be looked for in a list".to_owned())
        }
        Test::Contains(constant)
            if attribute.is_list() || matches!(attribute, Attribute::Parameter(_) | Attribute::Token(_)) =>
        {
            check_constant(attribute, constant)
        }
        Test::Contains(_) => Err("this attribute is no list; compare it with `==`".to_owned()),
        Test::Same(_) | Test::Among(_) => Ok(()),
    }
}

fn check_bound(attribute: &Attribute, constant: &Constant) -> Result<(), String> {
    match (attribute, constant) {
        (Attribute::Parameter(_) | Attribute::Token(_), Constant::Number(_))
        | (Attribute::RiskLevel, Constant::Text(_))
        | (Attribute::RiskScore, _) => check_constant(attribute, constant),
        _ => Err("`_lt`, `_lte`, `_gt` and `_gte` compare numbers and risk levels only".to_owned()),
    }
}

fn check_constant(attribute: &Attribute, constant: &Constant) -> Result<(), String> {
    match (attribute, constant) {
        (Attribute::Parameter(_) | Attribute::Token(_), _) => Ok(()),
        (Attribute::RiskScore, Constant::Number(number)) if number.parse().is_ok_and(|score: u8| score <= 100) => {
            Ok(())
        }
        (Attribute::RiskScore, _) => Err("this attribute is a whole number from 0 to 100".to_owned()),
        (Attribute::RequestMethod, Constant::Text(method)) if method.bytes().any(|byte| byte.is_ascii_lowercase()) => {
            Err(format!("`{method}` is no method; they are upper case, as in `{}`", method.to_ascii_uppercase()))
        }
        (_, Constant::Text(wanted)) => check_texts(attribute, wanted, |name| name == wanted),
        _ => Err("this attribute is a text".to_owned()),
    }
}

/// Whether any value that the attribute can have meets `wanted`.
fn check_texts(attribute: &Attribute, wanted: &str, meets: impl Fn(&str) -> bool) -> Result<(), String> {
    let (what, names): (_, Vec<&str>) = match attribute {
        Attribute::Action => ("an action", ActionKind::ALL.iter().map(|(name, _)| *name).collect()),
        Attribute::RiskLevel => ("a risk level", Level::ALL.iter().map(|(name, _)| *name).collect()),
        Attribute::RiskFindings => ("a finding", Code::ALL.iter().map(|code| code.name()).collect()),
        Attribute::RequestProtocol => ("a protocol", vec!["mcp", "a2a", "rest"]),
        Attribute::RiskScore => return Err("this attribute is a whole number from 0 to 100".to_owned()),
        _ => return Ok(()),
    };
    if names.iter().any(|name| meets(name)) {
        return Ok(());
    }
    Err(format!("`{wanted}` is not {what}; there are {}", names.join(" ")))
}
