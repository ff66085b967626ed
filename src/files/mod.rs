//! Facts from files: JSON Lines, one JSON object with many facts, and CSV of subscription lines.
//!
//! | module | responsibility |
//! |---|---|
//! | [`source`] | a file or a pipe that can be read twice |
//! | [`input`] | the layout of a source, and its facts in the order of the file |
//! | [`json`], [`csv`] | text → [`parsed_fact::ParsedFact`]; column mapping |
//! | [`chunks`], [`parallel_map`] | pieces of whole records, read on all cores, in order |
//! | [`prescan`] | counts, violations and sortedness before anything is recorded |
//! | [`by_customer`], [`group_by_customer`], [`customer_batch`] | facts grouped by customer, however large the input |
//! | [`external_sort`] | records sorted by customer in bounded memory |
//!
//! A parsed fact has its line and every violation of its form; [`crate::codec::decode`] judges its values.

pub mod source;

pub mod input;

pub mod csv;
pub mod json;
pub mod parsed_fact;

mod chunks;
mod parallel_map;

pub mod prescan;

pub mod by_customer;
mod customer_batch;
mod external_sort;
mod group_by_customer;
