//! Deltabook: classifies subscription changes into movements of monthly recurring revenue (MRR).
//!
//! # The engine as a library
//!
//! Without features the crate is the engine alone: the rules of `docs/classification.md` as a pure function, [`classify`].
//!
//! ```
//! use deltabook::domain::facts::fact::{ChargeKind, Fact, PriceStep, SubscriptionLine, TermsChange};
//! use deltabook::domain::facts::interval::{Interval, IntervalUnit};
//! use deltabook::domain::ids::{Currency, CustomerId, ItemId, LineId, SubscriptionId};
//! use deltabook::domain::journal::movement::{Level, Subcategory};
//! use deltabook::domain::number::{Amount, Quantity};
//! use deltabook::{CustomerFacts, Policy, classify};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // 10 seats at 120 a year, from 2025-01-01 to 2025-07-01.
//! let terms = TermsChange {
//!     quantity: Some(Quantity::parse("10")?),
//!     unit_price: Some(Amount::parse("120")?),
//!     interval: Interval::new(IntervalUnit::Year, 1),
//!     ..TermsChange::default()
//! };
//! let line = SubscriptionLine {
//!     line_id: LineId::parse("L1")?,
//!     revision: 0,
//!     subscription_id: SubscriptionId::parse("S1")?,
//!     customer_id: CustomerId::parse("C1")?,
//!     item_id: ItemId::parse("seats")?,
//!     charge_kind: ChargeKind::Recurring,
//!     currency: Currency::parse("EUR")?,
//!     start_date: "2025-01-01".parse()?,
//!     end_date: Some("2025-07-01".parse()?),
//!     trial_end_date: None,
//!     pending_activation: false,
//!     renews_subscription_id: None,
//!     price_steps: vec![PriceStep { start_date: None, terms }],
//!     attributes: [].into(),
//! };
//! let facts: CustomerFacts = [Fact::Line(line)].into_iter().collect();
//!
//! let replay = classify(&facts, &Policy::default())?;
//! let of_customer = replay.movements.iter().filter(|movement| movement.level == Level::Customer);
//! let of_customer: Vec<_> = of_customer.map(|it| (it.subcategory, it.delta.to_string())).collect();
//! assert_eq!(
//!     of_customer,
//!     [(Subcategory::NewCustomer, "100".to_owned()), (Subcategory::CustomerChurn, "-100".to_owned())],
//! );
//! # Ok(())
//! # }
//! ```
//!
//! A longer example is `examples/classify.rs`. Features add rooms:
//!
//! | feature | rooms |
//! |---|---|
//! | none | `domain`, and this facade |
//! | `codec` | `codec`: facts as JSON, movements as rows, filter expressions |
//! | `parquet` | `codec::tabular` as Parquet |
//! | `files` | `files`: facts from JSON Lines, JSON documents and CSV |
//! | `server` | all others: the service |
//! | `cli` (default) | the binary |
//!
//! # Bird's eye
//!
//! *Facts in, movements derived, events out.* A request is decoded, decided, recorded. The decision is a pure function of one
//! customer's facts ([`domain::replay`]); around it is a thin shell that loads, decides and writes. What is derived can
//! be derived again: `ledger::verify` does it for every customer and compares.
//!
//! ```text
//! gRPC / command line / console
//!    │ decode: text → facts, every violation at once             grpc, codec
//!    ▼
//!  ledger    a request waits for the writer of its customer; the writer takes all that is waiting:
//!    │       load the customers → replay (pure) → difference to the journal, events that are due → one transaction
//!    │                                                           domain, store
//!    ├──▶ reports   read the journal and its totals              reports, store
//!    └──▶ relay     outbox → a worker for each sink → receivers  events, store
//! ```
//!
//! # Rooms
//!
//! | room | responsibility |
//! |---|---|
//! | [`domain`] | the rules: facts → replay → classify → journal, events |
//! | `codec` | facts: text ↔ checked values; movements and events as rows; filter expressions; periods |
//! | `files` | sources of facts: JSON Lines, JSON documents, CSV; external sort; grouping by customer |
//! | `store` | the database: statements, transactions, drivers of SQLite and PostgreSQL |
//! | `access` | authentication: API keys, their cache, rate limits |
//! | `ledger` | the shell around a replay: commands, batched writes, verification |
//! | `reports` | queries of the journal: movements, waterfall, MRR, retention, cohorts, explanations, exports |
//! | `events` | the outbox relay: sinks, due events, redrive |
//! | `tenants` | the runtime of each tenant |
//! | `net` | connections: listening, TLS, limits |
//! | `grpc` | the services: wire ↔ facts and reports, statuses |
//! | `console` | the web pages |
//! | `service` | everything wired together, from start to shutdown |
//! | `bug` | internal errors: cases that the code rules out |
//! | `clock`, `config`, `telemetry` | time, settings, logs |
//!
//! The binary's own room, `cli`, has a file for each subcommand.
//!
//! # Invariants
//!
//! - Imports run one way: `cli → service → console → grpc → tenants → events → ledger, reports → store → codec → domain`. A test holds it.
//! - Only `store` names the database driver, only `clock` asks the time, only `config` names environment variables. The
//!   generated types are `grpc`'s; of the others only its clients name them: the commands and the console.
//! - `domain` does no IO, knows no clock, no async, no serialisation, and does not panic: arithmetic is checked, what does
//!   not fit is an error.
//! - All writes go through the tasks of `ledger::handle`. A dropped request drops its answer, never a transaction.
//! - The transaction that writes a customer checks the customer's version: any number of processes can share a database.
//!   Rows are locked in the order of their keys: first customers, then totals.
//! - Totals are written with their entries; `ledger::verify` adds the journal up and compares.
//! - A follower of the journal gets every entry, in the order of the numbers: it waits for transactions in flight
//!   (`store::journal::sequence`).
//! - An event is written in the transaction that brings it, once, each customer's in their order. Future events are not
//!   written: the customer's row has the date of the next one, and it is derived then.
//! - Facts and journal entries are never changed or deleted. A change of what is derived is a reversal and a new entry.
//! - No movement comes from an exchange rate: reports are converted. Rates are never changed or deleted.
//! - Amounts are never floats: entered ones are decimals, derived ones whole micro-units.

