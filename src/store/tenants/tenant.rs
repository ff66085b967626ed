//! Tenants and the settings of their books.

use chrono::{DateTime, NaiveDate, Utc};

use crate::domain::ids::TenantId;
use crate::domain::journal::ledger_settings::LedgerSettings;
use crate::domain::policy::Policy;
use crate::store::audit;
use crate::store::db::{Instant, Tx, on};
use crate::store::error::StoreError;
use crate::store::sql::{PostgresStatement, Statement};

static ENSURE: Statement = Statement::new(
    "insert into tenant (tenant_id, lapse_grace_days, time_zone, created_at) values ($1, $2, $3, $4)
    on conflict (tenant_id) do nothing",
);

/// Creates the tenant with this policy, unless it exists; true if it was created.
pub async fn ensure(tx: &mut Tx, tenant: &TenantId, policy: Policy, now: DateTime<Utc>) -> Result<bool, StoreError> {
    let grace = i32::from(policy.lapse_grace_days);
    let statement = ENSURE.on(tx);
    let made = on!(tx, connection => {
        sqlx::query(statement)
            .bind(tenant.as_str())
            .bind(grace)
            .bind(policy.time_zone.name())
            .bind(Instant(now))
            .execute(connection)
            .await?
            .rows_affected()
    });
    audit::begin(tx, tenant).await?;
    Ok(made > 0)
}

static BOOKS: Statement = Statement::new(
    "select version, policy_version, open_from, lapse_grace_days, time_zone from tenant where tenant_id = $1",
);

/// Reads the settings of the tenant's books; defaults for a tenant that does not exist yet.
pub async fn books(tx: &mut Tx, tenant: &TenantId) -> Result<LedgerSettings, StoreError> {
    let statement = BOOKS.on(tx);
    let row: Option<(i64, i64, NaiveDate, i32, String)> = on!(tx, connection => {
        sqlx::query_as(statement).bind(tenant.as_str()).fetch_optional(connection).await?
    });
    let Some((version, policy_version, open_from, grace, zone)) = row else { return Ok(LedgerSettings::default()) };
    let lapse_grace_days = u16::try_from(grace)
        .map_err(|_| StoreError::corrupt("tenant", tenant, "lapse_grace_days", "is out of range"))?;
    let time_zone =
        zone.parse().map_err(|_| StoreError::corrupt("tenant", tenant, "time_zone", "is not a known time zone"))?;
    Ok(LedgerSettings { version, policy_version, open_from, policy: Policy { lapse_grace_days, time_zone } })
}

static HOLD_ALONE: PostgresStatement = PostgresStatement::new(
    "select pg_advisory_xact_lock(('tenant'::regclass::oid::bigint << 32 >> 32)::int, hashtext($1))",
);
static WAIT_LONGER: PostgresStatement = PostgresStatement::new("set local lock_timeout = '30s'");

/// Waits for the writers of the tenant's books, and excludes others until the transaction ends. (On SQLite a writer is
/// always alone.)
pub async fn hold_alone(tx: &mut Tx, tenant: &TenantId) -> Result<(), StoreError> {
    if let Tx::Postgres(tx) = tx {
        sqlx::query(WAIT_LONGER.text()).execute(&mut **tx).await?;
        sqlx::query(HOLD_ALONE.text()).bind(tenant.as_str()).execute(&mut **tx).await?;
    }
    Ok(())
}

static HOLD: Statement = Statement::each(
    "select coalesce((select version from tenant where tenant_id = $1), 0)",
    "select coalesce(hold_books($1), 0)",
);

/// Holds the settings of the books until the transaction ends; returns their version.
pub async fn hold(tx: &mut Tx, tenant: &TenantId) -> Result<i64, StoreError> {
    let statement = HOLD.on(tx);
    Ok(on!(tx, connection => {
        sqlx::query_scalar(statement).bind(tenant.as_str()).fetch_one(connection).await?
    }))
}

static CHANGE: Statement = Statement::new(
    "update tenant set version = $2, policy_version = $3, open_from = $4, lapse_grace_days = $5, time_zone = $6
    where tenant_id = $1",
);

/// Changes the settings of the books. The caller holds them exclusively.
pub async fn change(tx: &mut Tx, tenant: &TenantId, books: &LedgerSettings) -> Result<(), StoreError> {
    let statement = CHANGE.on(tx);
    on!(tx, connection => {
        sqlx::query(statement)
            .bind(tenant.as_str())
            .bind(books.version)
            .bind(books.policy_version)
            .bind(books.open_from)
            .bind(i32::from(books.policy.lapse_grace_days))
            .bind(books.policy.time_zone.name())
            .execute(connection)
            .await?;
    });
    Ok(())
}

static IS_THERE: Statement = Statement::new("select exists (select 1 from tenant where tenant_id = $1)");

/// Tells if the tenant exists.
pub async fn is_there(tx: &mut Tx, tenant: &TenantId) -> Result<bool, StoreError> {
    let statement = IS_THERE.on(tx);
    Ok(on!(tx, connection => sqlx::query_scalar(statement).bind(tenant.as_str()).fetch_one(connection).await?))
}

static ALL: Statement = Statement::new("select tenant_id from tenant order by tenant_id");

/// Lists all tenants by id.
pub async fn all(tx: &mut Tx) -> Result<Vec<TenantId>, StoreError> {
    let statement = ALL.on(tx);
    let ids: Vec<String> = on!(tx, connection => sqlx::query_scalar(statement).fetch_all(connection).await?);
    let read =
        |id: &String| TenantId::parse(id).map_err(|problem| StoreError::corrupt("tenant", id, "tenant_id", problem));
    ids.iter().map(read).collect()
}
