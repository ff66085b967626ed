//! Subjects: made of the tenant and of fixed words. What is of a customer stays in the message.

use std::fmt::Write;

use crate::codec::envelope::Envelope;
use crate::domain::journal::entry::Entry;
use crate::events::sink::payload;

/// `<prefix>.<tenant>.event.trial_started`
pub(super) fn of_event(place: &str, envelope: &Envelope) -> String {
    format!("{place}.event.{}", payload::word(envelope))
}

/// `<prefix>.<tenant>.journal.customer.churn`
pub(super) fn of_entry(place: &str, entry: &Entry) -> String {
    let (level, category) = (entry.movement.level.as_str(), entry.movement.category.as_str());
    format!("{place}.journal.{}.{}", level.to_lowercase(), category.to_lowercase())
}

/// A text as one token of a subject: what is no letter or digit of ASCII, `-` or `_` is written as in URLs, `%2E`.
pub(super) fn token(text: &str) -> String {
    let mut token = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_') {
            token.push(byte.into());
        } else {
            let _always_succeeds = write!(token, "%{byte:02X}");
        }
    }
    token
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tenant_is_one_token_and_no_two_tenants_are_the_same() {
        for (text, expected) in [
            ("default", "default"),
            ("acme-1_b", "acme-1_b"),
            ("a.b", "a%2Eb"),
            ("*", "%2A"),
            (">", "%3E"),
            ("a b", "a%20b"),
            ("ü", "%C3%BC"),
            ("a%2Eb", "a%252Eb"),
            ("$JS", "%24JS"),
        ] {
            assert_eq!(token(text), expected);
        }
    }
}
