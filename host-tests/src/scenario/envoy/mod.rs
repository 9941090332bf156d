//! The third lane: a real Envoy process with the compiled filter, real sockets on both sides.

mod bootstrap;
mod client;
mod load;
mod process;
mod servers;

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, TcpListener};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, UNIX_EPOCH};

use anyhow::{Context, Result, bail, ensure};

use self::bootstrap::{Places, bootstrap};
pub use self::client::Begun;
use self::process::Envoy;
use self::servers::{Script, Servers};
use super::format::Published;
use super::load::Scenario;
use super::message::Message;
use super::outcome::{Outcome, Response};
use super::published::pause;
use super::run::{self, Case, Lane};
use crate::deployment::Budgets;

/// One Envoy for all scenarios, which take turns: the servers around it do what the running step says.
#[derive(Debug)]
pub struct EnvoyLane {
    envoy: Envoy,
    ports: BTreeMap<String, u16>,
    servers: Servers,
    turn: Mutex<()>,
    nobody: u16,
    /// How often no answer came.
    unanswered: AtomicU32,
}

/// What came of a request whose bytes a test wrote itself.
#[derive(Debug)]
pub struct Framed {
    /// Everything that the client got, until Envoy closed or was silent.
    pub answer: String,
    /// The bodies that arrived at the upstream.
    pub arrived: Vec<Vec<u8>>,
    /// The body of the scenario's request.
    pub body: Vec<u8>,
}

/// What is around a filter, where it isn't what scenarios script.
#[derive(Clone, Copy, Debug)]
pub struct Around<'a> {
    /// How many workers Envoy has.
    pub workers: u32,
    /// Where issuers listen.
    pub issuer: Option<u16>,
    /// Where the upstream listens.
    pub upstream: Option<u16>,
    /// What Envoy ends TLS with; clients may show a certificate, whoever signed it.
    pub tls: Option<&'a Tls>,
    /// Where the rate limit service of `envoy/budgets.yaml` listens; no budgets where there is none.
    pub budgets: Option<u16>,
}

/// A server's certificate and key, as PEM files.
#[derive(Clone, Debug)]
pub struct Tls {
    /// The certificate.
    pub certificate: PathBuf,
    /// Its key.
    pub key: PathBuf,
}

impl Default for Around<'_> {
    fn default() -> Self {
        Self { workers: 1, issuer: None, upstream: None, tls: None, budgets: None }
    }
}

/// Requests between which the servers forget.
const AT_ONCE: usize = 10_000;

/// After so many requests without an answer the rest is not tried: each would have to be waited for.
const MOST_UNANSWERED: u32 = 3;

impl EnvoyLane {
    /// Starts Envoy with a listener for each scenario.
    ///
    /// # Errors
    /// When Envoy, the filter or `envoy/envoy.yaml` is missing, or Envoy doesn't start.
    pub fn start(workspace: &Path, wasm: &Path, scenarios: &[Scenario]) -> Result<Self> {
        Self::beside(workspace, wasm, scenarios, &Around::default())
    }

