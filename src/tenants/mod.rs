//! Sets of books: what belongs to one tenant while its books are open ([`book`]), and the books of all tenants
//! ([`shelf`]); making tenants ([`tenants`]).

pub mod configuration_audit;
pub mod tenant_management;
pub mod tenant_registry;
pub mod tenant_runtime;
