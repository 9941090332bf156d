//! Comparisons that could never succeed, or never be answered: a mistake of the operator's, found when the
//! configuration is read and not by a request.

use super::condition::Test;
use super::constant::moment_named;
use super::{Attribute, Constant, Relation};
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
        Test::Matches(patterns) => patterns.iter().try_for_each(|pattern| {
            check_is_text(attribute)?;
            check_texts(attribute, pattern.to_string().as_str(), |name| pattern.matches(name))
        }),
        Test::Text(affix, wanted) => {
            check_is_text(attribute)?;
            check_texts(attribute, wanted, |name| affix.found(name, wanted))
        }
        Test::Same(other) | Test::Compared(Relation::Equals, other)
            if [attribute, other].iter().any(|it| it.is_list() || !is_text(it)) =>
        {
            Err("lists, counts and times equal no other attribute; `'x' in list` looks for a member".to_owned())
        }
        Test::Compared(Relation::AtMost, other) if [attribute, other].iter().any(|it| !may_be_number(it)) => {
            Err("only parameters, claims and counts are numbers to compare".to_owned())
        }
        Test::Among(other) | Test::Compared(Relation::In, other)
            if !other.is_list() && !matches!(other, Attribute::Token(_)) =>
        {
            Err("only `agent.scopes`, `agent.actors`, `risk.findings` and claims are lists to look into".to_owned())
        }
        Test::Among(_) | Test::Compared(Relation::In, _) if attribute.is_list() || !is_text(attribute) => {
            Err("only one text can be looked for in a list".to_owned())
        }
        Test::Contains(constant)
            if attribute.is_list() || matches!(attribute, Attribute::Parameter(_) | Attribute::Token(_)) =>
        {
            check_constant(attribute, constant)
        }
        Test::Contains(_) => Err("this attribute is no list; compare it with `==`".to_owned()),
        Test::Same(_) | Test::Among(_) | Test::Compared(..) => Ok(()),
    }
}

/// Whether it is neither a count nor a time: those compare with constants only.
fn is_text(attribute: &Attribute) -> bool {
    attribute.range().is_none() && *attribute != Attribute::Time
}

fn may_be_number(attribute: &Attribute) -> bool {
    matches!(attribute, Attribute::Parameter(_) | Attribute::Token(_)) || attribute.range().is_some()
}

fn check_is_text(attribute: &Attribute) -> Result<(), String> {
    match attribute.range() {
        Some((least, most)) => Err(whole_number(least, most)),
        None if *attribute == Attribute::Time => Err(NO_TIME.to_owned()),
        None => Ok(()),
    }
}

fn whole_number(least: u64, most: u64) -> String {
    match most {
        u64::MAX => "this attribute is a whole number".to_owned(),
        _ => format!("this attribute is a whole number from {least} to {most}"),
    }
}

const NO_TIME: &str = "`time` compares with `_gte`, `_gt`, `_lte` or `_lt` and a time such as `2026-12-24T00:00:00Z`";

const WEEKDAYS: &[&str] = &["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

fn check_bound(attribute: &Attribute, constant: &Constant) -> Result<(), String> {
    match (attribute, constant) {
        (Attribute::Parameter(_) | Attribute::Token(_), Constant::Number(_))
        | (Attribute::RiskLevel, Constant::Text(_)) => check_constant(attribute, constant),
        (Attribute::Time, Constant::Text(text)) if moment_named(text).is_some() => Ok(()),
        (Attribute::Time, _) => Err(NO_TIME.to_owned()),
        _ if attribute.range().is_some() => check_constant(attribute, constant),
        _ => Err("`_lt`, `_lte`, `_gt` and `_gte` compare numbers and risk levels only".to_owned()),
    }
}

fn check_constant(attribute: &Attribute, constant: &Constant) -> Result<(), String> {
    if let Some((least, most)) = attribute.range() {
        return match constant {
            Constant::Number(number) if number.parse().is_ok_and(|it: u64| (least..=most).contains(&it)) => Ok(()),
            _ => Err(whole_number(least, most)),
        };
    }
    match (attribute, constant) {
        (Attribute::Parameter(_) | Attribute::Token(_), _) => Ok(()),
        (Attribute::Time, _) => Err(NO_TIME.to_owned()),
        (Attribute::Tool, Constant::Text(tool)) if tool.contains('*') => Err(format!(
            "no tool is called `{tool}`; in an expression `tool.startsWith('crm.')` tells the tools of a kind"
        )),
        (Attribute::AgentScopes, Constant::Text(scope)) if scope.contains(' ') => {
            Err(format!("no scope has a space in it, as `{scope}` has; name one scope, or several with `_in`"))
        }
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
        Attribute::Action | Attribute::RecentActions => {
            ("an action", ActionKind::ALL.iter().map(|(name, _)| *name).collect())
        }
        Attribute::RiskLevel => ("a risk level", Level::ALL.iter().map(|(name, _)| *name).collect()),
        Attribute::RiskFindings => ("a finding", Code::ALL.iter().map(|code| code.name()).collect()),
        Attribute::RequestProtocol => ("a protocol", vec!["mcp", "a2a", "rest", "graphql"]),
        Attribute::TimeWeekday => ("a day", WEEKDAYS.to_vec()),
        _ => return Ok(()),
    };
    if names.iter().any(|name| meets(name)) {
        return Ok(());
    }
    Err(format!("`{wanted}` is not {what}; there are {}", names.join(" ")))
}
