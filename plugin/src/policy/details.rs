//! What a token grants in detail: `authorization_details` (RFC 9396), for tokens of one transaction.
//!
//! A scope says what kind of thing an agent may do; a detail says which: this amount, to this account. It never widens: rules
//! still decide, and the call must lie within one of the token's details besides, all of it. What a detail says and nobody
//! here looks at might be the bound that matters, so it grants nothing.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::constant::plain;
use super::fact::Fact;
use super::{Attribute, Constant, Expression, Facts, task};
use crate::json::Number;

/// Which details are understood.
#[derive(Clone, Debug, Default)]
pub struct Details {
    /// By their `type`.
    pub types: BTreeMap<String, DetailType>,
    /// Types that have nothing to say here; they grant and bound nothing.
    pub ignored: BTreeSet<String>,
}

/// What details of one type mean.
#[derive(Clone, Debug, Default)]
pub struct DetailType {
    /// Which calls they are about; any where nothing is said.
    pub about: Option<Expression>,
    /// How the call must relate to what they say.
    pub bounds: Vec<DetailBound>,
    /// Members that have nothing to say here.
    pub ignored: BTreeSet<String>,
}

/// One thing that a detail says, and what it is of the call.
#[derive(Clone, Debug)]
pub struct DetailBound {
    /// A JSON pointer into the detail.
    pub member: String,
    /// What is compared with it.
    pub attribute: Attribute,
    /// How.
    pub relation: Within,
}

/// How a call lies within what a detail says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Within {
    /// It is the same; of a list in the call, each.
    Same,
    /// It is a number from zero up to that.
    AtMost,
    /// It is one of those listed; of a list in the call, each.
    OneOf,
}

impl Details {
    /// Whether what tokens grant in detail is understood at all.
    #[must_use]
    pub fn is_configured(&self) -> bool {
        !self.types.is_empty() || !self.ignored.is_empty()
    }

    /// Whether the call is within what the agent's token grants in detail. `audiences`: who is meant by this resource.
    ///
    /// # Errors
    /// What it is beyond; holds no value of token or request.
    pub fn check(&self, facts: &Facts<'_>, audiences: &[String]) -> Result<(), String> {
        let granted = facts.agent.claims.get("authorization_details").filter(|_| self.is_configured());
        let Some(granted) = granted.filter(|_| !task::names_only(facts)) else { return Ok(()) };
        let granted = granted.as_array().filter(|list| !list.is_empty());
        let granted = granted.ok_or("the token's `authorization_details` are no list with entries")?;
        let mut known = Vec::with_capacity(granted.len());
        for detail in granted {
            let named = detail.as_object().and_then(|detail| Some((detail, detail.get("type")?.as_str()?)));
            let (detail, name) = named.ok_or("one of the token's `authorization_details` has no `type`")?;
            match self.types.get(name) {
                Some(kind) => known.push((detail, kind)),
                None if self.ignored.contains(name) => {}
                None => return Err("the token's `authorization_details` have a type that isn't known here".to_owned()),
            }
        }
        let mut beyond = None;
        for (detail, kind) in known {
            match kind.holds(detail, facts, audiences) {
                Ok(()) => return Ok(()),
                Err(what) => beyond = Some(what),
            }
        }
        beyond.map_or(Ok(()), |what| Err(format!("beyond `{what}` of the token's `authorization_details`")))
    }
}

impl DetailType {
    /// Whether the call is within this detail.
    ///
    /// # Errors
    /// Which member it is beyond.
    fn holds(&self, detail: &Map<String, Value>, facts: &Facts<'_>, audiences: &[String]) -> Result<(), String> {
        if self.about.as_ref().is_some_and(|about| !matches!(about.holds(facts), Ok(true))) {
            return Err("type".to_owned());
        }
        for (member, value) in detail {
            let within = match member.as_str() {
                "type" => true,
                // RFC 9396 section 2.2, what is common to all types.
                "locations" => lists(value, |place| audiences.iter().any(|audience| audience == place)),
                "actions" => lists(value, |action| action == facts.action.kind.name() || *action == *facts.action.tool),
                "identifier" => same(value, &facts.of(&Attribute::ResourceId)),
                other => self.ignored.contains(other) || self.bounds.iter().any(|bound| bound.is_in(other)),
            };
            if !within {
                return Err(member.clone());
            }
        }
        match self.bounds.iter().find(|bound| !bound.holds(detail, facts)) {
            Some(bound) => Err(bound.member.clone()),
            None => Ok(()),
        }
    }
}

