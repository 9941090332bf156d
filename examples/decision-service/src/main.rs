//! The decision service as a program: flags, log, signals.

use std::{path::PathBuf, time::Duration};

use anyhow::Context as _;
use clap::Parser;
use tokio::net::TcpListener;
use toolgate_decision_service::{Options, serve};

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
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let flags = Flags::parse();
    env_logger::Builder::from_env(env_logger::Env::default().default_filter_or("info")).init();
    let listener =
        TcpListener::bind(&flags.listen).await.with_context(|| format!("can't listen on `{}`", flags.listen))?;
    let options = Options {
        policies: flags.policies,
        public_url: flags.public_url,
        reload_every: Duration::from_millis(flags.reload_every),
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
