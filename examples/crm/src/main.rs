//! `toolgate-crm`: the CRM as a process of its own, until ctrl-C.

use std::net::SocketAddr;

use anyhow::Context;
use clap::Parser;
use tokio::net::TcpListener;
use toolgate_crm::{Crm, serve};

/// A small CRM: MCP under /mcp, REST under /v1/
#[derive(Parser)]
#[command(version)]
struct Options {
    /// Where both faces listen
    #[arg(long, default_value = "127.0.0.1:8090")]
    listen: SocketAddr,
    /// Where the journal of everything that arrived is served, under /journal
    #[arg(long, default_value = "127.0.0.1:8091")]
    journal: SocketAddr,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    let listener = bind(options.listen).await?;
    let journal_listener = bind(options.journal).await?;
    println!("mcp on http://{0}/mcp, rest on http://{0}/v1/", listener.local_addr()?);
    println!("journal on http://{}/journal", journal_listener.local_addr()?);
    let crm = Crm::default();
    let journal = crm.journal().router();
    tokio::select! {
        ended = serve(listener, crm) => ended?,
        ended = async { axum::serve(journal_listener, journal).await } => ended?,
        pressed = tokio::signal::ctrl_c() => pressed?,
    }
    Ok(())
}

async fn bind(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| format!("can't listen on `{address}`"))
}
