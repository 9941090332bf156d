//! Whatever this reader accepts, serde_json accepts and understands in the same way; and what it refuses although serde_json accepts it
//! is one of the things that it is meant to be stricter about.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use proptest::prelude::*;
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use std::collections::HashSet;
use std::fmt;
use toolgate::json::{Document, InvalidJsonKind, Kind, Limits, Number, Tape, Value, canonical, write};

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

fn agree(body: &[u8]) {
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

/// Pieces of which bodies are made; most of what can go wrong is a neighbour of something right.
const PIECES: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\"",
    "\"a\"",
    "\"b\"",
    "\"\\u0061\"",
    "\"a\":1",
    "\"a\":",
    "{}",
    "[]",
    "null",
    "true",
    "false",
    "nul",
    "0",
    "-",
    "-0",
    "1",
    "10",
    "01",
    "1.5",
    "1.",
    ".5",
    "1e5",
    "1E+5",
    "1e-5",
    "1e",
    "1e309",
    "1e-400",
    "9007199254740993",
    "18446744073709551616",
    "-9223372036854775808",
    "0.1",
    "123456789012345678901234567890",
    " ",
    "\n",
    "\t",
    "\r",
    "\u{b}",
    "\u{a0}",
    "\u{feff}",
    "\\",
    "\\n",
    "\\u",
    "\\ud83d",
    "\\ude00",
    "\\ud83d\\ude00",
    "\\u0000",
    "\\x",
    "\u{0}",
    "\u{1f}",
    "\u{7f}",
    "é",
    "日本",
    "😀",
    "/",
    "'",
    "//",
    "/**/",
    "NaN",
    "Infinity",
];

fn soup() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(prop::sample::select(PIECES), 0..12).prop_map(|pieces| pieces.concat().into_bytes())
}

/// Well-formed JSON with loose white space, escapes, and names from few letters, so that some repeat.
fn well_formed() -> impl Strategy<Value = String> {
    let space = || prop::sample::select(&["", "", "", " ", "\n\t"][..]);
    let plain = "[a-d]{0,3}".prop_map(|text| format!("\"{text}\""));
    let escaped = any::<String>().prop_map(|text| written(&text));
    let hexed = "[a-d]{1,2}"
        .prop_map(|text| format!("\"{}\"", text.bytes().map(|byte| format!("\\u{byte:04X}")).collect::<String>()));
    let string = prop_oneof![plain, escaped, hexed].boxed();
    let integer = any::<i64>().prop_map(|number| number.to_string());
    let double =
        any::<f64>().prop_filter("finite", |number| number.is_finite()).prop_map(|number| format!("{number:e}"));
    let long = "-?[1-9][0-9]{0,25}(\\.[0-9]{1,25})?([eE][+-]?[0-9]{1,2})?";
    let literal = prop::sample::select(&["null", "true", "false", "0", "-0", "-0.0"][..]).prop_map(str::to_owned);
    let leaf = prop_oneof![string.clone(), integer, double, long, literal];
    leaf.prop_recursive(4, 60, 24, move |inner| {
        let element =
            (space(), inner.clone(), space()).prop_map(|(before, value, behind)| format!("{before}{value}{behind}"));
        let member = (space(), string.clone(), space(), element.clone())
            .prop_map(|(before, name, behind, value)| format!("{before}{name}{behind}:{value}"));
        prop_oneof![
            prop::collection::vec(element, 0..6).prop_map(|elements| format!("[{}]", elements.join(","))),
            prop::collection::vec(member, 0..24).prop_map(|members| format!("{{{}}}", members.join(","))),
        ]
    })
}

