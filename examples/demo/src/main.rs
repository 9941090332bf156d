//! `toolgate-demo`: a support agent, an attack on it, and the gate between it and its tools.
//!
//! A real MCP client calls a real MCP server through a real Envoy that has the filter in it. Everything is started here, on free ports,
//! and ended again. What happens is printed as it happens, and compared with what the story says: any difference fails the demo.

mod bootstrap;
mod check;
mod client;
mod gate;
mod issuer;
mod latency;
mod mcp;
mod model;
mod person;
mod play;
mod playbill;
mod rest;
mod stage;
mod story;
mod witness;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, ValueEnum};

use crate::check::Deviations;
use crate::person::Person;
use crate::play::{Face, play};
use crate::playbill::Playbill;

/// Plays a story through a real Envoy, and fails when anything differs from what the story says
#[derive(Parser)]
#[command(version)]
struct Options {
    /// Which of the CRM's faces the agent uses
    #[arg(value_enum, default_value_t = Faces::All)]
    face: Faces,
    /// The Envoy binary
    #[arg(long, env = "TOOLGATE_ENVOY", default_value = "envoy")]
    envoy: PathBuf,
    /// The filter
    #[arg(long, env = "TOOLGATE_WASM", default_value = "target/toolgate.wasm")]
    wasm: PathBuf,
    /// A program that approves in a browser, given a link, a name, a code and a reason; without it the demo sends the form
    #[arg(long, env = "TOOLGATE_DEMO_BROWSER")]
    browser: Option<PathBuf>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Faces {
    /// The MCP server
    Mcp,
    /// The REST API
    Rest,
    /// One after the other
    All,
}

impl Faces {
    fn each(self) -> &'static [Face] {
        match self {
            Self::Mcp => &[Face::Mcp],
            Self::Rest => &[Face::Rest],
            Self::All => &[Face::Mcp, Face::Rest],
        }
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    let options = Options::parse();
    // Whichever ends first: what is dropped with the other takes Envoy and the folder with it.
    tokio::select! {
        played = all(&options) => played,
        told = told_to_stop() => told.map(|()| ExitCode::FAILURE),
    }
}

async fn all(options: &Options) -> anyhow::Result<ExitCode> {
    let bill = Playbill::new();
    let person = options.browser.clone().map_or(Person::Http, Person::Browser);
    let mut deviations = Deviations::default();
    for face in options.face.each() {
        deviations.extend(play(*face, &options.envoy, &options.wasm, &person, &bill).await?);
    }
    println!();
    if deviations.is_empty() {
        println!("Everything went as the story says. Nothing is left running.");
        return Ok(ExitCode::SUCCESS);
    }
    println!("It did not go as the story says:");
    deviations.iter().for_each(|deviation| println!("  {deviation}"));
    Ok(ExitCode::FAILURE)
}

#[cfg(unix)]
async fn told_to_stop() -> anyhow::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut terminate, mut hangup) = (signal(SignalKind::terminate())?, signal(SignalKind::hangup())?);
    tokio::select! {
        pressed = tokio::signal::ctrl_c() => pressed?,
        _ = terminate.recv() => {}
        _ = hangup.recv() => {}
    }
    Ok(())
}

#[cfg(not(unix))]
async fn told_to_stop() -> anyhow::Result<()> {
    Ok(tokio::signal::ctrl_c().await?)
}
