//! The decision service as a program: flags, log, signals.

use std::{path::PathBuf, time::Duration};

use anyhow::Context as _;
use clap::Parser;
use tokio::net::TcpListener;
use toolgate_decision_service::{Approvers, Options, Terms, serve};

/// Answers AuthZEN Authorization API 1.0 requests by the Cedar policies in a folder.
#[derive(Debug, Parser)]
#[command(version)]
struct Flags {
    /// Where to listen. There is no authentication: what can reach this address can ask.
    #[arg(long, default_value = "127.0.0.1:8181", value_name = "ADDRESS:PORT")]
    listen: String,
    /// The folder with `*.cedar`, and optionally `schema.cedarschema` and `entities.json`.
    #[arg(long, value_name = "FOLDER")]
    policies: PathBuf,
    /// The base URL that callers use, for `/.well-known/authzen-configuration` [default: http:// and the address].
    #[arg(long, value_name = "URL")]
    public_url: Option<String>,
    /// How often to look for changed policies, in milliseconds; a change is in force after the second look.
    #[arg(long, default_value_t = 1000, value_name = "MS", value_parser = clap::value_parser!(u64).range(10..))]
    reload_every: u64,
    /// The SQLite file with requests for approval; without it they end with the process.
    #[arg(long, value_name = "FILE")]
    approvals: Option<PathBuf>,
    /// Who may approve: a JSON object of names and codes of 12 characters or more.
    #[arg(long, value_name = "FILE")]
    approvers: Option<PathBuf>,
    /// Who may approve: whoever an authenticating proxy in front names in this header, which it removes from what
    /// clients send.
    #[arg(long, value_name = "NAME", conflicts_with = "approvers")]
    approver_header: Option<String>,
    /// How long a request for approval waits, and how long an approval counts, in seconds.
    #[arg(long, default_value_t = 900, value_name = "S", value_parser = clap::value_parser!(u64).range(1..))]
    approval_lifetime: u64,
    /// How often an approval can be used.
    #[arg(long, default_value_t = 1, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    approval_uses: u32,
    /// Where new requests for approval are told of, by a POST of JSON without parameters.
    #[arg(long, env = "TOOLGATE_APPROVAL_WEBHOOK", hide_env_values = true, value_name = "URL")]
    webhook: Option<String>,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let flags = Flags::parse();
    env_logger::Builder::from_env(env_logger::Env::default().default_filter_or("info")).init();
    let listener =
        TcpListener::bind(&flags.listen).await.with_context(|| format!("can't listen on `{}`", flags.listen))?;
    let approvers = match (&flags.approvers, flags.approver_header) {
        (Some(file), _) => Approvers::read(file)?,
        (None, Some(header)) => Approvers::Header(header),
        (None, None) => Approvers::Nobody,
    };
    let options = Options {
        policies: flags.policies,
        public_url: flags.public_url,
        reload_every: Duration::from_millis(flags.reload_every),
        approvals: flags.approvals,
        approvers,
        terms: Terms { lifetime: Duration::from_secs(flags.approval_lifetime), uses: flags.approval_uses },
        webhook: flags.webhook,
    };
    serve(listener, options, signal()?).await
}

/// Resolves on CTRL-C and, where there is such a thing, SIGTERM.
#[cfg(unix)]
fn signal() -> anyhow::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt()).context("can't wait for CTRL-C")?;
    let mut terminate = signal(SignalKind::terminate()).context("can't wait for SIGTERM")?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Resolves on CTRL-C and, where there is such a thing, SIGTERM.
#[cfg(not(unix))]
fn signal() -> anyhow::Result<impl Future<Output = ()>> {
    Ok(async {
        // Without a handler the program can't be asked to stop, and ends as the system ends it.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending().await
        }
    })
}
