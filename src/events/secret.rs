//! Secrets of sinks: named in the configuration, kept elsewhere.

use std::path::PathBuf;

use secrecy::SecretString;
use serde::Deserialize;
use toml::Value;

/// Where a secret is kept.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Value")]
pub enum SecretSource {
    /// In this environment variable.
    Env(String),
    /// In this file; white space at its end does not belong to it.
    File(PathBuf),
}

/// Looks a secret up. Only the configuration reads the environment.
pub type ReadSecret<'r> = &'r (dyn Fn(&SecretSource) -> Result<SecretString, String> + Sync);

impl TryFrom<Value> for SecretSource {
    type Error = &'static str;

    /// Whatever stands there instead may be the secret itself: it is not repeated.
    fn try_from(value: Value) -> Result<Self, Self::Error> {
        const WANTED: &str = "a secret is kept elsewhere: { env = \"NAME\" } or { file = \"/path\" }";
        let Value::Table(table) = value else { return Err(WANTED) };
        let mut entries = table.into_iter();
        match (entries.next(), entries.next()) {
            (Some((key, Value::String(name))), None) if key == "env" => Ok(Self::Env(name)),
            (Some((key, Value::String(path))), None) if key == "file" => Ok(Self::File(path.into())),
            _ => Err(WANTED),
        }
    }
}
