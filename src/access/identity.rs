//! Identity of a caller: tenant, role, and name for the audit trail.

use std::sync::Arc;

use crate::domain::ids::{KeyId, TenantId};
use crate::domain::role::Role;
use crate::store::access::api_key::ApiKey;

/// Authenticated caller. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    pub tenant_id: TenantId,
    pub role: Role,
    /// Name for the console and the audit trail.
    pub actor: Arc<str>,
    /// None: no key was needed.
    pub key_id: Option<KeyId>,
}

impl Identity {
    /// Identity behind a key.
    #[must_use]
    pub fn of_key(key: &ApiKey) -> Self {
        Self {
            tenant_id: key.tenant_id.clone(),
            role: key.role,
            actor: format!("key {} ({})", key.key_id, key.name).into(),
            key_id: Some(key.key_id.clone()),
        }
    }

    /// Identity of requests while no key exists.
    #[must_use]
    pub fn anonymous() -> Self {
        Self { tenant_id: TenantId::only(), role: Role::Admin, actor: "anonymous".into(), key_id: None }
    }

    /// User of the machine with access to the store itself, hence to everything.
    #[must_use]
    pub fn local(actor: Arc<str>, tenant_id: TenantId) -> Self {
        Self { tenant_id, role: Role::Admin, actor, key_id: None }
    }
}
