//! Figures from samples: the table that a person reads, and `summary.json`.

use std::io::{IsTerminal, Write};
use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use serde::Serialize;

use super::BODIES;
use super::lanes::Lane;

/// What one lane used in one round.
#[derive(Debug)]
pub(super) struct Sample {
    lane: &'static str,
    body: usize,
    /// Processor time of Envoy for one request.
    pub(super) envoy_us: f64,
    service_us: f64,
    per_second: f64,
    latencies: Vec<Duration>,
}

impl Sample {
    /// Of a lane and a size of body: processor time of Envoy and of the decision service for so many requests, how long
    /// those took in all, and how long others took that were sent one by one.
    pub(super) fn new(
        (lane, body): (&'static str, usize),
        requests: usize,
        (envoy, service): (Duration, Duration),
        total: Duration,
        latencies: Vec<Duration>,
    ) -> Self {
        let requests = f64::from(u32::try_from(requests).unwrap_or(u32::MAX));
        let each = |time: Duration| time.as_secs_f64() * 1e6 / requests;
        let per_second = requests / total.as_secs_f64();
        Self { lane, body, envoy_us: each(envoy), service_us: each(service), per_second, latencies }
    }
}

/// A sample beside the bare listener's, taken right before.
#[derive(Debug)]
pub(super) struct Compared {
    pub(super) sample: Sample,
    pub(super) bare_us: f64,
}

/// `summary.json`. Times are in microseconds of one request.
#[derive(Debug, Serialize)]
pub(super) struct Summary {
    envoy: String,
    machine: String,
    rounds: usize,
    /// What a request costs on the bare listener, with the smaller body.
    bare_us: f64,
    rows: Vec<Row>,
}

#[derive(Debug, Serialize)]
struct Row {
    lane: &'static str,
    body: usize,
    /// Processor time of the Envoy process, less that of the bare listener in the same round.
    over_bare_us: Spread,
    /// Processor time of the decision service.
    service_us: f64,
    p50_us: f64,
    p99_us: f64,
    rps: f64,
}

#[derive(Debug, Serialize)]
struct Spread {
    median: f64,
    min: f64,
    max: f64,
}

impl Summary {
    /// Of all samples.
    ///
    /// # Errors
    /// There are not two of each lane at least.
    pub(super) fn of(samples: &[Compared], lanes: &[Lane], envoy: &str) -> anyhow::Result<Self> {
        let rows = BODIES
            .iter()
            .flat_map(|body| lanes.iter().map(|lane| Row::of(samples, lane.name, *body)))
            .collect::<anyhow::Result<Vec<_>>>()?;
        let small = samples.iter().filter(|compared| compared.sample.body == BODIES[0]);
        let bare_us = Spread::of(small.map(|compared| compared.bare_us))?.median;
        let rounds = samples.len().checked_div(rows.len()).context("no lanes")?;
        Ok(Self { envoy: envoy.to_owned(), machine: machine()?, rounds, bare_us, rows })
    }

    /// Prints the table, with what each lane is.
    pub(super) fn print(&self, lanes: &[Lane]) {
        println!("Envoy {}, one worker, {}; medians of {} rounds", self.envoy, self.machine, self.rounds);
        println!(
            "The bare listener costs {} µs a request. What the others cost more, in µs of processor time:\n",
            self.bare_us
        );
        println!(
            "{:<22} {:>7} {:>9} {:>19} {:>9} {:>8} {:>8} {:>7}",
            "lane", "body", "over bare", "(min … max)", "service", "p50", "p99", "req/s"
        );
        for row in &self.rows {
            let Spread { median, min, max } = row.over_bare_us;
            println!(
                "{:<22} {:>7} {:>9} {:>19} {:>9} {:>8} {:>8} {:>7}",
                row.lane,
                row.body,
                median,
                format!("({min} … {max})"),
                row.service_us,
                row.p50_us,
                row.p99_us,
                row.rps
            );
        }
        println!();
        for lane in lanes {
            println!("{:<22} {}", lane.name, lane.what);
        }
    }

    /// Writes it as JSON.
    ///
    /// # Errors
    /// The file can't be written.
    pub(super) fn write(&self, file: &Path) -> anyhow::Result<()> {
        std::fs::write(file, serde_json::to_string_pretty(self)?)
            .with_context(|| format!("can't write `{}`", file.display()))
    }
}

impl Row {
    fn of(samples: &[Compared], lane: &'static str, body: usize) -> anyhow::Result<Self> {
        let own: Vec<_> = samples.iter().filter(|of| of.sample.lane == lane && of.sample.body == body).collect();
        let mut latencies: Vec<_> = own.iter().flat_map(|of| &of.sample.latencies).collect();
        latencies.sort_unstable();
        let percentile = |percent: usize| {
            let at = latencies.len().saturating_sub(1).saturating_mul(percent) / 100;
            latencies.get(at).map_or(f64::NAN, |latency| rounded(latency.as_secs_f64() * 1e6))
        };
        Ok(Self {
            lane,
            body,
            over_bare_us: Spread::of(own.iter().map(|of| of.sample.envoy_us - of.bare_us))?,
            service_us: Spread::of(own.iter().map(|of| of.sample.service_us))?.median,
            p50_us: percentile(50),
            p99_us: percentile(99),
            rps: Spread::of(own.iter().map(|of| of.sample.per_second))?.median.round(),
        })
    }
}

impl Spread {
    fn of(values: impl Iterator<Item = f64>) -> anyhow::Result<Self> {
        let mut values: Vec<_> = values.collect();
        values.sort_unstable_by(f64::total_cmp);
        let [min, .., max] = values.as_slice() else { anyhow::bail!("a spread needs two rounds at least") };
        let median = values.get(values.len() / 2).context("no values")?;
        Ok(Self { median: rounded(*median), min: rounded(*min), max: rounded(*max) })
    }
}

/// To a tenth: what is behind that is noise.
fn rounded(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

/// The processor and how many of it.
fn machine() -> anyhow::Result<String> {
    let text = std::fs::read_to_string("/proc/cpuinfo").context("can't read /proc/cpuinfo")?;
    let model = text.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let model = model.map_or("unknown processor", |(_, name)| name);
    Ok(format!("{} × {model}", std::thread::available_parallelism()?))
}

/// Says how far it is, where somebody is watching.
pub(super) fn progress(round: usize, rounds: usize) {
    let mut terminal = std::io::stderr();
    if terminal.is_terminal() {
        let end = if round == rounds { "\n" } else { "" };
        // Nobody to tell it to: nothing lost.
        drop(write!(terminal, "\rround {round} of {rounds}{end}"));
    }
}
