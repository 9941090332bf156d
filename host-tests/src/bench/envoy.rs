//! The Envoy that is measured: one worker, a listener for each lane.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use anyhow::{Context, bail};
use serde_json::{Value, json};

use super::lanes::Lane;
use super::server::Server;
use super::{Settings, cpu};

/// How long Envoy may take to start: it compiles the filter once for each lane that has one.
const START: Duration = Duration::from_secs(120);
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// A running Envoy; it ends with this value.
#[derive(Debug)]
pub(super) struct Envoy {
    process: Child,
    version: String,
    addresses: Vec<(&'static str, SocketAddr)>,
}

impl Envoy {
    /// Starts it, and waits until every lane is served.
    ///
    /// # Errors
    /// It ends, or takes too long; its own words are in `envoy.log`.
    pub(super) fn start(
        settings: &Settings,
        lanes: &[Lane],
        upstream: &Server,
        service: &Server,
    ) -> anyhow::Result<Self> {
        let addresses = free_addresses(lanes)?;
        let bootstrap = json!({"static_resources": {
            "listeners": lanes.iter().zip(&addresses).map(|(lane, (_, address))| listener(lane, *address)).collect::<Vec<_>>(),
            "clusters": [cluster("tool", upstream.address()), cluster("pdp", service.address())],
        }});
        let (file, log) = (settings.folder.join("envoy.json"), settings.folder.join("envoy.log"));
        std::fs::write(&file, serde_json::to_string_pretty(&bootstrap)?)?;
        let mut process = Command::new(&settings.envoy)
            // Audit records are part of what a judged request costs: they are written, as in a gateway.
            .args([
                "--concurrency",
                "1",
                "--use-dynamic-base-id",
                "-l",
                "warning",
                "--component-log-level",
                "wasm:info",
                "-c",
            ])
            .arg(&file)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .with_context(|| format!("can't start `{}`", settings.envoy.display()))?;
        let words = process.stderr.take().context("Envoy has no stderr")?;
        let mut kept = File::create(&log)?;
        thread::spawn(move || {
            for line in BufReader::new(words).lines().map_while(Result::ok).filter(|line| !line.contains(" audit {")) {
                // The log is there to explain a failure; that it can't be written is none.
                drop(writeln!(kept, "{line}"));
            }
        });
        let mut envoy = Self { process, version: version(settings)?, addresses };
        envoy.wait_until_served().with_context(|| format!("see `{}`", log.display()))?;
        Ok(envoy)
    }

    fn wait_until_served(&mut self) -> anyhow::Result<()> {
        let mut waited = Duration::ZERO;
        while !self.addresses.iter().all(|(_, address)| TcpStream::connect(address).is_ok()) {
            if let Some(status) = self.process.try_wait()? {
                bail!("Envoy ended with {status}");
            }
            if waited >= START {
                bail!("Envoy did not start within {START:?}");
            }
            thread::sleep(LOOK_AGAIN);
            waited = waited.saturating_add(LOOK_AGAIN);
        }
        Ok(())
    }

    /// Where a lane is served.
    pub(super) fn address(&self, lane: &Lane) -> anyhow::Result<SocketAddr> {
        let found = self.addresses.iter().find(|(name, _)| *name == lane.name);
        found.map(|(_, address)| *address).with_context(|| format!("no lane `{}`", lane.name))
    }

    /// Processor time used so far.
    pub(super) fn cpu(&self) -> anyhow::Result<Duration> {
        cpu::used(&self.process.id().to_string(), None)
    }

    /// Its version, such as `1.40.0`.
    pub(super) fn version(&self) -> &str {
        &self.version
    }
}

impl Drop for Envoy {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing left to end.
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

fn version(settings: &Settings) -> anyhow::Result<String> {
    let output = Command::new(&settings.envoy).arg("--version").output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    // `envoy  version: 9e55…/1.40.0/Clean/RELEASE/BoringSSL`
    Ok(text.split('/').rev().nth(3).context("Envoy does not say its version")?.to_owned())
}

/// A port for each lane. All are held until the last is found, so that no two are the same.
fn free_addresses(lanes: &[Lane]) -> anyhow::Result<Vec<(&'static str, SocketAddr)>> {
    let held = lanes
        .iter()
        .map(|lane| Ok((lane.name, TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?)))
        .collect::<anyhow::Result<Vec<_>>>()?;
    held.iter().map(|(name, listener)| Ok((*name, listener.local_addr()?))).collect()
}

fn socket(address: SocketAddr) -> Value {
    json!({"socket_address": {"address": address.ip().to_string(), "port_value": address.port()}})
}

fn cluster(name: &str, address: SocketAddr) -> Value {
    json!({
        "name": name,
        "type": "STATIC",
        "connect_timeout": "1s",
        "load_assignment": {
            "cluster_name": name,
            "endpoints": [{"lb_endpoints": [{"endpoint": {"address": socket(address)}}]}],
        },
    })
}

fn listener(lane: &Lane, address: SocketAddr) -> Value {
    let router = json!({"name": "router", "typed_config": {
        "@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router",
    }});
    let filters: Vec<_> = lane.filters.iter().cloned().chain([router]).collect();
    json!({
        "name": lane.name,
        "address": socket(address),
        "filter_chains": [{"filters": [{"name": "http", "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
            "stat_prefix": lane.name,
            "route_config": {"virtual_hosts": [{
                "name": "all",
                "domains": ["*"],
                "routes": [{"match": {"prefix": "/"}, "route": {"cluster": "tool"}}],
            }]},
            "http_filters": filters,
        }}]}],
    })
}
