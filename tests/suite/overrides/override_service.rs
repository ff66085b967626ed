//! Overrides through the service: refusals, conflicts, lists.

use deltabook::grpc::v1;
use serde_json::json;
use tonic::{Code, Status};
use tonic_types::StatusExt;

use super::store;
use crate::support::server::{TestServer, line, order};

pub fn cause(kind: v1::CauseKind, id: &str) -> v1::Cause {
    let (mut line_id, mut change_order_id) = (id.to_owned(), String::new());
    if kind == v1::CauseKind::ChangeOrder {
        std::mem::swap(&mut line_id, &mut change_order_id);
    }
    v1::Cause { kind: kind.into(), line_id, change_order_id, ..Default::default() }
}

/// An override of an order, as a request.
pub fn of_order(customer: &str, id: &str, kind: v1::ModificationType) -> v1::OverrideModificationTypeRequest {
    v1::OverrideModificationTypeRequest {
        customer_id: customer.into(),
        cause: Some(cause(v1::CauseKind::ChangeOrder, id)),
        modification_type: kind.into(),
        reason: "agreed with the auditor".into(),
        ..Default::default()
    }
}

pub async fn set(
    server: &mut TestServer,
    request: &v1::OverrideModificationTypeRequest,
) -> Result<v1::OverrideModificationTypeResponse, Status> {
    server.finance.override_modification_type(request.clone()).await.map(tonic::Response::into_inner)
}

pub async fn live(server: &mut TestServer) -> Vec<v1::Movement> {
    let filter = v1::MovementFilter { live_only: true, ..Default::default() };
    server.list(v1::ListMovementsRequest { filter: Some(filter), page_size: 1_000, ..Default::default() }).await
}