#[cfg(feature = "server")]
pub mod access;
#[cfg(feature = "codec")]
pub mod bug;
#[cfg(feature = "server")]
pub mod clock;
#[cfg(feature = "codec")]
pub mod codec;
#[cfg(feature = "server")]
pub mod config;
#[cfg(feature = "server")]
pub mod console;
pub mod domain;
#[cfg(feature = "server")]
pub mod events;
#[cfg(feature = "files")]
pub mod files;
#[cfg(feature = "server")]
pub mod grpc;
#[cfg(feature = "server")]
pub mod ledger;
#[cfg(feature = "server")]
pub mod net;
#[cfg(feature = "server")]
pub mod reports;
#[cfg(feature = "server")]
pub mod service;
#[cfg(feature = "server")]
pub mod store;
#[cfg(feature = "server")]
pub mod telemetry;
#[cfg(feature = "server")]
pub mod tenants;

pub use chrono::NaiveDate;

use crate::domain::error::DomainError;
pub use crate::domain::facts::customer_facts::CustomerFacts;
use crate::domain::facts::fact::FactKey;
use crate::domain::facts::refusal::{Refusal, refusals};
pub use crate::domain::journal::movement::Movement;
pub use crate::domain::policy::Policy;
pub use crate::domain::replay::Replay;
use crate::domain::replay::replay;

/// Derives a customer's movements, and lists the facts without effect with their reasons. The same facts give the same
/// movements, whatever the order of their arrival.
///
/// # Errors
/// [`ClassifyError::Refused`] for facts that contradict each other (R15); [`ClassifyError::Failed`] for amounts that the
/// journal cannot hold.
pub fn classify(facts: &CustomerFacts, policy: &Policy) -> Result<Replay, ClassifyError> {
    let refused = refusals(facts);
    if refused.is_empty() { Ok(replay(facts, policy)?) } else { Err(ClassifyError::Refused(refused)) }
}

/// A customer that cannot be classified.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClassifyError {
    #[error("{}", first(.0))]
    Refused(Vec<(FactKey, Refusal)>),
    #[error(transparent)]
    Failed(#[from] DomainError),
}

/// `change order O1: line L2 is not on subscription S1, and 2 more`.
fn first(refused: &[(FactKey, Refusal)]) -> String {
    match refused {
        [] => String::new(),
        [(fact, refusal)] => format!("{fact}: {refusal}"),
        [(fact, refusal), more @ ..] => format!("{fact}: {refusal}, and {} more", more.len()),
    }
}
