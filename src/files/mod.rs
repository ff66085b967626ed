//! Facts from files: JSON Lines, one JSON object with many, and CSV of subscription lines.
//!
//! Each fact comes as a [`reading::Reading`], with the line on which it stands and all that is wrong with it. Only then
//! [`crate::form::decode`] judges its values. They come in the order of an [`input::Input`], or of whole books
//! [`by_customer`](by_customer::by_customer()).

pub mod by_customer;
mod csv_columns;
pub mod csv_mapping;
mod csv_price;
mod csv_rows;
mod customer;
mod document;
mod gathering;
mod in_order;
pub mod input;
mod json;
mod json_lines;
mod origin;
pub mod reading;
mod sorted;
mod sorting;
mod stretches;
pub mod survey;
