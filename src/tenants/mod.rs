//! Tenants, and the runtime of each: its ledger, its followers and its sink workers.
//!
//! | file | contents |
//! |---|---|
//! | [`tenant_management`] | creation and listing of tenants |
//! | [`tenant_runtime`] | the open ledger, journal feed and sink workers of one tenant |
//! | [`tenant_registry`] | the runtimes of all tenants: opened on demand, the least recently used closed |
//! | [`configuration_audit`] | audit records of changes of the configuration |

pub mod tenant_management;
pub mod tenant_runtime;
pub mod tenant_registry;
pub mod configuration_audit;
