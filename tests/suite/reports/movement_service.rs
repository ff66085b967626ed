//! `MovementService` as an analyst meets it.

use deltabook::grpc::v1;
use serde_json::json;
use tonic::Code;
use tonic_types::StatusExt;

use super::store;
use crate::support::server::{TestServer, line, order};

async fn with_a_small_book() -> TestServer {
    let mut server = TestServer::start(store()).await;
    let facts = vec![
        line("acme", "L1", json!({})),
        line("acme", "L2", json!({"item_id": "support", "start_date": "2026-02-10"})),
        order("acme", "O1", json!({"type": "MODIFY_PRICING", "entries": [{"line_id": "L1", "unit_price": "130"}]})),
        line("globex", "M1", json!({"currency": "EUR", "end_date": "2026-03-01"})),
        line("globex", "M2", json!({"currency": "EUR", "start_date": "2026-05-01", "subscription_id": "S2"})),
    ];
    server.record(facts).await.unwrap();
    server
}

#[tokio::test]
async fn waterfall_adds_up_at_both_levels() {
    let mut server = with_a_small_book().await;
    for (level, reactivation, new) in [(v1::Level::Customer, "100", "0"), (v1::Level::Contract, "0", "100")] {
        let request = v1::GetWaterfallRequest {
            level: level.into(),
            from_month: "2026-02".into(),
            to_month: "2026-05".into(),
            ..Default::default()
        };
        let answer = server.movements.get_waterfall(request).await.unwrap().into_inner();
        let currencies: Vec<_> = answer.waterfalls.iter().map(|it| it.currency.as_str()).collect();
        assert_eq!(currencies, ["EUR", "USD"]);
        let shown: Vec<_> = answer.waterfalls[1]
            .periods
            .iter()
            .map(|it| {
                (it.start.as_str(), it.end.as_str(), it.opening.as_str(), it.upsell.as_str(), it.closing.as_str())
            })
            .collect();
        assert_eq!(
            shown,
            [
                ("2026-02-01", "2026-03-01", "100", "100", "200"),
                ("2026-03-01", "2026-04-01", "200", "30", "230"),
                ("2026-04-01", "2026-05-01", "230", "0", "230"),
                ("2026-05-01", "2026-06-01", "230", "0", "230"),
            ]
        );
        let may = &answer.waterfalls[0].periods[3];
        assert_eq!((may.reactivation.as_str(), may.new.as_str(), may.closing.as_str()), (reactivation, new, "100"));
    }
    server.finish().await;
}

#[tokio::test]
async fn mrr_is_the_same_at_both_levels() {
    let mut server = with_a_small_book().await;
    for level in [v1::Level::Contract, v1::Level::Customer] {
        let request = v1::GetMrrRequest { date: "2026-02-28".into(), level: level.into(), ..Default::default() };
        let answer = server.movements.get_mrr(request).await.unwrap().into_inner();
        let totals: Vec<_> =
            answer.totals.iter().map(|it| (it.currency.as_str(), it.mrr.as_str(), it.arr.as_str())).collect();
        assert_eq!(totals, [("EUR", "100", "1200"), ("USD", "200", "2400")]);
    }
    server.finish().await;
}

#[tokio::test]
async fn movement_pages_have_no_gaps_in_each_order() {
    let mut server = with_a_small_book().await;
    let all = server.list(v1::ListMovementsRequest::default()).await;
    assert_eq!(all.len(), 12);
    for order in [
        v1::MovementOrder::Journal,
        v1::MovementOrder::JournalDesc,
        v1::MovementOrder::EffectiveDate,
        v1::MovementOrder::EffectiveDateDesc,
    ] {
        for customer_id in ["", "acme"] {
            let filter = v1::MovementFilter { customer_id: customer_id.into(), ..Default::default() };
            let mut request = v1::ListMovementsRequest {
                filter: Some(filter),
                order_by: order.into(),
                page_size: 5,
                ..Default::default()
            };
            let mut listed = Vec::new();
            loop {
                let page = server.movements.list_movements(request.clone()).await.unwrap().into_inner();
                listed.extend(page.movements);
                if page.next_page_token.is_empty() {
                    break;
                }
                request.page_token = page.next_page_token;
            }
            let mut expected: Vec<_> =
                all.iter().filter(|it| customer_id.is_empty() || it.customer_id == customer_id).cloned().collect();
            let id = |it: &v1::Movement| it.movement_id.parse::<i64>().unwrap();
            match order {
                v1::MovementOrder::JournalDesc => expected.sort_by_key(|it| -id(it)),
                v1::MovementOrder::EffectiveDate => expected.sort_by_key(|it| (it.effective_date.clone(), id(it))),
                v1::MovementOrder::EffectiveDateDesc => {
                    expected.sort_by_key(|it| (it.effective_date.clone(), id(it)));
                    expected.reverse();
                }
                _ => {}
            }
            assert_eq!(listed, expected, "{order:?} {customer_id:?}");
        }
    }
    server.finish().await;
}

#[tokio::test]
async fn movement_page_token_belongs_to_its_filter() {
    let mut server = with_a_small_book().await;
    let filter = v1::MovementFilter {
        level: v1::Level::Customer.into(),
        categories: vec![v1::ImpactCategory::Upsell.into(), v1::ImpactCategory::Churn.into()],
        effective_from: "2026-02-01".into(),
        effective_to: "2026-03-01".into(),
        ..Default::default()
    };
    let mut request = v1::ListMovementsRequest { filter: Some(filter), page_size: 1, ..Default::default() };
    let page = server.movements.list_movements(request.clone()).await.unwrap().into_inner();
    request.page_size = 10;
    assert_eq!(server.list(request.clone()).await.len(), 3);
    request.page_token = page.next_page_token;
    assert_eq!(server.list(request.clone()).await.len(), 2);
    request.filter = None;
    let refused = server.movements.list_movements(request).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    assert_eq!(refused.get_details_bad_request().unwrap().field_violations[0].field, "page_token");
    server.finish().await;
}

