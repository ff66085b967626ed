//! Tables of access: API keys.

pub mod api_key;
