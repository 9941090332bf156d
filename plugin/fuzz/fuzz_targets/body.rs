//! Any body of any type that a REST route reads: forms, JSON lines, multipart, compressed JSON. What is accepted is to other readers
//! (the URL standard's for forms, serde_json, all of zlib) the same.

#![no_main]

use std::io::Read as _;

use flate2::read::{MultiGzDecoder, ZlibDecoder};
use serde_json::Value;
use toolgate::action::{Action, Matching, Operation, Protocol, Reading, Route, Template, ToolFacts, Tools, body, read};
use toolgate::head::Head;
use toolgate::json::{Document, Tape};

const MAX_BODY: usize = 1 << 16;

const TYPES: [(&str, Option<&str>); 6] = [
    ("application/json", None),
    ("application/x-www-form-urlencoded", None),
    ("application/x-ndjson", None),
    ("multipart/form-data; boundary=x", None),
    ("application/json", Some("gzip")),
    ("application/json", Some("deflate")),
];

// The first byte chooses the type, the rest is the body.
libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Some((choice, bytes)) = data.split_first() else { return };
    let choice = usize::from(*choice) % TYPES.len();
    let (media, coding) = TYPES[choice];
    let mut pairs = vec![(":method", "POST"), (":path", "/f"), ("content-type", media)];
    pairs.extend(coding.map(|coding| ("content-encoding", coding)));
    let (head, route, tools) = (Head::from_pairs(pairs), route(), Tools::default());
    let Ok(opened) = body::open(&route, &head, bytes) else { return };

    let json = opened.json.as_deref();
    match (choice, json) {
        (4, Some(json)) => assert_eq!(json, all_of(MultiGzDecoder::new(bytes))),
        (5, Some(json)) => assert_eq!(json, all_of(ZlibDecoder::new(bytes))),
        (2, Some(json)) => {
            let lines = std::str::from_utf8(bytes).expect("accepted, but not UTF-8").split('\n');
            let lines = lines.filter(|line| !line.trim_ascii().is_empty());
            let theirs: Vec<Value> = lines.map(|line| serde_json::from_str(line).expect("no JSON")).collect();
            assert_eq!(serde_json::from_slice::<Vec<Value>>(json).expect("no array"), theirs);
        }
        _ => {}
    }
    let read_json = |json| Document::read(json, &body::limits(MAX_BODY * 8), Tape::default());
    let Ok(document) = json.map(read_json).transpose() else { return };
    let beside = opened.beside.as_deref().map(|json| read_json(json).expect("what was written is JSON"));
    match read(&route, &tools, &head, &opened.content(document.as_ref(), beside.as_ref())).outcome {
        Ok(Reading::Judge(action)) if choice == 1 => {
            let mut theirs: Vec<(String, String)> = url::form_urlencoded::parse(bytes).into_owned().collect();
            theirs.sort_unstable();
            assert_eq!(pairs_of(&action), theirs);
        }
        Ok(Reading::Judge(action)) if choice == 3 => {
            let whole = String::from_utf8_lossy(bytes);
            for (_, text) in &action.parameters.fields {
                assert!(whole.contains(&format!("\r\n\r\n{text}\r\n--x")), "a field that isn't there: {text:?}");
            }
        }
        _ => {}
    }
});

fn all_of(mut reader: impl std::io::Read) -> Vec<u8> {
    let mut all = Vec::new();
    reader.read_to_end(&mut all).expect("unpacked, but not by zlib");
    all
}

fn pairs_of(action: &Action<'_>) -> Vec<(String, String)> {
    let fields = action.parameters.fields.iter().map(|(name, text)| (name.to_string(), text.to_string()));
    let lists = action.parameters.beside.iter().flat_map(|(name, list)| {
        list.elements().map(move |text| (format!("{name}[]"), text.as_str().expect("a text").into_owned()))
    });
    let mut pairs: Vec<_> = fields.chain(lists).collect();
    pairs.sort_unstable();
    pairs
}

fn route() -> Route {
    let operation = Operation {
        method: "POST".into(),
        path: Template::parse("/f").expect("a template"),
        tool: "f".into(),
        lists: Vec::new(),
        facts: ToolFacts::default(),
    };
    Route {
        max_body: MAX_BODY,
        operations: vec![operation],
        ..Route::new(Matching::Prefix("/".into()), Protocol::Rest, "s")
    }
}
