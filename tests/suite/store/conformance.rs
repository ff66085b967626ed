//! The store.

use super::store;

mod statements;
