//! What the tests of sinks share.

pub mod receiver;
