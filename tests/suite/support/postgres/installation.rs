//! Where PostgreSQL's programs are: installed, or unpacked for the tests.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::debian::{self, children};

const OLDEST: u32 = 15;
const PROGRAMS: [&str; 3] = ["initdb", "pg_ctl", "postgres"];

/// PostgreSQL's programs, and the libraries that they need and the machine may not have.
pub struct Installation {
    pub programs: PathBuf,
    pub libraries: Vec<PathBuf>,
}

impl Installation {
    /// Gives a command the programs, and nothing of the user's settings of PostgreSQL.
    pub fn prepare(&self, command: &mut Command) {
        for (name, _) in env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("PG")) {
            command.env_remove(name);
        }
        let others = env::var_os("PATH").unwrap_or_default();
        let path = [self.programs.clone()].into_iter().chain(env::split_paths(&others));
        command.env("PATH", env::join_paths(path).unwrap()).env("LC_ALL", "C");
        if !self.libraries.is_empty() {
            command.env("LD_LIBRARY_PATH", env::join_paths(&self.libraries).unwrap());
        }
    }

    /// Whether all the programs are there, of a version that will do.
    pub fn is_recent(&self) -> bool {
        let mut version = Command::new(self.programs.join("postgres"));
        self.prepare(version.arg("--version"));
        let printed = version.output().map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
        // "postgres (PostgreSQL) 15.4", "postgres (PostgreSQL) 18beta1".
        let number = printed
            .unwrap_or_default()
            .split_whitespace()
            .nth(2)
            .map(|word| word.chars().take_while(char::is_ascii_digit).collect::<String>().parse::<u32>());
        let is_recent = matches!(number, Some(Ok(number)) if number >= OLDEST);
        is_recent && PROGRAMS.iter().all(|program| self.programs.join(program).is_file())
    }
}

/// PostgreSQL as it is installed; without one, on Debian and what comes of it, unpacked from its packages.
pub fn find() -> Result<Installation, String> {
    let installed = folders().into_iter().map(|programs| Installation { programs, libraries: Vec::new() });
    let found = installed.into_iter().find(Installation::is_recent).map_or_else(unpacked, Ok);
    found.map_err(|why| {
        format!(
            "The tests need PostgreSQL {OLDEST} or later, which is not installed ({why}).\n\
             Install it (Debian: apt-get install postgresql), or name a server in DELTABOOK_TEST_POSTGRES_URL, such as \
             postgres://postgres@127.0.0.1:5432/postgres."
        )
    })
}

fn unpacked() -> Result<Installation, String> {
    let folder = debian::unpacked("postgresql")?;
    let libraries = ["lib", "usr/lib"].into_iter().flat_map(|libraries| children(&folder.join(libraries)));
    let libraries = libraries.filter(|path| path.to_string_lossy().contains("-linux-gnu")).collect();
    let versions = children(&folder.join("usr/lib/postgresql"));
    let programs = versions.iter().map(|version| version.join("bin")).next_back();
    let installation = programs.map(|programs| Installation { programs, libraries });
    let installation = installation.filter(Installation::is_recent);
    installation.ok_or_else(|| format!("{} has no such version", folder.display()))
}

/// Where the programs may be, the likeliest first: those that the user has chosen, then by where systems put them.
fn folders() -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = env::split_paths(&env::var_os("PATH").unwrap_or_default()).collect();
    if let Ok(output) = Command::new("pg_config").arg("--bindir").output() {
        folders.push(String::from_utf8_lossy(&output.stdout).trim().into());
    }
    for (parent, prefix, programs) in [
        ("/usr/lib/postgresql", "", "bin"),
        ("/usr", "pgsql-", "bin"),
        ("/usr/local", "pgsql", "bin"),
        ("/opt/homebrew/opt", "postgresql@", "bin"),
        ("/usr/local/opt", "postgresql@", "bin"),
    ] {
        let mut versions = children(Path::new(parent));
        versions.retain(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(prefix)));
        folders.extend(versions.into_iter().rev().map(|version| version.join(programs)));
    }
    folders
}
