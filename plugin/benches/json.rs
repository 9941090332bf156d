//! How fast untrusted JSON is read. `cargo bench -p toolgate --bench json [NAME…]`; `make bench-reader` runs the same program in V8,
//! which gives the figure that matters.
//!
//! For each body: its length; the least and the median time of one read, and the speed of the least, which other programs on the
//! machine disturb least; the least time of one visit of all its leaves.

#![expect(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "a measurement off any request's path: it computes with its own numbers, needs the clock, and may fail"
)]

use std::fmt::Write as _;
use std::hint::black_box;
use std::ops::ControlFlow;
use std::time::Instant;
use toolgate::json::{Document, Limits, Tape};

/// Samples of one body; an odd number.
const SAMPLES: usize = 101;

/// Each sample repeats until so many bytes are read.
const BYTES_A_SAMPLE: usize = 1 << 20;

fn main() {
    let wanted: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    println!("{:<16} {:>8} {:>10} {:>10} {:>7} {:>10}", "body", "bytes", "least us", "median us", "MB/s", "leaves us");
    for (name, body) in bodies() {
        if wanted.is_empty() || wanted.iter().any(|part| name.contains(part.as_str())) {
            measure(name, body.as_bytes());
        }
    }
}

fn measure(name: &str, body: &[u8]) {
    let limits = Limits {
        nodes: u32::MAX,
        bytes: usize::MAX,
        string: usize::MAX,
        members: u32::MAX,
        depth: 64,
        case_variants: false,
    };
    let times = (BYTES_A_SAMPLE / body.len()).max(1);
    let mut tape = Tape::default();
    let (least, read) = least_and_median(|| {
        let begin = Instant::now();
        for _ in 0..times {
            let document = Document::read(black_box(body), &limits, std::mem::take(&mut tape)).unwrap();
            tape = black_box(document).into_tape();
        }
        begin.elapsed().as_secs_f64() / times as f64
    });
    let document = Document::read(body, &limits, tape).unwrap();
    let (leaves, _) = least_and_median(|| {
        let begin = Instant::now();
        for _ in 0..times {
            let mut sum = 0;
            let visited = document.root().leaves(&mut |pointer, leaf| {
                sum += pointer.as_str().len() + leaf.as_str().map_or(0, |text| text.len());
                ControlFlow::Continue(())
            });
            black_box((sum, visited.is_continue()));
        }
        begin.elapsed().as_secs_f64() / times as f64
    });
    let speed = body.len() as f64 / least / 1e6;
    let [least, read, leaves] = [least, read, leaves].map(|seconds| seconds * 1e6);
    println!("{name:<16} {:>8} {least:>10.2} {read:>10.2} {speed:>7.0} {leaves:>10.2}", body.len());
}

fn least_and_median(mut sample: impl FnMut() -> f64) -> (f64, f64) {
    let mut samples: Vec<f64> = (0..SAMPLES).map(|_| sample()).collect();
    samples.sort_by(f64::total_cmp);
    (samples.first().copied().unwrap(), samples.get(SAMPLES / 2).copied().unwrap())
}

/// A `tools/call` with these arguments.
fn call(arguments: &str) -> String {
    format!(
        r#"{{"jsonrpc":"2.0","id":17,"method":"tools/call","params":{{"name":"crm.update","arguments":{arguments},"_meta":{{"progressToken":"p-1"}}}}}}"#
    )
}

/// What agents send: a short call, a file to write, rows to import, and shapes that are hard on one part of the reader each.
fn bodies() -> Vec<(&'static str, String)> {
    vec![
        ("call", call(r#"{"account_id":"001xx000003DGb2","fields":["Name","Industry"],"limit":1}"#)),
        ("file-256k", call(&format!(r#"{{"path":"src/main.rs","content":"{}"}}"#, source(256 << 10)))),
        (
            "text-256k",
            call(&format!(
                r#"{{"text":"{}"}}"#,
                "Dear Ms Miller, thank you for your letter of last week. ".repeat(4681)
            )),
        ),
        ("unicode-256k", call(&format!(r#"{{"text":"{}"}}"#, "日本語の文章です。Привет, мир! ".repeat(5400)))),
        ("rows-256k", call(&format!(r#"{{"rows":{}}}"#, rows(256 << 10, "", ":")))),
        ("rows-1m", call(&format!(r#"{{"rows":{}}}"#, rows(1 << 20, "", ":")))),
        ("rows-pretty-1m", call(&format!(r#"{{"rows":{}}}"#, rows(1 << 20, "\n      ", ": ")))),
        ("numbers-1m", call(&format!(r#"{{"vector":[{}]}}"#, numbers(1 << 20)))),
        ("dictionary-1m", call(&format!(r#"{{"values":{{{}}}}}"#, dictionary(1 << 20)))),
        ("nested-1m", call(&format!("[{}]", vec![r#"[[],{"a":[1,{}]}]"#; (1 << 20) / 18].join(",")))),
    ]
}

/// Lines of code as one string's content: an escape every forty bytes or so.
fn source(len: usize) -> String {
    let line = r#"    let answer = client.call(\"crm.update\", &arguments).await?;\n    tracing::info!(?answer);\n"#;
    line.repeat(len / line.len())
}

/// Flat records with six members.
fn rows(len: usize, indent: &str, colon: &str) -> String {
    let mut rows = String::from("[");
    let mut id = 0;
    while rows.len() < len {
        let comma = if id == 0 { "" } else { "," };
        write!(rows, r#"{comma}{{{indent}"id"{colon}{id},{indent}"name"{colon}"Customer {id}","#).unwrap();
        write!(
            rows,
            r#"{indent}"email"{colon}"customer{id}@example.com",{indent}"amount"{colon}{}.50,{indent}"active"{colon}true,{indent}"note"{colon}null}}"#,
            id % 977
        )
        .unwrap();
        id += 1;
    }
    rows.push(']');
    rows
}

/// Coordinates of a vector, as embeddings are sent.
fn numbers(len: usize) -> String {
    let mut numbers = String::from("0");
    let mut state = 1_u64;
    while numbers.len() < len {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        write!(numbers, ",{:.8}", (state >> 33) as f64 / f64::from(1_u32 << 31) - 0.5).unwrap();
    }
    numbers
}

/// Members of one large object.
fn dictionary(len: usize) -> String {
    let mut members = String::from(r#""first":0"#);
    let mut id = 0;
    while members.len() < len {
        write!(members, r#","customer_{id}_balance":"{}.00 EUR""#, id * 7 % 1000).unwrap();
        id += 1;
    }
    members
}
