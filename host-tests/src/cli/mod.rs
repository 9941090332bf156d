//! The command `toolgate`, which operators use: check a configuration, test it with scenarios, replay recorded calls
//! against it, and have one verdict explained. `test` and `replay` run the very wasm that ships.

mod check;
mod clock;
mod explain;
mod filter;
mod judge;
mod openapi;
mod output;
mod recorded;
mod replay;
mod test;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueEnum};

/// Tries out what a Toolgate configuration does, without a gateway.
#[derive(Debug, Parser)]
#[command(name = "toolgate", version, about, max_term_width = 100)]
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
    /// Is a configuration valid, and does it do what it seems to?
    Check {
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
    /// Say why one request gets its verdict
    Explain {
        /// The filter's configuration, YAML or JSON
        config: PathBuf,
        /// A file with one call as for `replay`, or `-` for standard input
        request: PathBuf,
    },
}

/// Runs the command line of this process: success, 1 for findings or failures, 2 for what could not be done.
#[must_use]
pub fn main() -> ExitCode {
    let Arguments { command, format, wasm } = Arguments::parse();
    let done = match command {
        Command::Check { config } => check::run(&config, format),
        Command::Test { paths } => test::run(&paths, wasm.as_deref(), format),
        Command::Replay { config } => replay::run(&config, wasm.as_deref()),
        Command::Openapi { document, base } => openapi::run(&document, base.as_deref(), format),
        Command::Explain { config, request } => explain::run(&config, &request, format),
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