    /// The same, with something else around it.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub fn beside(workspace: &Path, wasm: &Path, scenarios: &[Scenario], around: &Around<'_>) -> Result<Self> {
        let binary = process::binary(workspace)?;
        let servers = Servers::start()?;
        let cases = scenarios.iter().map(|scenario| run::case(scenario, now())).collect::<Result<Vec<_>>>()?;
        for case in &cases {
            servers.publish(case.name, case.published.first().cloned().unwrap_or_default());
        }
        let nobody = free_port()?;
        let places = Places {
            wasm,
            upstream: around.upstream.unwrap_or(servers.upstream_port),
            patient: servers.patient_port,
            decision: servers.decision_port,
            grpc: servers.grpc_port,
            issuer: around.issuer.unwrap_or(servers.issuer_port),
            nobody,
            tls: around.tls,
            budgets: around
                .budgets
                .map(|port| Ok::<_, anyhow::Error>(Budgets::shipped()?.at_port(port)))
                .transpose()?,
        };
        let bootstrap = bootstrap(&workspace.join("envoy/envoy.yaml"), &cases, &places)?;
        let envoy = Envoy::start(&binary, &bootstrap, around.workers)?;
        let ports = envoy.ports()?;
        Ok(Self { envoy, ports, servers, turn: Mutex::new(()), nobody, unanswered: AtomicU32::new(0) })
    }

    /// The port behind the cluster `refused`: nobody listens there, unless a test does.
    #[must_use]
    pub const fn nobody(&self) -> u16 {
        self.nobody
    }

    /// Where Envoy listens for the requests of that scenario.
    #[must_use]
    pub fn port(&self, scenario: &str) -> Option<u16> {
        self.ports.get(scenario).copied()
    }

    /// From now on the issuer of that scenario publishes this.
    pub fn publish(&self, scenario: &str, published: Published) {
        self.servers.publish(scenario, published);
    }

    /// How often something was fetched from the issuer of that scenario.
    #[must_use]
    pub fn fetches(&self, scenario: &str) -> usize {
        self.servers.fetches(scenario)
    }

    /// Sends the first request of a scenario, with a token minted now, over a connection of its own.
    ///
    /// # Errors
    /// When there is no answer.
    pub fn send(&self, scenario: &Scenario) -> Result<Response> {
        let case = run::case(scenario, now())?;
        let port = *self.ports.get(case.name).context("Envoy has no listener for it")?;
        let (message, _) = case.steps.first().context("the scenario has no step")?;
        client::send(message, port)
    }

    /// Sends the first request of a scenario so often, over a few connections; every answer must be a 200.
    ///
    /// # Errors
    /// One that is none.
    pub fn repeat(&self, scenario: &Scenario, times: usize) -> Result<()> {
        let case = run::case(scenario, now())?;
        let port = *self.ports.get(case.name).context("Envoy has no listener for it")?;
        let (message, step) = case.steps.first().context("the scenario has no step")?;
        let mut left = times;
        while left > 0 {
            // The servers remember what they saw: not of all at once.
            self.servers.play(Script { upstream: step.upstream.clone(), ..Script::default() });
            let now = left.min(AT_ONCE);
            load::repeat(message, port, now)?;
            left = left.saturating_sub(now);
        }
        Ok(())
    }

    /// The first request of a scenario, as a client would send it now.
    ///
    /// # Errors
    /// When the scenario can't be read.
    pub fn message(&self, scenario: &Scenario) -> Result<Message> {
        let case = run::case(scenario, now())?;
        let (message, _) = case.steps.into_iter().next().context("the scenario has no step")?;
        Ok(message)
    }

    /// Writes what `frame` makes of the first request of a scenario, piece by piece, and takes in whatever comes of it.
    ///
    /// # Errors
    /// When Envoy can't be reached.
    pub fn framed(&self, scenario: &Scenario, frame: impl FnOnce(&Message) -> Vec<Vec<u8>>) -> Result<Framed> {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let port = *self.ports.get(&scenario.name).context("Envoy has no listener for it")?;
        let message = self.message(scenario)?;
        self.servers.play(Script::default());
        let answer = client::write(&frame(&message), port)?;
        let arrived = self.servers.seen().arrivals.into_iter().map(|arrival| arrival.body).collect();
        Ok(Framed { answer, arrived, body: message.body.unwrap_or_default() })
    }

    /// Sends the first request of a scenario, and doesn't wait for its answer.
    ///
    /// # Errors
    /// When Envoy doesn't take it.
    pub fn begin(&self, scenario: &Scenario) -> Result<Begun> {
        let case = run::case(scenario, now())?;
        let port = *self.ports.get(case.name).context("Envoy has no listener for it")?;
        let (message, _) = case.steps.first().context("the scenario has no step")?;
        client::begin(message, port)
    }

    /// From here on the most memory that Envoy takes is counted anew.
    ///
    /// # Errors
    /// When the system doesn't let us.
    pub fn forget_memory(&self) -> Result<()> {
        self.envoy.forget_memory()
    }

    /// The most memory that Envoy has taken so far, in bytes.
    ///
    /// # Errors
    /// When the system doesn't say.
    pub fn memory(&self) -> Result<u64> {
        self.envoy.memory()
    }

    /// Envoy's access log, once it has so many lines: what `envoy.yaml` writes of each request.
    ///
    /// # Errors
    /// When it can't be read.
    pub fn access_log(&self, lines: usize) -> Result<Vec<String>> {
        self.envoy.access_log(lines)
    }

    /// Envoy's Prometheus page, as far as it is about the filter.
    ///
    /// # Errors
    /// When Envoy doesn't answer.
    pub fn statistics(&self) -> Result<String> {
        Ok(String::from_utf8(self.envoy.admin("/stats/prometheus?filter=toolgate")?)?)
    }
}

