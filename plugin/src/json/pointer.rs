//! JSON Pointer (RFC 6901), from its text to a value.

use super::{Kind, Value};
use std::borrow::Cow;

impl<'d> Value<'d> {
    /// The value at `pointer` from here: `""` is this one, `"/a/0"` the first element of member `a`. `None` if there is none, and if
    /// `pointer` isn't one.
    #[must_use]
    pub fn pointer(self, pointer: &str) -> Option<Value<'d>> {
        let Some(tokens) = pointer.strip_prefix('/') else {
            return pointer.is_empty().then_some(self);
        };
        tokens.split('/').try_fold(self, |value, token| match value.kind() {
            Kind::Object => value.get(&name(token)?),
            Kind::Array => value.elements().nth(index(token)?),
            _ => None,
        })
    }
}

/// The member name that a reference token stands for; `None` if it isn't one.
pub(crate) fn name(token: &str) -> Option<Cow<'_, str>> {
    if !token.contains('~') {
        return Some(Cow::Borrowed(token));
    }
    let mut pieces = token.split('~');
    let mut name = String::with_capacity(token.len());
    name.push_str(pieces.next()?);
    for piece in pieces {
        let (char, rest) = match piece.split_at_checked(1)? {
            ("0", rest) => ('~', rest),
            ("1", rest) => ('/', rest),
            _ => return None,
        };
        name.push(char);
        name.push_str(rest);
    }
    Some(Cow::Owned(name))
}

/// Digits without leading zeros. `-`, the place behind the last element, names no value.
fn index(token: &str) -> Option<usize> {
    let plain = token.bytes().all(|byte| byte.is_ascii_digit()) && (token == "0" || !token.starts_with('0'));
    if plain { token.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use crate::json::{Document, Limits, Tape};

    #[test]
    fn the_examples_of_rfc_6901_hold() {
        let body = br#"{"foo": ["bar", "baz"], "": 0, "a/b": 1, "c%d": 2, "e^f": 3, "g|h": 4, "i\\j": 5, "k\"l": 6, " ": 7, "m~n": 8}"#;
        let document = Document::read(body, &Limits::default(), Tape::default()).unwrap();
        let at =
            |pointer| document.root().pointer(pointer).map(|value| String::from_utf8_lossy(value.raw()).into_owned());
        assert_eq!(at("").unwrap().as_bytes(), body);
        assert_eq!(at("/foo").unwrap(), r#"["bar", "baz"]"#);
        for (pointer, raw) in [
            ("/foo/0", r#""bar""#),
            ("/", "0"),
            ("/a~1b", "1"),
            ("/c%d", "2"),
            ("/e^f", "3"),
            ("/g|h", "4"),
            ("/i\\j", "5"),
            ("/k\"l", "6"),
            ("/ ", "7"),
            ("/m~0n", "8"),
        ] {
            assert_eq!(at(pointer).as_deref(), Some(raw), "{pointer}");
        }
        for nothing in [
            "foo",
            "/foo/2",
            "/foo/00",
            "/foo/-",
            "/foo/+1",
            "/foo/",
            "/foo/0/x",
            "/m~n",
            "/m~2n",
            "/m~",
            "/fo",
            "/foo/99999999999999999999",
        ] {
            assert_eq!(at(nothing), None, "{nothing}");
        }
    }
}
