//! Deltabook: subscription facts in, classified movements of MRR out.
//!
//! # Bird's eye
//!
//! *Facts in, movements derived, events out.* A request is decoded, decided, recorded. The decision is a pure function of one
//! customer's facts ([`domain::replay`]); around it is a thin shell that loads, decides and writes. What is derived can
//! be derived again: [`ledger::verify`] does it for every customer and compares.
//!
//! ```text
//! gRPC / command line
//!    │ decode: text → facts, every violation at once             grpc, codec
//!    ▼
//!  ledger    requests wait for the writer of their customers; it takes what is waiting:
//!    │       load the customers → replay (pure) → difference to the journal, events that are due → one transaction
//!    │                                                           domain, store
//!    ├──▶ reports   read the journal and its totals              reports, store
//!    └──▶ relay     outbox → a courier for each sink → receivers events, store
//! ```
//!
//! # Rooms
//!
//! | room | one responsibility |
//! |---|---|
//! | [`domain`] | the rules of `docs/classification.md` |
//! | [`codec`] | facts as text ↔ facts that can be believed; movements as records; filters as text → conditions |
//! | [`files`] | facts from JSON Lines, JSON documents and CSV, one by one or by customer |
//! | [`store`] | the database: tables, statements, transactions, drivers |
//! | [`access`] | who asks: keys, what they are for, how often they may be used |
//! | [`ledger`] | the shell: decide and record, in groups; verify |
//! | [`events`] | from the outbox to the receivers: couriers, sinks, what is due, sending again |
//! | [`reports`] | questions about the journal: lists, filtered, waterfall, MRR, by group and converted, retention, cohorts, what is to come, why; overrides and the audit trail; following it |
//! | [`tenants`] | the books of a tenant, open, and those of all tenants |
//! | [`grpc`] | the service: wire ↔ facts and reports, statuses, limits |
//! | [`net`] | connections: listening, TLS, limits |
//! | [`console`] | pages for people: what the services answer, as whoever signed in |
//! | [`service`] | everything wired together, from start to a clean end |
//! | [`mod@bug`] | internal errors: cases that the code rules out |
//! | [`clock`], [`config`], [`telemetry`] | what their names say |
//!
//! The binary's own room, `cli`, has a file for each subcommand.
//!
//! # Invariants
//!
//! - Imports run one way: `cli → service → console → grpc → tenants → events → ledger, reports → store → codec → domain`. A test holds it.
//! - Only `store` names the database driver, only `clock` asks the time, only `config` names environment variables. The
//!   generated types are `grpc`'s; of the others only its clients name them: the commands and the console.
//! - `domain` does no IO, knows no clock, no async, no serialisation, and does not panic: arithmetic is checked, and what
//!   does not fit is an error.
//! - All writes go through the tasks of [`ledger::handle`]. A dropped request drops its answer, never a transaction.
//! - Whoever writes a customer knows its version, and the version is checked by the same transaction: so any number of
//!   processes can share a database. Rows are locked in the order of their keys: first customers, then totals.
//! - Totals are written with their entries; [`ledger::verify`] adds the journal up and compares.
//! - Who follows the journal sees every entry, in the order of the numbers: it waits for transactions in flight
//!   ([`store::journal::sequence`]).
//! - An event is written with what calls for it, once in its life, and each customer's in their order. What is still to come
//!   is not written: the customer's row says when it is due, and it is derived then.
//! - Facts and journal entries are never changed or deleted. A change of what is derived is a reversal and a new entry.
//! - No movement comes from an exchange rate: it is a report that is converted. Rates are never changed or deleted.
//! - Amounts are never floats: what people enter is a decimal, what is derived is whole micro-units.

pub mod access;
pub mod bug;
pub mod clock;
pub mod codec;
pub mod config;
pub mod console;
pub mod domain;
pub mod events;
pub mod files;
pub mod grpc;
pub mod ledger;
pub mod net;
pub mod reports;
pub mod service;
pub mod store;
pub mod telemetry;
pub mod tenants;
