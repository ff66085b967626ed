//! Access by key and role.

use super::store;

mod keys;
