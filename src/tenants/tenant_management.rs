//! Creation and listing of tenants. A store has one tenant until more are created.

use chrono::{DateTime, Utc};

use crate::domain::actor::Actor;
use crate::domain::ids::TenantId;
use crate::domain::journal::audit::{Action, AuditRecord, AuditSubject};
use crate::domain::policy::Policy;
use crate::store::audit;
use crate::store::db::Db;
use crate::store::error::StoreError;
use crate::store::tenants::tenant;

/// Creates a tenant with an empty journal; false if it exists.
pub async fn create(db: &Db, tenant_id: &TenantId, actor: &Actor, now: DateTime<Utc>) -> Result<bool, StoreError> {
    let mut tx = db.write().await?;
    if !tenant::ensure(&mut tx, tenant_id, Policy::default(), now).await? {
        tx.rollback().await?;
        return Ok(false);
    }
    let created = AuditRecord::new(Action::TenantCreated, AuditSubject::Tenant(tenant_id), actor);
    audit::append(&mut tx, tenant_id, &[created], now).await?;
    tx.commit().await?;
    Ok(true)
}

/// Lists all tenants by id.
pub async fn tenants(db: &Db) -> Result<Vec<TenantId>, StoreError> {
    let mut tx = db.read().await?;
    tenant::all(&mut tx).await
}

/// Tells if a tenant exists.
pub async fn is_there(db: &Db, tenant_id: &TenantId) -> Result<bool, StoreError> {
    // The only tenant of a store is created with its first write.
    if *tenant_id == TenantId::only() {
        return Ok(true);
    }
    let mut tx = db.read().await?;
    tenant::is_there(&mut tx, tenant_id).await
}
