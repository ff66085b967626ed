//! Facts as a billing system sends them: answers, concurrent writers, and processes that are killed.

use super::store;

mod concurrent_writes;
mod policy_of_writers;
mod process_kill;
mod record_facts;
