//! The command line; what it does is in the library.

mod cli;

use std::process::ExitCode;

use clap::Parser;

use cli::Cli;
use cli::output::{StdoutClosed, note};

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
    tokio::runtime::Runtime::new()?.block_on(cli.run())
}
