//! Whatever this reader accepts, the readers of the servers behind it accept too and understand in the same way: Python's `json`
//! and `urllib`, Node's `JSON.parse` and `URLSearchParams`, and Go's `encoding/json`, of which the way to match names is modelled
//! (`others/read.py`), and serde_json, which is asked about what is refused, too.
//!
//! Bodies are made from pieces by a generator with a fixed seed, and by hand. A reader that this machine lacks is skipped, loudly;
//! on a build server, none is.

#![allow(
    clippy::unwrap_used,
    clippy::unwrap_in_result,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test fails by panicking"
)]

mod json_oracle;

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use toolgate::action::{Action, Matching, Operation, Protocol, Reading, Route, Template, ToolFacts, Tools, body, read};
use toolgate::head::Head;
use toolgate::json::{Document, Kind, Tape, Value};

/// How many bodies of each kind are made.
const MADE: usize = 20_000;

/// Pieces of JSON in which readers differ, and what they stand between.
const PIECES: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "{\"a\":",
    "\"a\"",
    "\"A\"",
    "\"\\u0061\"",
    "\"ſ\"",
    "\"s\"",
    "\"S\"",
    "\"\\u212a\"",
    "\"k\"",
    "\"σ\"",
    "\"ς\"",
    "\"__proto__\"",
    "\"constructor\"",
    "\"\"",
    "\"\\u0000\"",
    "\"\\ud83d\\ude00\"",
    "\"\\ud83d\"",
    "\"😀\"",
    "\"é\"",
    "\"e\\u0301\"",
    "\"\u{2028}\"",
    "\"\\/\"",
    "\"\\x\"",
    "\"\u{7f}\"",
    "\"a\nb\"",
    "0",
    "-0",
    "-0.0",
    "1",
    "01",
    "1.",
    ".5",
    "1e2",
    "1E+2",
    "1e-400",
    "1e400",
    "1e308",
    "1.7976931348623157e308",
    "5e-324",
    "9007199254740993",
    "18446744073709551616",
    "123456789012345678901234567890",
    "0.1",
    "1e1000000000000000000",
    "null",
    "true",
    "false",
    "None",
    "NaN",
    "Infinity",
    "-Infinity",
    "undefined",
    " ",
    "\t",
    "\r\n",
    "\u{a0}",
    "\u{feff}",
    "\u{b}",
    "//x\n",
    "/*x*/",
    "'a'",
    "a",
    "#",
    "\\",
    "\"",
    "10",
];

/// The same of forms.
const FORM_PIECES: &[&str] = &[
    "a",
    "b",
    "A",
    "=",
    "&",
    "&&",
    "+",
    "%20",
    "%2B",
    "%26",
    "%3D",
    "%25",
    "%2541",
    "%C3%A4",
    "%ff",
    "%",
    "%4",
    "%zz",
    "%00",
    ";",
    "[]",
    "[0]",
    "%5B%5D",
    ".",
    "#",
    "?",
    "1",
    "\"",
    "{",
    "ä",
    "%E2%80%A8",
];

