//! Row of the audit trail. Its hash covers the row and the hash of the row before it.

use std::fmt::Write;

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};

use crate::domain::ids::TenantId;
use crate::store::db::Instant;

/// Hash before the first row.
pub const NO_HASH: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// Row of the audit trail.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct AuditEntry {
    /// Sequence number, from 1.
    pub sequence: i64,
    #[sqlx(try_from = "Instant")]
    pub recorded_at: DateTime<Utc>,
    pub actor: String,
    pub action: String,
    /// Empty for what is about no customer.
    pub customer_id: String,
    pub subject: String,
    pub before: String,
    pub after: String,
    pub reason: String,
    pub request_id: String,
    pub hash: String,
}

impl AuditEntry {
    /// Hash of the row chained to the hash before it. Every field is prefixed with its length, so that bytes cannot move
    /// from one field to the next.
    #[must_use]
    pub fn hash_after(&self, tenant: &TenantId, previous: &str) -> String {
        let sequence = self.sequence.to_string();
        let recorded_at = self.recorded_at.timestamp_micros().to_string();
        let fields = [
            previous,
            tenant.as_str(),
            &sequence,
            &recorded_at,
            &self.actor,
            &self.action,
            &self.customer_id,
            &self.subject,
            &self.before,
            &self.after,
            &self.reason,
            &self.request_id,
        ];
        let mut hash = Sha256::new();
        for field in fields {
            // A usize is never larger than a u64.
            let length = u64::try_from(field.len()).unwrap_or(u64::MAX);
            hash.update(length.to_be_bytes());
            hash.update(field.as_bytes());
        }
        hex(&hash.finalize())
    }
}

/// Renders bytes as hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        // Writing to memory cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A change of any byte of a row changes its hash.
    #[test]
    fn each_byte_of_a_row_is_in_its_hash() {
        let tenant = TenantId::only();
        let row = AuditEntry {
            sequence: 7,
            recorded_at: DateTime::from_timestamp_micros(1_790_000_000_000_001).unwrap(),
            actor: "key 7 (Kim)".to_owned(),
            action: "OVERRIDE_SET".to_owned(),
            customer_id: "acme".to_owned(),
            subject: "the override of change order O1".to_owned(),
            before: "{}".to_owned(),
            after: "{\"revision\":1}".to_owned(),
            reason: "month end".to_owned(),
            request_id: "request-1".to_owned(),
            hash: String::new(),
        };
        let hash = row.hash_after(&tenant, NO_HASH);
        let texts: [fn(&mut AuditEntry) -> &mut String; 8] = [
            |row| &mut row.actor,
            |row| &mut row.action,
            |row| &mut row.customer_id,
            |row| &mut row.subject,
            |row| &mut row.before,
            |row| &mut row.after,
            |row| &mut row.reason,
            |row| &mut row.request_id,
        ];
        for text in texts {
            for place in 0..text(&mut row.clone()).len() {
                for bit in 0..7 {
                    let mut other = row.clone();
                    let mut bytes = text(&mut other).clone().into_bytes();
                    bytes[place] ^= 1 << bit;
                    *text(&mut other) = String::from_utf8(bytes).unwrap();
                    assert_ne!(other.hash_after(&tenant, NO_HASH), hash, "{other:?}");
                }
            }
        }
        for bit in 0..50 {
            let moved = AuditEntry { sequence: row.sequence ^ (1 << bit), ..row.clone() };
            assert_ne!(moved.hash_after(&tenant, NO_HASH), hash);
            let micros = row.recorded_at.timestamp_micros() ^ (1 << bit);
            let later = AuditEntry { recorded_at: DateTime::from_timestamp_micros(micros).unwrap(), ..row.clone() };
            assert_ne!(later.hash_after(&tenant, NO_HASH), hash);
        }
        assert_ne!(row.hash_after(&TenantId::parse("other").unwrap(), NO_HASH), hash);
        assert_ne!(row.hash_after(&tenant, &hash), hash);
    }
}
