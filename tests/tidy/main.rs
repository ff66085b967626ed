//! Rules that the files of the project keep. They read text alone: no part of the crate is needed.
//!
//! | | |
//! |---|---|
//! | [`architecture`] | rooms import one way, and each secret has one keeper |
//! | [`register`] | no words for persons in comments and documents; documentation of items begins with the thing |
//! | [`names`] | one public type of a name |
//! | [`sizes`] | files, functions and folders stay small |
//! | [`defaults`] | no silent default, no silent limit |
//! | [`test_files`] | no file of tests is left out |

#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test fails by panicking")]

mod files;

mod architecture;
mod defaults;
mod names;
mod register;
mod sizes;
mod test_files;
