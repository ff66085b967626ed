//! Who asks: keys and what they are for.
//!
//! A key is `dbk_<id>_<secret>`. It is shown once, when it is made; what is kept is a digest of its secret
//! ([`key`]). [`keys`] makes keys and takes them back; [`ring`] finds out whose a key is that somebody sends, and keeps
//! it at hand for a second; [`limit`] counts what anybody may do so often; [`door`] lets in, or not.

pub mod authenticator;
pub mod identity;
pub mod key;
pub mod key_cache;
pub mod key_management;
pub mod rate_limiter;
