//! The console over plain HTTP.

use super::store;

mod console_http;
