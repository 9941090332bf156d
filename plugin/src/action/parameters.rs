//! The parameters of an action, wherever the request carries them.

use std::borrow::Cow;
use std::ops::ControlFlow;

use crate::json::{Kind, Pointer, Value, fold, name_of_token};

/// Names and texts, decoded, in the order of the request.
pub type Fields<'a> = Vec<(Cow<'a, str>, Cow<'a, str>)>;

/// The parameters of an action: a JSON value from the body, JSON values that stand beside it, and named texts from
/// path and query.
///
/// No name stands in two of them: a request in which one does was refused by the reader, since which one a server
/// would take is anybody's guess.
#[derive(Clone, Debug, Default)]
pub struct Parameters<'a> {
    /// `params.arguments` of MCP's `tools/call`, or a REST body.
    pub body: Option<Value<'a>>,
    /// Members of MCP's `params` that the caller chose too: `uri`, `taskId`, `inputResponses`, `requestState`, ….
    pub beside: Vec<(Cow<'a, str>, Value<'a>)>,
    /// From path template and query, decoded.
    pub fields: Fields<'a>,
}

/// The value of one parameter.
#[derive(Clone, Debug)]
pub enum Datum<'a> {
    /// From a JSON body, typed.
    Json(Value<'a>),
    /// From path or query: text, whatever it looks like.
    Text(Cow<'a, str>),
}

impl<'a> Datum<'a> {
    /// What a string says; `None` of any other JSON value.
    #[must_use]
    pub fn text(&self) -> Option<Cow<'a, str>> {
        match self {
            Self::Json(value) => value.as_str(),
            Self::Text(text) => Some(text.clone()),
        }
    }

    /// A string's text, or a number as it is written: what an id or an amount may be given as.
    #[must_use]
    pub fn scalar(&self) -> Option<Cow<'a, str>> {
        match self {
            Self::Json(value) => {
                value.as_str().or_else(|| value.as_number().map(|number| Cow::Borrowed(number.as_str())))
            }
            Self::Text(text) => Some(text.clone()),
        }
    }
}

impl<'a> Parameters<'a> {
    /// The parameter at a JSON pointer (RFC 6901). Its first token names a parameter, in whichever place that stands; the
    /// others lead into its value, which a text from path or query has no way into: `/filter/limit` is a member of
    /// `filter` and never the query parameter `filter/limit`, which is `/filter~1limit`.
    #[must_use]
    pub fn at(&self, pointer: &str) -> Option<Datum<'a>> {
        let tokens = pointer.strip_prefix('/')?;
        let (first, below) = tokens.find('/').map_or((tokens, ""), |slash| tokens.split_at(slash));
        self.find(&name_of_token(first)?, below)
    }

    /// The parameter of that name.
    #[must_use]
    pub fn named(&self, name: &str) -> Option<Datum<'a>> {
        self.find(name, "")
    }

    /// What stands at the pointer `below` into the parameter of that name.
    fn find(&self, name: &str, below: &str) -> Option<Datum<'a>> {
        if let Some((_, text)) = self.fields.iter().find(|(found, _)| found == name) {
            return below.is_empty().then(|| Datum::Text(text.clone()));
        }
        let beside = self.beside.iter().find(|(found, _)| found == name).map(|(_, value)| *value);
        let value = match beside {
            Some(value) => value,
            None => match self.body? {
                body if body.kind() == Kind::Object => body.get(name)?,
                // A list has no names, but places.
                body => body.pointer(&format!("/{name}"))?,
            },
        };
        value.pointer(below).map(Datum::Json)
    }

    /// Every scalar with its JSON pointer (path and query first, then what stands beside the body, then the body)
    /// until `visit` breaks.
    pub fn leaves(&self, visit: &mut impl FnMut(&str, &Datum<'a>) -> ControlFlow<()>) -> ControlFlow<()> {
        for (name, text) in &self.fields {
            visit(Pointer::of_member(name).as_str(), &Datum::Text(text.clone()))?;
        }
        for (name, value) in &self.beside {
            let place = Pointer::of_member(name);
            value.leaves(&mut |below, leaf| visit(&format!("{place}{below}"), &Datum::Json(leaf)))?;
        }
        match self.body {
            Some(body) => body.leaves(&mut |pointer, leaf| visit(pointer.as_str(), &Datum::Json(leaf))),
            None => ControlFlow::Continue(()),
        }
    }

    /// Whether two of the places have a parameter of one name, as servers that ignore the case of names read them.
    pub(super) fn repeat_a_name(&self) -> bool {
        let body = self.body.into_iter().flat_map(|body| body.members().map(|(name, _)| name));
        let beside = self.beside.iter().map(|(name, _)| name.clone());
        let fields = self.fields.iter().map(|(name, _)| name.clone());
        repeat(body.chain(beside).chain(fields))
    }
}

