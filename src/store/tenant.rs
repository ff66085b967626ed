//! The sets of books, and what each has decided.

use chrono::{DateTime, Utc};

use super::db::{Instant, Statement, Tx, on};
use super::error::StoreError;
use crate::domain::ids::TenantId;
use crate::domain::policy::Policy;

pub(super) const ENSURE: Statement = Statement::both(
    "insert into tenant (tenant_id, lapse_grace_days, time_zone, created_at) values ($1, $2, $3, $4)
    on conflict (tenant_id) do nothing",
);

/// Creates the tenant with this policy, unless it is there already.
pub async fn ensure(tx: &mut Tx, tenant: &TenantId, policy: Policy, now: DateTime<Utc>) -> Result<(), StoreError> {
    let grace = i32::from(policy.lapse_grace_days);
    let statement = ENSURE.on(tx);
    on!(tx, connection => {
        sqlx::query(statement)
            .bind(tenant.as_str())
            .bind(grace)
            .bind(policy.time_zone.name())
            .bind(Instant(now))
            .execute(connection)
            .await?;
    });
    Ok(())
}

pub(super) const POLICY: Statement =
    Statement::both("select lapse_grace_days, time_zone from tenant where tenant_id = $1");

/// The tenant's policy; the default for a tenant that is not there yet.
pub async fn policy(tx: &mut Tx, tenant: &TenantId) -> Result<Policy, StoreError> {
    let statement = POLICY.on(tx);
    let row: Option<(i32, String)> = on!(tx, connection => {
        sqlx::query_as(statement).bind(tenant.as_str()).fetch_optional(connection).await?
    });
    let Some((grace, zone)) = row else { return Ok(Policy::default()) };
    let lapse_grace_days = u16::try_from(grace)
        .map_err(|_| StoreError::corrupt("tenant", tenant, "lapse_grace_days", "is out of range"))?;
    let time_zone =
        zone.parse().map_err(|_| StoreError::corrupt("tenant", tenant, "time_zone", "is not a known time zone"))?;
    Ok(Policy { lapse_grace_days, time_zone })
}
