//! The program under test, in separate processes.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use tonic::transport::Channel;

pub const PROGRAM: &str = env!("CARGO_BIN_EXE_deltabook");

/// A running `deltabook serve`.
pub struct Server {
    child: Child,
    pub address: String,
}

impl Server {
    pub fn start(store: &str) -> Self {
        let mut command = Command::new(PROGRAM);
        command.args(["serve", "--listen", "127.0.0.1:0", "--database-url", store]).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stderr.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.strip_prefix("deltabook listens on ").and_then(|rest| rest.split(',').next());
        let address = address.unwrap_or_else(|| panic!("the server printed {line:?}")).to_owned();
        Self { child, address }
    }

    pub async fn connect(&self) -> Channel {
        let endpoint = Channel::from_shared(format!("http://{}", self.address)).unwrap();
        endpoint.tcp_nodelay(true).connect().await.unwrap()
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    pub fn peak_mebibytes(&self) -> u64 {
        peak_mebibytes(self.child.id()).unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Nothing of it is needed after the run.
        let _gone = self.child.kill();
        let _gone = self.child.wait();
    }
}

/// Peak memory of a process so far; None after its end.
pub fn peak_mebibytes(process: u32) -> Option<u64> {
    status(process, "VmHWM:")
}

/// Current memory of a process.
pub fn mebibytes(process: u32) -> Option<u64> {
    status(process, "VmRSS:")
}

fn status(process: u32, name: &str) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    Some(line.trim().strip_suffix(" kB")?.parse::<u64>().ok()? >> 10)
}
