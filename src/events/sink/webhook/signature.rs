//! Signatures by the Standard Webhooks specification: they prove the sender and the time.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretSlice};
use sha2::Sha256;

use crate::bug;
use crate::bug::Bug;
use crate::events::secret::{ReadSecret, SecretSource};

/// Minimum length of a key in bytes, by the specification.
const MIN_KEY_BYTES: usize = 24;

/// Keys that sign.
pub(super) struct Signer(Vec<SecretSlice<u8>>);

impl Signer {
    /// Reads the secrets: base64, with or without `whsec_` before it.
    ///
    /// # Errors
    /// A secret in another format; the error does not repeat it.
    pub(super) fn read(sources: &[SecretSource], read: ReadSecret<'_>) -> Result<Self, String> {
        if sources.is_empty() {
            return Err("secrets: at least one is needed, to sign with".to_owned());
        }
        let key = |source| {
            let secret = read(source).map_err(|error| format!("secrets: {error}"))?;
            let secret = secret.expose_secret().trim();
            let key = STANDARD.decode(secret.strip_prefix("whsec_").unwrap_or(secret));
            match key {
                Ok(key) if key.len() >= MIN_KEY_BYTES => Ok(SecretSlice::from(key)),
                Ok(_) => Err(format!("secrets: {source} has less than {MIN_KEY_BYTES} bytes")),
                Err(_) => Err(format!("secrets: {source} is not whsec_ and base64")),
            }
        };
        sources.iter().map(key).collect::<Result<_, _>>().map(Self)
    }

    /// Signatures by all keys, separated by spaces.
    pub(super) fn sign(&self, id: &str, timestamp: &str, body: &str) -> Result<String, Bug> {
        let signatures: Result<Vec<String>, Bug> = self.0.iter().map(|key| sign(key, &[id, timestamp, body])).collect();
        Ok(signatures?.join(" "))
    }
}

fn sign(key: &SecretSlice<u8>, parts: &[&str; 3]) -> Result<String, Bug> {
    let hmac = Hmac::<Sha256>::new_from_slice(key.expose_secret());
    let mut hmac = hmac.map_err(|error| bug!("a key of an impossible length: {error}"))?;
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            hmac.update(b".");
        }
        hmac.update(part.as_bytes());
    }
    Ok(format!("v1,{}", STANDARD.encode(hmac.finalize().into_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_the_example_of_the_specification() {
        // The example of the specification's own libraries.
        let secret = |_: &SecretSource| Ok("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".into());
        let signer = Signer::read(&[SecretSource::Env("KEY".to_owned())], &secret).unwrap();
        assert_eq!(
            signer.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", r#"{"test": 2432232314}"#).unwrap(),
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
        );
    }
}
