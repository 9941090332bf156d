//! What a condition wants, for a person to read.

use std::fmt::{self, Write as _};

use super::attribute::NAMES;
use super::condition::{Affix, Bound, Condition, Test};
use super::{Attribute, Constant, Relation};

impl Condition {
    /// What the attribute would have to be: "`crm.query`", "at most 10", "like `crm.*`".
    #[must_use]
    pub fn wanted(&self) -> String {
        let wanted = match &self.test {
            Test::Equals(constant) => shown(constant),
            Test::In(constants) => format!("one of {}", list(constants.iter().map(shown))),
            Test::Ordered(bound, constant) => format!("{} {}", bound.shown(), shown(constant)),
            Test::Matches(patterns) => format!("like {}", list(patterns.iter().map(|pattern| format!("`{pattern}`")))),
            Test::Text(affix, text) => format!("{} `{text}`", affix.shown()),
            Test::Same(other) => format!("the same as `{other}`"),
            Test::Among(other) => format!("among `{other}`"),
            Test::Compared(Relation::Equals, other) => format!("`{}` the same as `{other}`", self.attribute),
            Test::Compared(Relation::In, other) => format!("`{}` among `{other}`", self.attribute),
            Test::Compared(Relation::AtMost, other) => format!("`{}` at most `{other}`", self.attribute),
            Test::Contains(constant) => format!("a list with {}", shown(constant)),
            Test::Exists => return (if self.negated { "nothing there" } else { "something there" }).to_owned(),
        };
        if self.negated { format!("anything but {wanted}") } else { wanted }
    }
}

fn shown(constant: &Constant) -> String {
    match constant {
        Constant::Text(text) => format!("`{text}`"),
        Constant::Number(number) => number.clone(),
        Constant::Bool(value) => value.to_string(),
    }
}

fn list(items: impl Iterator<Item = String>) -> String {
    items.collect::<Vec<_>>().join(", ")
}

impl Bound {
    const fn shown(self) -> &'static str {
        match self {
            Self::AtMost => "at most",
            Self::AtLeast => "at least",
            Self::Below => "less than",
            Self::Above => "more than",
        }
    }
}

impl Affix {
    const fn shown(self) -> &'static str {
        match self {
            Self::Start => "a text that starts with",
            Self::End => "a text that ends with",
            Self::Anywhere => "a text with",
        }
    }
}

/// The name that operators write.
impl fmt::Display for Attribute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let below = |f: &mut fmt::Formatter<'_>, root: &str, pointer: &str| {
            f.write_str(root)?;
            pointer.chars().try_for_each(|c| f.write_char(if c == '/' { '.' } else { c }))
        };
        match self {
            Self::Parameter(pointer) => below(f, "parameters", pointer),
            Self::Token(pointer) => below(f, "token", pointer),
            Self::Figure(figure, window) => write!(f, "session.{}_{}", figure.name(), window.name()),
            Self::RecentActions => f.write_str("session.recent_actions"),
            // Of an attribute's names the longest says the most.
            other => {
                let names = NAMES.iter().filter(|(_, attribute)| attribute == other).map(|(name, _)| *name);
                f.write_str(names.max_by_key(|name| name.len()).unwrap_or_default())
            }
        }
    }
}
