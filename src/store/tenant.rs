//! The sets of books, and what each has decided.

use chrono::{DateTime, Utc};

use super::db::{Tx, on, to_micros};
use super::error::StoreError;
use crate::domain::ids::TenantId;
use crate::domain::policy::Policy;

const ENSURE: &str = "
    insert into tenant (tenant_id, lapse_grace_days, created_at) values ($1, $2, $3)
    on conflict (tenant_id) do nothing";

/// Creates the tenant with this policy, unless it is there already.
pub async fn ensure(tx: &mut Tx, tenant: &TenantId, policy: Policy, now: DateTime<Utc>) -> Result<(), StoreError> {
    let grace = i64::from(policy.lapse_grace_days);
    on!(tx, connection => {
        sqlx::query(ENSURE).bind(tenant.as_str()).bind(grace).bind(to_micros(now)).execute(connection).await?;
    });
    Ok(())
}

const POLICY: &str = "select lapse_grace_days from tenant where tenant_id = $1";

/// The tenant's policy; the default for a tenant that is not there yet.
pub async fn policy(tx: &mut Tx, tenant: &TenantId) -> Result<Policy, StoreError> {
    let grace: Option<i64> = on!(tx, connection => {
        sqlx::query_scalar(POLICY).bind(tenant.as_str()).fetch_optional(connection).await?
    });
    let lapse_grace_days = u16::try_from(grace.unwrap_or(0))
        .map_err(|_| StoreError::corrupt("tenant", tenant, "lapse_grace_days", "is out of range"))?;
    Ok(Policy { lapse_grace_days })
}
