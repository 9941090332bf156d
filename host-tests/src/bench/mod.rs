//! What the filter costs, beside what Envoy's own filters cost for less: `make bench`.
//!
//! One Envoy process with one worker has a listener for each lane. Rounds go through all lanes in turn, and each lane is
//! compared with the bare listener right before it, so that whatever else the machine does falls on both alike. The bare
//! lane is compared with itself like the others: what it differs by is the noise.
//!
//! The figure that counts is processor time, not latency: it is what an operator pays for, and it can be measured on a
//! machine that is not quiet. It comes from the kernel's own account of each thread, in nanoseconds.

mod cpu;
mod envoy;
mod filters;
mod instructions;
mod lanes;
mod load;
mod policy;
mod report;
mod server;
mod tokens;

use std::path::PathBuf;

use anyhow::Context;

use self::envoy::Envoy;
pub use self::instructions::{Decided, instructions};
use self::lanes::Lane;
use self::load::Load;
use self::report::{Compared, Sample, Summary};
use self::server::Server;
use self::tokens::Tokens;

/// What is to be measured, and with what.
#[derive(Debug)]
pub struct Settings {
    /// The Envoy binary.
    pub envoy: PathBuf,
    /// The filter.
    pub wasm: PathBuf,
    /// Where files of the run and the summary go.
    pub folder: PathBuf,
    /// How often all lanes are gone through.
    pub rounds: usize,
    /// Requests with a small body that each lane gets in a round.
    pub requests: usize,
    /// Measure only these lanes; empty: all.
    pub only: Vec<String>,
}

/// The two sizes of a request's body in bytes: a usual tool call, and one that carries a document.
const BODIES: [usize; 2] = [130, 256 << 10];

/// How many connections keep Envoy's worker busy while its processor time is taken. An idle worker pays for each request
/// with a wake-up, and that costs what the machine's other work makes it cost.
const CONNECTIONS: usize = 4;

/// Measures everything, prints a table, writes `summary.json`.
///
/// # Errors
/// Envoy does not start, or a request is not answered as its lane says.
pub fn run(settings: &Settings) -> anyhow::Result<()> {
    std::fs::create_dir_all(&settings.folder).context("can't create the folder for the results")?;
    let wanted = |lane: &Lane| {
        lane.name == lanes::BARE || settings.only.is_empty() || settings.only.iter().any(|name| name == lane.name)
    };
    let tokens = Tokens::generate()?;
    let lanes: Vec<Lane> = lanes::all(settings, &tokens)?.into_iter().filter(wanted).collect();
    let upstream = Server::start("tool", server::TOOL_RESULT)?;
    let service = Server::start("service", server::PERMIT)?;
    let envoy = Envoy::start(settings, &lanes, &upstream, &service)?;

    let bench = Bench { settings, envoy, service, tokens };
    let bare = lanes.first().context("no lanes")?;
    let mut samples = Vec::new();
    for round in 0..=settings.rounds {
        for (lane, body) in BODIES.iter().flat_map(|body| lanes.iter().map(|lane| (lane, *body))) {
            let beside = bench.measure(bare, body)?;
            let sample = bench.measure(lane, body).with_context(|| format!("lane `{}`", lane.name))?;
            // The first round fills caches and compiles code: it is not counted.
            if round > 0 {
                samples.push(Compared { sample, bare_us: beside.envoy_us });
            }
        }
        report::progress(round, settings.rounds);
    }
    let summary = Summary::of(&samples, &lanes, bench.envoy.version())?;
    summary.print(&lanes);
    summary.write(&settings.folder.join("summary.json"))
}

/// Everything that runs while measuring.
struct Bench<'s> {
    settings: &'s Settings,
    envoy: Envoy,
    service: Server,
    tokens: Tokens,
}

impl Bench<'_> {
    /// First the latency of single requests, then the cost of many.
    fn measure(&self, lane: &Lane, body: usize) -> anyhow::Result<Sample> {
        let requests = lane.requests(self.settings.requests, body);
        let authorization = || self.tokens.authorization(lane.token);
        let address = self.envoy.address(lane)?;
        let single = Load::new(address, body, requests.div_ceil(4), &authorization)?;
        let many = Load::new(address, body, requests, &authorization)?;
        let latencies = single.run(1)?.latencies;
        let before = (self.envoy.cpu()?, self.service.cpu()?);
        let total = many.run(CONNECTIONS)?.total;
        let envoy = self.envoy.cpu()?.saturating_sub(before.0);
        let service = self.service.cpu()?.saturating_sub(before.1);
        Ok(Sample::new((lane.name, body), requests, (envoy, service), total, latencies))
    }
}
