//! The decision service as a program: flags, log, signals.

use std::{path::PathBuf, time::Duration};

use anyhow::Context as _;
use clap::Parser;
use tokio::net::TcpListener;
use toolgate_decision_service::{Approvers, GateKey, Options, Storage, Terms, TokenExchange, serve};

/// Answers AuthZEN Authorization API 1.0 requests by the Cedar policies in a folder.
#[derive(Debug, Parser)]
#[command(version)]
struct Flags {
    /// Where to listen. Without `--gate-key`, what can reach this address can ask.
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
    /// Where requests for approval are kept: an SQLite file, or `postgres://user:password@host/database`; without it they
    /// end with the process. (A password is better off in the environment than in the command line.)
    #[arg(long, env = "TOOLGATE_APPROVALS", hide_env_values = true, value_name = "FILE|URL")]
    approvals: Option<String>,
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
    /// How long after its end it is kept what a request for approval was about, in seconds. Who said what is kept for ever.
    #[arg(long, default_value_t = 604_800, value_name = "S")]
    approval_kept: u64,
    /// Where new requests for approval are told of, by a POST of JSON without parameters.
    #[arg(long, env = "TOOLGATE_APPROVAL_WEBHOOK", hide_env_values = true, value_name = "URL")]
    webhook: Option<String>,
    /// The key that the gate sends as `authorization: Bearer …`; 32 characters or more.
    #[arg(long, value_name = "FILE")]
    gate_key: Option<PathBuf>,
    #[command(flatten)]
    exchange: Exchange,
}

/// Where credentials for the tool behind the gate come from: an exchange of tokens (RFC 8693).
#[derive(Debug, clap::Args)]
struct Exchange {
    /// The issuer's token endpoint.
    #[arg(long, value_name = "URL", requires_all = ["gate_key", "token_issuer", "token_client", "token_key", "token_resource"])]
    token_endpoint: Option<String>,
    /// The issuer's name, the audience of what is signed for it.
    #[arg(long, value_name = "URL", requires = "token_endpoint")]
    token_issuer: Option<String>,
    /// The name under which the issuer knows this service.
    #[arg(long, value_name = "NAME", requires = "token_endpoint")]
    token_client: Option<String>,
    /// This service's private key, P-256 in PEM (PKCS #8); the issuer knows its public half.
    #[arg(long, value_name = "FILE", requires = "token_endpoint")]
    token_key: Option<PathBuf>,
    /// The resource that tokens are asked for: the tool behind the gate.
    #[arg(long, value_name = "URL", requires = "token_endpoint")]
    token_resource: Option<String>,
    /// How long a credential lives where a policy wants one, in seconds.
    #[arg(long, default_value_t = 60, value_name = "S", value_parser = clap::value_parser!(u64).range(1..=3600))]
    credential_lifetime: u64,
    /// How long an exchange may take, in milliseconds: less than the gate waits for a decision.
    #[arg(long, default_value_t = 400, value_name = "MS", value_parser = clap::value_parser!(u64).range(10..))]
    token_timeout: u64,
}

impl Exchange {
    fn settings(self) -> anyhow::Result<Option<TokenExchange>> {
        let Self { token_endpoint, token_issuer, token_client, token_key, token_resource, .. } = self;
        let (Some(endpoint), Some(issuer), Some(client), Some(key), Some(resource)) =
            (token_endpoint, token_issuer, token_client, token_key, token_resource)
        else {
            return Ok(None);
        };
        Ok(Some(TokenExchange {
            endpoint,
            issuer,
            client,
            key: std::fs::read_to_string(&key).with_context(|| format!("can't read `{}`", key.display()))?,
            resource,
            lifetime: Duration::from_secs(self.credential_lifetime),
            timeout: Duration::from_millis(self.token_timeout),
        }))
    }
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
        approvals: flags.approvals.as_deref().map_or(Storage::Memory, Storage::from),
        approvers,
        terms: Terms {
            lifetime: Duration::from_secs(flags.approval_lifetime),
            uses: flags.approval_uses,
            kept: Duration::from_secs(flags.approval_kept),
        },
        webhook: flags.webhook,
        gate_key: flags.gate_key.as_deref().map(GateKey::read).transpose()?,
        token_exchange: flags.exchange.settings()?,
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