#[tokio::test]
async fn override_follows_its_cause() {
    let mut server = TestServer::start(store()).await;
    let change = |date: &str, revision: i32| {
        let entries = json!([{"line_id": "L1", "unit_price": "150"}]);
        order(
            "acme",
            "O1",
            json!({"type": "MODIFY_PRICING", "effective_date": date, "revision": revision, "entries": entries}),
        )
    };
    server.record(vec![line("acme", "L1", json!({})), change("2026-02-01", 0)]).await.unwrap();
    set(&mut server, &of_order("acme", "O1", v1::ModificationType::Ignored)).await.unwrap();
    server.record(vec![change("2026-05-01", 1)]).await.unwrap();
    let ignored: Vec<(String, String)> = live(&mut server)
        .await
        .into_iter()
        .filter(|it| it.category() == v1::ImpactCategory::Ignored)
        .map(|it| (it.effective_date, it.mrr_delta))
        .collect();
    assert_eq!(ignored, [("2026-05-01".to_owned(), "50".to_owned()), ("2026-05-01".to_owned(), "50".to_owned())]);

    let request = v1::GetCustomerRequest { customer_id: "acme".into() };
    let customer = server.billing.get_customer(request).await.unwrap().into_inner();
    let record = &customer.overrides[0];
    assert_eq!(record.r#override.as_ref().unwrap().cause, Some(cause(v1::CauseKind::ChangeOrder, "O1")));
    assert_eq!(record.state.as_ref().unwrap().status(), v1::FactStatus::InEffect);
    server.finish().await;
}

/// A suspension and its reactivation, a renewal by link, and a line that is pending.
async fn with_causes() -> TestServer {
    let mut server = TestServer::start(store()).await;
    let order = |id: &str, kind: &str, date: &str| order("acme", id, json!({"type": kind, "effective_date": date}));
    let renewed = json!({"subscription_id": "S2", "end_date": "2026-06-01"});
    let renewing = json!({"subscription_id": "S3", "start_date": "2026-06-01", "renews_subscription_id": "S2"});
    let pending = json!({"subscription_id": "S4", "pending_activation": true});
    let voided = json!({"type": "MODIFY_PRICING", "voided": true, "entries": [{"line_id": "L1", "unit_price": "1"}]});
    let facts = vec![
        line("acme", "L1", json!({})),
        line("acme", "L2", renewed),
        line("acme", "L3", renewing),
        line("acme", "L4", pending),
        order("O1", "SUSPENSION", "2026-02-01"),
        order("O2", "REACTIVATION", "2026-03-01"),
        crate::support::server::order("acme", "O3", voided),
    ];
    server.record(facts).await.unwrap();
    server
}

#[tokio::test]
async fn override_refusals_name_the_rule() {
    use v1::CauseKind::{ChangeOrder, LineStart, NaturalEnd, PriceStep, RenewalLink, TrialEnd};
    let mut server = with_causes().await;
    let before = live(&mut server).await;
    let good = of_order("acme", "O1", v1::ModificationType::NewOrChurn);
    let step = v1::Cause { date: "2026-08-01".into(), ..cause(PriceStep, "L1") };
    let link = v1::Cause { subscription_id: "S3".into(), ..cause(RenewalLink, "L2") };
    for (cause, reason, rule) in [
        (cause(ChangeOrder, "O2"), "REACTIVATION_HAS_NO_TYPE", "(R10)"),
        (cause(ChangeOrder, "O9"), "NO_SUCH_CHANGE_ORDER", "(R13)"),
        (cause(ChangeOrder, "O3"), "NO_SUCH_CAUSE", "(R13)"),
        (cause(LineStart, "L9"), "NO_SUCH_LINE", "(R13)"),
        (cause(LineStart, "L4"), "NO_SUCH_CAUSE", "(R13)"),
        (step, "NO_SUCH_PRICE_STEP", "(R13)"),
        (cause(TrialEnd, "L1"), "NO_TRIAL", "(R13)"),
        (cause(NaturalEnd, "L1"), "NO_SUCH_CAUSE", "(R13)"),
        (cause(NaturalEnd, "L2"), "RENEWAL_IS_SYSTEM_CONTROLLED", "system-controlled"),
        (link, "RENEWAL_IS_SYSTEM_CONTROLLED", "(R9, R13)"),
    ] {
        for validate_only in [true, false] {
            let request =
                v1::OverrideModificationTypeRequest { cause: Some(cause.clone()), validate_only, ..good.clone() };
            let refused = set(&mut server, &request).await.unwrap_err();
            assert_eq!(refused.code(), Code::FailedPrecondition, "{refused:?}");
            assert_eq!(refused.get_details_error_info().unwrap().reason, reason, "{refused:?}");
            assert!(refused.message().contains(rule), "{refused:?}");
        }
    }
    let other_level = v1::OverrideModificationTypeRequest {
        subcategory: v1::ImpactSubcategory::CustomerChurn.into(),
        levels: vec![v1::Level::Contract.into()],
        ..good.clone()
    };
    let refused = set(&mut server, &other_level).await.unwrap_err();
    assert_eq!(refused.get_details_error_info().unwrap().reason, "SUBCATEGORY_OF_OTHER_LEVEL");
    assert!(refused.message().contains("(R13)"), "{refused:?}");
    assert_eq!(live(&mut server).await, before);
    server.finish().await;
}

#[tokio::test]
async fn override_violations_are_reported_by_field() {
    type Request = v1::OverrideModificationTypeRequest;
    let mut server = with_causes().await;
    let good = of_order("acme", "O1", v1::ModificationType::NewOrChurn);
    let with = |change: fn(&mut Request)| {
        let mut request = good.clone();
        change(&mut request);
        request
    };
    for (request, fields) in [
        (Request::default(), vec!["modification_type", "reason", "cause", "customer_id"]),
        (with(|it| it.reason = " \n".into()), vec!["reason"]),
        (with(|it| it.reason = "x".repeat(1_001)), vec!["reason"]),
        (with(|it| it.cause = Some(cause(v1::CauseKind::Unspecified, "L1"))), vec!["cause.kind"]),
        (with(|it| it.cause = Some(cause(v1::CauseKind::LineStart, ""))), vec!["cause.line_id"]),
        (with(|it| it.cause = Some(cause(v1::CauseKind::ChangeOrder, "a b"))), vec!["cause.change_order_id"]),
        (with(|it| it.cause = Some(cause(v1::CauseKind::PriceStep, "L1"))), vec!["cause.date"]),
        (with(|it| it.cause.as_mut().unwrap().line_id = "L1".into()), vec!["cause.line_id"]),
        (with(|it| it.levels = vec![0]), vec!["levels[0]"]),
        (with(|it| it.modification_type = 9), vec!["modification_type"]),
        (with(|it| it.subcategory = v1::ImpactSubcategory::Ignored.into()), vec!["subcategory"]),
        (with(|it| it.subcategory = v1::ImpactSubcategory::Renewal.into()), vec!["subcategory"]),
        (with(|it| it.expected_revision = Some(-1)), vec!["expected_revision"]),
        (with(|it| it.request_id = "a b".into()), vec!["request_id"]),
    ] {
        let refused = set(&mut server, &request).await.unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument, "{refused:?}");
        let violations = refused.get_details_bad_request().unwrap().field_violations;
        let named: Vec<&str> = violations.iter().map(|it| it.field.as_str()).collect();
        assert_eq!(named, fields, "{refused:?}");
        assert!(violations.iter().all(|it| !it.description.is_empty()));
    }
    let renewal = with(|it| it.subcategory = v1::ImpactSubcategory::Renewal.into());
    assert!(set(&mut server, &renewal).await.unwrap_err().message().contains("system-controlled"));
    server.finish().await;
}

