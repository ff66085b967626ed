//! A server of a test's own, to be killed and started. It never outlives the tests.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::LazyLock;

use super::super::postgres::server::free_port;
use super::super::wait::until_blocking;
use super::program;

static PROGRAM: LazyLock<Result<PathBuf, String>> = LazyLock::new(program::find);

/// Executes orders, a word a line. When its input ends, for whatever reason, it kills the server and removes its folder.
const KEEPER: &str = r#"
while read -r order; do
    case $order in
        start) "$PROGRAM" --config server.conf >>log 2>&1 & server=$! ;;
        kill) kill -9 "$server"; wait "$server" ;;
        freeze) kill -STOP "$server" ;;
        thaw) kill -CONT "$server" ;;
        wipe) rm -rf data ;;
    esac
    echo done
done
kill -9 "$server"
wait "$server"
rm -rf "$FOLDER"
"#;

/// A server with JetStream.
pub struct Server {
    folder: PathBuf,
    port: u16,
    keeper: Child,
    /// Open as long as the server is to live. None only while it ends.
    orders: Option<ChildStdin>,
    answers: BufReader<std::process::ChildStdout>,
}

impl Server {
    /// A server that runs.
    pub fn start_new() -> Self {
        let mut server = Self::not_started("");
        server.start();
        server
    }

    /// A place for a server that has these settings besides.
    pub fn not_started(settings: &str) -> Self {
        let program = PROGRAM.as_ref().unwrap_or_else(|why| panic!("{why}"));
        let folder = tempfile::Builder::new().prefix("deltabook-nats-").tempdir().unwrap().keep();
        let port = free_port();
        let config = format!("listen: 127.0.0.1:{port}\njetstream {{ store_dir: data }}\n{settings}\n");
        fs::write(folder.join("server.conf"), config).unwrap();
        let mut keeper = Command::new("sh");
        keeper.args(["-c", KEEPER]).current_dir(&folder).env("PROGRAM", program).env("FOLDER", &folder);
        // Ctrl-C is for the tests, and their end is for the keeper.
        keeper.process_group(0).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut keeper = keeper.spawn().unwrap();
        let orders = keeper.stdin.take();
        let answers = BufReader::new(keeper.stdout.take().unwrap());
        Self { folder, port, keeper, orders, answers }
    }

    pub fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    /// Starts it, and waits until it answers.
    pub fn start(&mut self) {
        self.tell("start");
        until_blocking(|| {
            let log = |_| fs::read_to_string(self.folder.join("log")).unwrap_or_default();
            TcpStream::connect(("127.0.0.1", self.port)).map(drop).map_err(log)
        });
    }

    /// Ends it as a crash does.
    pub fn kill(&mut self) {
        self.tell("kill");
    }

    /// Stops its answers, while its connections stay.
    pub fn freeze(&mut self) {
        self.tell("freeze");
    }

    pub fn thaw(&mut self) {
        self.tell("thaw");
    }

    /// Takes what it has stored; to be done while it does not run.
    pub fn wipe(&mut self) {
        self.tell("wipe");
    }

    fn tell(&mut self, order: &str) {
        let mut answer = String::new();
        writeln!(self.orders.as_mut().unwrap(), "{order}").unwrap();
        self.answers.read_line(&mut answer).unwrap();
        assert_eq!(answer, "done\n");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.orders = None;
        let _status = self.keeper.wait();
    }
}

#[test]
fn nats_server_restarts_at_its_address_and_leaves_nothing_behind() {
    let mut server = Server::start_new();
    let (port, folder) = (server.port, server.folder.clone());
    server.kill();
    assert!(TcpStream::connect(("127.0.0.1", port)).is_err());
    server.start();
    drop(server);
    assert!(TcpStream::connect(("127.0.0.1", port)).is_err());
    assert!(!folder.exists());
}