/// Whether a name occurs twice, as readers see it that ignore the case of names.
pub(super) fn repeat<'a>(names: impl Iterator<Item = Cow<'a, str>>) -> bool {
    let mut names: Vec<Cow<'a, str>> = names.map(fold).collect();
    names.sort_unstable();
    names.windows(2).any(|pair| matches!(pair, [one, other] if one == other))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::{Document, Limits, Tape};

    #[test]
    fn a_parameter_is_found_wherever_it_stands() {
        let body = br#"{"a": {"b": [1, "x"]}, "to": 12.50}"#;
        let document = Document::read(body, &Limits::default(), Tape::default()).unwrap();
        let beside = br#"{"state": {"k": true}}"#;
        let other = Document::read(beside, &Limits::default(), Tape::default()).unwrap();
        let parameters = Parameters {
            body: Some(document.root()),
            beside: vec![("inputResponses".into(), other.root())],
            fields: vec![("id".into(), "7".into()), ("a/b".into(), "slash".into())],
        };
        let at = |pointer| parameters.at(pointer).and_then(|datum| datum.scalar()).map(Cow::into_owned);
        assert_eq!(at("/a/b/1").as_deref(), Some("x"));
        assert_eq!(at("/to").as_deref(), Some("12.50"));
        assert_eq!(at("/id").as_deref(), Some("7"));
        assert!(matches!(parameters.at("/inputResponses/state/k"), Some(Datum::Json(_))));
        assert!(parameters.at("/nothing").is_none());
        assert_eq!(at("/a~1b").as_deref(), Some("slash"));
        assert_eq!(parameters.named("a/b").and_then(|datum| datum.text()).as_deref(), Some("slash"));
        for nothing in ["/id/0", "/a~1b/1", "/a~2b", "id"] {
            assert!(parameters.at(nothing).is_none(), "{nothing}");
        }

        let mut seen = Vec::new();
        // The query's name is no way to hide what stands in the body.
        let hidden = Parameters { fields: vec![("a/b/1".into(), "harmless".into())], ..parameters.clone() };
        assert_eq!(hidden.at("/a/b/1").and_then(|datum| datum.scalar()).as_deref(), Some("x"));

        let end = parameters.leaves(&mut |pointer, _| {
            seen.push(pointer.to_owned());
            ControlFlow::Continue(())
        });
        assert_eq!(end, ControlFlow::Continue(()));
        assert_eq!(seen, ["/id", "/a~1b", "/inputResponses/state/k", "/a/b/0", "/a/b/1", "/to"]);
    }

    #[test]
    fn a_name_in_two_places_or_in_two_cases_is_seen() {
        for (body, field, repeated) in [
            (r#"{"id": 1}"#, "id", true),
            (r#"{"id": 1, "ID": 2}"#, "x", true),
            (r#"{"id": 1}"#, "Id", true),
            (r#"{"is": 1, "iſ": 2}"#, "x", true),
            (r#"{"id": {"ID": 1}}"#, "x", false),
        ] {
            let document = Document::read(body.as_bytes(), &Limits::default(), Tape::default()).unwrap();
            let parameters = Parameters {
                body: Some(document.root()),
                fields: vec![(field.into(), "7".into())],
                ..Parameters::default()
            };
            assert_eq!(parameters.repeat_a_name(), repeated, "{body} {field}");
        }
    }
}
