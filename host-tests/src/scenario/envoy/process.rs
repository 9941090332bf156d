//! One Envoy process: started, asked where it listens, listened to, ended.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::Value;
use tempfile::TempDir;

use super::client;

/// A running Envoy.
#[derive(Debug)]
pub(super) struct Envoy {
    child: Child,
    log: Arc<Mutex<Vec<String>>>,
    folder: TempDir,
}

/// Where Envoy's access log goes, as `envoy.yaml` formats it.
const ACCESS_LOG: &str = "access.log";

/// How often we look whether something has come.
const GLANCE: Duration = Duration::from_millis(10);
/// Two minutes: each listener starts a plugin, on a machine that may have other things to do.
const GLANCES_AT_START: u32 = 12_000;
/// Two seconds: Envoy writes its log before it answers.
const GLANCES_AT_LOG: u32 = 200;
/// Twenty seconds.
const GLANCES_AT_ACCESS_LOG: u32 = 2000;

/// The Envoy to test with: `TOOLGATE_ENVOY`, or where `make envoy` puts it.
///
/// # Errors
/// When there is none: that is a failure, never a reason to skip.
pub(super) fn binary(workspace: &Path) -> Result<PathBuf> {
    let named = std::env::var_os("TOOLGATE_ENVOY").map(PathBuf::from);
    let path = named.unwrap_or_else(|| workspace.join("target/tools/envoy-1.40.0/bin/envoy"));
    if !path.is_file() {
        bail!("no Envoy at `{}`: run `make envoy`, or set TOOLGATE_ENVOY to its path", path.display());
    }
    Ok(path)
}

impl Envoy {
    /// Starts `binary` with this bootstrap and so many workers, and waits until it listens.
    ///
    /// # Errors
    /// When it doesn't start: with the end of its log.
    pub(super) fn start(binary: &Path, bootstrap: &str, workers: u32) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let config = folder.path().join("envoy.json");
        fs::write(&config, bootstrap)?;
        let mut child = Command::new(binary)
            .arg("--config-path")
            .arg(&config)
            .arg("--admin-address-path")
            .arg(folder.path().join("admin"))
            .args(["--concurrency", &workers.to_string(), "--use-dynamic-base-id", "--log-format", "%v"])
            .args(["--file-flush-interval-msec", "100"])
            .args(["--log-level", "warn", "--component-log-level", "wasm:info"])
            .stdin(Stdio::null())
            .stdout(fs::File::create(folder.path().join(ACCESS_LOG))?)
            .stderr(Stdio::piped())
            .spawn()
            .with_context(|| format!("can't start `{}`", binary.display()))?;
        let log = Arc::new(Mutex::new(Vec::new()));
        if let Some(stderr) = child.stderr.take() {
            let log = Arc::clone(&log);
            thread::spawn(move || {
                let mut lines = BufReader::new(stderr).split(b'\n');
                while let Some(Ok(line)) = lines.next() {
                    let line = String::from_utf8_lossy(&line).into_owned();
                    log.lock().unwrap_or_else(PoisonError::into_inner).push(line);
                }
            });
        }
        let mut envoy = Self { child, log, folder };
        envoy.wait_until_live()?;
        Ok(envoy)
    }

    fn wait_until_live(&mut self) -> Result<()> {
        for _ in 0..GLANCES_AT_START {
            if let Some(status) = self.child.try_wait()? {
                bail!("Envoy ended at its start ({status}):\n{}", self.last_words());
            }
            if self.admin("/ready").is_ok_and(|answer| answer.starts_with(b"LIVE")) {
                return Ok(());
            }
            thread::sleep(GLANCE);
        }
        bail!("Envoy is not ready after two minutes:\n{}", self.last_words());
    }

    /// The body of Envoy's admin page at `path`.
    ///
    /// # Errors
    /// When Envoy doesn't answer.
    pub(super) fn admin(&self, path: &str) -> Result<Vec<u8>> {
        let address = fs::read_to_string(self.folder.path().join("admin"))?;
        let mut stream = TcpStream::connect(address.trim())?;
        write!(stream, "GET {path} HTTP/1.1\r\nhost: admin\r\n\r\n")?;
        Ok(client::receive(&mut stream)?.body)
    }

    /// The ports of the listeners, by name.
    ///
    /// # Errors
    /// When Envoy doesn't say.
    pub(super) fn ports(&self) -> Result<BTreeMap<String, u16>> {
        let listeners: Value = serde_json::from_slice(&self.admin("/listeners?format=json")?)?;
        let statuses = listeners.get("listener_statuses").and_then(Value::as_array).into_iter().flatten();
        let port = |listener: &Value| {
            let name = listener.get("name")?.as_str()?;
            let port = listener.pointer("/local_address/socket_address/port_value")?.as_u64()?;
            Some((name.to_string(), u16::try_from(port).ok()?))
        };
        Ok(statuses.filter_map(port).collect())
    }

    /// The most memory that the process has taken so far, in bytes (`VmHWM`, proc(5)).
    ///
    /// # Errors
    /// When the system doesn't say.
    pub(super) fn memory(&self) -> Result<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).context("no VmHWM")?;
        let kibibytes: u64 = line.trim().trim_end_matches(" kB").parse()?;
        Ok(kibibytes.saturating_mul(1024))
    }

    /// From here on [`Envoy::memory`] counts anew: compiling the filter at the start takes more than anything later.
    ///
    /// # Errors
    /// When the system doesn't let us.
    pub(super) fn forget_memory(&self) -> Result<()> {
        fs::write(format!("/proc/{}/clear_refs", self.child.id()), "5").context("can't reset VmHWM")
    }

    /// Forgets the log so far.
    pub(super) fn forget_log(&self) {
        self.log.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// What follows `prefix` on lines of the log, once there is one; or nothing, if none comes for a while.
    #[must_use]
    pub(super) fn logged(&self, prefix: &str) -> Vec<String> {
        let found = || -> Vec<String> {
            let log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
            log.iter().filter_map(|line| Some(line.split_once(prefix)?.1.to_string())).collect()
        };
        for _ in 0..GLANCES_AT_LOG {
            if !found().is_empty() {
                break;
            }
            thread::sleep(GLANCE);
        }
        // One more glance, for one that should not be there.
        thread::sleep(GLANCE);
        found()
    }

    /// The access log, once it has so many lines or for a while none comes.
    ///
    /// # Errors
    /// When it can't be read.
    pub(super) fn access_log(&self, lines: usize) -> Result<Vec<String>> {
        let read = || -> Result<Vec<String>> {
            Ok(fs::read_to_string(self.folder.path().join(ACCESS_LOG))?.lines().map(String::from).collect())
        };
        // Envoy writes it out every ten seconds, or sooner when much has come.
        for _ in 0..GLANCES_AT_ACCESS_LOG {
            if read()?.len() >= lines {
                break;
            }
            thread::sleep(GLANCE);
        }
        read()
    }

    /// The log since it was last forgotten.
    pub(super) fn log(&self) -> Vec<String> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The end of the log.
    #[must_use]
    pub(super) fn last_words(&self) -> String {
        let log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        log.iter().rev().take(20).rev().map(String::as_str).collect::<Vec<_>>().join("\n")
    }
}

impl Drop for Envoy {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _killed = self.child.kill();
        let _reaped = self.child.wait();
    }
}
