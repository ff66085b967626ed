//! Names of things: opaque ids of other systems, and currencies.
//!
//! An id is 1 to 128 visible characters, so that it reads the same in a log, a CSV and a SQL client.

use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, Utc};

/// The longest id, in characters.
pub const MAX_ID_CHARS: usize = 128;

/// A violation in a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    #[error("is required")]
    Empty,
    #[error("is longer than {MAX_ID_CHARS} characters")]
    TooLong,
    #[error("contains white space or an invisible character")]
    Invisible,
    #[error("is not a currency: three capital letters (ISO 4217)")]
    NotACurrency,
}

fn check_id(text: &str) -> Result<(), NameError> {
    if text.is_empty() {
        return Err(NameError::Empty);
    }
    // Nearly all ids are so plain that there is nothing to count.
    if text.len() <= MAX_ID_CHARS && text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(());
    }
    if text.chars().nth(MAX_ID_CHARS).is_some() {
        return Err(NameError::TooLong);
    }
    if text.chars().any(is_invisible) {
        return Err(NameError::Invisible);
    }
    Ok(())
}

/// White space, control characters, format characters that show nothing or reorder what is shown, blank letters,
/// variation selectors, private use and what is no character.
fn is_invisible(c: char) -> bool {
    c.is_whitespace()
        || c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{fffe}' | '\u{ffff}'
            | '\u{e000}'..='\u{f8ff}' | '\u{e0000}'..='\u{10ffff}')
}

macro_rules! id {
    ($(#[$doc:meta] $name:ident)*) => {$(
        #[$doc]
        ///
        /// Cheap to clone.
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Accepts 1 to 128 visible characters.
            ///
            /// # Errors
            /// [`NameError`] for any other text.
            pub fn parse(text: &str) -> Result<Self, NameError> {
                check_id(text)?;
                Ok(Self(Arc::from(text)))
            }

            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }
    )*};
}

id! {
    /// A set of books.
    TenantId
    /// A customer.
    CustomerId
    /// A contract.
    SubscriptionId
    /// One item sold on a subscription; unique within a customer.
    LineId
    /// The product or plan that a line sells.
    ItemId
    /// A dated instruction on a subscription; unique within a customer.
    ChangeOrderId
    /// A payment, its failure or its refund; unique within a customer.
    ChargeId
    /// An API key, by its public part.
    KeyId
    /// The display name of a key.
    KeyName
    /// A set of exchange rates, by its name.
    RateSet
    /// A request, by the id that its caller or the service gave it.
    RequestId
}

impl TenantId {
    /// The set of books of a store that has only one.
    #[must_use]
    pub fn only() -> Self {
        Self(Arc::from("default"))
    }
}

impl KeyId {
    /// Characters of an id that is made here: hexadecimal digits.
    pub const CHARS: usize = 24;

    /// The id of a new key: ids grow with the time, to the millisecond, and beyond that are random.
    #[must_use]
    pub fn of(now: DateTime<Utc>, random: [u8; 6]) -> Self {
        let mut id = format!("{:012x}", now.timestamp_millis());
        id.extend(random.iter().map(|byte| format!("{byte:02x}")));
        Self(id.into())
    }
}

/// An ISO 4217 code: three capital letters.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency([u8; 3]);

impl Currency {
    /// Accepts three capital letters.
    ///
    /// # Errors
    /// [`NameError::NotACurrency`] for anything else, [`NameError::Empty`] for nothing.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        match *text.as_bytes() {
            [] => Err(NameError::Empty),
            [a, b, c] if [a, b, c].iter().all(u8::is_ascii_uppercase) => Ok(Self([a, b, c])),
            _ => Err(NameError::NotACurrency),
        }
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        // Letters of ASCII are always UTF-8.
        std::str::from_utf8(&self.0).unwrap_or("")
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_1_to_128_visible_characters() {
        assert_eq!(LineId::parse(""), Err(NameError::Empty));
        assert_eq!(LineId::parse(&"é".repeat(129)), Err(NameError::TooLong));
        assert!(LineId::parse(&"é".repeat(128)).is_ok());
        for hidden in
            ["a b", "a\0", "a\u{200b}b", "\t", "a\u{202e}b", "a\u{61c}b", "a\u{3164}", "a\u{fe0f}", "\u{e0041}"]
        {
            assert_eq!(LineId::parse(hidden), Err(NameError::Invisible), "{hidden:?}");
        }
    }

    #[test]
    fn currencies_are_three_capital_letters() {
        assert_eq!(Currency::parse("EUR").map(|c| c.to_string()), Ok("EUR".into()));
        for wrong in ["eur", "EURO", "E1R", "€"] {
            assert_eq!(Currency::parse(wrong), Err(NameError::NotACurrency), "{wrong}");
        }
    }
}
