//! A reference decision service: [AuthZEN Authorization API 1.0] over [Cedar] policies that lie in a folder.
//!
//! ```text
//!            bytes             strict JSON          AuthZEN                Cedar
//!   PEP ──▶ http.rs ─────────▶ json.rs ─────────▶ authzen.rs ──────────▶ decide.rs ──▶ 200 {"decision": …}
//!             │ 4xx: no answer    │ 400: not JSON     │ 400: not AuthZEN     │ values.rs: what Cedar can't say is denied
//!                                                                            │
//!            approvals: what a person must agree to first ◀────────────┤
//!            broker: credentials from an issuer, which permits bring ◀─┤
//!                                 store.rs ◀── poll ── folder.rs ── load ── policies.rs
//! ```
//!
//! Two sentences hold everywhere. What is not AuthZEN is an HTTP error, never a decision. What is AuthZEN, but can't be
//! judged for any reason, is `{"decision": false}` with that reason.
//!
//! [AuthZEN Authorization API 1.0]: https://openid.net/specs/authorization-api-1_0.html
//! [Cedar]: https://docs.cedarpolicy.com/

mod answer;
mod approvals;
mod authzen;
mod broker;
mod decide;
mod folder;
mod gate_key;
mod http;
mod json;
mod policies;
mod store;
mod values;

use std::{future::Future, path::PathBuf, sync::Arc, time::Duration};

use anyhow::{Context as _, bail};
use tokio::net::TcpListener;

pub use crate::{
    approvals::{Approvers, Storage, Terms},
    broker::TokenExchange,
    gate_key::GateKey,
};

use crate::{
    approvals::{database::Database, desk::Desk, routes, webhook::Webhook},
    broker::Broker,
    http::Asking,
    store::Store,
};

/// How long open requests may take to end once the service was told to stop.
const DRAIN: Duration = Duration::from_secs(10);

/// What a service is started with.
#[derive(Debug, Clone)]
pub struct Options {
    /// The folder with `*.cedar`, and optionally `schema.cedarschema` and `entities.json`.
    pub policies: PathBuf,
    /// The base of the URLs in `/.well-known/authzen-configuration`, without a slash at its end.
    /// `None`: `http://` and the address of the listener.
    pub public_url: Option<String>,
    /// How often the folder is read. A change counts once two reads in a row saw the same bytes.
    pub reload_every: Duration,
    /// Where requests for approval are kept.
    pub approvals: Storage,
    /// Who may approve.
    pub approvers: Approvers,
    /// How long approvals count, and how often.
    pub terms: Terms,
    /// Where new requests for approval are told of.
    pub webhook: Option<String>,
    /// The key by which the gate is known. `None`: whoever reaches the listener may ask.
    pub gate_key: Option<GateKey>,
    /// Where credentials for the tool behind the gate come from. `None`: nowhere, and what wants one is denied.
    pub token_exchange: Option<TokenExchange>,
}

impl Options {
    /// The policies in this folder, read once a second.
    pub fn new(policies: impl Into<PathBuf>) -> Self {
        Self {
            policies: policies.into(),
            public_url: None,
            reload_every: Duration::from_secs(1),
            approvals: Storage::Memory,
            approvers: Approvers::default(),
            terms: Terms::default(),
            webhook: None,
            gate_key: None,
            token_exchange: None,
        }
    }
}

/// Serves on `listener` until `shutdown` resolves, then lets open requests end (for ten seconds at most).
///
/// # Errors
/// Before the first request: the folder holds no valid set of policies (all complaints are in the message), or what
/// approvals and credentials need is wrong.
/// Later: the listener fails.
pub async fn serve(
    listener: TcpListener,
    options: Options,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> anyhow::Result<()> {
    let address = listener.local_addr().context("the listener has no local address")?;
    let public_url = options.public_url.unwrap_or_else(|| format!("http://{address}"));
    let store = Store::open(options.policies)?;
    let public_url = public_url.trim_end_matches('/');
    let opening = tokio::task::spawn_blocking(move || Database::open(&options.approvals));
    let database = opening.await.context("opening the database of approvals")??;
    let webhook = options.webhook.as_deref().map(Webhook::new).transpose().context("the webhook")?;
    let broker = options.token_exchange.as_ref().map(Broker::new).transpose().context("the token exchange")?;
    if broker.is_some() && options.gate_key.is_none() {
        bail!("whoever may ask gets credentials: a service with a token endpoint needs the gate's key");
    }
    let desk = Desk::new(database, options.terms, public_url, webhook);
    let pages = routes::router(desk.clone(), options.approvers);
    log::info!("listening on {address}, policies {}", store.status().loaded.version);

    let (stop, stopped) = tokio::sync::watch::channel(false);
    let reloading = store.clone().watch(options.reload_every);
    let forgetting = forgetting(desk.clone());
    let asking = Asking { store, desk, gate_key: options.gate_key, broker: broker.map(Arc::new) };
    let router = http::router(asking, pages, public_url);
    let mut drained = stopped.clone();
    let serving = axum::serve(listener, router).with_graceful_shutdown(told_to_stop(stopped));
    tokio::select! {
        served = async { serving.await } => served.context("the listener failed"),
        () = reloading => Ok(()),
        () = forgetting => Ok(()),
        () = async {
            shutdown.await;
            // Nobody listens any more only when serving has ended, which the first branch sees.
            let _ = stop.send(true);
            log::info!("stopping: open requests have {} s to end", DRAIN.as_secs());
            let _ = drained.wait_for(|stopped| *stopped).await;
            tokio::time::sleep(DRAIN).await;
        } => Ok(()),
    }
}

/// How often it is looked for what is to be forgotten.
const FORGET_EVERY: Duration = Duration::from_secs(600);

/// Forgets what old requests for approval were about, for ever.
async fn forgetting(desk: Desk) {
    let mut ticks = tokio::time::interval(FORGET_EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let desk = desk.clone();
        if tokio::task::spawn_blocking(move || desk.forget()).await.is_err() {
            log::error!("forgetting old requests for approval failed");
        }
    }
}

async fn told_to_stop(mut stopped: tokio::sync::watch::Receiver<bool>) {
    // An error means that the sender is gone, which is a reason to stop as well.
    let _ = stopped.wait_for(|stopped| *stopped).await;
}
