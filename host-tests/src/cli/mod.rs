//! The command `toolgate`, which operators use: check a configuration, test it with scenarios, replay recorded calls
//! against it, and have one verdict explained. `test` and `replay` run the very wasm that ships.

mod check;
mod clock;
mod explain;
mod filter;
mod judge;
mod openapi;
mod output;
mod plugin_config;
mod recorded;
mod replay;
mod test;
mod verify_assertion;
mod verify_log;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueEnum};

/// Tries out what a Toolgate configuration does, without a gateway.
#[derive(Debug, Parser)]
#[command(name = "toolgate", version, max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
    /// How results are written
    #[arg(long, global = true, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// The compiled filter; else TOOLGATE_WASM, or target/toolgate.wasm below this folder
    #[arg(long, global = true, value_name = "FILE")]
    wasm: Option<PathBuf>,
}

/// How results are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people.
    Text,
    /// For programs.
    Json,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Is a configuration valid, does it do what it seems to, and does an Envoy send it what it expects?
    Check {
        /// The filter's configuration, YAML or JSON; left out: the one that Envoy's holds
        #[arg(required_unless_present = "envoy")]
        config: Option<PathBuf>,
        /// Envoy's bootstrap, YAML or JSON: are its routes, clusters and settings what the policy needs?
        #[arg(long, value_name = "FILE")]
        envoy: Option<PathBuf>,
    },
    /// Write a configuration as Envoy wants it: JSON in a StringValue, for `config` of the filter
    PluginConfig {
        /// The filter's configuration, YAML or JSON
        config: PathBuf,
    },
    /// Run scenario files
    Test {
        /// Scenario files, or folders of them
        #[arg(required = true)]
        paths: Vec<PathBuf>,
    },
    /// Judge recorded calls: one JSON object a line on standard input, one verdict a line on standard output
    Replay {
        /// The filter's configuration, YAML or JSON
        config: PathBuf,
    },
    /// Write the operations of a REST route, as an OpenAPI document has them
    Openapi {
        /// The document, 3.0 or 3.1, YAML or JSON
        document: PathBuf,
        /// The path that its paths are below; else that of its first server
        #[arg(long, value_name = "PATH")]
        base: Option<String>,
    },
    /// Say why one request gets its verdict, or what audit records tell of requests that were judged
    #[command(allow_missing_positional = true)]
    Explain {
        /// The filter's configuration, YAML or JSON; audit records need none
        config: Option<PathBuf>,
        /// A file with one call as for `replay`, or with audit records (Envoy's log as it is, or bare), or `-` for standard input
        request: PathBuf,
    },
    /// Does an assertion (`x-agent-assertion`) hold, and for this very request? Says what doesn't fit
    VerifyAssertion {
        /// The header's value, or `-` for standard input
        assertion: String,
        /// The gate's public key, PEM or JWK
        #[arg(long, value_name = "FILE")]
        key: PathBuf,
        /// The request's method
        #[arg(long, default_value = "POST")]
        method: String,
        /// The request's path, with its query
        #[arg(long)]
        path: String,
        /// The request's body; none where this is left out
        #[arg(long, value_name = "FILE")]
        body: Option<PathBuf>,
    },
    /// Are the chained records of a log complete, in order and unchanged? Names the first that isn't
    VerifyLog {
        /// Envoy's log, or files of records, oldest first; `-` for standard input
        #[arg(required = true)]
        logs: Vec<PathBuf>,
        /// The filter's configuration, for its `audit.digest_key`
        #[arg(long)]
        config: Option<PathBuf>,
    },
}

/// Runs the command line of this process: success, 1 for findings or failures, 2 for what could not be done.
#[must_use]
pub fn main() -> ExitCode {
    let Arguments { command, format, wasm } = Arguments::parse();
    let done = match command {
        Command::Check { config, envoy } => check::run(config.as_deref(), envoy.as_deref(), format),
        Command::PluginConfig { config } => plugin_config::run(&config, format),
        Command::Test { paths } => test::run(&paths, wasm.as_deref(), format),
        Command::Replay { config } => replay::run(&config, wasm.as_deref()),
        Command::Openapi { document, base } => openapi::run(&document, base.as_deref(), format),
        Command::VerifyLog { logs, config } => verify_log::run(&logs, config.as_deref(), format),
        Command::VerifyAssertion { assertion, key, method, path, body } => {
            verify_assertion::run(&assertion, &key, (&method, &path), body.as_deref(), format)
        }
        Command::Explain { config, request } => explain::run(config.as_deref(), &request, format),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            eprintln!("toolgate: {error:#}");
            ExitCode::from(2)
        }
    }
}
