//! What is known to come.

use deltabook::clock::Clock;
use deltabook::domain::ids::TenantId;
use deltabook::domain::policy::Policy;
use deltabook::grpc::v1;
use deltabook::store::db::Db;
use deltabook::store::tenants::tenant;
use serde_json::{Value, json};
use tonic::Code;
use tonic_types::StatusExt;

use super::store;
use crate::support::program::{Folder, rows, shown};
use crate::support::server::{TestServer, line, order};

/// 23:30 of 31 May in UTC: the books are two hours ahead, where it is June.
const NOW: &str = "2026-05-31T23:30:00Z";

async fn with_a_book() -> TestServer {
    let store = store();
    let db = Db::open(store.url()).await.unwrap();
    let mut tx = db.write().await.unwrap();
    let zone = "Europe/Berlin".parse().unwrap();
    let policy = Policy { lapse_grace_days: 30, time_zone: zone };
    tenant::ensure(&mut tx, &TenantId::only(), policy, NOW.parse().unwrap()).await.unwrap();
    tx.commit().await.unwrap();
    db.close().await;
    let mut server = TestServer::start_at(store, Clock::of(|| NOW.parse().unwrap())).await;
    let steps: Value = json!([
        {"quantity": "1", "unit_price": "100", "interval": {"unit": "MONTH", "count": 1}},
        {"start_date": "2026-06-01", "unit_price": "110"},
        {"start_date": "2026-06-02", "unit_price": "120"},
        {"start_date": "2026-09-01", "unit_price": "130"},
    ]);
    let facts = vec![
        line("acme", "L1", json!({"price_steps": steps})),
        line("globex", "L1", json!({"end_date": "2026-07-01"})),
        line("initech", "L1", json!({"end_date": "2026-06-15"})),
        line("hooli", "L1", json!({"currency": "EUR", "start_date": "2026-06-10"})),
    ];
    server.record(facts).await.unwrap();
    // Initech renews: the end that was known to come does not come.
    let renewal = json!({"type": "RENEWAL", "effective_date": "2026-06-15", "renewal_end_date": "2027-06-15"});
    server.record(vec![order("initech", "R1", renewal)]).await.unwrap();
    server
}

fn printed(it: &v1::Movement) -> String {
    let subcategory = it.subcategory().as_str_name().trim_start_matches("IMPACT_SUBCATEGORY_");
    let provisional = if it.provisional_until.is_empty() { "" } else { " provisional until " };
    let (date, customer, delta, until) = (&it.effective_date, &it.customer_id, &it.mrr_delta, &it.provisional_until);
    format!("{date} {customer} {subcategory} {delta}{provisional}{until}")
}

#[tokio::test]
async fn scheduled_changes_are_listed_by_date_and_page() {
    let mut server = with_a_book().await;
    let all = [
        "2026-06-02 acme PRICE_INCREASE 10",
        "2026-06-10 hooli NEW_CUSTOMER 100",
        "2026-06-15 initech RENEWAL 0",
        "2026-07-01 globex CUSTOMER_CHURN -100 provisional until 2026-07-31",
        "2026-09-01 acme PRICE_INCREASE 10",
        "2027-06-15 initech CUSTOMER_CHURN -100 provisional until 2027-07-15",
    ];
    for page_size in [0, 1, 2, 6] {
        let mut request = v1::ListScheduledMovementsRequest { page_size, ..Default::default() };
        let mut listed = Vec::new();
        loop {
            let page = server.movements.list_scheduled_movements(request.clone()).await.unwrap().into_inner();
            assert_eq!(page.today, "2026-06-01");
            listed.extend(page.movements.iter().map(printed));
            request.page_token = page.next_page_token;
            if request.page_token.is_empty() {
                break;
            }
        }
        assert_eq!(listed, all, "{page_size}");
    }
    let until = v1::ListScheduledMovementsRequest { until: "2026-06-15".into(), ..Default::default() };
    let of_acme = v1::ListScheduledMovementsRequest { customer_id: "acme".into(), ..Default::default() };
    let in_euros = v1::ListScheduledMovementsRequest { currency: "EUR".into(), ..Default::default() };
    for (request, expected) in [(until, vec![0, 1, 2]), (of_acme, vec![0, 4]), (in_euros, vec![1])] {
        let page = server.movements.list_scheduled_movements(request).await.unwrap().into_inner();
        let expected: Vec<&str> = expected.into_iter().filter_map(|place: usize| all.get(place).copied()).collect();
        assert_eq!(page.movements.iter().map(printed).collect::<Vec<_>>(), expected);
    }
    let of_contracts = v1::ListScheduledMovementsRequest { level: v1::Level::Contract.into(), ..Default::default() };
    let page = server.movements.list_scheduled_movements(of_contracts).await.unwrap().into_inner();
    assert_eq!(page.movements.len(), all.len());
    assert!(page.movements.iter().all(|it| it.level() == v1::Level::Contract));
    server.finish().await;
}

#[tokio::test]
async fn scheduled_page_token_belongs_to_its_request() {
    let mut server = with_a_book().await;
    let request = v1::ListScheduledMovementsRequest { page_size: 1, ..Default::default() };
    let page = server.movements.list_scheduled_movements(request).await.unwrap().into_inner();
    let other = v1::ListScheduledMovementsRequest {
        customer_id: "acme".into(),
        page_token: page.next_page_token,
        ..Default::default()
    };
    let wrong_date = v1::ListScheduledMovementsRequest { until: "tomorrow".into(), ..Default::default() };
    for (request, field) in [(other, "page_token"), (wrong_date, "until")] {
        let refused = server.movements.list_scheduled_movements(request).await.unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument);
        assert_eq!(refused.get_details_bad_request().unwrap().field_violations[0].field, field);
    }
    server.finish().await;
}

#[test]
fn scheduled_command_lists_changes() {
    let facts = r#"{"subscription_line": {"line_id": "L1", "subscription_id": "S1", "customer_id": "acme", "item_id": "seats", "charge_kind": "RECURRING", "currency": "USD", "start_date": "2025-01-01", "end_date": "9000-01-01", "price_steps": [{"quantity": "10", "unit_price": "100", "interval": {"unit": "MONTH", "count": 1}}, {"start_date": "8999-01-01", "quantity": "12"}]}}
"#;
    let folder = Folder::with(&[("facts.jsonl", facts)]).on(store());
    folder.run("import facts.jsonl");
    let table = "\
date        customer  subcategory        item   MRR change  MRR after  currency  cause                        provisional until
----------- --------- ------------------ ------ ----------- ---------- --------- ---------------------------- ------------------
8999-01-01  acme      QUANTITY_INCREASE  seats     +200.00   1,200.00  USD       price step 8999-01-01 of L1
9000-01-01  acme      CUSTOMER_CHURN     seats   -1,200.00       0.00  USD       natural end of L1
";
    assert_eq!(folder.ask("scheduled"), table);
    let csv = rows(&folder.ask("scheduled --until 8999-12-31 --level contract --format csv"));
    assert_eq!(shown(&csv, &["level", "effective_date", "mrr_delta"]), ["CONTRACT 8999-01-01 200"]);
    assert_eq!(folder.ask("scheduled --until 8998-12-31"), "no results\n");
}
