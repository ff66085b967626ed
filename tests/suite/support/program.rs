//! The program itself, run as a user runs it: a command line, in a folder of its own.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, ChildStderr, Command, Output, Stdio};
use std::sync::mpsc::{self, Receiver};

use tempfile::TempDir;

use super::canary;
use super::store::Store;
use super::wait::{PATIENCE, until_blocking};

/// The end of the first line of a server without keys.
const OPEN: &str = "; open without keys, because none exists";

/// A temporary folder to work in, and the store: `deltabook.db` in it unless another is given or a command names one.
pub struct Folder {
    place: TempDir,
    store: Option<Store>,
    settings: Vec<(&'static str, String)>,
}

/// The output of a command, and its exit code.
#[derive(Debug, PartialEq, Eq)]
pub struct CommandOutput {
    pub stdout: String,
    pub stderr: String,
    pub code: Option<i32>,
}

impl CommandOutput {
    /// No secret is in it, nor in the log.
    #[track_caller]
    pub fn of(output: Output) -> Self {
        let [stdout, stderr] = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
        canary::check(&stdout);
        canary::check(&stderr);
        Self {
            stdout,
            stderr: stderr.split_inclusive('\n').filter(is_for_people).collect(),
            code: output.status.code(),
        }
    }
}

/// What is not of the log, or tells of an error: the beginning of a line of the log is `2026-03-01T12:00:00.000000Z INFO `.
pub fn is_for_people(line: &&str) -> bool {
    let mut words = line.split_whitespace();
    let is_time = |word: &str| word.len() == 27 && word.ends_with('Z') && word.contains('T');
    !(words.next().is_some_and(is_time)
        && words.next().is_some_and(|word| ["TRACE", "DEBUG", "INFO", "WARN"].contains(&word)))
}

/// A row of an answer in CSV, by the names of its columns.
pub type Row = BTreeMap<String, String>;

impl Folder {
    pub fn new() -> Self {
        Self { place: tempfile::tempdir().unwrap(), store: None, settings: Vec::new() }
    }

    /// A folder with files, each a name and its text.
    pub fn with(files: &[(&str, &str)]) -> Self {
        let folder = Self::new();
        for (name, text) in files {
            folder.write(name, text);
        }
        folder
    }

    /// With this store.
    pub fn on(self, store: Store) -> Self {
        Self { store: Some(store), ..self }
    }

    /// A variable of the environment of each command from now on.
    pub fn set(&mut self, name: &'static str, value: String) {
        self.settings.push((name, value));
    }

    pub fn store(&self) -> &Store {
        self.store.as_ref().unwrap()
    }

    pub fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.place.path().join(name)
    }