/// A generator of numbers (xorshift), the same on every machine.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(bound).unwrap()).unwrap()
    }

    fn soup(&mut self, pieces: &[&str], most: usize) -> String {
        (0..=self.below(most)).map(|_| pieces[self.below(pieces.len())]).collect()
    }

    fn one_of<'p>(&mut self, pieces: &[&'p str]) -> &'p str {
        pieces[self.below(pieces.len())]
    }

    fn digits(&mut self, most: usize) -> String {
        (0..=self.below(most)).map(|_| char::from(b'0' + u8::try_from(self.below(10)).unwrap())).collect()
    }

    /// A number of any size and precision, or nearly one.
    fn number(&mut self) -> String {
        let (longest, exponents) = ([1, 3, 17, 25, 400][self.below(5)], [1, 2, 3, 12][self.below(4)]);
        let (sign, whole) = (self.one_of(&["", "-", "", "+"]), self.digits(longest));
        let whole = if self.below(4) == 0 { "0".to_owned() } else { whole };
        let fraction = if self.below(2) == 0 { format!(".{}", self.digits(longest)) } else { String::new() };
        let exponent = match self.below(3) {
            0 => format!("{}{}{}", self.one_of(&["e", "E"]), self.one_of(&["", "+", "-"]), self.digits(exponents)),
            _ => String::new(),
        };
        format!("[{sign}{whole}{fraction}{exponent}]")
    }

    /// A text with escapes, whole and broken, of every plane.
    fn text(&mut self) -> String {
        let pieces: Vec<String> = (0..self.below(6))
            .map(|_| match self.below(6) {
                0 => format!("\\u{:04x}", self.below(0x1_0000)),
                1 => format!("\\u{:04X}\\u{:04x}", 0xd800 + self.below(0x800), 0xdc00 + self.below(0x400)),
                2 => {
                    char::from_u32(u32::try_from(self.below(0x11_0000)).unwrap()).map(String::from).unwrap_or_default()
                }
                3 => format!(
                    "\\{}",
                    self.one_of(&["\"", "\\", "/", "b", "f", "n", "r", "t", "u12", "x41", "0", "'", "u{41}"])
                ),
                _ => self
                    .one_of(&["a", "A", "\u{130}", "\u{131}", "\u{17f}", "\u{212a}", "\u{3f4}", "\u{1e9e}", "\u{2028}"])
                    .to_owned(),
            })
            .collect();
        pieces.concat()
    }

    /// An object whose names are one or nearly one, in this case and that.
    fn names(&mut self) -> String {
        let members: Vec<_> = (0..1 + self.below(3)).map(|place| format!("\"{}\":{place}", self.text())).collect();
        format!("{{{}}}", members.join(","))
    }

    /// JSON that is well formed but for what its pieces are.
    fn value(&mut self, depth: usize) -> String {
        let several = |dice: &mut Self, one: &dyn Fn(&mut Self) -> String| {
            (0..dice.below(5)).map(|_| one(dice)).collect::<Vec<_>>().join(",")
        };
        match self.below(if depth == 0 { 8 } else { 12 }) {
            0..8 => PIECES[7 + self.below(PIECES.len() - 7)].to_owned(),
            8..10 => {
                let member = |dice: &mut Self| {
                    let name = PIECES[7 + dice.below(24)];
                    format!("{name}:{}", dice.value(depth - 1))
                };
                format!("{{{}}}", several(self, &member))
            }
            _ => format!("[{}]", several(self, &|dice| dice.value(depth - 1))),
        }
    }
}

