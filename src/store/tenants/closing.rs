//! Closings and reopenings of months, in order.

use chrono::{DateTime, NaiveDate, Utc};

use crate::domain::ids::TenantId;
use crate::store::db::{Instant, Tx, on};
use crate::store::error::StoreError;
use crate::store::sql::Statement;

/// Closing or reopening of a month.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Closing {
    /// Sequence number, from 1.
    pub sequence: i64,
    /// First date of the month.
    pub month: NaiveDate,
    /// False: a reopening.
    pub is_closed: bool,
    /// SHA-256 of the totals of a closed month, in hexadecimal digits.
    pub digest: Option<String>,
    #[sqlx(try_from = "Instant")]
    pub recorded_at: DateTime<Utc>,
    pub actor: String,
    pub reason: String,
}

static APPEND: Statement = Statement::new(
    "insert into closing (tenant_id, sequence, month, is_closed, digest, recorded_at, actor, reason)
    values ($1, $2, $3, $4, $5, $6, $7, $8)",
);

/// Records a closing or reopening. The caller holds the books exclusively.
pub async fn append(tx: &mut Tx, tenant: &TenantId, closing: &Closing) -> Result<(), StoreError> {
    let statement = APPEND.on(tx);
    on!(tx, connection => {
        sqlx::query(statement)
            .bind(tenant.as_str())
            .bind(closing.sequence)
            .bind(closing.month)
            .bind(closing.is_closed)
            .bind(closing.digest.as_deref())
            .bind(Instant(closing.recorded_at))
            .bind(&closing.actor)
            .bind(&closing.reason)
            .execute(connection)
            .await?;
    });
    Ok(())
}

static ALL: Statement = Statement::new(
    "select sequence, month, is_closed, digest, recorded_at, actor, reason from closing
    where tenant_id = $1 order by sequence",
);

/// Lists all closings and reopenings of a tenant, in order.
pub async fn all(tx: &mut Tx, tenant: &TenantId) -> Result<Vec<Closing>, StoreError> {
    let statement = ALL.on(tx);
    Ok(on!(tx, connection => {
        sqlx::query_as(statement).bind(tenant.as_str()).fetch_all(connection).await?
    }))
}
