//! The runtimes of many tenants in one process: a limited number is open, those in use stay open, and closed ones are
//! opened again.

use deltabook::clock::Clock;
use deltabook::domain::actor::Actor;
use deltabook::domain::ids::TenantId;
use deltabook::ledger::command::Mode;
use deltabook::ledger::handle::Workload;
use deltabook::tenants::tenant_registry::{MAX_OPEN, TenantError, TenantRegistry};
use deltabook::tenants::tenant_runtime::{Common, Sending};

use super::store;
use crate::support::keys::{Operator, tenant};
use crate::support::server::a_line;
use crate::support::wait::PATIENCE;

#[tokio::test]
async fn tenant_runtimes_stay_open_while_held_and_are_limited() {
    let store = store();
    let operator = Operator::at(store.url()).await;
    let tenants: Vec<TenantId> = (0..=MAX_OPEN).map(|number| tenant(&format!("tenant-{number}"))).collect();
    for tenant_id in &tenants {
        operator.makes_tenant(tenant_id.as_str()).await;
    }
    let registry =
        TenantRegistry::new(Common::new(operator.db.clone(), Clock::system(), Workload::Requests, Sending::default()));
    assert!(matches!(registry.open(&tenant("nobody")).await, Err(TenantError::NoTenant(_))));

    let (last, others) = tenants.split_last().unwrap();
    let mut held = Vec::new();
    for tenant_id in others {
        held.push(registry.open(tenant_id).await.unwrap());
    }
    assert!(matches!(registry.open(last).await, Err(TenantError::TooMany)));
    // The first is released: it makes room for the last alone.
    let first = tenants.first().unwrap();
    let of_first = held.remove(0).ledger.clone();
    registry.open(last).await.unwrap();
    let record = async |books: &deltabook::ledger::handle::Ledger| {
        books.record(vec![a_line("acme")], Mode::Strict, &Actor::service()).await.map(|recorded| recorded.new_entries)
    };
    let closed = async { while record(&of_first).await.is_ok() {} };
    tokio::time::timeout(PATIENCE, closed).await.unwrap();
    for books in &held {
        assert!(record(&books.ledger).await.is_ok_and(|entries| entries <= 2));
    }
    // Closed books are opened again, with everything that is in them.
    let again = registry.open(first).await.unwrap();
    assert!(record(&again.ledger).await.is_ok());
    registry.finish().await;
    assert!(matches!(registry.open(first).await, Err(TenantError::ShuttingDown)));
    operator.db.close().await;
}
