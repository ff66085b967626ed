//! The journal: explanations of its movements, and streams of its entries.

use super::store;

mod explain;
mod watch;
