//! Events: the relay, deliveries and the outbox.

use super::store;

mod deliveries;
mod relay;
