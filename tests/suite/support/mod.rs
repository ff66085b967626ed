//! What the tests share.
//!
//! | | |
//! |---|---|
//! | [`store`], [`postgres`] | a fresh store for a test |
//! | [`program`] | the program as a process: commands in a folder, `deltabook serve` |
//! | [`server`] | a server in this process, its clients, and facts for it |
//! | [`ledger`] | a ledger and a scripted sink under the clock of a test |
//! | [`keys`], [`certificates`] | keys, authorities and certificates |
//! | [`receiver`], [`nats`] | receivers of events |
//! | [`sink_events`], [`sink_outcomes`], [`payloads`] | events to send, outcomes, and golden payloads |
//! | [`browser`], [`console_site`], [`console_client`] | the console: Chromium, a site with content, and plain HTTP |
//! | [`http2_frames`] | frames of HTTP/2 by hand |
//! | [`python`] | a Python with the modules of a client |
//! | [`canary`] | secrets that are recognised in any output |

pub mod browser;
pub mod canary;
pub mod certificates;
pub mod console_client;
pub mod console_site;
pub mod http2_frames;
pub mod keys;
pub mod ledger;
pub mod nats;
pub mod payloads;
pub mod postgres;
pub mod program;
pub mod python;
pub mod receiver;
pub mod server;
pub mod sink_events;
pub mod sink_outcomes;
pub mod store;
