//! Facts from JSON.

pub(crate) mod document;
pub(crate) mod lines;
pub(crate) mod value;
