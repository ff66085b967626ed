//! Signatures by the Standard Webhooks specification: the receiver knows that it was us, and when.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretSlice};
use sha2::Sha256;

use crate::events::secret::{ReadSecret, SecretSource};

/// What the specification asks for.
const SHORTEST_KEY: usize = 24;

/// The keys that sign, the newest and those that receivers may still have.
pub(super) struct Signer(Vec<SecretSlice<u8>>);

impl Signer {
    /// Secrets are base64, with or without `whsec_` before it.
    ///
    /// # Errors
    /// The secret that is none; what it is stays untold.
    pub(super) fn read(sources: &[SecretSource], read: ReadSecret<'_>) -> Result<Self, String> {
        if sources.is_empty() {
            return Err("secrets: at least one is needed, to sign with".to_owned());
        }
        let key = |source| {
            let secret = read(source).map_err(|error| format!("secrets: {error}"))?;
            let secret = secret.expose_secret().trim();
            let key = STANDARD.decode(secret.strip_prefix("whsec_").unwrap_or(secret));
            match key {
                Ok(key) if key.len() >= SHORTEST_KEY => Ok(SecretSlice::from(key)),
                Ok(_) => Err(format!("secrets: {source} has less than {SHORTEST_KEY} bytes")),
                Err(_) => Err(format!("secrets: {source} is not whsec_ and base64")),
            }
        };
        sources.iter().map(key).collect::<Result<_, _>>().map(Self)
    }

    /// The signatures, by all the keys, with spaces between.
    pub(super) fn sign(&self, id: &str, timestamp: &str, body: &str) -> String {
        let signatures: Vec<String> = self.0.iter().filter_map(|key| sign(key, &[id, timestamp, body])).collect();
        signatures.join(" ")
    }
}

/// None for a key of no possible length; there is none.
fn sign(key: &SecretSlice<u8>, parts: &[&str; 3]) -> Option<String> {
    let mut hmac = Hmac::<Sha256>::new_from_slice(key.expose_secret()).ok()?;
    for (place, part) in parts.iter().enumerate() {
        if place > 0 {
            hmac.update(b".");
        }
        hmac.update(part.as_bytes());
    }
    Some(format!("v1,{}", STANDARD.encode(hmac.finalize().into_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_is_that_of_the_specification() {
        // The example of the specification's own libraries.
        let secret = |_: &SecretSource| Ok("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".into());
        let signer = Signer::read(&[SecretSource::Env("KEY".to_owned())], &secret).unwrap();
        assert_eq!(
            signer.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", r#"{"test": 2432232314}"#),
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
        );
    }
}