fn written(text: &str) -> String {
    let mut bytes = Vec::new();
    write::string(text, &mut |piece| bytes.extend_from_slice(piece));
    String::from_utf8(bytes).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn on_any_bytes(body in prop::collection::vec(any::<u8>(), 0..40)) {
        agree(&body);
    }

    #[test]
    fn on_soups_of_pieces(body in soup()) {
        agree(&body);
        agree(&[b"[", &body[..], b"]"].concat());
        agree(&[b"[\"", &body[..], b"\"]"].concat());
        agree(&[b"{\"a\":0,", &body[..], b"}"].concat());
    }

    #[test]
    fn on_well_formed_bodies(body in well_formed()) {
        prop_assert!(serde_json::from_str::<Tree>(&body).is_ok());
        agree(body.as_bytes());
    }

    #[test]
    fn on_well_formed_bodies_with_one_change(body in well_formed(), place: prop::sample::Index, piece in prop::sample::select(PIECES), cut in 0_usize..3) {
        let mut body = body.into_bytes();
        let at = place.index(body.len());
        let end = body.len().min(at.saturating_add(cut));
        body.splice(at..end, piece.bytes());
        agree(&body);
    }

    #[test]
    fn numbers_compare_as_their_values(one in -1_000_000_i64..1_000_000, other in -1_000_000_i64..1_000_000, places in 0_usize..6) {
        let body = format!("[{one}e-{places},{other}E-0{places},{one}.000,{one}]");
        let document = Document::read(body.as_bytes(), &Limits::default(), Tape::default()).unwrap();
        let numbers: Vec<_> = document.root().elements().map(|element| element.as_number().unwrap()).collect();
        let [small, other_small, pointed, plain] = numbers[..] else { panic!("four numbers") };
        prop_assert_eq!(small.compare(&other_small), one.cmp(&other));
        prop_assert_eq!(pointed.compare(&plain), std::cmp::Ordering::Equal);
        prop_assert_eq!(pointed.as_i64(), Some(one));
        prop_assert!(small.is_exact());
    }
}

#[test]
fn on_bodies_that_were_made_to_be_hard() {
    let deep = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    let many = |count: usize| {
        format!("{{{}}}", (0..count).map(|place| format!("\"{place}\":0")).collect::<Vec<_>>().join(","))
    };
    let bodies = [
        "",
        " ",
        "\0",
        "\"",
        "\"\\",
        "\"\\\"",
        "\"\\u",
        "\"\\u12",
        "\"\\u123g\"",
        "\"\\ud800\"",
        "\"\\ud800\\udc00\"",
        "\"\\udc00\\ud800\"",
        "-",
        "-a",
        "+1",
        "00",
        "-01",
        "1e",
        "1e+",
        "1.e1",
        "0e0",
        "1 2",
        "1,",
        "[1,]",
        "[,1]",
        "[1 2]",
        "{,}",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{a:1}",
        "{1:1}",
        "{\"a\" : 1 , \"b\" : 2}",
        "[}",
        "{]",
        "tru",
        "truex",
        "nulll",
        "True",
        "\u{feff}1",
        "1\u{feff}",
        "\u{2028}1",
        "[1]\n\n",
        "[1]x",
        "[1]]",
        "{\"\":{\"\":{\"\":1}}}",
        "{\"a\":1,\"b\":{\"a\":1}}",
        "{\"a\":1,\"\\u0061\":1}",
        "{\"\\ud83d\\ude00\":1,\"😀\":2}",
        "{\"a\\u0000\":1,\"a\":2}",
        "[{\"a\":1},{\"a\":1}]",
        "{\"a\":[{\"b\":1,\"b\":1}]}",
        "\"aaaaaaaaaaaaaaa\"",
        "\"aaaaaaaaaaaaaaaa\"",
        "\"aaaaaaaaaaaaaaa\n\"",
        "\"aaaaaaaaaaaaaaaa\\\"",
        "\"\u{7f}\u{80}\"",
    ];
    for body in bodies {
        agree(body.as_bytes());
    }
    for body in [
        deep(64),
        deep(65),
        many(16),
        many(17),
        many(5000),
        many(100).replace("\"50\"", "\"7\""),
        "9".repeat(308),
        "9".repeat(310),
        format!("0.{}1", "0".repeat(2000)),
    ] {
        agree(body.as_bytes());
    }
    for invalid in [
        &b"\"\xff\""[..],
        b"\"\xc0\x80\"",
        b"\"\xed\xa0\x80\"",
        b"\xff\xfe1\0",
        b"\xef\xbb\xbf{}",
        b"\xef\xbb",
        b"[\x80]",
    ] {
        agree(invalid);
    }
}
