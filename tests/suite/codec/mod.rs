//! Parsers of text and JSON.

mod filters;
mod json;
mod parsers;