    /// The names of what is in the folder.
    pub fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.place.path()).unwrap();
        let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// The command, not yet started. No setting of the machine reaches it, and a slow machine does not make it talk.
    pub fn command(&self, command_line: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_deltabook"));
        command.args(command_line.split_whitespace()).current_dir(self.place.path()).stdin(Stdio::null());
        for (setting, _) in std::env::vars_os() {
            if setting == "DATABASE_URL" || setting.as_encoded_bytes().starts_with(b"DELTABOOK_") {
                command.env_remove(setting);
            }
        }
        if let Some(store) = &self.store {
            command.env("DATABASE_URL", store.url());
        }
        command.env("DELTABOOK_LOG", "trace").envs(self.settings.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Runs a command to its end; its words are separated by spaces.
    pub fn run(&self, command_line: &str) -> CommandOutput {
        let output = self.command(command_line).output().unwrap();
        CommandOutput::of(output)
    }

    /// The stdout of a command that ends well and has nothing to say on stderr.
    #[track_caller]
    pub fn ask(&self, command_line: &str) -> String {
        let printed = self.run(command_line);
        assert_eq!((printed.stderr.as_str(), printed.code), ("", Some(0)), "{command_line}");
        printed.stdout
    }

    /// The answer to a question, as CSV.
    #[track_caller]
    pub fn rows(&self, question: &str) -> Vec<Row> {
        rows(&self.ask(&format!("{question} --format csv")))
    }

    /// Runs a command that fails, with this on stderr and nothing on stdout.
    #[track_caller]
    pub fn refuses(&self, command_line: &str, expected: &str) {
        let printed = self.run(command_line);
        assert_eq!(
            printed,
            CommandOutput { stdout: String::new(), stderr: expected.to_owned(), code: Some(1) },
            "{command_line}"
        );
    }

    /// Verifies the store, and says how many customers, facts and journal entries there are.
    #[track_caller]
    pub fn verified(&self) -> String {
        let found = self.ask("verify");
        found.strip_suffix(": no difference\n").unwrap_or_else(|| panic!("{found}")).to_owned()
    }
}

/// Reads CSV with a header.
pub fn rows(text: &str) -> Vec<Row> {
    csv::Reader::from_reader(text.as_bytes()).deserialize().map(Result::unwrap).collect()
}

/// Some columns of each row, with a space between them; what has no value is a dash.
pub fn shown(rows: &[Row], columns: &[&str]) -> Vec<String> {
    let value = |row: &Row, column: &&str| match row.get(*column).map(String::as_str) {
        Some("") => "-".to_owned(),
        Some(value) => value.to_owned(),
        None => panic!("there is no column {column} in {row:?}"),
    };
    rows.iter().map(|row| columns.iter().map(|column| value(row, column)).collect::<Vec<_>>().join(" ")).collect()
}

/// `deltabook serve`, on a free port. Dropped before it has ended, it is killed.
pub struct ServerProcess {
    child: Child,
    /// What it says to people, line by line; it has ended when there is no more.
    printed: Receiver<String>,
    pub url: String,
}

impl ServerProcess {
    /// Starts it, on the store of the folder.
    pub fn start(folder: &Folder) -> Self {
        Self::start_with(folder, "")
    }

    /// With options besides.
    pub fn start_with(folder: &Folder, options: &str) -> Self {
        Self::spawn(folder, folder.command(&format!("serve --listen 127.0.0.1:0 {options}")))
    }

    /// Under limits that a shell sets.
    pub fn start_under(folder: &Folder, limits: &str) -> Self {
        let serve = folder.command("serve --listen 127.0.0.1:0");
        let mut shell = Command::new("sh");
        shell.args(["-c", &format!("{limits}; exec \"$0\" \"$@\"")]).arg(serve.get_program()).args(serve.get_args());
        shell.current_dir(folder.path("")).stdin(Stdio::null());
        for (name, value) in serve.get_envs() {
            value.map(|value| shell.env(name, value));
        }
        Self::spawn(folder, shell)
    }

    fn spawn(folder: &Folder, mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let printed = listen(child.stderr.take().unwrap());
        let mut serving = Self { child, printed, url: String::new() };
        // Sinks may have failed already.
        let first = serving.printed.iter().find(|line| !line.contains(" ERROR ")).unwrap_or_default();
        let address = first.strip_prefix("deltabook listens on ").and_then(|rest| rest.split_once(", "));
        let Some((address, rest)) = address else { panic!("{first}") };
        let store = folder.store.as_ref().map_or_else(|| "deltabook.db".to_owned(), Store::shown);
        let rest = rest.trim_end().trim_end_matches(OPEN);
        assert_eq!(rest, format!("store {store}"));
        serving.url = if address.contains("://") { address.to_owned() } else { format!("http://{address}") };
        serving
    }

    /// Waits for the next line that it says to people.
    pub fn next_line(&self) -> String {
        self.printed.recv_timeout(PATIENCE).unwrap()
    }

    /// Asks it to end, as a service manager does.
    pub fn terminate(&self) {
        let pid = self.child.id().to_string();
        let sent = Command::new("sh").args(["-c", "kill -TERM \"$0\"", &pid]).status().unwrap();
        assert!(sent.success());
    }

    /// Waits for its end; gives its exit code and its output after the first line.
    pub fn ended(&mut self) -> (Option<i32>, String) {
        let status = until_blocking(|| self.child.try_wait().unwrap().ok_or("the server runs"));
        let rest: String = self.printed.iter().collect();
        canary::check(&rest);
        (status.code(), rest)
    }
}

/// Reads along, so that the log does not wait for the test. A line with a secret is for people too.
fn listen(stderr: ChildStderr) -> Receiver<String> {
    let (tell, printed) = mpsc::channel();
    std::thread::spawn(move || {
        let mut stderr = BufReader::new(stderr);
        let mut line = String::new();
        while stderr.read_line(&mut line).is_ok_and(|length| length > 0) {
            let line = std::mem::take(&mut line);
            if is_for_people(&line.as_str()) || canary::found(&line).is_some() {
                // The receiver may be gone.
                let _ended = tell.send(line);
            }
        }
    });
    printed
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        let _has_ended_already = self.child.kill();
        let _status = self.child.wait();
        if !std::thread::panicking() {
            self.printed.iter().for_each(|line| canary::check(&line));
        }
    }
}
