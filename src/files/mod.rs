//! Facts from files: JSON Lines, one JSON object with many, and CSV of subscription lines.
//!
//! Each fact comes as a [`reading::Reading`], with the line on which it stands and all that is wrong with it. Only then
//! [`crate::codec::decode`] judges its values. They come in the order of an [`input::Input`], or of whole books
//! [`by_customer`](by_customer::by_customer()).

pub mod by_customer;
mod chunks;
pub mod csv;
mod customer_batch;
mod external_sort;
mod group_by_customer;
pub mod input;
pub mod json;
mod parallel_map;
pub mod parsed_fact;
pub mod prescan;
mod sorted_input;
mod source;