#[tokio::test]
async fn stale_override_is_refused_and_a_retry_is_accepted() {
    let mut server = with_causes().await;
    let request = |kind, expected| v1::OverrideModificationTypeRequest {
        expected_revision: expected,
        ..of_order("acme", "O1", kind)
    };
    let (churn, ignored) = (v1::ModificationType::NewOrChurn, v1::ModificationType::Ignored);
    let clear = |expected_revision| v1::ClearOverrideRequest {
        customer_id: "acme".into(),
        cause: Some(cause(v1::CauseKind::ChangeOrder, "O1")),
        reason: "an error".into(),
        expected_revision,
        ..Default::default()
    };
    assert_eq!(server.finance.clear_override(clear(None)).await.unwrap_err().code(), Code::NotFound);
    for (kind, expected, revision, outcome) in [
        (churn, Some(0), 1, v1::FactOutcome::Recorded),
        (churn, Some(0), 1, v1::FactOutcome::Unchanged),
        (churn, Some(1), 1, v1::FactOutcome::Unchanged),
        (ignored, Some(1), 2, v1::FactOutcome::Recorded),
        (churn, None, 3, v1::FactOutcome::Recorded),
    ] {
        let done = set(&mut server, &request(kind, expected)).await.unwrap();
        assert_eq!((done.r#override.as_ref().unwrap().revision, done.outcome()), (revision, outcome));
    }
    for (kind, expected) in [(ignored, 0), (ignored, 2), (churn, 1), (churn, 4)] {
        let stale = set(&mut server, &request(kind, Some(expected))).await.unwrap_err();
        assert_eq!(stale.code(), Code::Aborted, "{stale:?}");
        assert_eq!(stale.get_details_error_info().unwrap().reason, "STALE_REVISION");
    }
    assert_eq!(server.finance.clear_override(clear(Some(2))).await.unwrap_err().code(), Code::Aborted);
    for outcome in [v1::FactOutcome::Recorded, v1::FactOutcome::Unchanged] {
        let done = server.finance.clear_override(clear(Some(3))).await.unwrap().into_inner();
        assert_eq!((done.r#override.as_ref().unwrap().revision, done.outcome()), (4, outcome));
    }
    server.finish().await;
}

#[tokio::test]
async fn concurrent_overrides_conflict() {
    let mut server = with_causes().await;
    let mut others = Vec::new();
    for number in 0..16 {
        let mut finance = server.finance.clone();
        let mut request = of_order("acme", "O1", v1::ModificationType::NewOrChurn);
        request.reason = format!("reason {number}");
        request.expected_revision = Some(0);
        others.push(tokio::spawn(async move { finance.override_modification_type(request).await }));
    }
    let mut done = 0;
    for other in others {
        match other.await.unwrap() {
            Ok(_) => done += 1,
            Err(refused) => assert_eq!(refused.get_details_error_info().unwrap().reason, "STALE_REVISION"),
        }
    }
    assert_eq!(done, 1);
    let request = v1::ListOverridesRequest { with_history: true, ..Default::default() };
    assert_eq!(server.finance.list_overrides(request).await.unwrap().into_inner().overrides.len(), 1);
    server.finish().await;
}

#[tokio::test]
async fn overrides_are_listed_with_actor_time_and_reason() {
    let mut server = with_causes().await;
    let globex = json!({"customer_id": "globex"});
    let price = json!({"type": "MODIFY_PRICING", "entries": [{"line_id": "L1", "unit_price": "150"}]});
    server.record(vec![line("globex", "L1", globex), order("globex", "O1", price)]).await.unwrap();
    for (customer, kind) in [
        ("globex", v1::ModificationType::Ignored),
        ("acme", v1::ModificationType::NewOrChurn),
        ("acme", v1::ModificationType::Ignored),
    ] {
        set(&mut server, &of_order(customer, "O1", kind)).await.unwrap();
    }
    let cleared = v1::ClearOverrideRequest {
        customer_id: "globex".into(),
        cause: Some(cause(v1::CauseKind::ChangeOrder, "O1")),
        reason: "an error".into(),
        ..Default::default()
    };
    server.finance.clear_override(cleared).await.unwrap();
    for (customer_id, with_history, expected) in [
        ("", false, vec!["acme 2 Ignored"]),
        ("globex", false, vec![]),
        ("globex", true, vec!["globex 1 Ignored", "globex 2 Unspecified"]),
        ("", true, vec!["acme 1 NewOrChurn", "acme 2 Ignored", "globex 1 Ignored", "globex 2 Unspecified"]),
    ] {
        for page_size in [0, 1, 3] {
            let mut request = v1::ListOverridesRequest {
                customer_id: customer_id.into(),
                with_history,
                page_size,
                ..Default::default()
            };
            let mut found = Vec::new();
            loop {
                let page = server.finance.list_overrides(request.clone()).await.unwrap().into_inner();
                found.extend(page.overrides);
                request.page_token = page.next_page_token;
                if request.page_token.is_empty() {
                    break;
                }
            }
            let shown: Vec<String> = found
                .iter()
                .map(|it| format!("{} {} {:?}", it.customer_id, it.revision, it.modification_type()))
                .collect();
            assert_eq!(shown, expected);
            assert!(found.iter().all(|it| it.recorded_at.is_some() && !it.actor.is_empty() && !it.reason.is_empty()));
        }
    }
    let mut request = v1::ListOverridesRequest { with_history: true, page_size: 1, ..Default::default() };
    request.page_token = server.finance.list_overrides(request.clone()).await.unwrap().into_inner().next_page_token;
    request.with_history = false;
    let refused = server.finance.list_overrides(request).await.unwrap_err();
    assert_eq!(refused.get_details_bad_request().unwrap().field_violations[0].field, "page_token");
    server.finish().await;
}
