//! Customer view: the recorded facts of a customer in the revisions in force, and their replay.

use crate::domain::facts::customer_facts::CustomerFacts;
use crate::domain::ids::{CustomerId, TenantId};
use crate::domain::replay::{Replay, replay};
use crate::store::db::Db;
use crate::store::error::StoreError;
use crate::store::facts::fact;
use crate::store::tenants::tenant;

/// Facts of a customer and their replay.
#[derive(Debug)]
pub struct CustomerView {
    pub facts: CustomerFacts,
    pub replay: Replay,
}

/// Reads a customer; None for a customer without a recording.
pub async fn customer_view(
    db: &Db,
    tenant_id: &TenantId,
    customer_id: &CustomerId,
) -> Result<Option<CustomerView>, StoreError> {
    let mut tx = db.read().await?;
    let stored = fact::of_customers(&mut tx, tenant_id, &[customer_id]).await?;
    if stored.is_empty() {
        return Ok(None);
    }
    let policy = tenant::books(&mut tx, tenant_id).await?.policy;
    let facts: CustomerFacts = stored.into_iter().map(|stored| stored.fact).collect();
    let replay = replay(&facts, &policy).map_err(|error| StoreError::corrupt("fact", customer_id, "body", error))?;
    Ok(Some(CustomerView { facts, replay }))
}
