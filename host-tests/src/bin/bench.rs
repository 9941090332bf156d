//! `make bench`: what the filter costs, in processor time of a real Envoy.

use std::path::PathBuf;

use clap::Parser;
use toolgate_host_tests::bench::{self, Settings};

/// Measures the filter beside Envoy's own filters.
#[derive(Parser)]
struct Arguments {
    /// The Envoy binary
    #[arg(long, env = "TOOLGATE_ENVOY")]
    envoy: PathBuf,
    /// The filter
    #[arg(long, env = "TOOLGATE_WASM")]
    wasm: PathBuf,
    /// Where the summary goes
    #[arg(long, default_value = "target/bench")]
    folder: PathBuf,
    /// How often all lanes are gone through
    #[arg(long, default_value_t = 9)]
    rounds: usize,
    /// Requests with a small body for each lane in a round
    #[arg(long, default_value_t = 2000)]
    requests: usize,
    /// Measure only these lanes
    lanes: Vec<String>,
}

fn main() -> anyhow::Result<()> {
    let Arguments { envoy, wasm, folder, rounds, requests, lanes } = Arguments::parse();
    bench::run(&Settings { envoy, wasm, folder, rounds, requests, only: lanes })
}
