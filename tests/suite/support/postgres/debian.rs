//! Servers on a Debian that has none: their packages, with those that they need, are unpacked in a temporary folder.
//! Nothing is installed, no service is set up, and it takes no rights.

use std::env;
use std::fs;
use std::io::Write;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

/// Downloads and unpacks a package, unless that was done before; the folder in which its files are.
pub fn unpacked(package: &str) -> Result<PathBuf, String> {
    kept(package, |fresh| download(package, fresh))
}

/// A folder for the tests of today and tomorrow: `fill` makes it as `root` in a fresh one, unless that was done before.
pub fn kept(name: &str, fill: impl FnOnce(&TempDir) -> Result<(), String>) -> Result<PathBuf, String> {
    let fresh = tempfile::Builder::new().prefix("deltabook-download-").tempdir().unwrap();
    let me = fs::metadata(fresh.path()).unwrap().uid();
    // In the folder of temporary files, as the user who runs the server must be able to read it.
    let lasting = env::temp_dir().join(format!("deltabook-{name}-{me}"));
    if !lasting.exists() {
        // Not by a macro that prints: the output of a test is shown at its end.
        let _unseen = writeln!(std::io::stderr(), "{name} is not installed: unpacking it to {}", lasting.display());
        fill(&fresh)?;
        // Another process that did the same at the same time is as good.
        let _was_there = fs::rename(fresh.path().join("root"), &lasting);
    }
    // Another user can have put something in that place.
    let found = fs::symlink_metadata(&lasting).map_err(|error| format!("{}: {error}", lasting.display()))?;
    if !found.is_dir() || found.uid() != me {
        return Err(format!("{} belongs to another user", lasting.display()));
    }
    Ok(lasting)
}

/// What is in a folder, in the order of the names; nothing where there is no folder.
pub fn children(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = fs::read_dir(folder).into_iter().flatten().flatten().map(|it| it.path()).collect();
    paths.sort();
    paths
}

fn download(package: &str, fresh: &TempDir) -> Result<(), String> {
    let path = |name: &str| fresh.path().join(name);
    for folder in ["lists/partial", "cache/archives/partial", "root"] {
        fs::create_dir_all(path(folder)).unwrap();
    }
    let apt = |arguments: &[&str]| {
        let mut command = Command::new("apt-get");
        command.arg("-o").arg(format!("Dir::State::Lists={}", path("lists").display()));
        command.arg("-o").arg(format!("Dir::Cache={}", path("cache").display()));
        command.args(["-o", "Debug::NoLocking=true", "-o", "APT::Sandbox::User=root", "-qq"]).args(arguments);
        run(command)
    };
    apt(&["update"])?;
    apt(&["--yes", "--no-install-recommends", "--download-only", "--reinstall", "install", package])?;
    let mut archives = children(&path("cache/archives"));
    archives.retain(|path| path.extension().is_some_and(|ending| ending == "deb"));
    if archives.is_empty() {
        return Err(format!("apt-get finds no {package}"));
    }
    for archive in archives {
        let mut command = Command::new("dpkg");
        command.arg("--extract").arg(archive).arg(path("root"));
        run(command)?;
    }
    Ok(())
}

/// Runs a command to its end; the error has its output.
pub fn run(mut command: Command) -> Result<(), String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command.output().map_err(|error| format!("{name}: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!("{name} failed: {}", String::from_utf8_lossy(&output.stderr).trim()))
}
