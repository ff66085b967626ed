//! Format of API keys: `dbk_<id>_<secret>`.
//!
//! The secret is 256 random bits, stored as one SHA-256. A deliberately slow digest protects secrets that can be
//! guessed; these cannot, and every request would pay for it.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use secrecy::SecretString;
use sha2::{Digest, Sha256};

use crate::domain::ids::KeyId;
use crate::store::access::api_key::SecretHash;

/// Prefix of every key.
pub const PREFIX: &str = "dbk_";
/// Length of the secret in bytes, and in base64.
const SECRET_BYTES: usize = 32;
const SECRET_CHARS: usize = 43;

/// Failure of the system's random number generator.
#[derive(Debug, thiserror::Error)]
#[error("the system gives no random numbers: {0}")]
pub struct NoRandomness(getrandom::Error);

/// New key.
#[derive(Debug)]
pub struct GeneratedKey {
    pub key_id: KeyId,
    pub hash: SecretHash,
    /// The key itself.
    pub text: SecretString,
}

impl GeneratedKey {
    /// Generates a key.
    pub fn generate(now: DateTime<Utc>) -> Result<Self, NoRandomness> {
        let (mut secret, mut more) = ([0_u8; SECRET_BYTES], [0_u8; 6]);
        getrandom::fill(&mut secret).map_err(NoRandomness)?;
        getrandom::fill(&mut more).map_err(NoRandomness)?;
        let secret = URL_SAFE_NO_PAD.encode(secret);
        let key_id = KeyId::of(now, more);
        let text = SecretString::from(format!("{PREFIX}{key_id}_{secret}"));
        Ok(Self { key_id, hash: digest(&secret), text })
    }
}

/// Key as sent by a client, not yet verified.
#[derive(Debug)]
pub struct PresentedKey<'t> {
    pub key_id: KeyId,
    secret: Secret<'t>,
}

struct Secret<'t>(&'t str);

impl std::fmt::Debug for Secret<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret")
    }
}

impl<'t> PresentedKey<'t> {
    /// Parses a key; None for text of another form.
    #[must_use]
    pub fn parse(text: &'t str) -> Option<Self> {
        let (id, secret) = text.strip_prefix(PREFIX)?.split_once('_')?;
        let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        let is_base64 = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        let has_form = id.len() == KeyId::CHARS
            && id.bytes().all(is_digit)
            && secret.len() == SECRET_CHARS
            && secret.bytes().all(is_base64);
        let key_id = KeyId::parse(id).ok()?;
        has_form.then_some(Self { key_id, secret: Secret(secret) })
    }

    /// Digest of the secret.
    #[must_use]
    pub fn hash(&self) -> SecretHash {
        digest(self.secret.0)
    }
}

fn digest(secret: &str) -> SecretHash {
    SecretHash(Sha256::digest(secret).into())
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    #[test]
    fn generated_key_parses_and_hides_its_secret() {
        let now = "2026-11-21T12:00:00Z".parse().unwrap();
        let (one, other) = (GeneratedKey::generate(now).unwrap(), GeneratedKey::generate(now).unwrap());
        assert_ne!((&one.key_id, one.hash), (&other.key_id, other.hash));
        let text = one.text.expose_secret();
        let read = PresentedKey::parse(text).unwrap();
        assert_eq!((&read.key_id, read.hash()), (&one.key_id, one.hash));
        let secret = text.rsplit('_').next().unwrap();
        let shown = format!("{one:?} {read:?}");
        assert!(!shown.contains(secret) && shown.contains(one.key_id.as_str()), "{shown}");
    }

    #[test]
    fn text_of_another_form_is_no_key() {
        let id = "0".repeat(24);
        let secret = "A".repeat(43);
        assert!(PresentedKey::parse(&format!("dbk_{id}_{secret}")).is_some());
        for wrong in [
            String::new(),
            "dbk_".to_owned(),
            format!("{id}_{secret}"),
            format!("dbk_{id}{secret}"),
            format!("dbk_{id}_{secret}="),
            format!("dbk_{id}_{}", "A".repeat(42)),
            format!("dbk_{}_{secret}", "0".repeat(23)),
            format!("dbk_{}_{secret}", "G".repeat(24)),
            format!("dbk_{id}_{}é", "A".repeat(41)),
        ] {
            assert!(PresentedKey::parse(&wrong).is_none(), "{wrong}");
        }
    }
}
