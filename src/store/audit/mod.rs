//! Audit trail: append-only.

pub mod entry;

use chrono::{DateTime, SubsecRound, Utc};

use crate::bug;
use crate::domain::ids::{CustomerId, TenantId};
use crate::domain::journal::audit::{Action, AuditRecord, AuditSubject, Head};
pub use crate::store::audit::entry::{AuditEntry, NO_HASH};
use crate::store::db::{Column, Insert, Instant, SqlType, Tx, on};
use crate::store::error::StoreError;
use crate::store::sql::Statement;

static BEGIN: Statement = Statement::new(
    "insert into audit_head (tenant_id, sequence, hash) values ($1, 0, $2) on conflict (tenant_id) do nothing",
);

/// Starts the audit trail of a tenant, unless it has one.
pub async fn begin(tx: &mut Tx, tenant: &TenantId) -> Result<(), StoreError> {
    let statement = BEGIN.on(tx);
    on!(tx, connection => {
        sqlx::query(statement).bind(tenant.as_str()).bind(NO_HASH).execute(connection).await?;
    });
    Ok(())
}

static LOCK_HEAD: Statement = Statement::each(
    "select sequence, hash from audit_head where tenant_id = $1",
    "select sequence, hash from audit_head where tenant_id = $1 for update",
);

static MOVE_HEAD: Statement = Statement::new("update audit_head set sequence = $2, hash = $3 where tenant_id = $1");

pub(super) static APPEND: Insert = Insert::new(
    "audit_entry",
    &[
        ("tenant_id", SqlType::Text),
        ("sequence", SqlType::Integer),
        ("recorded_at", SqlType::Instant),
        ("actor", SqlType::Text),
        ("action", SqlType::Text),
        ("customer_id", SqlType::Text),
        ("subject", SqlType::Text),
        ("before", SqlType::Text),
        ("after", SqlType::Text),
        ("reason", SqlType::Text),
        ("request_id", SqlType::Text),
        ("hash", SqlType::Text),
    ],
    "",
);

/// Appends to the audit trail of a tenant. Called last in a transaction: until it ends, no other one can append.
pub async fn append(
    tx: &mut Tx,
    tenant: &TenantId,
    records: &[AuditRecord],
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    if records.is_empty() {
        return Ok(());
    }
    let statement = LOCK_HEAD.on(tx);
    let head: Option<(i64, String)> = on!(tx, connection => {
        sqlx::query_as(statement).bind(tenant.as_str()).fetch_optional(connection).await?
    });
    let no_head = || StoreError::corrupt("audit_head", tenant, "tenant_id", "is not there");
    let (mut sequence, mut hash) = head.ok_or_else(no_head)?;
    // The databases store microseconds, and the hash covers what is stored.
    let now = now.trunc_subsecs(6);
    let mut rows = Vec::with_capacity(records.len());
    for record in records {
        sequence = sequence.checked_add(1).ok_or_else(|| bug!("the audit trail ends at {sequence}"))?;
        let mut row = AuditEntry {
            sequence,
            recorded_at: now,
            actor: record.actor.name.to_string(),
            action: record.action.as_str().to_owned(),
            customer_id: record.customer_id.as_ref().map_or_else(String::new, ToString::to_string),
            subject: record.subject.clone(),
            before: record.before.clone(),
            after: record.after.clone(),
            reason: record.reason.clone(),
            request_id: record.actor.request_id.to_string(),
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

static HEAD: Statement = Statement::new("select sequence, hash from audit_head where tenant_id = $1");

/// Finds the last row of a tenant's audit trail; None for a tenant that does not exist.
pub async fn head(tx: &mut Tx, tenant: &TenantId) -> Result<Option<Head>, StoreError> {
    let statement = HEAD.on(tx);
    let head: Option<(i64, String)> = on!(tx, connection => {
        sqlx::query_as(statement).bind(tenant.as_str()).fetch_optional(connection).await?
    });
    Ok(head.map(|(sequence, hash)| Head { sequence, hash }))
}

static AFTER: Statement = Statement::new(
    "select sequence, recorded_at, actor, action, customer_id, subject, before, after, reason, request_id, hash
    from audit_entry where tenant_id = $1 and sequence > $2 order by sequence limit $3",
);

/// Lists the next rows of the audit trail.
pub async fn after(tx: &mut Tx, tenant: &TenantId, after: i64, limit: i64) -> Result<Vec<AuditEntry>, StoreError> {
    let statement = AFTER.on(tx);
    Ok(on!(tx, connection => {
        sqlx::query_as(statement).bind(tenant.as_str()).bind(after).bind(limit).fetch_all(connection).await?
    }))
}

static LAST_OF: Statement = Statement::new(
    "select sequence, recorded_at, actor, action, customer_id, subject, before, after, reason, request_id, hash
    from audit_entry where tenant_id = $1 and action = $2 and subject = $3 order by sequence desc limit 1",
);

/// Finds the last row of an action on a subject.
pub async fn last_of(
    tx: &mut Tx,
    tenant: &TenantId,
    action: Action,
    subject: AuditSubject<'_>,
) -> Result<Option<AuditEntry>, StoreError> {
    let (statement, subject) = (LAST_OF.on(tx), subject.to_string());
    Ok(on!(tx, connection => {
        sqlx::query_as(statement)
            .bind(tenant.as_str())
            .bind(action.as_str())
            .bind(&subject)
            .fetch_optional(connection)
            .await?
    }))
}

/// Filter of rows; None matches everything.
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

static PAGE: Statement = Statement::new(
    "select sequence, recorded_at, actor, action, customer_id, subject, before, after, reason, request_id, hash
    from audit_entry
    where tenant_id = $1 and sequence < $2 and cast($3 as text) is null
        and (cast($4 as text) is null or action = $4)
        and (cast($5 as text) is null or actor = $5)
        and (cast($6 as timestamptz) is null or recorded_at >= $6)
        and (cast($7 as timestamptz) is null or recorded_at < $7)
    order by sequence desc limit $8",
);
static PAGE_OF_CUSTOMER: Statement = Statement::new(
    "select sequence, recorded_at, actor, action, customer_id, subject, before, after, reason, request_id, hash
    from audit_entry
    where tenant_id = $1 and sequence < $2 and customer_id = $3 and customer_id <> ''
        and (cast($4 as text) is null or action = $4)
        and (cast($5 as text) is null or actor = $5)
        and (cast($6 as timestamptz) is null or recorded_at >= $6)
        and (cast($7 as timestamptz) is null or recorded_at < $7)
    order by sequence desc limit $8",
);

/// Lists rows before one (None: from the last), latest first.
pub async fn page(
    tx: &mut Tx,
    tenant: &TenantId,
    filter: &AuditFilter,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<AuditEntry>, StoreError> {
    let statement = if filter.customer_id.is_some() { &PAGE_OF_CUSTOMER } else { &PAGE }.on(tx);
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
