//! The store: its statements, and the stores of released versions.

use super::store;

mod released_stores;
mod statements;
