//! What judging one small call costs, natively, step by step. `cargo bench -p toolgate --bench judge`.

#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "a measurement off any request's path: it computes with its own numbers, needs the clock, and may fail"
)]

use std::hint::black_box;
use std::time::Instant;

use toolgate::action::{Matching, Protocol, Reading, Route, Tools, read};
use toolgate::head::Head;
use toolgate::json::{Document, Limits, Tape};
use toolgate::risk::{RiskTable, TrustedDomains, assess};

/// Samples; their median counts.
const SAMPLES: usize = 31;

/// Calls of one sample.
const CALLS: u32 = 20_000;

fn main() {
    let route = Route {
        matching: Matching::Path("/mcp".into()),
        protocol: Protocol::Mcp,
        server: "crm".into(),
        max_body: 1 << 20,
        operations: Vec::new(),
    };
    let tools = Tools::default();
    let head = Head::from_pairs([(":method", "POST"), (":path", "/mcp"), ("content-type", "application/json")]);
    let body = br#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"get_account","arguments":{"id":"001","limit":1,"q":"x"}}}"#;
    let document = Document::read(body, &Limits::default(), Tape::default()).unwrap();
    let table = RiskTable { trusted_domains: TrustedDomains::new(["example.com".to_owned()]), ..RiskTable::default() };
    let Ok(Reading::Judge(action)) = read(&route, &tools, &head, Some(&document)).outcome else { return };

    println!("{} bytes", body.len());
    println!("read the action  {:.2} us", median(|| drop(black_box(read(&route, &tools, &head, Some(&document))))));
    println!("assess the risk  {:.2} us", median(|| drop(black_box(assess(&table, &action)))));
}

/// Microseconds a call.
fn median(mut call: impl FnMut()) -> f64 {
    let mut samples: Vec<f64> = (0..SAMPLES)
        .map(|_| {
            let begin = Instant::now();
            (0..CALLS).for_each(|_| call());
            begin.elapsed().as_secs_f64() * 1e6 / f64::from(CALLS)
        })
        .collect();
    samples.sort_by(f64::total_cmp);
    samples.get(SAMPLES / 2).copied().unwrap()
}
