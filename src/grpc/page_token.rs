//! Page tokens: the position at which a page ended, with a fingerprint of the tenant and the query. Opaque to clients.

use std::fmt::{Debug, Display};
use std::marker::PhantomData;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use chrono::NaiveDate;
use sha2::{Digest, Sha256};
use tonic::Status;

use crate::domain::ids::{Currency, KeyId, RateSet, TenantId};
use crate::domain::journal::entry::Sequence;
use crate::grpc::status::invalid_field;
use crate::store::facts::overrides::OverridePlace;
use crate::store::journal::movement_page::Cursor;
use crate::store::tenants::rate::RateKey;

/// The page tokens of one query of a tenant. `T` is the position in its list: a page holds what is behind it.
#[derive(Debug)]
pub(super) struct PageTokens<T> {
    fingerprint: String,
    position: PhantomData<T>,
}

impl<T: Position> PageTokens<T> {
    pub fn of(tenant: &TenantId, query: impl Debug) -> Self {
        let digest = Sha256::digest(format!("{tenant} {query:?}"));
        let fingerprint = digest.iter().take(8).fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
        Self { fingerprint, position: PhantomData }
    }

    /// The position of a token; None for no token.
    ///
    /// # Errors
    /// INVALID_ARGUMENT for a token that is broken, or of another tenant or query.
    pub fn read(&self, token: &str) -> Result<Option<T>, Status> {
        if token.is_empty() {
            return Ok(None);
        }
        let position = self.position_of(token);
        position.map(Some).ok_or_else(|| invalid_field("page_token", "is not a page token of this query"))
    }

    fn position_of(&self, token: &str) -> Option<T> {
        let (position, fingerprint) = token.split_once('.')?;
        if fingerprint != self.fingerprint {
            return None;
        }
        T::parse(&String::from_utf8(BASE64_URL_SAFE_NO_PAD.decode(position).ok()?).ok()?)
    }

    /// The token for the page behind a position; empty for none.
    pub fn write(&self, next: Option<T>) -> String {
        let token = |position: T| {
            format!("{}.{}", BASE64_URL_SAFE_NO_PAD.encode(position.text().to_string()), self.fingerprint)
        };
        next.map(token).unwrap_or_default()
    }
}

/// A position in a list, as text.
pub(super) trait Position: Sized {
    fn text(&self) -> impl Display;

    fn parse(text: &str) -> Option<Self>;
}

impl Position for Sequence {
    fn text(&self) -> impl Display {
        *self
    }

    fn parse(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}

impl Position for Cursor {
    fn text(&self) -> impl Display {
        format!("{} {}", self.sequence, self.date)
    }

    fn parse(text: &str) -> Option<Self> {
        let (sequence, date) = text.split_once(' ')?;
        Some(Self { date: date.parse().ok()?, sequence: sequence.parse().ok()? })
    }
}

impl Position for KeyId {
    fn text(&self) -> impl Display {
        self.as_str()
    }

    fn parse(text: &str) -> Option<Self> {
        Self::parse(text).ok()
    }
}

impl Position for RateSet {
    fn text(&self) -> impl Display {
        self.as_str()
    }

    fn parse(text: &str) -> Option<Self> {
        Self::parse(text).ok()
    }
}

impl Position for RateKey {
    fn text(&self) -> impl Display {
        let (from, to, date) = self;
        format!("{from} {to} {date}")
    }

    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split(' ');
        let (from, to) = (Currency::parse(parts.next()?).ok()?, Currency::parse(parts.next()?).ok()?);
        let date: NaiveDate = parts.next()?.parse().ok()?;
        Some((from, to, date))
    }
}

impl Position for OverridePlace {
    fn text(&self) -> impl Display {
        // The id of the fact is last: it may have white space in it.
        format!("{} {} {}", self.customer_id, self.revision, self.fact_id)
    }

    fn parse(text: &str) -> Option<Self> {
        let (customer_id, rest) = text.split_once(' ')?;
        let (revision, fact_id) = rest.split_once(' ')?;
        Some(Self {
            customer_id: customer_id.to_owned(),
            fact_id: fact_id.to_owned(),
            revision: revision.parse().ok()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_read_by_the_query_that_wrote_it_and_by_no_other() {
        let (tenant, other) = (TenantId::only(), TenantId::parse("other").unwrap());
        let tokens = PageTokens::<Cursor>::of(&tenant, ("movements", 1));
        let cursor = Cursor { date: "2026-11-30".parse().unwrap(), sequence: 7 };
        let token = tokens.write(Some(cursor));
        assert_eq!(tokens.read(&token).unwrap(), Some(cursor));
        assert_eq!((tokens.write(None).as_str(), tokens.read("").unwrap()), ("", None));
        assert!(PageTokens::<Cursor>::of(&other, ("movements", 1)).read(&token).is_err());
        assert!(PageTokens::<Cursor>::of(&tenant, ("movements", 2)).read(&token).is_err());
        for broken in ["x", ".", &token[1..], &token[..token.len() - 1], &format!("{token}.")] {
            assert_eq!(tokens.read(broken).unwrap_err().code(), tonic::Code::InvalidArgument, "{broken}");
        }
    }

    #[test]
    fn the_id_of_a_fact_may_have_white_space_in_it() {
        let place = OverridePlace { customer_id: "c".to_owned(), fact_id: "line start L 1".to_owned(), revision: 3 };
        let text = place.text().to_string();
        let OverridePlace { customer_id, fact_id, revision } = OverridePlace::parse(&text).unwrap();
        assert_eq!((customer_id.as_str(), fact_id.as_str(), revision), ("c", "line start L 1", 3));
    }
}
