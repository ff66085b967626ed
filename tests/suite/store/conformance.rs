//! The store: its statements, and the stores of released versions.

use super::store;

mod entry_columns;
mod released_stores;
mod statements;
