//! Everything that runs: issuer, CRM, decision service, and Envoy with the gate between the agent and the CRM. All on free ports of
//! this machine, with one folder for files; dropping the stage ends it all.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, bail};
use jwt_simple::prelude::ES256KeyPair;
use serde_json::Value;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::{JoinHandle, JoinSet};
use toolgate_crm::{Crm, Guard};
use toolgate_decision_service::{GateKey, Options, TokenExchange};

use crate::bootstrap::{Places, bootstrap};
use crate::gate::{self, Gate};
use crate::issuer::{self, Issuer};
use crate::person;

/// The listener with the gate, in envoy.yaml.
const GATED: &str = "gate";
/// The one without, to compare with.
const BARE: &str = "bare";

/// What the decision service decides by.
const POLICIES: &[(&str, &str)] = &[("refunds.cedar", include_str!("../decision/refunds.cedar"))];

/// A stage that is set.
pub(crate) struct Stage {
    pub(crate) issuer: Issuer,
    pub(crate) crm: Crm,
    pub(crate) addresses: Addresses,
    pub(crate) envoy_version: String,
    gate: Gate,
    decision_service: Option<DecisionService>,
    folder: TempDir,
    /// Aborted with the stage.
    _tasks: JoinSet<std::io::Result<()>>,
}

/// Where everything listens.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Addresses {
    pub(crate) issuer: SocketAddr,
    pub(crate) crm: SocketAddr,
    pub(crate) decision_service: SocketAddr,
    pub(crate) gate: SocketAddr,
    pub(crate) bare: SocketAddr,
}

/// The running decision service.
struct DecisionService {
    stop: oneshot::Sender<()>,
    task: JoinHandle<anyhow::Result<()>>,
}

impl Stage {
    /// Starts everything and waits until it is ready.
    pub(crate) async fn set(envoy: &Path, wasm: &Path) -> anyhow::Result<Self> {
        if !wasm.is_file() {
            bail!("there is no filter at `{}`: `make wasm` builds it", wasm.display());
        }
        let wasm = &std::path::absolute(wasm)?;
        let folder = tempfile::Builder::new().prefix("toolgate-demo-").tempdir()?;
        let mut tasks = JoinSet::new();

        let broker = ES256KeyPair::generate();
        let issuer = Issuer::new(broker.public_key());
        let listener = any_port().await?;
        let at_issuer = listener.local_addr()?;
        tasks.spawn(issuer.clone().serve(listener, issuer.jwks()?));
        // As an operator would get them: from the issuer.
        let jwks: Value = reqwest::get(format!("http://{at_issuer}/jwks")).await?.json().await?;

        let crm = Crm::guarded(Guard::new(&jwks, issuer::ISSUER, issuer::CRM)?);
        let listener = any_port().await?;
        let at_crm = listener.local_addr()?;
        tasks.spawn(toolgate_crm::serve(listener, crm.clone()));

        let listener = any_port().await?;
        let at_decision_service = listener.local_addr()?;
        let gate_key = &key();
        let options = Options {
            gate_key: Some(GateKey::new(gate_key)?),
            token_exchange: Some(exchange(at_issuer, &broker)?),
            approvers: person::approvers()?,
            ..Options::new(policies(folder.path())?)
        };
        let decision_service = DecisionService::start(listener, options);

        let access_log = |listener: &str| access_log(folder.path(), listener);
        let decision_service_at = at_decision_service;
        let places = Places {
            wasm,
            crm: at_crm,
            decision_service: decision_service_at,
            jwks,
            gate_key,
            access_log: &access_log,
        };
        let gate = Gate::start(envoy, &bootstrap(&places)?, folder.path()).await?;
        let addresses = Addresses {
            issuer: at_issuer,
            crm: at_crm,
            decision_service: at_decision_service,
            gate: gate.address(GATED)?,
            bare: gate.address(BARE)?,
        };
        let envoy_version = gate.version.clone();
        let decision_service = Some(decision_service);
        Ok(Self { issuer, crm, addresses, envoy_version, gate, decision_service, folder, _tasks: tasks })
    }

    /// The access log of the listener with the gate, of the one without, and Envoy's own log.
    pub(crate) fn logs(&self) -> (PathBuf, PathBuf, PathBuf) {
        let folder = self.folder.path();
        (access_log(folder, GATED), access_log(folder, BARE), gate::log(folder))
    }

    /// All that was written down so far: Envoy's logs, and what the CRM noted of what arrived.
    pub(crate) fn written(&self) -> anyhow::Result<Vec<(String, String)>> {
        let mut written = vec![("the crm's journal".to_owned(), serde_json::to_string(&self.crm.journal().since(0))?)];
        let (gated, bare, envoy) = self.logs();
        for log in [gated, bare, envoy, self.folder.path().join("envoy.err")] {
            let text = std::fs::read_to_string(&log).with_context(|| format!("the log `{}`", log.display()))?;
            written.push((log.file_name().unwrap_or_default().to_string_lossy().into_owned(), text));
        }
        Ok(written)
    }

    /// From now on nobody answers the gate's questions.
    pub(crate) async fn stop_decision_service(&mut self) -> anyhow::Result<()> {
        match self.decision_service.take() {
            Some(running) => running.stop().await,
            None => Ok(()),
        }
    }

    /// Ends everything and waits until Envoy is gone; the rest ends with this process.
    pub(crate) async fn clear(mut self) -> anyhow::Result<()> {
        self.stop_decision_service().await?;
        self.gate.stop().await?;
        self.folder.close().context("the folder for files could not be removed")
    }
}

impl DecisionService {
    fn start(listener: TcpListener, options: Options) -> Self {
        let (stop, stopped) = oneshot::channel();
        let told = async {
            // A sender that is dropped says the same as one that sends.
            let _ = stopped.await;
        };
        let task = tokio::spawn(toolgate_decision_service::serve(listener, options, told));
        Self { stop, task }
    }

    async fn stop(self) -> anyhow::Result<()> {
        drop(self.stop);
        self.task.await?
    }
}

/// The decision service's policies, as files.
fn policies(folder: &Path) -> anyhow::Result<PathBuf> {
    let policies = folder.join("decision");
    std::fs::create_dir(&policies)?;
    for (name, text) in POLICIES {
        std::fs::write(policies.join(name), text)?;
    }
    Ok(policies)
}

/// How the decision service gets credentials for the CRM.
fn exchange(issuer: SocketAddr, key: &ES256KeyPair) -> anyhow::Result<TokenExchange> {
    Ok(TokenExchange {
        endpoint: format!("http://{issuer}/token"),
        issuer: issuer::ISSUER.to_owned(),
        client: issuer::CLIENT.to_owned(),
        key: key.to_pem()?,
        resource: issuer::CRM.to_owned(),
        lifetime: Duration::from_secs(60),
        timeout: Duration::from_millis(400),
    })
}

/// What the gate and the decision service know each other by: 256 random bits, as made for a key.
fn key() -> String {
    ES256KeyPair::generate().to_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
}

async fn any_port() -> anyhow::Result<TcpListener> {
    TcpListener::bind("127.0.0.1:0").await.context("no free port on 127.0.0.1")
}

fn access_log(folder: &Path, listener: &str) -> PathBuf {
    folder.join(format!("access-{listener}.jsonl"))
}