/// Bodies that were made to be read differently.
fn by_hand() -> Vec<Vec<u8>> {
    let texts = [
        r#"{"a":1,"a":2}"#,
        r#"{"a":1,"\u0061":2}"#,
        r#"{"name":"x","Name":"y"}"#,
        r#"{"task":1,"taſk":2}"#,
        r#"{"k":1,"K":2}"#,
        r#"{"__proto__":{"admin":true}}"#,
        r#"{"__proto__":1,"__PROTO__":2}"#,
        r#"{"constructor":{"prototype":{"x":1}}}"#,
        r#"{"a":{"b":[{"To":1,"to":2}]}}"#,
        r#"{"2":1,"1":2,"10":3}"#,
        r#"{"a":1e400}"#,
        r#"{"a":-1e400}"#,
        r#"[1e-400]"#,
        "[9007199254740993]",
        "[18446744073709551616]",
        "[0.1e1]",
        "[-0]",
        "[1.0]",
        "[1E400]",
        "[NaN]",
        "[Infinity]",
        "{'a':1}",
        "{a:1}",
        "[1,]",
        "{\"a\":1,}",
        "/**/[1]",
        "[1]//",
        "\u{feff}[1]",
        "[\"\u{2028}\"]",
        "[\"\t\"]",
        "[\"\\u0000\"]",
        "[\"\\ud800\"]",
        "[\"\\udc00\\ud800\"]",
        "{\"\\ud83d\\ude00\":1,\"😀\":2}",
        "{\"é\":1,\"e\\u0301\":2}",
        "{\"σ\":1,\"ς\":2}",
        "{\"ß\":1,\"ẞ\":2}",
        "{\"İ\":1,\"i\":2}",
        "{\"ı\":1,\"I\":2}",
        "[1]\u{0}",
        "[1][2]",
        "{\"a\":1}{\"a\":2}",
        "\u{c}[1]",
        "\u{b}[1]",
        "\u{a0}[1]",
        "[1]\u{2028}",
        "[1/*,2*/]",
        "[1,//x\r2]",
        "[1 #x\n]",
        "<!--\n[1]",
        "[-Infinity]",
        "[-NaN]",
        "[nan]",
        "[0x10]",
        "[1_000]",
        "[+1]",
        "[.1]",
        "[1e]",
        "[--1]",
        "[1e99999999999999999999]",
        "[-1e-99999999999999999999]",
        "[0e99999999999999999999]",
        "[0.0000000000000000000000000000000000000000000000000000000000001e60]",
        "[2.2250738585072011e-308]",
        "[179769313486231580793e289]",
        "[4.9406564584124654e-324, 2.4703282292062328e-324]",
        "{\"__proto__\":null,\"a\":1}",
        "[{\"__proto__\":[]},{\"__proto__\":{\"__proto__\":1}}]",
        "{\"\\u005f_proto__\":1,\"__proto__\":2}",
        "{\"toString\":1,\"valueOf\":2,\"hasOwnProperty\":3}",
        "{\"length\":1e9,\"0\":0}",
        "{\"\":1,\"\\u0000\":2}",
        "{\"a\\u0000b\":1,\"a\":2}",
        "{\"\u{212a}\":1,\"k\":2}",
        "{\"\u{17f}\":1,\"S\":2}",
        "{\"\u{1e9e}\":1,\"ss\":2}",
        "{\"\u{fb01}\":1,\"fi\":2}",
        "[\"\\ud83d\\ude00\\ude00\"]",
        "[\"\\ud83d\u{fffd}\"]",
        "[\"\\uD800\\u0041\"]",
        "{\"\\ud800\":1}",
        "\"\"",
        "0",
        "",
    ];
    let deep = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    let deep_objects = |depth: usize| format!("{}1{}", "{\"a\":".repeat(depth), "}".repeat(depth));
    let wide = format!("{{{}}}", (0..5000).map(|n| format!("\"n{n}\":{n}")).collect::<Vec<_>>().join(","));
    let mut bodies: Vec<Vec<u8>> = texts.iter().map(|text| text.as_bytes().to_vec()).collect();
    bodies.extend([deep(63), deep(64), deep(65), deep(5000), wide].map(String::into_bytes));
    bodies.extend([deep_objects(64), deep_objects(65), deep_objects(5000)].map(String::into_bytes));
    bodies.push(format!("[{}]", "9".repeat(400)).into_bytes());
    bodies.push(format!("[0.{}1]", "0".repeat(400)).into_bytes());
    let encoded: [&[u8]; 12] = [
        b"[\"\xff\"]",
        b"[\"\xed\xa0\x80\"]",
        b"[\"\xed\xa0\xbd\xed\xb8\x80\"]",
        b"[\"\xc0\xaf\"]",
        b"[\"\xf4\x90\x80\x80\"]",
        b"[\"\xe2\x82\"]",
        b"\xef\xbb\xbf[1]",
        b"\xff\xfe[\x001\x00]\x00",
        b"\xfe\xff\x00[\x001\x00]",
        b"[\x001\x00]\x00",
        b"\x00[\x001\x00]",
        b"[\x00\x00\x001\x00\x00\x00]\x00\x00\x00",
    ];
    bodies.extend(encoded.map(<[u8]>::to_vec));
    bodies
}

/// What this reader understands, as the others write it down.
fn ours(body: &[u8]) -> Option<String> {
    let document = Document::read(body, &body::limits(1 << 20), Tape::default()).ok()?;
    Some(render(document.root()))
}

