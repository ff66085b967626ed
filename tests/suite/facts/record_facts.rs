//! `BillingService` as a billing engineer meets it.

use deltabook::grpc::v1;
use serde_json::json;
use tokio_stream::StreamExt;
use tonic::Code;
use tonic_types::StatusExt;

use super::store;
use crate::support::server::{TestServer, fact, line, order};

fn outcomes(answer: &v1::RecordFactsResponse) -> Vec<v1::FactOutcome> {
    answer.results.iter().map(v1::FactResult::outcome).collect()
}

/// `CONTRACT NEW_CONTRACT 100`, in the order of the journal.
fn shown(movements: &[v1::Movement]) -> Vec<String> {
    let short = |name: &'static str| name.trim_start_matches("LEVEL_").trim_start_matches("IMPACT_SUBCATEGORY_");
    movements
        .iter()
        .map(|it| {
            format!("{} {} {}", short(it.level().as_str_name()), short(it.subcategory().as_str_name()), it.mrr_delta)
        })
        .collect()
}

#[tokio::test]
async fn record_facts_returns_the_movements_and_is_idempotent() {
    let mut server = TestServer::start(store()).await;
    let facts = vec![line("acme", "L1", json!({})), order("acme", "O1", json!({"type": "TERMINATION"}))];
    let first = server.record(facts.clone()).await.unwrap();
    assert_eq!(outcomes(&first), [v1::FactOutcome::Recorded; 2]);
    assert_eq!(
        shown(&first.movements),
        [
            "CONTRACT NEW_CONTRACT 100",
            "CUSTOMER NEW_CUSTOMER 100",
            "CONTRACT CONTRACT_CHURN -100",
            "CUSTOMER CUSTOMER_CHURN -100"
        ]
    );
    let again = server.record(facts).await.unwrap();
    assert_eq!(outcomes(&again), [v1::FactOutcome::Unchanged; 2]);
    assert_eq!(again.movements, first.movements);
    assert_eq!(server.list(v1::ListMovementsRequest::default()).await.len(), 4);
    server.finish().await;
}

#[tokio::test]
async fn facts_with_numbers_spelled_differently_are_equal() {
    let mut server = TestServer::start(store()).await;
    server.record(vec![line("acme", "L1", json!({}))]).await.unwrap();
    let steps = json!({"price_steps": [{"quantity": "1.0", "unit_price": "0100.00", "interval": {"unit": "MONTH", "count": 1}}]});
    let again = server.record(vec![line("acme", "L1", steps)]).await.unwrap();
    assert_eq!(outcomes(&again), [v1::FactOutcome::Unchanged]);
    server.finish().await;
}

#[tokio::test]
async fn fact_revision_conflict_is_refused_and_higher_revision_corrects() {
    let mut server = TestServer::start(store()).await;
    server.record(vec![line("acme", "L1", json!({}))]).await.unwrap();
    let moved = json!({"start_date": "2026-02-01"});
    let refused = server.record(vec![line("acme", "L1", moved.clone())]).await.unwrap_err();
    assert_eq!(refused.code(), Code::AlreadyExists);
    assert_eq!(refused.get_details_error_info().unwrap().reason, "REVISION_CONFLICT");
    assert!(refused.message().starts_with("facts[0]: revision 0 of this id"), "{}", refused.message());

    let revised = json!({"start_date": "2026-02-01", "revision": 1});
    let answer = server.record(vec![line("acme", "L1", revised)]).await.unwrap();
    assert_eq!(
        shown(&answer.movements),
        [
            "CONTRACT NEW_CONTRACT -100",
            "CUSTOMER NEW_CUSTOMER -100",
            "CONTRACT NEW_CONTRACT 100",
            "CUSTOMER NEW_CUSTOMER 100"
        ]
    );
    assert_eq!(answer.movements[0].reverses_movement_id, "1");
    server.finish().await;
}