impl DetailBound {
    /// Whether it looks at this member of the detail, or into it.
    fn is_in(&self, member: &str) -> bool {
        self.member.split('/').nth(1).is_some_and(|first| first.replace("~1", "/").replace("~0", "~") == member)
    }

    /// Whether the call is within. What the detail or the call doesn't say is not.
    fn holds(&self, detail: &Map<String, Value>, facts: &Facts<'_>) -> bool {
        let path = self.member.get(1..).unwrap_or_default();
        let (first, rest) = path.split_once('/').unwrap_or((path, ""));
        let below = if rest.is_empty() { String::new() } else { format!("/{rest}") };
        let name = first.replace("~1", "/").replace("~0", "~");
        let Some(granted) = detail.get(&name).and_then(|value| value.pointer(&below)) else { return false };
        let fact = facts.of(&self.attribute);
        match self.relation {
            Within::Same => same(granted, &fact),
            Within::AtMost => at_most(granted, &fact),
            Within::OneOf => granted.as_array().is_some_and(|granted| match &fact {
                Fact::Array(array) if !array.is_empty() => {
                    array.elements().all(|one| granted.iter().any(|granted| same(granted, &Fact::of_value(one))))
                }
                fact => granted.iter().any(|granted| same(granted, fact)),
            }),
        }
    }
}

/// Whether a value is a list of texts, one of which is meant.
fn lists(value: &Value, meant: impl Fn(&str) -> bool) -> bool {
    value.as_array().is_some_and(|list| list.iter().any(|one| one.as_str().is_some_and(&meant)))
}

/// Nothing is converted, but for what comes from path or query and has no kind of its own.
fn same(granted: &Value, fact: &Fact<'_>) -> bool {
    match fact {
        Fact::Array(array) => !array.is_empty() && array.elements().all(|one| same(granted, &Fact::of_value(one))),
        Fact::Absent | Fact::Unclear | Fact::Composite => false,
        fact => Constant::read(granted).is_ok_and(|granted| granted.order(fact) == Ok(Ordering::Equal)),
    }
}

/// Amounts are often texts (`"123.50"`), in tokens and in calls: of those only a plain number is one.
fn at_most(granted: &Value, fact: &Fact<'_>) -> bool {
    let granted = match granted {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => return false,
    };
    let asked = match fact {
        Fact::Number(number) => Ok(*number),
        Fact::Numeral(text) => plain(text),
        Fact::Text(text) => plain(text),
        _ => return false,
    };
    let (Ok(granted), Ok(asked), Some(zero)) = (plain(&granted), asked, Number::parse("0")) else {
        return false;
    };
    asked.compare(&granted).is_le() && asked.compare(&zero).is_ge()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn amounts_are_compared_exactly_and_never_below_zero() {
        for (granted, asked, within) in [
            (json!("123.50"), "123.5", true),
            (json!(100), "1e2", true),
            (json!("123.50"), "123.51", false),
            (json!(100), "-1", false),
            (json!("lots"), "1", false),
            (json!(null), "1", false),
            (json!(["5"]), "1", false),
        ] {
            let fact = Fact::Number(Number::parse(asked).unwrap());
            assert_eq!(at_most(&granted, &fact), within, "{granted} {asked}");
        }
        assert!(at_most(&json!("10"), &Fact::Text("9.99".into())));
        for asked in ["", "9,99", "0x9", " 9", "9 EUR", "NaN"] {
            assert!(!at_most(&json!("10"), &Fact::Text(asked.into())), "{asked}");
        }
        assert!(!at_most(&json!("10"), &Fact::Absent));
    }

    #[test]
    fn what_is_not_there_or_has_no_single_meaning_is_not_the_same() {
        for fact in [Fact::Absent, Fact::Unclear, Fact::Composite] {
            assert!(!same(&json!("a"), &fact));
        }
        assert!(same(&json!("a"), &Fact::Text("a".into())));
        assert!(!same(&json!(1), &Fact::Text("1".into())));
    }
}
