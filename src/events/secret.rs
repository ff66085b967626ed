//! References to secrets: the configuration names a variable or file that has the secret.

use std::fmt;
use std::path::PathBuf;

use secrecy::SecretString;
use serde::Deserialize;
use toml::Value;

/// Reference to a secret.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Value")]
pub enum SecretSource {
    /// Environment variable that has the secret.
    Env(String),
    /// File that has the secret; white space at its end does not belong to the secret.
    File(PathBuf),
}

/// Shows the reference, unless it looks like the secret itself, written in the place of its name.
impl fmt::Display for SecretSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_of_a_name = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
        match self {
            Self::Env(name) if name.bytes().all(is_of_a_name) => write!(f, "the variable {name}"),
            Self::Env(_) => f.write_str("the variable that it names"),
            Self::File(path) if path.is_absolute() => write!(f, "the file {}", path.display()),
            Self::File(_) => f.write_str("the file that it names"),
        }
    }
}

impl fmt::Debug for SecretSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretSource({self})")
    }
}

/// Function that reads a secret. Only the configuration reads the environment.
pub type ReadSecret<'r> = &'r (dyn Fn(&SecretSource) -> Result<SecretString, String> + Sync);

impl TryFrom<Value> for SecretSource {
    type Error = &'static str;

    /// The error does not repeat the value, which may be the secret itself.
    fn try_from(value: Value) -> Result<Self, Self::Error> {
        const EXPECTED: &str = "a secret is kept elsewhere: { env = \"NAME\" } or { file = \"/path\" }";
        let Value::Table(table) = value else { return Err(EXPECTED) };
        let mut entries = table.into_iter();
        match (entries.next(), entries.next()) {
            (Some((key, Value::String(name))), None) if key == "env" => Ok(Self::Env(name)),
            (Some((key, Value::String(path))), None) if key == "file" => Ok(Self::File(path.into())),
            _ => Err(EXPECTED),
        }
    }
}
