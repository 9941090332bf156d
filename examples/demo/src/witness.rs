//! Three independent witnesses of one call: Envoy's access log, the gate's audit record, and the journal of the CRM behind.

use std::io::{Read, Seek, SeekFrom};
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, bail};
use serde::Deserialize;
use tokio::time::{sleep, timeout};
use toolgate_crm::{Entry, Journal};

use crate::client::{Client, Seen};
use crate::model::Call;

/// Stands before each audit record in Envoy's log.
const AUDIT_PREFIX: &str = "toolgate audit ";

/// Logs are flushed every 10 ms; a line that is not there by now was not written.
const PATIENCE: Duration = Duration::from_secs(5);
const POLL: Duration = Duration::from_millis(5);

/// One line of Envoy's access log, as envoy.yaml formats it.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Access {
    path: String,
    mcp_method: Option<String>,
    pub(crate) status: u16,
    pub(crate) decision: Option<String>,
    decision_id: Option<String>,
    pub(crate) upstream: Option<String>,
    to_upstream_us: Option<u64>,
    to_client_us: Option<u64>,
    /// As it stands in the file.
    #[serde(skip)]
    pub(crate) line: String,
}

impl Access {
    pub(crate) fn read(line: &str) -> anyhow::Result<Self> {
        let access =
            serde_json::from_str(line).with_context(|| format!("an access log line that can't be read: {line}"))?;
        Ok(Self { line: line.to_owned(), ..access })
    }

    /// Whether it is a tool call, as far as a request's head tells: true of REST, and of MCP since 2026-07-28.
    pub(crate) fn is_call(&self) -> bool {
        self.path.starts_with("/v1/") || self.mcp_method.as_deref() == Some("tools/call")
    }

    /// µs that Envoy had the request: until it was sent on, or until the refusal was sent back.
    pub(crate) fn held_us(&self) -> Option<u64> {
        self.to_upstream_us.or(self.to_client_us)
    }
}

/// What the demo reads of an audit record.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Audit {
    pub(crate) decision_id: String,
    tool: Option<String>,
    pub(crate) agent: Option<String>,
    pub(crate) user: Option<String>,
    pub(crate) action: Option<String>,
    pub(crate) resource: Option<Resource>,
    pub(crate) risk: Option<Risk>,
    pub(crate) verdict: String,
    pub(crate) reason: Option<String>,
    pub(crate) rule: Option<String>,
    pub(crate) asked: bool,
}

impl Audit {
    /// Whether it is about a tool; an MCP client also sends requests of its own, to learn what the server is.
    fn is_call(&self) -> bool {
        self.tool.is_some()
    }
}

/// What the action was to be done to.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Resource {
    #[serde(rename = "type")]
    pub(crate) kind: String,
}

/// How risky it was.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Risk {
    pub(crate) level: String,
    pub(crate) score: u8,
    pub(crate) findings: Vec<Finding>,
}

/// One observed risk.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Finding {
    pub(crate) code: String,
}

/// One call, and what all witnesses say of it.
#[derive(Debug, Clone)]
pub(crate) struct Observed {
    pub(crate) call: Call,
    pub(crate) seen: Seen,
    pub(crate) access: Access,
    pub(crate) audit: Audit,
    pub(crate) arrived: Vec<Entry>,
}

/// Watches calls, one at a time.
pub(crate) struct Witness {
    access: Tail,
    audit: Tail,
    journal: Journal,
}

impl Witness {
    /// Watches from here on: what is in the logs by now is not looked at.
    pub(crate) fn new(access_log: PathBuf, envoy_log: PathBuf, journal: Journal) -> anyhow::Result<Self> {
        Ok(Self { access: Tail::at_end(access_log)?, audit: Tail::at_end(envoy_log)?, journal })
    }

