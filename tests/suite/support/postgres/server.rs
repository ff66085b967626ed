//! A server of the tests' own, in a temporary folder, on a free port of this machine. It never outlives them.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU16, Ordering};

use super::installation::{self, Installation};
use super::{Database, random};

static INSTALLATION: LazyLock<Result<Installation, String>> = LazyLock::new(installation::find);

/// Executes orders, a word a line, and answers each with a line. When its input ends, for whatever reason, it stops the
/// server and removes its folder.
const KEEPER: &str = r#"
trap '' PIPE
while read -r order; do
    case $order in
        create) initdb --pgdata=data --encoding=UTF8 --no-locale --username=postgres --auth=password --pwfile=password ;;
        start) pg_ctl --pgdata=data --wait --options="$OPTIONS" start ;;
        stop) pg_ctl --pgdata=data --wait --mode=immediate stop ;;
    esac >>log 2>&1 && echo done || echo failed
done
pg_ctl --pgdata=data --wait --mode=immediate stop >>log 2>&1
rm -rf "$FOLDER"
"#;

/// A server that one test, or all that do not break it, have for themselves.
pub struct Server {
    folder: PathBuf,
    port: u16,
    password: String,
    keeper: Child,
    /// Open as long as the server is to live. None only while it ends.
    orders: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Server {
    /// A server to be stopped and started; gone with this value, or with this process.
    pub fn own() -> Self {
        Self::try_own().unwrap_or_else(|why| panic!("{why}"))
    }

    pub(super) fn try_own() -> Result<Self, String> {
        let installation = INSTALLATION.as_ref().map_err(Clone::clone)?;
        // For this user of this machine alone: a superuser of PostgreSQL can run commands.
        let ours_alone = fs::Permissions::from_mode(0o700);
        let folder = tempfile::Builder::new().prefix("deltabook-postgres-").permissions(ours_alone).tempdir().unwrap();
        let folder = folder.keep();
        // Recognised where it should not be.
        let password = format!("canary-4f1c-{:016x}", random());
        fs::write(folder.join("password"), &password).unwrap();
        let port = free_port();
        let options =
            format!("-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories= -c max_connections=500");
        let mut keeper = Command::new("sh");
        keeper.args(["-c", KEEPER]).current_dir(&folder).env("OPTIONS", options).env("FOLDER", &folder);
        installation.prepare(&mut keeper);
        give_up_root(&mut keeper, &folder)?;
        // Ctrl-C is for the tests, and their end is for the keeper.
        keeper.process_group(0).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut keeper = keeper.spawn().unwrap();
        let orders = keeper.stdin.take();
        let answers = BufReader::new(keeper.stdout.take().unwrap());
        let mut server = Self { folder, port, password, keeper, orders, answers };
        server.tell("create")?;
        server.tell("start")?;
        Ok(server)
    }

    /// Its database `postgres`.
    pub fn url(&self) -> String {
        format!("postgres://postgres:{}@127.0.0.1:{}/postgres", self.password, self.port)
    }

    /// A fresh database on it; to be dropped while it runs.
    pub fn database(&self) -> Database {
        Database::on(self.url())
    }

    /// Starts it again, and waits until it answers.
    pub fn start(&mut self) {
        self.tell("start").unwrap_or_else(|why| panic!("{why}"));
    }

    /// Ends it as a crash does: every connection breaks, and what it has in memory is lost.
    pub fn stop_immediate(&mut self) {
        self.tell("stop").unwrap_or_else(|why| panic!("{why}"));
    }

    fn tell(&mut self, order: &str) -> Result<(), String> {
        let mut answer = String::new();
        let printed = self.orders.as_mut().map(|orders| writeln!(orders, "{order}"));
        self.answers.read_line(&mut answer).unwrap();
        if matches!(printed, Some(Ok(()))) && answer == "done\n" {
            return Ok(());
        }
        let log = fs::read_to_string(self.folder.join("log")).unwrap_or_default();
        Err(format!("PostgreSQL does not {order}:\n{log}"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.orders = None;
        let _status = self.keeper.wait();
    }
}

/// PostgreSQL refuses to run as root: then it runs as the user `nobody`, in a folder of that user.
fn give_up_root(command: &mut Command, folder: &Path) -> Result<(), String> {
    if fs::metadata(folder).unwrap().uid() != 0 {
        return Ok(());
    }
    let (uid, gid) = (nobody("-u")?, nobody("-g")?);
    chown(folder, Some(uid), Some(gid)).unwrap();
    chown(folder.join("password"), Some(uid), Some(gid)).unwrap();
    command.uid(uid).gid(gid);
    Ok(())
}

fn nobody(which: &str) -> Result<u32, String> {
    let output = Command::new("id").args([which, "nobody"]).output().unwrap();
    let id = String::from_utf8(output.stdout).unwrap();
    id.trim().parse().map_err(|_| "PostgreSQL does not run as root, and there is no user nobody".to_owned())
}

/// One of PostgreSQL's other programs: beside the server, or wherever commands are found.
pub fn program(name: &str) -> Command {
    let installation = INSTALLATION.as_ref().unwrap_or_else(|why| panic!("{why}"));
    let beside = installation.programs.join(name);
    let mut command = Command::new(if beside.is_file() { beside } else { name.into() });
    installation.prepare(&mut command);
    command
}

/// A port below those of outgoing connections, so that it is still free after a restart.
pub fn free_port() -> u16 {
    static NEXT: LazyLock<AtomicU16> =
        LazyLock::new(|| AtomicU16::new(u16::try_from(20_000 + std::process::id() % 10_000).unwrap()));
    loop {
        let port = NEXT.fetch_add(1, Ordering::Relaxed);
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

#[test]
fn postgres_server_restarts_with_committed_rows_and_leaves_nothing_behind() {
    let mut server = Server::own();
    super::execute(&server.url(), "create table kept (it bigint)".to_owned()).unwrap();
    super::execute(&server.url(), "insert into kept values (1), (2)".to_owned()).unwrap();
    server.stop_immediate();
    assert!(super::execute(&server.url(), "delete from kept".to_owned()).is_err());
    server.start();
    assert_eq!(super::execute(&server.url(), "delete from kept".to_owned()).unwrap(), 2);
    let (url, folder) = (server.url(), server.folder.clone());
    assert!(folder.join("data").is_dir());
    drop(server);
    assert!(super::execute(&url, "select 1".to_owned()).is_err());
    assert!(!folder.exists());
}
