//! The audit trail: who did what, when and why. Each row's hash covers the row and the hash of the row before it.

use std::fmt::Write;

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};

use super::db::{Column, Insert, Instant, Kind, Statement, Tx, on};
use super::error::StoreError;
use crate::domain::audit::{Action, Head, NewAudit};
use crate::domain::ids::{CustomerId, TenantId};

/// Before the first row.
pub const NO_HASH: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// A row of the audit trail.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct AuditEntry {
    /// Counts them, from 1.
    pub sequence: i64,
    #[sqlx(try_from = "Instant")]
    pub recorded_at: DateTime<Utc>,
    pub actor: String,
    pub action: String,
    /// Empty: not about one customer.
    pub customer_id: String,
    pub subject: String,
    pub before: String,
    pub after: String,
    pub reason: String,
    pub request_id: String,
    pub hash: String,
}

impl AuditEntry {
    /// The hash of the row behind a row with another one. Every field is led by its length, so that nothing can be moved
    /// from one to the next.
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
            let length = u64::try_from(field.len()).unwrap_or(u64::MAX);
            hash.update(length.to_be_bytes());
            hash.update(field.as_bytes());
        }
        hex(&hash.finalize())
    }
}

/// Bytes as hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().saturating_mul(2));
    for byte in bytes {
        // Writing to memory cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

pub(super) const BEGIN: Statement = Statement::both(
    "insert into audit_head (tenant_id, sequence, hash) values ($1, 0, $2) on conflict (tenant_id) do nothing",
);

/// Begins the audit trail of a tenant, unless it has one.
pub async fn begin(tx: &mut Tx, tenant: &TenantId) -> Result<(), StoreError> {
    let statement = BEGIN.on(tx);
    on!(tx, connection => {
        sqlx::query(statement).bind(tenant.as_str()).bind(NO_HASH).execute(connection).await?;
    });
    Ok(())
}

pub(super) const LOCK_HEAD: Statement = Statement {
    sqlite: "select sequence, hash from audit_head where tenant_id = $1",
    postgres: "select sequence, hash from audit_head where tenant_id = $1 for update",
};

pub(super) const MOVE_HEAD: Statement =
    Statement::both("update audit_head set sequence = $2, hash = $3 where tenant_id = $1");

pub(super) static APPEND: Insert = Insert::new(
    "audit_entry",
    &[
        ("tenant_id", Kind::Text),
        ("sequence", Kind::Integer),
        ("recorded_at", Kind::Instant),
        ("actor", Kind::Text),
        ("action", Kind::Text),
        ("customer_id", Kind::Text),
        ("subject", Kind::Text),
        ("before", Kind::Text),
        ("after", Kind::Text),
        ("reason", Kind::Text),
        ("request_id", Kind::Text),
        ("hash", Kind::Text),
    ],
    "",
);

/// Appends to the audit trail of a tenant. Last in a transaction: until it ends, nobody else can append.
pub async fn append(tx: &mut Tx, tenant: &TenantId, audits: &[NewAudit], now: DateTime<Utc>) -> Result<(), StoreError> {
    if audits.is_empty() {
        return Ok(());
    }
    let statement = LOCK_HEAD.on(tx);
    let head: Option<(i64, String)> = on!(tx, connection => {
        sqlx::query_as(statement).bind(tenant.as_str()).fetch_optional(connection).await?
    });
    let no_head = || StoreError::corrupt("audit_head", tenant, "tenant_id", "is not there");
    let (mut sequence, mut hash) = head.ok_or_else(no_head)?;
    // As the databases keep it.
    let now = DateTime::from_timestamp_micros(now.timestamp_micros()).unwrap_or(now);
    let mut rows = Vec::with_capacity(audits.len());
    for audit in audits {
        sequence = sequence.saturating_add(1);
        let mut row = AuditEntry {
            sequence,
            recorded_at: now,
            actor: audit.author.actor.to_string(),
            action: audit.action.as_str().to_owned(),
            customer_id: audit.customer_id.as_ref().map(ToString::to_string).unwrap_or_default(),
            subject: audit.subject.clone(),
            before: audit.before.clone(),
            after: audit.after.clone(),
            reason: audit.reason.clone(),
            request_id: audit.author.request_id.to_string(),
            hash: String::new(),
        };
        row.hash = row.hash_after(tenant, &hash);
        hash.clone_from(&row.hash);
        rows.push(row);
    }
    insert(tx, tenant, &rows).await?;
    let statement = MOVE_HEAD.on(tx);
    on!(tx, connection => {
        sqlx::query(statement).bind(tenant.as_str()).bind(sequence).bind(hash).execute(connection).await?;
    });
    Ok(())
}

async fn insert(tx: &mut Tx, tenant: &TenantId, rows: &[AuditEntry]) -> Result<(), StoreError> {
    let text = |get: fn(&AuditEntry) -> &str| Column::Text(rows.iter().map(get).collect());
    let columns = vec![
        Column::Text(vec![tenant.as_str(); rows.len()]),
        Column::Integer(rows.iter().map(|row| row.sequence).collect()),
        Column::Instant(rows.iter().map(|row| row.recorded_at).collect()),
        text(|row| &row.actor),
        text(|row| &row.action),
        text(|row| &row.customer_id),
        text(|row| &row.subject),
        text(|row| &row.before),
        text(|row| &row.after),
        text(|row| &row.reason),
        text(|row| &row.request_id),
        text(|row| &row.hash),
    ];
    APPEND.run(tx, rows.len(), columns).await?;
    Ok(())
}

pub(super) const HEAD: Statement = Statement::both("select sequence, hash from audit_head where tenant_id = $1");

/// The last row of a tenant's audit trail; None for a tenant that is not there.
pub async fn head(tx: &mut Tx, tenant: &TenantId) -> Result<Option<Head>, StoreError> {
    let statement = HEAD.on(tx);
    let head: Option<(i64, String)> = on!(tx, connection => {
        sqlx::query_as(statement).bind(tenant.as_str()).fetch_optional(connection).await?
    });
    Ok(head.map(|(sequence, hash)| Head { sequence, hash }))
}

macro_rules! columns {
    () => {
        "sequence, recorded_at, actor, action, customer_id, subject, before, after, reason, request_id, hash"
    };
}

pub(super) const AFTER: Statement = Statement::both(concat!(
    "select ",
    columns!(),
    " from audit_entry where tenant_id = $1 and sequence > $2 order by sequence limit $3"
));

/// The next rows of the audit trail.
pub async fn after(tx: &mut Tx, tenant: &TenantId, after: i64, limit: i64) -> Result<Vec<AuditEntry>, StoreError> {
    let statement = AFTER.on(tx);
    Ok(on!(tx, connection => {
        sqlx::query_as(statement).bind(tenant.as_str()).bind(after).bind(limit).fetch_all(connection).await?
    }))
}

/// Which rows to list. What is None does not filter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditFilter {
    pub customer_id: Option<CustomerId>,
    pub action: Option<Action>,
    pub actor: Option<String>,
    /// Recorded at this instant or later.
    pub from: Option<DateTime<Utc>>,
    /// Recorded before this instant.
    pub until: Option<DateTime<Utc>>,
}

