//! A customer's row: it counts the recordings.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde_json::json;

use super::db::{Tx, on, to_micros};
use super::error::StoreError;
use crate::domain::ids::{CustomerId, TenantId};

/// Counts the recordings of a customer, from 1.
pub type Version = i64;

const TOUCH: &str = "
    insert into customer (tenant_id, customer_id, version, created_at, changed_at)
    select $1, value, 1, $2, $2 from json_each($3) where true
    on conflict (tenant_id, customer_id) do update set version = version + 1, changed_at = excluded.changed_at
    returning customer_id, version";

/// Counts one more recording for each customer, and gives its number.
pub async fn touch(
    tx: &mut Tx,
    tenant: &TenantId,
    customers: &[&CustomerId],
    now: DateTime<Utc>,
) -> Result<BTreeMap<CustomerId, Version>, StoreError> {
    let rows: Vec<(String, Version)> = on!(tx, connection => {
        sqlx::query_as(TOUCH)
            .bind(tenant.as_str())
            .bind(to_micros(now))
            .bind(id_list(customers))
            .fetch_all(connection)
            .await?
    });
    rows.into_iter().map(|(id, version)| Ok((parse_id(&id)?, version))).collect()
}

const PAGE: &str = "
    select customer_id from customer where tenant_id = $1 and customer_id > $2 order by customer_id limit $3";

/// The next customers by id after one (None: from the first).
pub async fn page(
    tx: &mut Tx,
    tenant: &TenantId,
    after: Option<&CustomerId>,
    limit: i64,
) -> Result<Vec<CustomerId>, StoreError> {
    let after = after.map_or("", CustomerId::as_str);
    let ids: Vec<String> = on!(tx, connection => {
        sqlx::query_scalar(PAGE).bind(tenant.as_str()).bind(after).bind(limit).fetch_all(connection).await?
    });
    ids.iter().map(|id| parse_id(id)).collect()
}

/// Customers as one parameter.
pub(super) fn id_list(customers: &[&CustomerId]) -> String {
    json!(customers.iter().map(|id| id.as_str()).collect::<Vec<_>>()).to_string()
}

pub(super) fn parse_id(id: &str) -> Result<CustomerId, StoreError> {
    CustomerId::parse(id).map_err(|problem| StoreError::corrupt("customer", id, "customer_id", problem))
}
