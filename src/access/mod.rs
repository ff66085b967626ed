//! Authentication and rate limits of API keys.
//!
//! A key is `dbk_<id>_<secret>`. It is shown once, on creation; the store keeps a digest of its secret.
//!
//! | file | contents |
//! |---|---|
//! | [`key`] | format of a key: generation, parsing, digest of the secret |
//! | [`identity`] | an authenticated caller: name, role, tenant |
//! | [`key_management`] | creation, listing and revocation of keys |
//! | [`key_cache`] | keys of the store, cached for one second |
//! | [`rate_limiter`] | keyed rate limiter (GCRA) with a bounded LRU |
//! | [`authenticator`] | authentication of a request by its key and address |

pub mod key;
pub mod identity;
pub mod key_management;
pub mod key_cache;
pub mod rate_limiter;
pub mod authenticator;
