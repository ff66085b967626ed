//! JSON Lines, documents, and values with every violation of their form.

pub(crate) mod document;
pub(crate) mod lines;
pub(crate) mod value;