fn render(value: Value<'_>) -> String {
    match value.kind() {
        Kind::Null | Kind::Bool => String::from_utf8(value.raw().to_vec()).unwrap(),
        Kind::String => format!("\"{}", hex(value.as_str().unwrap().as_bytes())),
        Kind::Number => format!("#{:016x}", (value.as_number().unwrap().as_f64().unwrap() + 0.0).to_bits()),
        Kind::Array => format!("[{}]", value.elements().map(render).collect::<Vec<_>>().join(",")),
        Kind::Object => {
            let member = |(name, value): (std::borrow::Cow<'_, str>, Value<'_>)| {
                format!("{}:{}", hex(name.as_bytes()), render(value))
            };
            let mut members: Vec<_> = value.members().map(member).collect();
            members.sort_unstable();
            format!("{{{}}}", members.join(","))
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

/// The pairs that this reader understands of a form; of a list each element, in its place among the others.
fn our_pairs(form: &str) -> Option<Vec<String>> {
    let route = Route {
        operations: vec![Operation {
            method: "POST".into(),
            path: Template::parse("/f").unwrap(),
            tool: "f".into(),
            lists: Vec::new(),
            facts: ToolFacts::default(),
        }],
        ..Route::new(Matching::Prefix("/".into()), Protocol::Rest, "s")
    };
    let head =
        Head::from_pairs([(":method", "POST"), (":path", "/f"), ("content-type", "application/x-www-form-urlencoded")]);
    let opened = body::open(&route, &head, form.as_bytes()).ok()?;
    let beside =
        opened.beside.as_deref().map(|json| Document::read(json, &body::limits(1 << 20), Tape::default()).unwrap());
    let tools = Tools::default();
    match read(&route, &tools, &head, &opened.content(None, beside.as_ref())).outcome {
        Ok(Reading::Judge(action)) => Some(pairs(&action)),
        _ => None,
    }
}

fn pairs(action: &Action<'_>) -> Vec<String> {
    let pair = |name: &str, text: &str| format!("{}={}", hex(name.as_bytes()), hex(text.as_bytes()));
    let fields = action.parameters.fields.iter().map(|(name, text)| pair(name, text));
    let lists = action.parameters.beside.iter().flat_map(|(name, list)| {
        list.elements().map(move |element| pair(&format!("{name}[]"), &element.as_str().unwrap()))
    });
    let mut pairs: Vec<_> = fields.chain(lists).collect();
    pairs.sort_unstable();
    pairs
}

/// What a reader of another language answers to all questions at once; `None` where this machine lacks it.
fn ask(program: &str, script: &str, questions: &[String]) -> Option<Vec<String>> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/others").join(script);
    let child = Command::new(program).arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let Ok(mut child) = child else {
        assert!(std::env::var_os("CI").is_none(), "no `{program}` on a build server");
        eprintln!("SKIPPED: no `{program}` on this machine");
        return None;
    };
    let (mut input, text) = (child.stdin.take().unwrap(), questions.join("\n") + "\n");
    let writer = std::thread::spawn(move || input.write_all(text.as_bytes()).unwrap());
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    let answers: Vec<_> = String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect();
    assert_eq!(answers.len(), questions.len(), "`{program}` answered something else than it was asked");
    Some(answers)
}

#[test]
fn what_is_accepted_means_the_same_to_python_node_and_go() {
    let mut dice = Dice(0x7001_6a7e);
    let made = (0..MADE).map(|place| match place % 8 {
        0 | 1 => dice.soup(PIECES, 6),
        2 => dice.number(),
        3 => format!("[\"{}\"]", dice.text()),
        4 => dice.names(),
        _ => dice.value(4),
    });
    let made: Vec<Vec<u8>> = made.map(String::into_bytes).collect();
    let mut accepted = Vec::new();
    for body in by_hand().into_iter().chain(made) {
        json_oracle::agree(&body);
        accepted.extend(ours(&body).map(|ours| (body, ours)));
    }
    // Of each kind enough, or nothing is compared.
    for (kind, start) in [("numbers", "["), ("texts", "[\""), ("objects", "{\"")] {
        let found = accepted.iter().filter(|(body, _)| body.starts_with(start.as_bytes())).count();
        assert!(found > 500, "only {found} of the {kind} can be read");
    }
    let questions: Vec<_> = accepted.iter().map(|(body, _)| format!("j{}", hex(body))).collect();
    for (program, script) in [("python3", "read.py"), ("node", "read.mjs")] {
        let Some(answers) = ask(program, script, &questions) else { continue };
        for ((body, ours), theirs) in accepted.iter().zip(&answers) {
            assert_eq!(ours, theirs, "{program} understands differently: {}", String::from_utf8_lossy(body));
        }
    }
}

#[test]
fn a_form_that_is_accepted_means_the_same_to_python_and_node() {
    let mut dice = Dice(0x0f02_3a11);
    let forms: Vec<String> = (0..MADE).map(|_| dice.soup(FORM_PIECES, 9)).collect();
    let accepted: Vec<_> = forms.iter().filter_map(|form| Some((form, our_pairs(form)?))).collect();
    assert!(accepted.len() > 1000, "only {} of the forms can be read", accepted.len());
    let questions: Vec<_> = accepted.iter().map(|(form, _)| format!("f{}", hex(form.as_bytes()))).collect();
    for (program, script) in [("python3", "read.py"), ("node", "read.mjs")] {
        let Some(answers) = ask(program, script, &questions) else { continue };
        for ((form, ours), theirs) in accepted.iter().zip(&answers) {
            let mut theirs: Vec<_> = theirs.split('&').filter(|pair| !pair.is_empty()).collect();
            theirs.sort_unstable();
            assert_eq!(*ours, theirs, "{program} understands differently: {form}");
        }
    }
}
