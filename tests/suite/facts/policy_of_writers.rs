//! The policy of the books holds for each writer.

use deltabook::clock::Clock;
use deltabook::domain::ids::TenantId;
use deltabook::domain::policy::Policy;
use deltabook::store::db::Db;
use deltabook::store::tenants::tenant;
use serde_json::json;

use super::store;
use crate::support::server::{TestServer, line};

const CUSTOMERS: usize = 30;

#[tokio::test]
async fn policy_holds_for_customers_cached_by_another_writer() {
    let store = store();
    let db = Db::open(store.url()).await.unwrap();
    let mut tx = db.write().await.unwrap();
    let policy = Policy { lapse_grace_days: 30, ..Policy::default() };
    tenant::ensure(&mut tx, &TenantId::only(), policy, Clock::system().now()).await.unwrap();
    tx.commit().await.unwrap();
    db.close().await;

    let mut server = TestServer::start(store).await;
    let customers: Vec<String> = (0..CUSTOMERS).map(|number| format!("customer-{number}")).collect();
    // One writer records all of them; then each its own.
    let together = customers.iter().map(|customer| line(customer, "L1", json!({}))).collect();
    server.record(together).await.unwrap();
    for customer in &customers {
        let ends = line(customer, "L2", json!({"subscription_id": "S2", "item_id": "extra", "end_date": "2026-02-01"}));
        let answer = server.record(vec![ends]).await.unwrap();
        let ended: Vec<&str> = answer
            .movements
            .iter()
            .filter(|movement| movement.effective_date == "2026-02-01")
            .map(|movement| movement.provisional_until.as_str())
            .collect();
        assert_eq!(ended, ["2026-03-03", "2026-03-03"], "{customer}");
    }
    server.finish().await;
}
