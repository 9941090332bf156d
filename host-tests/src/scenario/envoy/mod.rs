//! The third lane: a real Envoy process with the compiled filter, real sockets on both sides.

mod bootstrap;
mod client;
mod process;
mod servers;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, UNIX_EPOCH};

use anyhow::{Context, Result, bail, ensure};

use self::bootstrap::{Places, bootstrap};
use self::process::Envoy;
use self::servers::{Script, Servers};
use super::load::Scenario;
use super::outcome::Outcome;
use super::run::{self, Case, Lane};

/// One Envoy for all scenarios, which take turns: the servers around it do what the running step says.
#[derive(Debug)]
pub struct EnvoyLane {
    envoy: Envoy,
    ports: BTreeMap<String, u16>,
    servers: Servers,
    turn: Mutex<()>,
    /// How often no answer came.
    unanswered: AtomicU32,
}

/// `tcpmux`: nobody listens there, and no listener is given it by chance, as one that was free a moment ago may be.
const NOBODY: u16 = 1;

/// After so many requests without an answer the rest is not tried: each would have to be waited for.
const MOST_UNANSWERED: u32 = 3;

impl EnvoyLane {
    /// Starts Envoy with a listener for each scenario.
    ///
    /// # Errors
    /// When Envoy, the filter or `envoy/envoy.yaml` is missing, or Envoy doesn't start.
    pub fn start(workspace: &Path, wasm: &Path, scenarios: &[Scenario]) -> Result<Self> {
        let binary = process::binary(workspace)?;
        let servers = Servers::start()?;
        let cases = scenarios.iter().map(|scenario| run::case(scenario, now())).collect::<Result<Vec<_>>>()?;
        let places = Places { wasm, upstream: servers.upstream_port, decision: servers.decision_port, nobody: NOBODY };
        let bootstrap = bootstrap(&workspace.join("envoy/envoy.yaml"), &cases, places)?;
        let envoy = Envoy::start(&binary, &bootstrap)?;
        let ports = envoy.ports()?;
        Ok(Self { envoy, ports, servers, turn: Mutex::new(()), unanswered: AtomicU32::new(0) })
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
        for (message, step) in &case.steps {
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

#[expect(clippy::disallowed_methods, reason = "Envoy runs on the real clock, and so must its tokens")]
fn now() -> Duration {
    std::time::SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}