#[tokio::test]
async fn fact_violations_are_all_reported_and_nothing_is_stored() {
    let mut server = TestServer::start(store()).await;
    let wrong = line(
        "acme",
        "L 1",
        json!({
            "currency": "usd",
            "start_date": "2026-02-30",
            "charge_kind": "",
            "price_steps": [{"quantity": "1e3", "unit_price": "100", "interval": {"unit": "MONTH", "count": 0}}],
        }),
    );
    let refused = server.record(vec![line("acme", "L2", json!({})), wrong]).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    let fields: Vec<String> =
        refused.get_details_bad_request().unwrap().field_violations.into_iter().map(|it| it.field).collect();
    let at = "facts[1].subscription_line";
    assert_eq!(
        fields,
        [
            format!("{at}.line_id"),
            format!("{at}.charge_kind"),
            format!("{at}.currency"),
            format!("{at}.start_date"),
            format!("{at}.price_steps[0].quantity"),
            format!("{at}.price_steps[0].interval.count"),
        ]
    );
    assert!(server.list(v1::ListMovementsRequest::default()).await.is_empty());
    server.finish().await;
}

#[tokio::test]
async fn record_facts_takes_one_to_a_thousand_facts() {
    let mut server = TestServer::start(store()).await;
    for count in [0, 1001] {
        let facts = (0..count).map(|index| line("acme", &format!("L{index}"), json!({}))).collect();
        let refused = server.record(facts).await.unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument, "{count}");
        assert!(refused.message().contains("needs 1 to 1000 facts"), "{}", refused.message());
    }
    server.finish().await;
}

#[tokio::test]
async fn refused_fact_is_reported_with_its_rule() {
    let mut server = TestServer::start(store()).await;
    let cases = [
        (vec![order("acme", "O1", json!({"type": "TERMINATION"}))], "UNKNOWN_SUBSCRIPTION", "facts[0]"),
        (
            vec![
                line("acme", "L1", json!({})),
                order("acme", "O1", json!({"type": "TERMINATION", "entries": [{"line_id": "L9"}]})),
            ],
            "UNKNOWN_LINE",
            "facts[1]",
        ),
        (
            vec![
                line("acme", "L1", json!({"renews_subscription_id": "S2"})),
                line("acme", "L2", json!({"subscription_id": "S2", "renews_subscription_id": "S1"})),
            ],
            "RENEWAL_CIRCLE",
            "facts[0]",
        ),
        (
            vec![line(
                "acme",
                "L1",
                json!({"price_steps": [{"quantity": "999999999999", "unit_price": "999999999999",
                    "interval": {"unit": "DAY", "count": 1}}]}),
            )],
            "AMOUNT_OUT_OF_RANGE",
            "facts[0]",
        ),
    ];
    for (facts, reason, path) in cases {
        let refused = server.record(facts).await.unwrap_err();
        assert_eq!(refused.code(), Code::FailedPrecondition, "{reason}");
        assert_eq!(refused.get_details_error_info().unwrap().reason, reason);
        assert_eq!(refused.get_details_precondition_failure().unwrap().violations[0].subject, path);
    }
    assert!(server.list(v1::ListMovementsRequest::default()).await.is_empty());
    server.finish().await;
}

#[tokio::test]
async fn record_facts_dry_run_stores_nothing() {
    let mut server = TestServer::start(store()).await;
    server.record(vec![line("acme", "L1", json!({}))]).await.unwrap();
    let order =
        order("acme", "O1", json!({"type": "MODIFY_PRICING", "entries": [{"line_id": "L1", "unit_price": "120"}]}));
    let request = v1::RecordFactsRequest { facts: vec![order], validate_only: true, ..Default::default() };
    let answer = server.billing.record_facts(request.clone()).await.unwrap().into_inner();
    assert_eq!(shown(&answer.movements), ["CONTRACT PRICE_INCREASE 20", "CUSTOMER PRICE_INCREASE 20"]);
    assert_eq!(answer.movements[0].movement_id, "");
    assert_eq!(server.list(v1::ListMovementsRequest::default()).await.len(), 2);
    let again = server.billing.record_facts(request).await.unwrap().into_inner();
    assert_eq!(outcomes(&again), [v1::FactOutcome::Recorded]);
    server.finish().await;
}

