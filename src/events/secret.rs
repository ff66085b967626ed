//! Secrets of sinks: named in the configuration, kept elsewhere.

use std::path::PathBuf;

use secrecy::SecretString;
use serde::Deserialize;

/// Where a secret is kept.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SecretSource {
    /// In this environment variable.
    Env(String),
    /// In this file; white space at its end does not belong to it.
    File(PathBuf),
}

/// Looks a secret up. Only the configuration reads the environment.
pub type ReadSecret<'r> = &'r (dyn Fn(&SecretSource) -> Result<SecretString, String> + Sync);
