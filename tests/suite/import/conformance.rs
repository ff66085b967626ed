//! `deltabook import`: CSV with a mapping, and JSON Lines.

use super::store;

mod csv;
mod json_lines;