    /// Lets `client` make the call, then collects what was noted.
    pub(crate) async fn watch(&mut self, client: &Client, call: Call) -> anyhow::Result<Observed> {
        let mark = self.journal.len();
        let seen = client.call(&call).await.with_context(|| format!("the call of `{}`", call.tool))?;
        let (mut accesses, mut audits) = (vec![], vec![]);
        let (access, audit) = eventually("the call in the audit and in envoy's access log", || {
            accesses.extend(self.access.accesses()?);
            for line in self.audit.lines()? {
                audits.extend(record(&line)?.filter(Audit::is_call));
            }
            one(&accesses, &audits)
        })
        .await
        .with_context(|| format!("the call of `{}`: found {audits:?} and {accesses:?}", call.tool))?;
        Ok(Observed { call, seen, access, audit, arrived: self.journal.since(mark) })
    }
}

/// The request that is a call, and its audit record: the two that have the same decision id. Records that have no request here belong
/// to calls before, and were written late.
fn one(accesses: &[Access], audits: &[Audit]) -> anyhow::Result<Option<(Access, Audit)>> {
    let mut pairs = accesses.iter().filter_map(|access| {
        let audit = audits.iter().find(|audit| access.decision_id.as_deref() == Some(&audit.decision_id))?;
        Some((access.clone(), audit.clone()))
    });
    match (pairs.next(), pairs.next()) {
        (pair, None) => Ok(pair),
        (_, Some(_)) => bail!("the gate judged several calls where the agent made one"),
    }
}

/// Looks again and again until there is something.
///
/// # Errors
/// It was looked for too long, or looking failed.
pub(crate) async fn eventually<T>(
    what: &str,
    mut look: impl FnMut() -> anyhow::Result<Option<T>>,
) -> anyhow::Result<T> {
    let looking = async {
        loop {
            if let Some(found) = look()? {
                return Ok(found);
            }
            sleep(POLL).await;
        }
    };
    timeout(PATIENCE, looking).await.with_context(|| format!("{what} did not show up within {PATIENCE:?}"))?
}

fn record(line: &str) -> anyhow::Result<Option<Audit>> {
    let Some((_, json)) = line.split_once(AUDIT_PREFIX) else { return Ok(None) };
    serde_json::from_str(json).map(Some).with_context(|| format!("an audit record that can't be read: {json}"))
}

/// A log that grows.
pub(crate) struct Tail {
    path: PathBuf,
    read: u64,
}

impl Tail {
    pub(crate) fn at_end(path: PathBuf) -> anyhow::Result<Self> {
        let mut tail = Self { path, read: 0 };
        tail.lines()?;
        Ok(tail)
    }

    /// The new lines of an access log.
    pub(crate) fn accesses(&mut self) -> anyhow::Result<Vec<Access>> {
        self.lines()?.iter().map(|line| Access::read(line)).collect()
    }

    /// The whole lines that were added since the last time.
    fn lines(&mut self) -> anyhow::Result<Vec<String>> {
        let mut file = std::fs::File::open(&self.path).with_context(|| format!("the log `{}`", self.path.display()))?;
        file.seek(SeekFrom::Start(self.read))?;
        let mut text = String::new();
        file.read_to_string(&mut text)?;
        let Some((whole, _)) = text.rsplit_once('\n') else { return Ok(vec![]) };
        self.read = self.read.saturating_add(u64::try_from(whole.len())?).saturating_add(1);
        Ok(whole.lines().map(ToOwned::to_owned).collect())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn half_a_line_waits_for_its_other_half() {
        let mut log = tempfile::NamedTempFile::new().unwrap();
        let mut tail = Tail::at_end(log.path().to_owned()).unwrap();
        log.write_all(b"one\ntw").unwrap();
        assert_eq!(tail.lines().unwrap(), ["one"]);
        log.write_all(b"o\nthree\n").unwrap();
        assert_eq!(tail.lines().unwrap(), ["two", "three"]);
        assert!(tail.lines().unwrap().is_empty());
    }

    #[test]
    fn an_audit_record_is_found_in_envoys_own_format() {
        let line = r#"[2026-01-01 00:00:00.000][7][info][wasm] [source/x.cc:1] wasm log toolgate: toolgate audit {"decision_id":"d-1","verdict":"forward","asked":false}"#;
        assert_eq!(record(line).unwrap().unwrap().decision_id, "d-1");
        assert!(record("[info] something else").unwrap().is_none());
    }
}
