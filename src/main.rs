//! The command line; what it does is in the library.

mod cli;

use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;

use crate::cli::Cli;
use crate::cli::shared::output::{StdoutClosed, note};

/// What is left to be done at the end has so long.
const END: Duration = Duration::from_secs(2);

fn main() -> ExitCode {
    match run(Cli::parse()) {
        Ok(code) => code,
        // `| head` has seen enough.
        Err(error) if error.is::<StdoutClosed>() => ExitCode::SUCCESS,
        Err(error) => {
            note(&format!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Runtime::new()?;
    let code = runtime.block_on(cli.run());
    // What still waits, such as for somebody to read the standard output, waits for ever.
    runtime.shutdown_timeout(END);
    code
}
