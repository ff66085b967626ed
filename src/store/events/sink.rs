//! Sinks and their progress.

use chrono::{DateTime, Utc};

use crate::domain::ids::TenantId;
use crate::domain::journal::entry::Sequence;
use crate::store::db::{Instant, Tx, on};
use crate::store::error::StoreError;
use crate::store::sql::Statement;

/// Progress of a sink.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Progress {
    /// Outbox sequence up to which everything is delivered, or waits apart.
    pub position: Sequence,
    /// Journal sequence, likewise.
    pub journal_position: Sequence,
    /// Consecutive failures.
    pub failures: i32,
    /// Not attempted before.
    pub paused_until: Option<DateTime<Utc>>,
    pub delivered_at: Option<DateTime<Utc>>,
    /// Reason why it is disabled.
    pub disabled: Option<String>,
}

#[derive(sqlx::FromRow)]
struct SinkRow {
    sink: String,
    generation: i64,
    position: Sequence,
    journal_position: Sequence,
    failures: i32,
    paused_until: Option<Instant>,
    delivered_at: Option<Instant>,
    disabled: Option<String>,
}

impl SinkRow {
    fn progress(self) -> Progress {
        Progress {
            position: self.position,
            journal_position: self.journal_position,
            failures: self.failures,
            paused_until: self.paused_until.map(|at| at.0),
            delivered_at: self.delivered_at.map(|at| at.0),
            disabled: self.disabled,
        }
    }
}

static TAKE_OVER: Statement = Statement::new(
    "insert into sink (tenant_id, sink, generation) values ($1, $2, 1)
    on conflict (tenant_id, sink) do update set generation = sink.generation + 1
    returning sink, generation, position, journal_position, failures, paused_until, delivered_at, disabled",
);

/// Makes the caller the worker of the sink: updates of earlier workers no longer count. Returns the caller's generation
/// and the sink's progress.
pub async fn take_over(tx: &mut Tx, tenant: &TenantId, sink: &str) -> Result<(i64, Progress), StoreError> {
    let statement = TAKE_OVER.on(tx);
    let row: SinkRow = on!(tx, connection => {
        sqlx::query_as(statement).bind(tenant.as_str()).bind(sink).fetch_one(connection).await?
    });
    Ok((row.generation, row.progress()))
}

static NOTE: Statement = Statement::new(
    "update sink
    set position = $4, journal_position = $5, failures = $6, paused_until = $7, delivered_at = $8, disabled = $9
    where tenant_id = $1 and sink = $2 and generation = $3",
);

/// Updates the progress of a sink; false if another worker has taken over, and the transaction must be rolled back.
pub async fn note(
    tx: &mut Tx,
    tenant: &TenantId,
    sink: &str,
    generation: i64,
    progress: &Progress,
) -> Result<bool, StoreError> {
    let statement = NOTE.on(tx);
    let noted = on!(tx, connection => {
        sqlx::query(statement)
            .bind(tenant.as_str())
            .bind(sink)
            .bind(generation)
            .bind(progress.position)
            .bind(progress.journal_position)
            .bind(progress.failures)
            .bind(progress.paused_until.map(Instant))
            .bind(progress.delivered_at.map(Instant))
            .bind(progress.disabled.as_deref())
            .execute(connection)
            .await?
            .rows_affected()
    });
    Ok(noted == 1)
}

static ALL: Statement = Statement::new(
    "select sink, generation, position, journal_position, failures, paused_until, delivered_at, disabled
    from sink where tenant_id = $1 order by sink",
);

/// Lists every sink that was ever served, by name.
pub async fn all(tx: &mut Tx, tenant: &TenantId) -> Result<Vec<(String, Progress)>, StoreError> {
    let statement = ALL.on(tx);
    let rows: Vec<SinkRow> = on!(tx, connection => {
        sqlx::query_as(statement).bind(tenant.as_str()).fetch_all(connection).await?
    });
    Ok(rows.into_iter().map(|row| (row.sink.clone(), row.progress())).collect())
}

static ONE: Statement = Statement::new(
    "select sink, generation, position, journal_position, failures, paused_until, delivered_at, disabled
    from sink where tenant_id = $1 and sink = $2",
);

/// Finds the progress of a sink; None for one that was never served.
pub async fn one(tx: &mut Tx, tenant: &TenantId, sink: &str) -> Result<Option<Progress>, StoreError> {
    let statement = ONE.on(tx);
    let row: Option<SinkRow> = on!(tx, connection => {
        sqlx::query_as(statement).bind(tenant.as_str()).bind(sink).fetch_optional(connection).await?
    });
    Ok(row.map(SinkRow::progress))
}

/// The current worker must start anew: it would write its own progress.
static ENABLE: Statement = Statement::new(
    "update sink set disabled = null, failures = 0, paused_until = null, generation = generation + 1
    where tenant_id = $1 and sink = $2 and (disabled is not null or paused_until is not null)",
);

/// Enables a disabled or paused sink at once; false if there is none of this name.
pub async fn enable(tx: &mut Tx, tenant: &TenantId, sink: &str) -> Result<bool, StoreError> {
    let statement = ENABLE.on(tx);
    let enabled = on!(tx, connection => {
        sqlx::query(statement).bind(tenant.as_str()).bind(sink).execute(connection).await?.rows_affected()
    });
    Ok(enabled == 1)
}

static REWIND_JOURNAL: Statement = Statement::new(
    "update sink set journal_position = 0, generation = generation + 1 where tenant_id = $1 and sink = $2",
);

/// Rewinds a sink to the beginning of the journal. Its current worker starts anew.
pub async fn rewind_journal(tx: &mut Tx, tenant: &TenantId, sink: &str) -> Result<(), StoreError> {
    let statement = REWIND_JOURNAL.on(tx);
    on!(tx, connection => {
        sqlx::query(statement).bind(tenant.as_str()).bind(sink).execute(connection).await?;
    });
    Ok(())
}
