//! Names and texts of queries and forms, and what becomes of a name that stands several times.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::{Decoded, refuse};
use crate::action::path;
use crate::json::{fold, write};
use crate::reason::{Reason, Refusal};

/// How many names and texts a request may have: more than any form shows, and few enough to compare.
const MAX_FIELDS: usize = 1024;

/// Names and what they stand for, collected from query and form.
#[derive(Debug)]
pub(super) struct Collected<'o> {
    /// Names that the operator says may stand several times.
    lists: &'o [String],
    fields: Decoded,
    /// JSON by name: one value, or the elements of a list.
    json: BTreeMap<String, Values>,
    /// How many were collected.
    count: usize,
}

#[derive(Debug)]
enum Values {
    One(Vec<u8>),
    List(Vec<Vec<u8>>),
}

impl<'o> Collected<'o> {
    pub(super) fn new(lists: &'o [String]) -> Self {
        Self { lists, fields: Vec::new(), json: BTreeMap::new(), count: 0 }
    }

    /// A name and its text.
    pub(super) fn text(&mut self, name: &str, text: &str) -> Result<(), Refusal> {
        match self.list(name) {
            Some(list) => self.element(list.to_owned(), json_text(text)),
            None => {
                self.count()?;
                self.fields.push((Cow::Owned(name.to_owned()), Cow::Owned(text.to_owned())));
                Ok(())
            }
        }
    }

    /// A name and a JSON value, which is valid.
    pub(super) fn json(&mut self, name: &str, json: Vec<u8>) -> Result<(), Refusal> {
        if let Some(list) = self.list(name) {
            return self.element(list.to_owned(), json);
        }
        self.count()?;
        match self.json.insert(name.to_owned(), Values::One(json)) {
            None => Ok(()),
            Some(_) => Err(Reason::ParameterRepeated.into()),
        }
    }

    /// The list that a name adds to: one that the operator knows, or `a` of `a[]`, which nobody writes for anything else.
    fn list<'n>(&self, name: &'n str) -> Option<&'n str> {
        let stem = name.strip_suffix("[]").unwrap_or(name);
        (stem.len() < name.len() || self.lists.iter().any(|list| list == stem)).then_some(stem)
    }

    fn element(&mut self, list: String, json: Vec<u8>) -> Result<(), Refusal> {
        self.count()?;
        match self.json.entry(list).or_insert_with(|| Values::List(Vec::new())) {
            Values::List(elements) => {
                elements.push(json);
                Ok(())
            }
            Values::One(_) => Err(Reason::ParameterRepeated.into()),
        }
    }

    fn count(&mut self) -> Result<(), Refusal> {
        self.count = self.count.saturating_add(1);
        if self.count > MAX_FIELDS {
            Err(refuse(&format!("there are more than {MAX_FIELDS} parameters")))
        } else {
            Ok(())
        }
    }

    /// The texts, and a JSON object of the rest. No name stands twice, neither in another case nor both plain and as the
    /// beginning of another (`a` and `a[b]`).
    pub(super) fn finish(self) -> Result<(Decoded, Option<Vec<u8>>), Refusal> {
        let names = self.fields.iter().map(|(name, _)| name.as_ref()).chain(self.json.keys().map(String::as_str));
        let mut names: Vec<Cow<'_, str>> = names.map(|name| fold(Cow::Borrowed(name))).collect();
        names.sort_unstable();
        let stem = |name: &str| name.split('[').next().unwrap_or_default().to_owned();
        let plain = |wanted: &str| names.binary_search_by(|name| name.as_ref().cmp(wanted)).is_ok();
        let repeated = names.windows(2).any(|pair| matches!(pair, [one, other] if one == other))
            || names.iter().any(|name| name.contains('[') && plain(&stem(name)));
        if repeated {
            return Err(Reason::ParameterRepeated.into());
        }
        let beside = (!self.json.is_empty()).then(|| object(&self.json));
        Ok((self.fields, beside))
    }
}

fn object(members: &BTreeMap<String, Values>) -> Vec<u8> {
    let mut json = Vec::new();
    for (name, values) in members {
        json.push(if json.is_empty() { b'{' } else { b',' });
        json.extend(json_text(name));
        json.push(b':');
        match values {
            Values::One(value) => json.extend_from_slice(value),
            Values::List(elements) => {
                json.push(b'[');
                json.extend(elements.join(&b','));
                json.push(b']');
            }
        }
    }
    json.push(b'}');
    json
}

pub(in crate::action) fn json_text(text: &str) -> Vec<u8> {
    let mut json = Vec::with_capacity(text.len().saturating_add(2));
    write::string(text, &mut |piece| json.extend_from_slice(piece));
    json
}

