//! Page tokens: where a page ended, and of whose and which question. They are opaque to clients.

use std::fmt::Debug;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use crate::domain::ids::TenantId;
use crate::domain::journal::entry::Sequence;
use crate::reports::deliveries::DeliveryQuery;
use crate::store::journal::movement_page::{Cursor, MovementOrder};

/// A token for the page behind the cursor.
pub(super) fn write(cursor: Cursor, tenant: &TenantId, filter: &impl Debug, order: MovementOrder) -> String {
    format!("{}.{}.{}", cursor.sequence, cursor.date.format("%Y%m%d"), question(tenant, filter, order))
}

/// The cursor of a token; None for a token that is not one of ours, or of another question.
pub(super) fn read(token: &str, tenant: &TenantId, filter: &impl Debug, order: MovementOrder) -> Option<Cursor> {
    let mut parts = token.split('.');
    let (sequence, date, of_question) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || of_question != question(tenant, filter, order) {
        return None;
    }
    let date = chrono::NaiveDate::parse_from_str(date, "%Y%m%d").ok()?;
    Some(Cursor { date, sequence: sequence.parse().ok()? })
}

/// A token for the deliveries behind a place.
pub(super) fn write_place(place: Sequence, tenant: &TenantId, query: &DeliveryQuery) -> String {
    format!("{place}.{}", fingerprint(&format!("{tenant} {query:?}")))
}

/// The place of a token; None for a token that is not one of ours, or of another question.
pub(super) fn read_place(token: &str, tenant: &TenantId, query: &DeliveryQuery) -> Option<Sequence> {
    let (place, of_question) = token.split_once('.')?;
    (of_question == fingerprint(&format!("{tenant} {query:?}"))).then_some(place)?.parse().ok()
}

/// A token for what is behind a place of a list, whose place and question are `place` and `question`.
pub(super) fn write_text(place: &str, question: &str) -> String {
    format!("{}.{}", BASE64_URL_SAFE_NO_PAD.encode(place), fingerprint(question))
}

/// The place of such a token; None for a token that is not one of ours, or of another question.
pub(super) fn read_text(token: &str, question: &str) -> Option<String> {
    let (place, of_question) = token.split_once('.')?;
    let place = BASE64_URL_SAFE_NO_PAD.decode((of_question == fingerprint(question)).then_some(place)?).ok()?;
    String::from_utf8(place).ok()
}

/// A fingerprint of the filter and the order.
fn question(tenant: &TenantId, filter: &impl Debug, order: MovementOrder) -> String {
    fingerprint(&format!("{tenant} {filter:?} {order:?}"))
}

/// Of a question that begins with whose it is.
fn fingerprint(question: &str) -> String {
    let digest = Sha256::digest(question);
    digest.first_chunk().map_or_else(String::new, |start| format!("{:016x}", u64::from_be_bytes(*start)))
}