#[tokio::test]
async fn movement_list_without_reversed_movements() {
    let mut server = with_a_small_book().await;
    let revised = line("acme", "L2", json!({"item_id": "support", "start_date": "2026-02-11", "revision": 1}));
    server.record(vec![revised]).await.unwrap();
    let filter = v1::MovementFilter { live_only: true, ..Default::default() };
    let live = server.list(v1::ListMovementsRequest { filter: Some(filter), ..Default::default() }).await;
    assert_eq!((live.len(), server.list(v1::ListMovementsRequest::default()).await.len()), (12, 16));
    assert!(live.iter().all(|it| it.effective_date != "2026-02-10" && it.reverses_movement_id.is_empty()));
    server.finish().await;
}

#[tokio::test]
async fn movement_is_explained_by_rules_lines_and_facts() {
    let mut server = with_a_small_book().await;
    let filter = v1::MovementFilter {
        subcategories: vec![v1::ImpactSubcategory::PriceIncrease.into()],
        level: v1::Level::Customer.into(),
        ..Default::default()
    };
    let found = server.list(v1::ListMovementsRequest { filter: Some(filter), ..Default::default() }).await;
    let request = v1::ExplainMovementRequest { movement_id: found[0].movement_id.clone() };
    let why = server.movements.explain_movement(request).await.unwrap().into_inner();
    let rules: Vec<i32> = why.reasons.iter().map(|it| it.rule).collect();
    assert_eq!(rules, [2, 4, 7, 8, 12]);
    assert!(why.reasons.iter().all(|it| !it.statement.is_empty()), "{:?}", why.reasons);
    let change = &why.changes[0];
    let price = |terms: &Option<v1::LineTerms>| terms.as_ref().unwrap().unit_price.clone();
    assert_eq!(
        (change.line_id.as_str(), price(&change.before), price(&change.after)),
        ("L1", "100".into(), "130".into())
    );
    assert_eq!(why.facts.len(), 2);
    assert_eq!((why.events[0].name.as_str(), why.events[0].mrr_delta.as_str()), ("Upgraded", "30"));

    let nobody = v1::ExplainMovementRequest { movement_id: "4711".into() };
    assert_eq!(server.movements.explain_movement(nobody).await.unwrap_err().code(), Code::NotFound);
    let nonsense = v1::ExplainMovementRequest { movement_id: "-1".into() };
    assert_eq!(server.movements.explain_movement(nonsense).await.unwrap_err().code(), Code::InvalidArgument);
    server.finish().await;
}

#[tokio::test]
async fn as_known_at_in_the_future_is_refused() {
    let mut server = with_a_small_book().await;
    let at = |seconds| Some(prost_types::Timestamp { seconds, nanos: 0 });
    // In the year 2200; and beyond what a timestamp may be.
    for (as_known_at, problem) in
        [(at(7_258_118_400), "is in the future"), (at(i64::MAX), "is not an instant from 1970 to 9999")]
    {
        let request = v1::GetMrrRequest { as_known_at, ..Default::default() };
        let of_mrr = server.movements.get_mrr(request).await.unwrap_err();
        let (from_month, to_month) = ("2026-01".to_owned(), "2026-02".to_owned());
        let request = v1::GetWaterfallRequest { from_month, to_month, as_known_at, ..Default::default() };
        let of_waterfall = server.movements.get_waterfall(request).await.unwrap_err();
        for refused in [of_mrr, of_waterfall] {
            assert_eq!(refused.code(), Code::InvalidArgument);
            let violation = &refused.get_details_bad_request().unwrap().field_violations[0];
            assert_eq!((violation.field.as_str(), violation.description.as_str()), ("as_known_at", problem));
        }
    }
    let nothing = v1::GetMrrRequest { as_known_at: at(0), ..Default::default() };
    let answer = server.movements.get_mrr(nothing).await.unwrap().into_inner();
    assert_eq!((answer.date.as_str(), answer.totals.len()), ("1970-01-01", 0));
    let unknown = v1::GetMrrRequest { view: 7, ..Default::default() };
    assert_eq!(server.movements.get_mrr(unknown).await.unwrap_err().code(), Code::InvalidArgument);
    server.finish().await;
}

/// A request whose first field has another wire type than the contract says.
#[derive(Clone, PartialEq, prost::Message)]
struct Wrong {
    #[prost(fixed64, tag = "1")]
    facts: u64,
}

#[tokio::test]
async fn malformed_message_is_an_invalid_argument() {
    let server = TestServer::start(store()).await;
    let mut client = tonic::client::Grpc::new(server.channel.clone());
    client.ready().await.unwrap();
    let codec = tonic_prost::ProstCodec::<Wrong, v1::RecordFactsResponse>::default();
    let path = "/deltabook.v1.BillingService/RecordFacts".parse().unwrap();
    let wrong = Wrong { facts: 1 };
    let refused = client.unary(tonic::Request::new(wrong), path, codec).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    assert_eq!(refused.get_details_error_info().unwrap().reason, "MALFORMED_MESSAGE");
    server.finish().await;
}
