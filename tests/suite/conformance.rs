//! The features whose tests run on each database, each test on a fresh store from [`store`].

use super::store;

#[path = "access/conformance.rs"]
mod access;
#[path = "console/conformance.rs"]
mod console;
#[path = "events/conformance.rs"]
mod events;
#[path = "facts/conformance.rs"]
mod facts;
#[path = "import/conformance.rs"]
mod import;
#[path = "journal/conformance.rs"]
mod journal;
#[path = "overrides/conformance.rs"]
mod overrides;
#[path = "periods/conformance.rs"]
mod periods;
#[path = "reports/conformance.rs"]
mod reports;
#[path = "server/conformance.rs"]
mod server;
#[path = "store/conformance.rs"]
mod store;
#[path = "tenants/conformance.rs"]
mod tenants;
#[path = "verify/conformance.rs"]
mod verify;
