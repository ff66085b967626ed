//! What the tests share.
//!
//! | | |
//! |---|---|
//! | [`store`], [`postgres`] | a fresh store for a test |
//! | [`program`] | the program as a process: commands in a folder, `deltabook serve` |
//! | [`facts`] | facts as JSON |
//! | [`server`] | a server in this process, its clients, and facts for it |
//! | [`ledger`] | a ledger and a scripted sink under the clock of a test |
//! | [`keys`], [`certificates`] | keys, authorities and certificates |
//! | [`sinks`], [`nats`] | receivers, events to send, outcomes, golden payloads |
//! | [`console`] | a site with content, plain HTTP, Chromium |
//! | [`http2_frames`] | frames of HTTP/2 by hand |
//! | [`python`] | a Python with the modules of a client |
//! | [`golden`] | golden files |
//! | [`wait`] | waiting for a condition |
//! | [`canary`] | secrets that are recognised in any output |

pub mod store;
pub mod postgres;
pub mod program;
pub mod facts;
pub mod server;
pub mod ledger;
pub mod keys;
pub mod certificates;
pub mod sinks;
pub mod nats;
pub mod console;
pub mod http2_frames;
pub mod python;
pub mod golden;
pub mod wait;
pub mod canary;
