//! The contract: it stays compatible with the releases before.

mod breaking_changes;
mod compatibility;