macro_rules! page {
    ($customer:literal, $instant:literal) => {
        concat!(
            "select ",
            columns!(),
            " from audit_entry
            where tenant_id = $1 and sequence < $2 and ",
            $customer,
            " and (cast($4 as text) is null or action = $4)
                and (cast($5 as text) is null or actor = $5)
                and (cast($6 as ",
            $instant,
            ") is null or recorded_at >= $6)
                and (cast($7 as ",
            $instant,
            ") is null or recorded_at < $7)
            order by sequence desc limit $8"
        )
    };
}

pub(super) const PAGE: Statement = Statement {
    sqlite: page!("cast($3 as text) is null", "integer"),
    postgres: page!("cast($3 as text) is null", "timestamptz"),
};
pub(super) const PAGE_OF_CUSTOMER: Statement = Statement {
    sqlite: page!("customer_id = $3 and customer_id <> ''", "integer"),
    postgres: page!("customer_id = $3 and customer_id <> ''", "timestamptz"),
};

/// Rows before one (None: from the last), the latest first.
pub async fn page(
    tx: &mut Tx,
    tenant: &TenantId,
    filter: &AuditFilter,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<AuditEntry>, StoreError> {
    let statement = if filter.customer_id.is_some() { PAGE_OF_CUSTOMER } else { PAGE }.on(tx);
    Ok(on!(tx, connection => {
        sqlx::query_as(statement)
            .bind(tenant.as_str())
            .bind(before.unwrap_or(i64::MAX))
            .bind(filter.customer_id.as_ref().map(CustomerId::as_str))
            .bind(filter.action.map(Action::as_str))
            .bind(filter.actor.as_deref())
            .bind(filter.from.map(Instant))
            .bind(filter.until.map(Instant))
            .bind(limit)
            .fetch_all(connection)
            .await?
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whatever byte of a row is another one, so is its hash.
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