impl Lane for EnvoyLane {
    fn name(&self) -> &'static str {
        "envoy"
    }

    fn now(&self) -> Duration {
        now()
    }

    fn run(&self, case: &Case<'_>) -> Result<Vec<Outcome>> {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let port = *self.ports.get(case.name).context("Envoy has no listener for it")?;
        let mut outcomes = Vec::with_capacity(case.steps.len());
        for ((message, step), published) in case.steps.iter().zip(&case.published) {
            self.servers.publish(case.name, published.clone());
            thread::sleep(pause(step)?);
            self.envoy.forget_log();
            self.servers.play(Script {
                answers: step.answers.clone().into(),
                upstream: step.upstream.clone(),
                ..Script::default()
            });
            ensure!(self.unanswered.load(Relaxed) < MOST_UNANSWERED, "not tried: Envoy has stopped answering");
            let client = client::send(message, port)
                .inspect_err(|_| {
                    self.unanswered.fetch_add(1, Relaxed);
                })
                .with_context(|| self.envoy.last_words())?;
            let audit = self.envoy.logged("toolgate audit ");
            let audit =
                audit.iter().map(|line| serde_json::from_str(line).with_context(|| format!("audit line `{line}`")));
            let audit = audit.collect::<Result<Vec<_>>>()?;
            let mut seen = self.servers.seen();
            if seen.arrivals.len() > 1 {
                bail!("the upstream got {} requests for one", seen.arrivals.len());
            }
            outcomes.push(Outcome {
                client,
                upstream: seen.arrivals.pop(),
                questions: seen.questions,
                audit,
                assertion: None,
                log: self.envoy.log(),
            });
        }
        Ok(outcomes)
    }
}

/// The filter to test: `TOOLGATE_WASM`, or where `make` puts it.
///
/// # Errors
/// When there is none: that is a failure, never a reason to skip.
pub fn wasm(workspace: &Path) -> Result<PathBuf> {
    let named = std::env::var_os("TOOLGATE_WASM").map(PathBuf::from);
    let path = named.unwrap_or_else(|| workspace.join("target/toolgate.wasm"));
    if !path.is_file() {
        bail!("no filter at `{}`: run `make`, or set TOOLGATE_WASM to its path", path.display());
    }
    Ok(path)
}

/// Below what kernels hand out by themselves: a port that was free a moment ago up there may be one of Envoy's own
/// hundreds of listeners by now.
const NOBODYS: RangeInclusive<u16> = 20_000..=30_000;

/// A port that was free a moment ago, and that nobody will listen on unless told to.
fn free_port() -> Result<u16> {
    let free = |port: &u16| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok();
    // Where to begin is the kernel's choice: runs beside each other must not come to the same port.
    let start = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port() % 10_000;
    NOBODYS.skip(start.into()).chain(NOBODYS).find(free).context("no port is free below the ephemeral ones")
}

#[expect(clippy::disallowed_methods, reason = "Envoy runs on the real clock, and so must its tokens")]
fn now() -> Duration {
    std::time::SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}
