//! What holds on every database: each of these tests runs on each of them, on a fresh store from [`store`].

use super::store;

mod access;
mod audit;
mod billing;
mod closed_books;
mod cohorts;
mod commands;
mod crash;
mod deliveries;
mod events;
mod explain;
mod exports;
mod filters;
mod finance;
mod finance_commands;
mod groups;
mod import;
mod import_facts;
mod load;
mod override_examples;
mod overrides;
mod periods;
mod policy;
mod questions;
mod rates;
mod retention;
mod scheduled;
mod serve;
mod shelf;
mod statements;
mod tenant_policy;
mod tenants;
mod verify;
mod views;
mod watch;
