//! Creation, listing and revocation of API keys.

use chrono::{DateTime, Utc};
use secrecy::SecretString;

use crate::access::key::{GeneratedKey, NoRandomness};
use crate::domain::actor::Actor;
use crate::domain::ids::{KeyId, KeyName, TenantId};
use crate::domain::journal::audit::{Action, AuditRecord, AuditSubject};
use crate::domain::policy::Policy;
use crate::domain::role::Role;
use crate::store::access::api_key::{self, ApiKey};
use crate::store::audit;
use crate::store::db::Db;
use crate::store::error::StoreError;
use crate::store::tenants::tenant;

/// Default number of keys in a page.
pub const DEFAULT_PAGE_SIZE: i64 = 100;
/// Maximum number of keys in a page.
pub const MAX_PAGE_SIZE: i64 = 1_000;

/// Properties of a key to be created.
#[derive(Debug, Clone)]
pub struct NewKey {
    pub name: KeyName,
    pub role: Role,
    /// After now.
    pub expires_at: Option<DateTime<Utc>>,
}

/// Failure to create a key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Creates a key for an existing tenant; returns its text too, which is not stored.
pub async fn create(
    db: &Db,
    tenant_id: &TenantId,
    new: NewKey,
    actor: &Actor,
    now: DateTime<Utc>,
) -> Result<(ApiKey, SecretString), KeyError> {
    let GeneratedKey { key_id, hash, text } = GeneratedKey::generate(now)?;
    let key = ApiKey {
        key_id,
        tenant_id: tenant_id.clone(),
        name: new.name,
        role: new.role,
        secret_hash: hash,
        created_at: now,
        created_by: actor.name.to_string(),
        expires_at: new.expires_at,
        revoked: None,
        last_used_at: None,
    };
    let mut tx = db.write().await?;
    if *tenant_id == TenantId::only() {
        // May be the first operation on a store.
        tenant::ensure(&mut tx, tenant_id, Policy::default(), now).await?;
    }
    api_key::insert(&mut tx, &key).await?;
    let made = AuditRecord::new(Action::KeyCreated, AuditSubject::Key(&key.key_id), actor).after(describe(&key));
    audit::append(&mut tx, tenant_id, &[made], now).await?;
    tx.commit().await?;
    Ok((key, text))
}

/// Page of keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyPage {
    pub keys: Vec<ApiKey>,
    /// Last key of this page; None on the last page.
    pub next: Option<KeyId>,
}

/// Lists at most `size` keys of a tenant after a key (None: from the beginning), oldest first.
pub async fn keys(db: &Db, tenant_id: &TenantId, after: Option<&KeyId>, size: i64) -> Result<KeyPage, StoreError> {
    let size = size.clamp(1, MAX_PAGE_SIZE);
    let mut tx = db.read().await?;
    // One more than the page holds tells whether there is another page.
    let mut keys = api_key::page(&mut tx, tenant_id, after, size.saturating_add(1)).await?;
    tx.rollback().await?;
    let fits = usize::try_from(size).unwrap_or(usize::MAX);
    let has_more = keys.len() > fits;
    keys.truncate(fits);
    let next = keys.last().filter(|_| has_more).map(|key| key.key_id.clone());
    Ok(KeyPage { keys, next })
}

/// Revokes a key for good; a revoked key stays as it is. None: the tenant has no such key.
pub async fn revoke(
    db: &Db,
    tenant_id: &TenantId,
    key_id: &KeyId,
    actor: &Actor,
    now: DateTime<Utc>,
) -> Result<Option<ApiKey>, StoreError> {
    let mut tx = db.write().await?;
    let is_new = api_key::revoke(&mut tx, tenant_id, key_id, &actor.name, now).await?;
    let key = api_key::one(&mut tx, key_id).await?.filter(|key| key.tenant_id == *tenant_id);
    if let Some(key) = key.as_ref().filter(|_| is_new) {
        let revoked = AuditRecord::new(Action::KeyRevoked, AuditSubject::Key(key_id), actor).before(describe(key));
        audit::append(&mut tx, tenant_id, &[revoked], now).await?;
        tx.commit().await?;
    } else {
        tx.rollback().await?;
    }
    Ok(key)
}

/// Describes a key for the audit trail, without its secret.
fn describe(key: &ApiKey) -> String {
    let end = key.expires_at.map_or_else(|| "never".to_owned(), |at| at.to_rfc3339());
    format!("name {}, role {}, expires {end}", key.name, key.role)
}
