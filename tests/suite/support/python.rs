//! A Python with what a client needs: the one that is installed, else Debian's, and its modules in a folder of their own.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::postgres::debian::{kept, run, unpacked};

/// A Python, and where it finds modules besides its own.
pub struct Python {
    program: PathBuf,
    modules: Option<PathBuf>,
}

impl Python {
    /// Python with some modules, each by the names to install and to import it.
    pub fn with(modules: &[(&str, &str)]) -> Result<Self, String> {
        let installed = Self { program: "python3".into(), modules: None };
        let imports: Vec<String> = modules.iter().map(|(_, name)| format!("import {name}")).collect();
        if installed.says(&imports.join("; ")).is_ok() {
            return Ok(installed);
        }
        let found = installed.install(modules).or_else(|why| {
            let debian = Self::of_debian().map_err(|debian| format!("{why}; {debian}"))?;
            debian.install(modules)
        });
        let names: Vec<&str> = modules.iter().map(|(package, _)| *package).collect();
        found.map_err(|why| {
            format!(
                "The test of docs/quickstart.md needs python3 with {}, which cannot be had here ({why}).\n\
                 Install them: pip install {}.",
                names.join(" and "),
                names.join(" "),
            )
        })
    }

    /// Of Debian's packages, with pip.
    fn of_debian() -> Result<Self, String> {
        let root = unpacked("python3-pip")?;
        let program = Some(root.join("usr/bin/python3")).filter(|program| program.exists());
        let program = program.unwrap_or_else(|| "python3".into());
        Ok(Self { program, modules: Some(root.join("usr/lib/python3/dist-packages")) })
    }

    fn install(self, modules: &[(&str, &str)]) -> Result<Self, String> {
        let version = self.says("import sys; print('%d.%d' % sys.version_info[:2])")?;
        let names: Vec<&str> = modules.iter().map(|(package, _)| *package).collect();
        let place = kept(&format!("python{}-{}", version.trim(), names.join("-")), |fresh| {
            let mut pip = self.command();
            pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--target"]);
            pip.arg(fresh.path().join("root")).args(&names);
            run(pip)
        })?;
        Ok(Self { program: self.program, modules: Some(place) })
    }

    /// What a line of Python prints.
    fn says(&self, line: &str) -> Result<String, String> {
        let mut command = self.command();
        let output = command.args(["-c", line]).output().map_err(|error| format!("python3: {error}"))?;
        let [printed, failed] =
            [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        if output.status.success() { Ok(printed) } else { Err(failed.lines().last().unwrap_or_default().to_owned()) }
    }

    /// A command that begins with Python.
    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.env_remove("PYTHONPATH").env("PYTHONDONTWRITEBYTECODE", "1");
        if let Some(modules) = &self.modules {
            command.env("PYTHONPATH", modules);
        }
        // What is on this machine is asked directly.
        command.env("no_proxy", "127.0.0.1");
        command
    }

    /// Runs Python in a folder; what it prints.
    #[track_caller]
    pub fn run(&self, folder: &Path, arguments: &[&str]) -> String {
        let output = self.command().args(arguments).current_dir(folder).output().unwrap();
        let [printed, failed] = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
        assert!(output.status.success(), "python3 {} failed:\n{failed}", arguments.join(" "));
        printed
    }
}
