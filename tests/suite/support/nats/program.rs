//! Where `nats-server` is: named, installed, or unpacked for the tests.

use std::env;
use std::path::PathBuf;
use std::process::Command;

use super::super::postgres::debian;

const GIVEN: &str = "DELTABOOK_TEST_NATS_SERVER";

/// The program that `DELTABOOK_TEST_NATS_SERVER` names, else one that is installed; without one, on Debian and what
/// comes of it, one unpacked from its package.
pub fn find() -> Result<PathBuf, String> {
    if let Some(given) = env::var_os(GIVEN) {
        let given = PathBuf::from(given);
        return if runs(&given) { Ok(given) } else { Err(format!("{GIVEN}: {} does not run", given.display())) };
    }
    let path = env::var_os("PATH").unwrap_or_default();
    // Debian puts it where ordinary users do not look.
    let folders =
        env::split_paths(&path).chain(["/usr/sbin", "/usr/local/bin", "/opt/homebrew/bin"].map(PathBuf::from));
    if let Some(installed) = folders.map(|folder| folder.join("nats-server")).find(runs) {
        return Ok(installed);
    }
    let unpacked = debian::unpacked("nats-server").map(|folder| folder.join("usr/sbin/nats-server"));
    unpacked.and_then(|program| if runs(&program) { Ok(program) } else { Err("it does not run".to_owned()) }).map_err(
        |why| {
            format!(
                "The tests need nats-server, which is not installed ({why}).\n\
                 Install it (Debian: apt-get install nats-server), or name it in {GIVEN}."
            )
        },
    )
}

fn runs(program: &PathBuf) -> bool {
    Command::new(program).arg("--version").output().is_ok_and(|output| output.status.success())
}
