//! NATS for the tests: servers of their own, in temporary folders, on free ports of this machine.

mod program;
mod server;

pub use server::Server;
