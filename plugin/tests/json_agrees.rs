//! Whatever this reader accepts, serde_json accepts and understands in the same way; and what it refuses although serde_json accepts it
//! is one of the things that it is meant to be stricter about.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod json_oracle;

use json_oracle::agree;
use proptest::prelude::*;
use toolgate::json::{Document, Limits, Tape, write};

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
        prop_assert!(serde_json::from_str::<serde_json::Value>(&body).is_ok());
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
