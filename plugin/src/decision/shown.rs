//! Which parameters of a call the decision service gets to see, and how they are written.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::ser::{Error as _, SerializeMap};
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use crate::action::{Datum, Parameters};
use crate::json::{Kind, name_of_token};

/// Which parameters are shown. Those that aren't are covered by the call's digest all the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shown {
    /// All of them.
    All,
    /// Those at these JSON pointers, where they are there.
    Only(Vec<String>),
}

/// Parameters as one JSON object, with `context.parameters.amount` in the same place whichever of them are shown.
///
/// All of them: texts of path and query, and the members of the body in their own bytes. A body that is no object stands
/// whole under `body`. Some of them: each within objects named as its pointer's tokens, an item of a list too.
pub(super) struct AsObject<'q>(pub(super) &'q Parameters<'q>, pub(super) &'q Shown);

impl Serialize for AsObject<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.1 {
            Shown::All => all(self.0, serializer),
            Shown::Only(pointers) => {
                let mut chosen = Chosen::default();
                for pointer in pointers {
                    if let Some(datum) = self.0.at(pointer) {
                        chosen.add(pointer, datum);
                    }
                }
                chosen.serialize(serializer)
            }
        }
    }
}

fn all<S: Serializer>(parameters: &Parameters<'_>, serializer: S) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(None)?;
    for (name, text) in &parameters.fields {
        map.serialize_entry(name, text)?;
    }
    for (name, value) in &parameters.beside {
        map.serialize_entry(name, raw::<S>(value.raw())?)?;
    }
    if let Some(body) = parameters.body {
        if body.kind() == Kind::Object {
            for (name, value) in body.members() {
                map.serialize_entry(&name, raw::<S>(value.raw())?)?;
            }
        } else {
            map.serialize_entry("body", raw::<S>(body.raw())?)?;
        }
    }
    map.end()
}

/// Objects by name, down to what is shown.
#[derive(Default)]
struct Chosen<'q>(BTreeMap<Cow<'q, str>, Part<'q>>);

enum Part<'q> {
    Whole(Datum<'q>),
    Within(Chosen<'q>),
}

impl<'q> Chosen<'q> {
    /// Adds what stands at `pointer`. Where that lies within what is shown already, there is nothing to add; where
    /// something of it is shown already, all of it takes its place.
    fn add(&mut self, pointer: &'q str, datum: Datum<'q>) {
        let tokens: Vec<_> = pointer.split('/').skip(1).filter_map(name_of_token).collect();
        let Some((last, above)) = tokens.split_last() else { return };
        let mut place = self;
        for name in above {
            let part = place.0.entry(name.clone()).or_insert_with(|| Part::Within(Chosen::default()));
            match part {
                Part::Whole(_) => return,
                Part::Within(chosen) => place = chosen,
            }
        }
        if !matches!(place.0.get(last), Some(Part::Whole(_))) {
            place.0.insert(last.clone(), Part::Whole(datum));
        }
    }
}

impl Serialize for Chosen<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, part) in &self.0 {
            match part {
                Part::Whole(Datum::Json(value)) => map.serialize_entry(name, raw::<S>(value.raw())?)?,
                Part::Whole(Datum::Text(text)) => map.serialize_entry(name, text)?,
                Part::Within(chosen) => map.serialize_entry(name, chosen)?,
            }
        }
        map.end()
    }
}

fn raw<S: Serializer>(bytes: &[u8]) -> Result<&RawValue, S::Error> {
    serde_json::from_slice(bytes).map_err(S::Error::custom)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::{Document, Limits, Tape};

    fn shown(pointers: &[&str]) -> String {
        let body = br#"{"amount": 90.00, "note": "for Ann", "lines": [{"sku": "a", "n": 1}], "to": {"iban": "X", "name": "Y"}}"#;
        let document = Document::read(body, &Limits::default(), Tape::default()).unwrap();
        let parameters = Parameters {
            body: Some(document.root()),
            fields: vec![("id".into(), "7".into()), ("a/b".into(), "slash".into())],
            ..Parameters::default()
        };
        let shown = Shown::Only(pointers.iter().map(|pointer| (*pointer).to_owned()).collect());
        serde_json::to_string(&AsObject(&parameters, &shown)).unwrap()
    }

    #[test]
    fn only_what_is_chosen_is_shown_in_its_own_bytes_and_place() {
        assert_eq!(shown(&[]), "{}");
        assert_eq!(shown(&["/absent", "/to/absent"]), "{}");
        assert_eq!(
            shown(&["/amount", "/id", "/a~1b", "/to/iban"]),
            r#"{"a/b":"slash","amount":90.00,"id":"7","to":{"iban":"X"}}"#
        );
        assert_eq!(shown(&["/lines/0/sku"]), r#"{"lines":{"0":{"sku":"a"}}}"#);
    }

    #[test]
    fn what_lies_within_what_is_shown_is_not_shown_twice() {
        let whole = r#"{"to":{"iban": "X", "name": "Y"}}"#;
        assert_eq!(shown(&["/to/iban", "/to"]), whole);
        assert_eq!(shown(&["/to", "/to/iban"]), whole);
    }
}
