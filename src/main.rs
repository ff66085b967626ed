//! Entry point of the command line; the work is done by the library.

mod cli;

use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;

use crate::cli::Cli;
use crate::cli::shared::output::{StdoutClosed, note};

/// Time limit for background work at exit.
const END: Duration = Duration::from_secs(2);

fn main() -> ExitCode {
    match run(Cli::parse()) {
        Ok(code) => code,
        // The reader of a pipe such as `| head` has closed it.
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
    // Blocking tasks, such as a write to a full pipe, could wait indefinitely.
    runtime.shutdown_timeout(END);
    code
}
