//! Months that were closed and reopened, in the order in which it happened.

use chrono::{DateTime, NaiveDate, Utc};

use crate::domain::ids::TenantId;
use crate::store::db::{Instant, Tx, on};
use crate::store::error::StoreError;
use crate::store::sql::Statement;

/// A closing or reopening of a month.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Closing {
    /// Counts them, from 1.
    pub sequence: i64,
    /// The first date of the month.
    pub month: NaiveDate,
    /// Else it was reopened.
    pub is_closed: bool,
    /// Of the totals of a month that was closed: SHA-256 in hexadecimal digits.
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

/// Notes a closing or reopening. Whoever does it holds the books alone.
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

/// Everything that happened to the months of a tenant, in order.
pub async fn all(tx: &mut Tx, tenant: &TenantId) -> Result<Vec<Closing>, StoreError> {
    let statement = ALL.on(tx);
    Ok(on!(tx, connection => {
        sqlx::query_as(statement).bind(tenant.as_str()).fetch_all(connection).await?
    }))
}
