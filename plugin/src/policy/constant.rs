//! Values that the operator wrote, and how a request's values compare with them.

use std::cmp::Ordering;

use super::fact::Fact;
use crate::json::Number;
use crate::risk::Level;
use crate::time::Timestamp;

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

/// The condition has no answer on this request: the value is of a kind that can't be compared with the constant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unanswerable;

impl Constant {
    /// The scalar that stands in a configuration.
    ///
    /// # Errors
    /// What would be right, for anything else.
    pub(super) fn read(value: &serde_json::Value) -> Result<Self, String> {
        match value {
            serde_json::Value::String(text) => Ok(Self::Text(text.clone())),
            serde_json::Value::Number(number) => Ok(Self::Number(number.to_string())),
            serde_json::Value::Bool(value) => Ok(Self::Bool(*value)),
            serde_json::Value::Null => {
                Err("null compares with nothing; to ask for absence use `_exists: false`".to_owned())
            }
            serde_json::Value::Array(_) => Err("a list needs `_in` behind the attribute's name".to_owned()),
            serde_json::Value::Object(_) => Err("found an object; a text, number or boolean would be right".to_owned()),
        }
    }

    /// The text, if it is one.
    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Number(_) | Self::Bool(_) => None,
        }
    }

    /// How `fact` stands to it.
    ///
    /// # Errors
    /// When the two are of different kinds. Nothing is converted, as the server's conversion is anybody's guess, but
    /// for what comes from path or query and has no kind of its own.
    pub(super) fn order(&self, fact: &Fact<'_>) -> Result<Ordering, Unanswerable> {
        match (fact, self) {
            (Fact::Text(text), Self::Text(wanted)) => Ok((**text).cmp(wanted)),
            (Fact::Numeral(text), Self::Text(wanted)) => Ok((*text).cmp(wanted)),
            (Fact::Numeral(text), Self::Number(wanted)) => compare(plain(text)?, wanted),
            (Fact::Numeral(text), Self::Bool(wanted)) => {
                text.parse::<bool>().map(|value| value.cmp(wanted)).map_err(|_| Unanswerable)
            }
            (Fact::Number(number), Self::Number(wanted)) => compare(*number, wanted),
            (Fact::Claimed(number), Self::Number(wanted)) => {
                compare(Number::parse(number).ok_or(Unanswerable)?, wanted)
            }
            (Fact::Count(count), Self::Number(wanted)) => {
                wanted.parse::<u64>().map(|wanted| count.cmp(&wanted)).map_err(|_| Unanswerable)
            }
            (Fact::Moment(moment), Self::Text(wanted)) => {
                moment_named(wanted).map(|wanted| moment.cmp(&wanted)).ok_or(Unanswerable)
            }
            (Fact::Bool(value), Self::Bool(wanted)) => Ok(value.cmp(wanted)),
            (Fact::Level(level), Self::Text(wanted)) => {
                Level::named(wanted).map(|wanted| level.cmp(&wanted)).ok_or(Unanswerable)
            }
            _ => Err(Unanswerable),
        }
    }
}

/// The moment that an RFC 3339 text names.
pub(super) fn moment_named(text: &str) -> Option<Timestamp> {
    let since = humantime::parse_rfc3339(text).ok()?.duration_since(std::time::UNIX_EPOCH).ok()?;
    Some(Timestamp::default().plus(since))
}

/// A number from path or query, if it has one reading: `100e-2` is 1 to a reader of JSON and 100 to one that stops at
/// the first letter (C's `atoi`, JavaScript's `parseInt`).
pub(super) fn plain(text: &str) -> Result<Number<'_>, Unanswerable> {
    Number::parse(text).filter(|number| !number.as_str().contains(['e', 'E'])).ok_or(Unanswerable)
}

fn compare(number: Number<'_>, wanted: &str) -> Result<Ordering, Unanswerable> {
    Number::parse(wanted).map(|wanted| number.compare(&wanted)).ok_or(Unanswerable)
}
