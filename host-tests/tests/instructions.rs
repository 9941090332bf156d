//! What the hot path costs, in instructions of the wasm machine: exact, so that a test can hold the filter to it.
//!
//! A ceiling that is broken is a question: is what the filter does more now worth that to every request? If so, raise it.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::Path;

use toolgate_host_tests::bench::{Decided, instructions};
use toolgate_host_tests::host::Module;
use toolgate_host_tests::scenario::envoy::wasm;

const SMALL: usize = 130;
const LARGE: usize = 256 << 10;

/// About a tenth more than it was when this was written.
const CEILINGS: [(Decided, usize, u64); 7] = [
    (Decided::ByPolicy, SMALL, 120_000),
    (Decided::ByMemory, SMALL, 290_000),
    (Decided::ByPolicy, LARGE, 4_300_000),
    (Decided::ByMemory, LARGE, 36_000_000),
    (Decided::SignedWithEd25519, SMALL, 6_000_000),
    (Decided::SignedWithEs256, SMALL, 4_150_000),
    (Decided::SignedWithEd25519, LARGE, 32_000_000),
];

#[test]
fn the_hot_path_costs_no_more_than_it_did() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let module = Module::new(&fs::read(wasm(root).unwrap()).unwrap()).unwrap();
    for (decided, body, ceiling) in CEILINGS {
        let cost = instructions(&module, decided, body).unwrap();
        println!("{decided:?}, {body} bytes: {cost} instructions");
        assert!(cost <= ceiling, "{decided:?}, {body} bytes: {cost} instructions, more than {ceiling}");
    }
}
