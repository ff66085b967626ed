//! Reports: waterfalls, MRR, retention, lists of movements, and files of them.

use super::store;

mod cohorts;
mod exchange_rates;
mod exports;
mod filters;
pub mod groups;
pub mod journal_views;
mod movement_service;
pub mod report_commands;
mod retention;
mod scheduled;
