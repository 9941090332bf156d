//! The command `toolgate`; what it does is in [`toolgate_host_tests::cli`].

use std::process::ExitCode;

fn main() -> ExitCode {
    toolgate_host_tests::cli::main()
}
