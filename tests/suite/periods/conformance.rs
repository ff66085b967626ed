//! Closed months.

use super::store;

mod closed_months;
mod month_end_commands;
mod period_laws;
mod period_service;