/// The parameters of a query.
///
/// # Errors
/// [`Reason::RequestPath`] where servers are known to read it differently: a `?` in front, a `;`, a broken encoding, a NUL,
/// or bytes that aren't UTF-8.
pub(super) fn query(text: &str, collected: &mut Collected<'_>) -> Result<(), Refusal> {
    // `URLSearchParams` drops one in front, whatever it was made from; others take it for the beginning of a name.
    if text.starts_with('?') {
        return Err(Refusal::new(Reason::RequestPath, "a query or form begins with a `?` of its own"));
    }
    for pair in text.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = path::pair(pair)?;
        collected.text(&name, &value)?;
    }
    Ok(())
}

/// The parameters of a body in the same form. It holds nothing that this form would have encoded: what begins like JSON or
/// markup is that to a server that looks at the body and not at its type.
pub(super) fn body(body: &[u8], collected: &mut Collected<'_>) -> Result<(), Refusal> {
    if matches!(body.first(), Some(b'{' | b'[' | b'"' | b'<')) || !body.iter().all(u8::is_ascii_graphic) {
        return Err(Refusal::new(Reason::BodyType, "the body is not the form that its content type says"));
    }
    query(std::str::from_utf8(body).unwrap_or_default(), collected).map_err(|refusal| match refusal.reason {
        Reason::RequestPath => refuse("the form has a `;` or an encoding that servers read differently"),
        _ => refusal,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<String, Reason> {
        let lists = ["tag".to_owned()];
        let mut collected = Collected::new(&lists);
        query(text, &mut collected).and_then(|()| collected.finish()).map_err(|refusal| refusal.reason).map(
            |(fields, beside)| {
                let fields: Vec<_> = fields.iter().map(|(name, text)| format!("{name}={text}")).collect();
                format!("{} {}", fields.join(" "), String::from_utf8(beside.unwrap_or_default()).unwrap())
            },
        )
    }

    #[test]
    fn a_query_is_decoded_once() {
        let read = read("a=1&b=x+y%2B%25&c&&d=%C3%A4&e[gte]=1&e[lt]=2&f=%2541");
        assert_eq!(read.as_deref(), Ok("a=1 b=x y+% c= d=ä e[gte]=1 e[lt]=2 f=%41 "));
    }

    #[test]
    fn lists_are_lists() {
        for (text, expected) in [
            ("a[]=1&a[]=2&b=3", r#"b=3 {"a":["1","2"]}"#),
            ("a%5B%5D=%22", r#" {"a":["\""]}"#),
            ("tag=x&tag=y", r#" {"tag":["x","y"]}"#),
            ("tag=x&tag[]=y", r#" {"tag":["x","y"]}"#),
        ] {
            assert_eq!(read(text).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn an_ambiguous_query_is_refused() {
        for (text, reason) in [
            ("a=1&a=2", Reason::ParameterRepeated),
            ("a=1&A=2", Reason::ParameterRepeated),
            ("a=1&%61=2", Reason::ParameterRepeated),
            ("a=1&a[]=2", Reason::ParameterRepeated),
            ("a[]=1&A[]=2", Reason::ParameterRepeated),
            ("a[]=1&a[b]=2", Reason::ParameterRepeated),
            ("a=1&a[b]=2", Reason::ParameterRepeated),
            ("tag=1&TAG=2", Reason::ParameterRepeated),
            ("a=1;b=2", Reason::RequestPath),
            ("a=%zz", Reason::RequestPath),
            ("?a=1", Reason::RequestPath),
            ("a=%ff", Reason::RequestPath),
            ("a=%00", Reason::RequestPath),
            (&"a[]=1&".repeat(1025), Reason::BodyForm),
        ] {
            assert_eq!(read(text), Err(reason), "{text}");
        }
    }

    #[test]
    fn a_body_that_is_something_else_is_no_form() {
        for (text, expected) in [
            ("a=1&b=2", Ok(())),
            (r#"{"a":1}"#, Err(Reason::BodyType)),
            ("<a/>", Err(Reason::BodyType)),
            ("[1]", Err(Reason::BodyType)),
            (" {\"a\":1}", Err(Reason::BodyType)),
            ("a=1\r\n", Err(Reason::BodyType)),
            ("a=ä", Err(Reason::BodyType)),
            ("a=1;b=2", Err(Reason::BodyForm)),
        ] {
            let outcome = body(text.as_bytes(), &mut Collected::new(&[])).map_err(|refusal| refusal.reason);
            assert_eq!(outcome, expected, "{text}");
        }
    }
}
