//! Everything that runs: issuer, CRM, decision service, and Envoy with the gate between the agent and the CRM. All on free ports of
//! this machine, with one folder for files; dropping the stage ends it all.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use serde_json::Value;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::{JoinHandle, JoinSet};
use toolgate_crm::Crm;
use toolgate_decision_service::Options;

use crate::bootstrap::{Places, bootstrap};
use crate::gate::{self, Gate};
use crate::issuer::Issuer;
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

        let issuer = Issuer::new();
        let listener = any_port().await?;
        let at_issuer = listener.local_addr()?;
        tasks.spawn(Issuer::serve(listener, issuer.jwks()?));

        let crm = Crm::default();
        let listener = any_port().await?;
        let at_crm = listener.local_addr()?;
        tasks.spawn(toolgate_crm::serve(listener, crm.clone()));

        let listener = any_port().await?;
        let at_decision_service = listener.local_addr()?;
        let decision_service = DecisionService::start(listener, folder.path())?;

        // As an operator would get them: from the issuer.
        let jwks: Value = reqwest::get(format!("http://{at_issuer}/jwks")).await?.json().await?;
        let access_log = |listener: &str| access_log(folder.path(), listener);
        let places = Places { wasm, crm: at_crm, decision_service: at_decision_service, jwks, access_log: &access_log };
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
    fn start(listener: TcpListener, folder: &Path) -> anyhow::Result<Self> {
        let policies = folder.join("decision");
        std::fs::create_dir(&policies)?;
        for (name, text) in POLICIES {
            std::fs::write(policies.join(name), text)?;
        }
        let (stop, stopped) = oneshot::channel();
        let options = Options { approvers: person::approvers()?, ..Options::new(policies) };
        let told = async {
            // A sender that is dropped says the same as one that sends.
            let _ = stopped.await;
        };
        let task = tokio::spawn(toolgate_decision_service::serve(listener, options, told));
        Ok(Self { stop, task })
    }

    async fn stop(self) -> anyhow::Result<()> {
        drop(self.stop);
        self.task.await?
    }
}

async fn any_port() -> anyhow::Result<TcpListener> {
    TcpListener::bind("127.0.0.1:0").await.context("no free port on 127.0.0.1")
}

fn access_log(folder: &Path, listener: &str) -> PathBuf {
    folder.join(format!("access-{listener}.jsonl"))
}
