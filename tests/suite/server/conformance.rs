//! `deltabook serve`.

use super::store;

mod serve;
