//! What another reader, serde_json, makes of a body, and whether ours may differ. Shared by the property tests and the fuzz target.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use std::collections::HashSet;
use std::fmt;
use toolgate::json::{Document, InvalidJsonKind, Kind, Limits, Number, Tape, Value, canonical};

/// A tree as serde_json reads it: nothing is dropped, not even a repeated member.
#[derive(Clone, Debug)]
enum Tree {
    Null,
    Bool(bool),
    Number(serde_json::Number),
    String(String),
    Array(Vec<Tree>),
    Object(Vec<(String, Tree)>),
}

impl<'de> Deserialize<'de> for Tree {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TreeVisitor)
    }
}

struct TreeVisitor;

impl<'de> Visitor<'de> for TreeVisitor {
    type Value = Tree;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }
    fn visit_unit<E>(self) -> Result<Tree, E> {
        Ok(Tree::Null)
    }
    fn visit_bool<E>(self, value: bool) -> Result<Tree, E> {
        Ok(Tree::Bool(value))
    }
    fn visit_i64<E>(self, value: i64) -> Result<Tree, E> {
        Ok(Tree::Number(value.into()))
    }
    fn visit_u64<E>(self, value: u64) -> Result<Tree, E> {
        Ok(Tree::Number(value.into()))
    }
    fn visit_f64<E>(self, value: f64) -> Result<Tree, E> {
        Ok(Tree::Number(serde_json::Number::from_f64(value).unwrap()))
    }
    fn visit_str<E>(self, value: &str) -> Result<Tree, E> {
        Ok(Tree::String(value.to_owned()))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Tree, A::Error> {
        let mut array = Vec::new();
        while let Some(element) = elements.next_element()? {
            array.push(element);
        }
        Ok(Tree::Array(array))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Tree, A::Error> {
        let mut object = Vec::new();
        while let Some(member) = members.next_entry()? {
            object.push(member);
        }
        Ok(Tree::Object(object))
    }
}

impl Tree {
    fn has_duplicates(&self) -> bool {
        match self {
            Tree::Array(elements) => elements.iter().any(Tree::has_duplicates),
            Tree::Object(members) => {
                let mut names = HashSet::new();
                members.iter().any(|(name, value)| !names.insert(name) || value.has_duplicates())
            }
            _ => false,
        }
    }
}

fn same(ours: Value<'_>, theirs: &Tree) -> bool {
    match theirs {
        Tree::Null => ours.is_null(),
        Tree::Bool(value) => ours.as_bool() == Some(*value),
        Tree::Number(number) => ours.as_number().is_some_and(|ours| same_number(ours, number)),
        Tree::String(text) => ours.as_str().as_deref() == Some(text),
        Tree::Array(elements) => {
            ours.kind() == Kind::Array
                && ours.len() == elements.len()
                && ours.elements().count() == elements.len()
                && ours.elements().zip(elements).all(|(ours, theirs)| same(ours, theirs))
        }
        Tree::Object(members) => {
            ours.kind() == Kind::Object
                && ours.len() == members.len()
                && ours.members().count() == members.len()
                && ours.members().zip(members).all(|((name, value), (their_name, theirs))| {
                    name == their_name.as_str()
                        && same(value, theirs)
                        && ours.get(their_name).map(Value::span) == Some(value.span())
                })
        }
    }
}

/// serde_json's doubles may be off by a few units in the last place, unless it is built otherwise.
fn same_number(ours: Number<'_>, theirs: &serde_json::Number) -> bool {
    if let Some(integer) = theirs.as_i64() {
        return ours.as_i64() == Some(integer);
    }
    let (one, other) = (ours.as_f64().unwrap(), theirs.as_f64().unwrap());
    (one - other).abs() <= f64::MIN_POSITIVE.max(one.abs() * 1e-15)
}

/// Reads `body` with both.
///
/// # Panics
///
/// If this reader accepts what serde_json refuses, understands it differently, or refuses it without a reason of its own.
pub(crate) fn agree(body: &[u8]) {
    let theirs = serde_json::from_slice::<Tree>(body);
    let shown = String::from_utf8_lossy(body);
    match Document::read(body, &Limits::default(), Tape::default()) {
        Ok(document) => {
            let theirs = theirs.unwrap_or_else(|error| panic!("accepted, but serde_json says {error}: {shown}"));
            assert!(!theirs.has_duplicates(), "accepted with a duplicate: {shown}");
            assert!(same(document.root(), &theirs), "understood differently: {shown}");
            canonical_means_the_same(document.root());
        }
        Err(invalid) => {
            assert!(invalid.at <= body.len());
            if let Ok(theirs) = theirs {
                let meant = match invalid.kind {
                    InvalidJsonKind::DuplicateMember => theirs.has_duplicates(),
                    InvalidJsonKind::NumberOutOfRange => shown.contains(['e', 'E']),
                    InvalidJsonKind::TooDeep => true,
                    _ => false,
                };
                assert!(meant, "refused ({invalid}), but serde_json accepts it: {shown}");
            }
        }
    }
}

/// A canonical form is its own canonical form, and its numbers are the doubles of the original.
fn canonical_means_the_same(value: Value<'_>) {
    let once = canonical_form(value);
    let document = Document::read(&once, &Limits::default(), Tape::default()).unwrap();
    assert_eq!(canonical_form(document.root()), once);
    assert_eq!(value.kind(), document.root().kind());
    assert_eq!(value.len(), document.root().len());
}

fn canonical_form(value: Value<'_>) -> Vec<u8> {
    let mut bytes = Vec::new();
    let _either = canonical::write(value, &mut |piece| bytes.extend_from_slice(piece));
    bytes
}