#[tokio::test]
async fn stream_facts_reports_refusals_and_continues() {
    let mut server = TestServer::start(store()).await;
    let batch = |batch_number, facts| v1::StreamFactsRequest { batch_number, facts };
    let mut unknown = order("acme", "O1", json!({"type": "TERMINATION"}));
    if let Some(v1::fact::Kind::ChangeOrder(order)) = &mut unknown.kind {
        order.r#type = 99;
    }
    let batches = tokio_stream::iter([
        batch(7, vec![line("acme", "L1", json!({})), unknown]),
        batch(
            8,
            vec![
                order("globex", "O1", json!({"type": "TERMINATION"})),
                line("globex", "L1", json!({"subscription_id": "S2"})),
                line("acme", "L1", json!({"item_id": "pro"})),
                line("acme", "L1", json!({})),
            ],
        ),
    ]);
    let answers = server.billing.stream_facts(batches).await.unwrap().into_inner();
    let answers: Vec<v1::StreamFactsResponse> = answers.map(Result::unwrap).collect().await;
    let counts: Vec<_> =
        answers.iter().map(|it| (it.batch_number, it.recorded_count, it.unchanged_count, it.movement_count)).collect();
    assert_eq!(counts, [(7, 1, 0, 2), (8, 1, 1, 2)]);
    let reasons = |answer: &v1::StreamFactsResponse| -> Vec<(i32, String)> {
        answer.refusals.iter().map(|it| (it.index, it.reason.clone())).collect()
    };
    assert_eq!(reasons(&answers[0]), [(1, "INVALID_FIELDS".to_owned())]);
    assert_eq!(answers[0].refusals[0].violations[0].field, "facts[1].change_order.type");
    assert_eq!(reasons(&answers[1]), [(0, "UNKNOWN_SUBSCRIPTION".to_owned()), (2, "REVISION_CONFLICT".to_owned())]);
    server.finish().await;
}

#[tokio::test]
async fn get_customer_shows_the_state_of_each_fact() {
    let mut server = TestServer::start(store()).await;
    let facts = vec![
        fact(json!({"customer": {"customer_id": "acme", "name": "Acme Ltd", "attributes": {"segment": "smb"}}})),
        line("acme", "L1", json!({})),
        line("acme", "L2", json!({"charge_kind": "ONE_TIME", "item_id": "setup"})),
        order("acme", "O1", json!({"type": "TERMINATION"})),
        order(
            "acme",
            "O2",
            json!({"type": "SUSPENSION", "effective_date": "2026-04-01", "entries": [{"line_id": "L1"}]}),
        ),
        fact(json!({"charge": {"charge_id": "C1", "customer_id": "acme", "status": "SUCCEEDED", "amount": "100",
            "currency": "USD", "occurred_at": "2026-01-01T09:00:00.1234567Z"}})),
    ];
    server.record(facts).await.unwrap();
    let request = v1::GetCustomerRequest { customer_id: "acme".into() };
    let shown = server.billing.get_customer(request).await.unwrap().into_inner();
    assert_eq!(shown.customer.unwrap().name, "Acme Ltd");
    let lines: Vec<_> = shown.subscription_lines.iter().map(|it| it.state.as_ref().unwrap().status()).collect();
    assert_eq!(lines, [v1::FactStatus::InEffect, v1::FactStatus::Void]);
    let orders: Vec<_> = shown
        .change_orders
        .iter()
        .map(|it| {
            let state = it.state.as_ref().unwrap();
            (state.status(), state.void_reasons.iter().map(|it| it.reason.as_str()).collect::<Vec<_>>())
        })
        .collect();
    assert_eq!(orders, [(v1::FactStatus::InEffect, vec![]), (v1::FactStatus::Void, vec!["AFTER_END"])]);
    assert_eq!(shown.charges[0].occurred_at.unwrap().nanos, 123_456_000);
    let nobody = v1::GetCustomerRequest { customer_id: "nobody".into() };
    assert_eq!(server.billing.get_customer(nobody).await.unwrap_err().code(), Code::NotFound);
    server.finish().await;
}

