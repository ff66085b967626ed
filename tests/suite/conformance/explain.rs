//! Why a movement is what it is: what it is made of, and what is said of it.

use deltabook::grpc::v1;
use serde_json::json;

use super::overrides::{live, of_order, set};
use super::store;
use crate::server::{TestServer, line, order};

async fn explain(server: &mut TestServer, movement_id: &str) -> v1::ExplainMovementResponse {
    let request = v1::ExplainMovementRequest { movement_id: movement_id.into() };
    server.movements.explain_movement(request).await.unwrap().into_inner()
}

/// The lines of a movement with their causes.
fn lines(why: &v1::ExplainMovementResponse) -> Vec<String> {
    let cause = |it: &v1::LineChange| it.cause.as_ref().unwrap().change_order_id.clone();
    why.changes.iter().map(|it| format!("{} by {}", it.line_id, cause(it))).collect()
}

#[tokio::test]
async fn a_movement_has_its_own_lines_and_no_others() {
    let mut server = TestServer::start(store()).await;
    let both = json!([{"line_id": "L1", "unit_price": "120"}, {"line_id": "L2", "unit_price": "120"}]);
    let switch =
        json!([{"line_id": "L1", "item_id": "plus"}, {"line_id": "L3", "item_id": "plus", "unit_price": "70"}]);
    let repriced = json!([{"line_id": "L1", "unit_price": "110"}]);
    server
        .record(vec![
            line("acme", "L1", json!({})),
            line("acme", "L2", json!({})),
            line("acme", "L3", json!({"item_id": "extra"})),
            order("acme", "O1", json!({"type": "MODIFY_PRICING", "entries": both})),
            // An item switch, and another order for the same line on the same date.
            order("acme", "O2", json!({"type": "MODIFY_PRICING", "effective_date": "2026-05-01", "entries": repriced})),
            order("acme", "O3", json!({"type": "MODIFY_PRICING", "effective_date": "2026-05-01", "entries": switch})),
        ])
        .await
        .unwrap();
    let levels = vec![v1::Level::Contract.into(), v1::Level::Customer.into()];
    let request =
        v1::OverrideModificationTypeRequest { levels, ..of_order("acme", "O1", v1::ModificationType::Ignored) };
    set(&mut server, &request).await.unwrap();
    // Relabelled at CUSTOMER level, each line has a movement of its own, and the two look the same.
    let mut found = Vec::new();
    for it in live(&mut server).await {
        if it.level() == v1::Level::Customer && it.effective_date != "2026-01-01" {
            let why = explain(&mut server, &it.movement_id).await;
            found.push(format!("{} {} {}: {}", it.effective_date, it.item_id, it.mrr_delta, lines(&why).join(", ")));
        }
    }
    found.sort();
    assert_eq!(
        found,
        [
            "2026-03-01 basic 20: L1 by O1",
            "2026-03-01 basic 20: L2 by O1",
            "2026-05-01 plus -40: L1 by O2, L1 by O3, L3 by O3",
        ]
    );
    server.finish().await;
}
