//! Envoy with the filter in it: a child process that ends with us.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, bail};
use serde::Deserialize;
use serde_json::Value;
use tokio::process::{Child, Command};
use tokio::time::{sleep, timeout};

/// The compiler of wasm modules needs a second or two on a slow machine; this is far beyond.
const START: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(50);

/// How often, and with what pause, it is looked whether a killed process is gone: two seconds, of which the kernel needs milliseconds.
const LOOKS: u32 = 400;
const PAUSE: Duration = Duration::from_millis(5);

/// A running Envoy. Dropping it ends the process.
pub(crate) struct Gate {
    process: Process,
    /// Where each listener listens, by its name.
    pub(crate) listeners: BTreeMap<String, SocketAddr>,
    /// As Envoy reports it.
    pub(crate) version: String,
}

#[derive(Deserialize)]
struct Listeners {
    listener_statuses: Vec<Listener>,
}

#[derive(Deserialize)]
struct Listener {
    name: String,
    local_address: Address,
}

#[derive(Deserialize)]
struct Address {
    socket_address: SocketAddress,
}

#[derive(Deserialize)]
struct SocketAddress {
    address: std::net::IpAddr,
    port_value: u16,
}

impl Gate {
    /// Starts `envoy` with this bootstrap and waits until it is ready.
    ///
    /// # Errors
    /// It can't be started, or it gave up: then the end of its log is in the message.
    pub(crate) async fn start(envoy: &Path, bootstrap: &Value, folder: &Path) -> anyhow::Result<Self> {
        let config = folder.join("envoy.json");
        tokio::fs::write(&config, serde_json::to_vec_pretty(bootstrap)?).await?;
        let admin = folder.join("admin-address");
        let complaints = std::fs::File::create(folder.join("envoy.err"))?;
        let process = Command::new(envoy)
            .arg("--config-path")
            .arg(config)
            .arg("--admin-address-path")
            .arg(&admin)
            .arg("--log-path")
            .arg(log(folder))
            .args(["--log-level", "warning", "--component-log-level", "wasm:info"])
            .args(["--concurrency", "1", "--use-dynamic-base-id", "--file-flush-interval-msec", "10"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(complaints)
            .spawn()
            .with_context(|| format!("can't start envoy at `{}`", envoy.display()))?;
        let mut process = Process(process);
        let ready = timeout(START, ready(&mut process.0, &admin)).await;
        let (listeners, version) = match ready {
            Ok(Ok(found)) => found,
            Ok(Err(error)) => bail!("{error:#}\n{}", last_words(folder)),
            Err(_) => bail!("envoy was not ready after {START:?}\n{}", last_words(folder)),
        };
        Ok(Self { process, listeners, version })
    }

    /// Where a listener listens.
    pub(crate) fn address(&self, listener: &str) -> anyhow::Result<SocketAddr> {
        self.listeners.get(listener).copied().with_context(|| format!("envoy has no listener `{listener}`"))
    }

    /// Ends the process and waits until it is gone.
    pub(crate) async fn stop(mut self) -> anyhow::Result<()> {
        self.process.0.kill().await.context("envoy could not be stopped")
    }
}

/// A child process that does not outlive us, however we end: after ctrl-C, an error or a panic it is dropped like anything else.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        // An error says that there is no such process any more.
        let _ = self.0.start_kill();
        for _ in 0..LOOKS {
            if !matches!(self.0.try_wait(), Ok(None)) {
                return;
            }
            std::thread::sleep(PAUSE);
        }
    }
}

/// Envoy's own log, with the audit records among its lines.
pub(crate) fn log(folder: &Path) -> PathBuf {
    folder.join("envoy.log")
}

async fn ready(process: &mut Child, admin: &Path) -> anyhow::Result<(BTreeMap<String, SocketAddr>, String)> {
    loop {
        if let Some(status) = process.try_wait()? {
            bail!("envoy ended with {status}");
        }
        let address = tokio::fs::read_to_string(admin).await.unwrap_or_default();
        if let Some(found) = ask(&address).await {
            return Ok(found);
        }
        sleep(POLL).await;
    }
}

/// `None` while it is not ready: not listening, or still starting.
async fn ask(admin: &str) -> Option<(BTreeMap<String, SocketAddr>, String)> {
    let get = async |path: &str| reqwest::get(format!("http://{admin}{path}")).await?.error_for_status();
    get("/ready").await.ok()?;
    let listeners: Listeners = get("/listeners?format=json").await.ok()?.json().await.ok()?;
    let info: Value = get("/server_info").await.ok()?.json().await.ok()?;
    let places = listeners.listener_statuses.into_iter().map(|listener| {
        let SocketAddress { address, port_value } = listener.local_address.socket_address;
        (listener.name, SocketAddr::new(address, port_value))
    });
    Some((places.collect(), version(info.get("version")?.as_str()?)))
}

/// `<commit>/1.40.0/Clean/RELEASE/BoringSSL` → `1.40.0`.
fn version(reported: &str) -> String {
    reported.split('/').nth(1).unwrap_or(reported).to_owned()
}

fn last_words(folder: &Path) -> String {
    let read = |path: &Path| std::fs::read_to_string(path).unwrap_or_default();
    let text = format!("{}{}", read(&log(folder)), read(&folder.join("envoy.err")));
    let lines: Vec<_> = text.lines().collect();
    lines.iter().skip(lines.len().saturating_sub(12)).fold(String::new(), |all, line| all + "  " + line + "\n")
}
