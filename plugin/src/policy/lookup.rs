//! Where a condition finds a parameter, and where it must not say that there is none.
//!
//! A rule that looks for `limit` and finds nothing is passed by. So "nothing" has to mean that the server finds
//! nothing either, and not that it reads the request another way than we do: names without regard to case (Go's
//! `encoding/json`), `filter[limit]` and `filter.limit` in a query as a member of `filter`, a list of orders where
//! one order was expected. Of such requests a condition has no answer, and they are denied.

use std::borrow::Cow;

use crate::action::Parameters;
use crate::json::{Kind, Value};

/// What stands at a JSON pointer into the parameters.
#[derive(Debug)]
pub(super) enum Found<'f> {
    /// Nothing, whoever looks.
    Nothing,
    /// A text from path or query.
    Text(&'f str),
    /// A value from the body, or beside it.
    Json(Value<'f>),
    /// Servers may see something here that we don't.
    Unclear,
}

/// What stands at `pointer` (RFC 6901).
pub(super) fn find<'f>(parameters: &'f Parameters<'f>, pointer: &str) -> Found<'f> {
    let mut tokens = pointer.split('/').skip(1).map(unescape);
    let Some(first) = tokens.next() else { return Found::Unclear };
    let mut below = tokens.peekable();
    if let Some((_, text)) = parameters.fields.iter().find(|(name, _)| *name == first) {
        // What is below a text, if it is JSON or a list to somebody, we can't say.
        return if below.peek().is_none() { Found::Text(text) } else { Found::Unclear };
    }
    if parameters.fields.iter().any(|(name, _)| leads_into(name, &first)) {
        return Found::Unclear;
    }
    if let Some((_, value)) = parameters.beside.iter().find(|(name, _)| *name == first) {
        return walk(*value, below);
    }
    if parameters.beside.iter().any(|(name, _)| is_variant(name, &first)) {
        return Found::Unclear;
    }
    parameters.body.map_or(Found::Nothing, |body| walk(body, std::iter::once(first).chain(below)))
}

fn walk<'f, 'p>(mut value: Value<'f>, tokens: impl Iterator<Item = Cow<'p, str>>) -> Found<'f> {
    for token in tokens {
        let next = match value.kind() {
            Kind::Null => return Found::Nothing,
            Kind::Object => {
                if value.members().any(|(name, _)| is_variant(&name, &token)) {
                    return Found::Unclear;
                }
                value.get(&token)
            }
            Kind::Array => match token.parse::<usize>() {
                Ok(index) => value.elements().nth(index),
                Err(_) => return Found::Unclear,
            },
            Kind::Bool | Kind::Number | Kind::String => return Found::Unclear,
        };
        match next {
            Some(next) => value = next,
            None => return Found::Nothing,
        }
    }
    Found::Json(value)
}

/// What a token of a pointer means (RFC 6901 section 4).
pub(super) fn unescape(token: &str) -> Cow<'_, str> {
    if token.contains('~') { Cow::Owned(token.replace("~1", "/").replace("~0", "~")) } else { Cow::Borrowed(token) }
}

/// Whether `name` is another name, but the same one to a reader that ignores case.
fn is_variant(name: &str, wanted: &str) -> bool {
    name != wanted && folded(name).eq(folded(wanted))
}

/// Whether a parameter of a query is `wanted` to some reader, or leads into it: `Limit`, `limit[]`, `limit[a]`, `limit.a`.
fn leads_into(name: &str, wanted: &str) -> bool {
    let stem = name.split(['[', '.']).next().unwrap_or_default();
    is_variant(name, wanted) || (stem.len() < name.len() && folded(stem).eq(folded(wanted)))
}

/// Unicode's simple folding, nearly: the long s and the Kelvin sign are among what it makes equal to ASCII letters.
fn folded(name: &str) -> impl Iterator<Item = char> {
    name.chars().map(|c| if c == 'ſ' { 's' } else { c }).flat_map(char::to_lowercase)
}
