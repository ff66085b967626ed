//! Facts for the tests of the rules: written as JSON, or generated.
//!
//! | | |
//! |---|---|
//! | [`raw`], [`decode`] | the JSON of facts, and the facts that it holds |
//! | [`histories`] | generated histories of a customer: [`draft`] draws, [`pool`] has the values, [`assembly`] resolves |

pub mod decode;
pub mod raw;

mod assembly;
mod draft;
pub mod histories;
mod pool;