#[tokio::test]
async fn fact_revision_that_breaks_a_reference_is_refused() {
    let mut server = TestServer::start(store()).await;
    server
        .record(vec![line("acme", "L1", json!({})), order("acme", "O1", json!({"type": "TERMINATION"}))])
        .await
        .unwrap();
    let facts = vec![
        line("acme", "L5", json!({"subscription_id": "S5"})),
        line("acme", "L1", json!({"subscription_id": "S9", "revision": 1})),
        line("acme", "L6", json!({"subscription_id": "S6"})),
    ];
    let batches = tokio_stream::iter([v1::StreamFactsRequest { batch_number: 1, facts }]);
    let answers = server.billing.stream_facts(batches).await.unwrap().into_inner();
    let answers: Vec<v1::StreamFactsResponse> = answers.map(Result::unwrap).collect().await;
    assert_eq!(answers[0].recorded_count, 2);
    let refused: Vec<(i32, &str)> = answers[0].refusals.iter().map(|it| (it.index, it.fact_id.as_str())).collect();
    assert_eq!(refused, [(1, "L1")]);
    server.finish().await;
}

#[tokio::test]
async fn fact_violations_fit_the_size_limit_of_clients() {
    let mut server = TestServer::start(store()).await;
    let empty = vec![fact(json!({"subscription_line": {}})); 1000];
    let refused = server.record(empty).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    let listed = refused.get_details_bad_request().unwrap().field_violations;
    assert!(refused.details().len() < 8 * 1024 && listed.len() > 10, "{}", refused.details().len());
    assert!(listed.last().unwrap().description.ends_with("more violations"));

    let orders = (0..1000).map(|n| order("acme", &format!("O{n}"), json!({"type": "TERMINATION"}))).collect();
    let refused = server.record(orders).await.unwrap_err();
    assert_eq!(refused.code(), Code::FailedPrecondition);
    assert!(refused.details().len() + refused.message().len() < 10 * 1024, "{}", refused.details().len());
    server.finish().await;
}

#[tokio::test]
async fn change_orders_on_a_line_that_never_starts_are_void() {
    let mut server = TestServer::start(store()).await;
    let facts = vec![
        line("acme", "L1", json!({"pending_activation": true})),
        order("acme", "O1", json!({"type": "MODIFY_PRICING", "entries": [{"line_id": "L1", "quantity": "2"}]})),
        order("acme", "O2", json!({"type": "SUSPENSION"})),
    ];
    server.record(facts).await.unwrap();
    let request = v1::GetCustomerRequest { customer_id: "acme".into() };
    let shown = server.billing.get_customer(request).await.unwrap().into_inner();
    for order in &shown.change_orders {
        let state = order.state.as_ref().unwrap();
        assert_eq!((state.status(), state.void_reasons[0].reason.as_str()), (v1::FactStatus::Void, "NEVER_ACTIVATED"));
    }
    server.finish().await;
}

#[tokio::test]
async fn price_step_without_a_date_starts_with_its_line() {
    let mut server = TestServer::start(store()).await;
    let step = |date: &str, price: &str| json!({"start_date": date, "quantity": "1", "unit_price": price, "interval": {"unit": "MONTH", "count": 1}});
    let steps = json!({
        "start_date": "2026-06-01",
        "pending_activation": true,
        "price_steps": [step("2026-04-01", "10"), step("", "20")],
    });
    let activation = json!({"type": "ACTIVATION"});
    let facts = vec![line("acme", "L1", steps), order("acme", "O1", activation)];
    let answer = server.record(facts).await.unwrap();
    let dated: Vec<_> = answer.movements.iter().map(|it| (it.effective_date.as_str(), it.mrr_delta.as_str())).collect();
    assert_eq!(dated, [("2026-03-01", "10"), ("2026-03-01", "10"), ("2026-06-01", "10"), ("2026-06-01", "10")]);
    server.finish().await;
}
