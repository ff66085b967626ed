//! Tenants: isolation, policies, and the registry of their runtimes.

use super::store;

mod tenant_isolation;
mod tenant_policy;
mod tenant_registry;
