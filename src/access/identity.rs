//! Who asks, about whose books, and as what.

use std::sync::Arc;

use crate::domain::ids::{KeyId, TenantId};
use crate::domain::role::Role;
use crate::store::access::api_key::ApiKey;

/// Who asks. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    pub tenant_id: TenantId,
    pub role: Role,
    /// For people, and for the audit trail.
    pub actor: Arc<str>,
    /// None: no key was needed.
    pub key_id: Option<KeyId>,
}

impl Identity {
    /// Whoever asks with a key.
    #[must_use]
    pub fn of_key(key: &ApiKey) -> Self {
        Self {
            tenant_id: key.tenant_id.clone(),
            role: key.role,
            actor: format!("key {} ({})", key.key_id, key.name).into(),
            key_id: Some(key.key_id.clone()),
        }
    }

    /// Whoever asks while there are no keys.
    #[must_use]
    pub fn anonymous() -> Self {
        Self { tenant_id: TenantId::only(), role: Role::Admin, actor: "anonymous".into(), key_id: None }
    }

    /// A user of the machine who has the store at hand, and so may do everything.
    #[must_use]
    pub fn local(actor: Arc<str>, tenant_id: TenantId) -> Self {
        Self { tenant_id, role: Role::Admin, actor, key_id: None }
    }
}
