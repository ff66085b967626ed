//! Closed months and the audit trail by way of the service.

use std::sync::{Arc, Mutex};

use chrono::{DateTime, Utc};
use deltabook::clock::Clock;
use deltabook::grpc::v1;
use serde_json::json;
use tonic::{Code, Status};
use tonic_types::StatusExt;

use super::super::overrides::override_service::{cause, of_order, set};
use super::store;
use crate::support::server::{TestServer, line, order};

/// A server at a time that the test can move on.
async fn server_at(now: &str) -> (TestServer, Arc<Mutex<DateTime<Utc>>>) {
    let time = Arc::new(Mutex::new(now.parse().unwrap()));
    let printed = Arc::clone(&time);
    let clock = Clock::of(move || *printed.lock().unwrap());
    let mut server = TestServer::start_at(store(), clock).await;
    let price = json!({"type": "MODIFY_PRICING", "effective_date": "2026-02-10", "entries": [{"line_id": "L1", "unit_price": "150"}]});
    server.record(vec![line("acme", "L1", json!({})), order("acme", "O1", price)]).await.unwrap();
    (server, time)
}

async fn close(server: &mut TestServer, month: &str) -> Result<v1::Period, Status> {
    let request = v1::ClosePeriodRequest { month: month.into(), ..Default::default() };
    server.finance.close_period(request).await.map(|answer| answer.into_inner().period.unwrap())
}

async fn reopen(server: &mut TestServer, month: &str, reason: &str) -> Result<v1::Period, Status> {
    let request = v1::ReopenPeriodRequest { month: month.into(), reason: reason.into(), ..Default::default() };
    server.finance.reopen_period(request).await.map(|answer| answer.into_inner().period.unwrap())
}

#[track_caller]
fn refused(status: &Status, code: Code, reason: &str) {
    assert_eq!((status.code(), status.get_details_error_info().unwrap().reason.as_str()), (code, reason), "{status:?}");
}

#[tokio::test]
async fn period_service_closes_in_order_and_reopens_from_the_last() {
    let (mut server, time) = server_at("2026-03-15T12:00:00Z").await;
    let precondition = Code::FailedPrecondition;
    refused(&reopen(&mut server, "2026-01", "why not").await.unwrap_err(), precondition, "PERIOD_NOT_LAST");
    refused(&close(&mut server, "2026-02").await.unwrap_err(), precondition, "PERIOD_NOT_NEXT");
    let january = close(&mut server, "2026-01").await.unwrap();
    assert_eq!((january.state(), january.digest.len()), (v1::PeriodState::Closed, 64));
    refused(&close(&mut server, "2026-01").await.unwrap_err(), precondition, "PERIOD_CLOSED");
    close(&mut server, "2026-02").await.unwrap();
    refused(&close(&mut server, "2026-03").await.unwrap_err(), precondition, "PERIOD_NOT_OVER");
    refused(&reopen(&mut server, "2026-01", "an error").await.unwrap_err(), precondition, "PERIOD_NOT_LAST");
    refused(&reopen(&mut server, "2026-02", " ").await.unwrap_err(), Code::InvalidArgument, "INVALID_FIELDS");
    refused(&close(&mut server, "March").await.unwrap_err(), Code::InvalidArgument, "INVALID_FIELDS");
    let reopened = reopen(&mut server, "2026-02", "an invoice was missing").await.unwrap();
    assert_eq!((reopened.state(), reopened.reason.as_str()), (v1::PeriodState::Open, "an invoice was missing"));
    *time.lock().unwrap() = "2026-04-01T00:00:00Z".parse().unwrap();
    for month in ["2026-02", "2026-03"] {
        close(&mut server, month).await.unwrap();
    }
    let mut list = async |with_history| {
        let request = v1::ListPeriodsRequest { with_history };
        server.finance.list_periods(request).await.unwrap().into_inner()
    };
    let listed = list(false).await;
    let shown = |it: &v1::ListPeriodsResponse| -> Vec<String> {
        it.periods.iter().map(|it| format!("{} {:?}", it.month, it.state())).collect()
    };
    assert_eq!(shown(&listed), ["2026-01 Closed", "2026-02 Closed", "2026-03 Closed"]);
    assert_eq!(listed.first_open_month, "2026-04");
    assert_eq!(
        shown(&list(true).await),
        ["2026-01 Closed", "2026-02 Closed", "2026-02 Open", "2026-02 Closed", "2026-03 Closed"]
    );
    server.finish().await;
}

#[tokio::test]
async fn override_of_a_closed_month_is_shown_as_an_adjustment() {
    let (mut server, _time) = server_at("2026-03-15T12:00:00Z").await;
    for month in ["2026-01", "2026-02"] {
        close(&mut server, month).await.unwrap();
    }
    let done = set(&mut server, &of_order("acme", "O1", v1::ModificationType::Ignored)).await.unwrap();
    let effect = done.effect.unwrap();
    assert!(effect.after.iter().all(|it| it.prior_period_adjustment && it.posting_date == "2026-03-01"));
    let changes: Vec<String> = effect
        .waterfall_changes
        .iter()
        .filter(|it| it.level() == v1::Level::Customer)
        .map(|it| format!("{} {} {} {} {}", it.month, it.column, it.amount, it.count, it.prior_period_adjustment))
        .collect();
    assert_eq!(changes, ["2026-03 upsell -50 -1 true", "2026-03 ignored 50 1 true"]);

    let mut months = async |view: v1::ReportView| {
        let request = v1::GetWaterfallRequest {
            from_month: "2026-02".into(),
            to_month: "2026-03".into(),
            view: view.into(),
            ..Default::default()
        };
        let periods = server.movements.get_waterfall(request).await.unwrap().into_inner().waterfalls.remove(0).periods;
        let show = |it: v1::WaterfallPeriod| {
            let adjusted = it.adjustments.map(|it| format!("{} {} {}", it.amount, it.upsell, it.ignored));
            (it.upsell, it.ignored, it.closing, adjusted.unwrap_or_default())
        };
        periods.into_iter().map(show).collect::<Vec<_>>()
    };
    let row = |upsell: &str, ignored: &str, adjusted: &str| {
        (upsell.to_owned(), ignored.to_owned(), "150".to_owned(), adjusted.to_owned())
    };
    assert_eq!(months(v1::ReportView::AsReported).await, [row("50", "0", ""), row("-50", "50", "0 -50 50")]);
    assert_eq!(months(v1::ReportView::Restated).await, [row("0", "50", ""), row("0", "0", "")]);
    server.finish().await;
}

#[tokio::test]
async fn audit_trail_is_listed_and_verified() {
    let (mut server, _time) = server_at("2026-03-15T12:00:00Z").await;
    let empty = server.finance.get_audit_head(v1::GetAuditHeadRequest {}).await.unwrap().into_inner().head.unwrap();
    close(&mut server, "2026-01").await.unwrap();
    let mut request = of_order("acme", "O1", v1::ModificationType::Ignored);
    request.request_id = "month-end".into();
    set(&mut server, &request).await.unwrap();
    let kept = server.finance.get_audit_head(v1::GetAuditHeadRequest {}).await.unwrap().into_inner().head.unwrap();
    assert_eq!(kept.sequence, empty.sequence + 2);
    let cleared = v1::ClearOverrideRequest {
        customer_id: "acme".into(),
        cause: Some(cause(v1::CauseKind::ChangeOrder, "O1")),
        reason: "an error".into(),
        ..Default::default()
    };
    server.finance.clear_override(cleared).await.unwrap();

    let mut list = async |request: v1::ListAuditEntriesRequest| {
        let mut request = v1::ListAuditEntriesRequest { page_size: 1, ..request };
        let mut entries = Vec::new();
        loop {
            let page = server.finance.list_audit_entries(request.clone()).await.unwrap().into_inner();
            entries.extend(page.entries);
            request.page_token = page.next_page_token;
            if request.page_token.is_empty() {
                return entries;
            }
        }
    };
    let of_acme = v1::ListAuditEntriesRequest { customer_id: "acme".into(), ..Default::default() };
    let [cleared, set] = list(of_acme.clone()).await.try_into().unwrap();
    assert_eq!(
        (cleared.action(), cleared.reason.as_str(), cleared.sequence),
        (v1::AuditAction::OverrideCleared, "an error", kept.sequence + 1)
    );
    assert_eq!(
        (set.action(), set.subject.as_str(), set.request_id.as_str(), set.reason.as_str()),
        (v1::AuditAction::OverrideSet, "the override of change order O1", "month-end", "agreed with the auditor")
    );
    assert!(set.before.is_empty() && set.after.contains("IGNORED") && !set.actor.is_empty(), "{set:?}");
    assert_eq!(set.hash, kept.hash);
    let of_nobody = v1::ListAuditEntriesRequest { actor: "nobody".into(), ..Default::default() };
    assert_eq!(list(of_nobody).await, []);
    let by = v1::ListAuditEntriesRequest { actor: set.actor.clone(), ..of_acme.clone() };
    assert_eq!(list(by).await.len(), 2);
    let closed = v1::AuditAction::PeriodClosed.into();
    let closings = list(v1::ListAuditEntriesRequest { action: closed, ..Default::default() }).await;
    assert_eq!(closings.iter().map(|it| it.subject.as_str()).collect::<Vec<_>>(), ["2026-01"]);
    let at = set.recorded_at;
    assert_eq!(list(v1::ListAuditEntriesRequest { recorded_until: at, ..of_acme.clone() }).await.len(), 0);
    assert_eq!(list(v1::ListAuditEntriesRequest { recorded_from: at, ..of_acme }).await.len(), 2);

    let mut verify = async |expected| {
        let request = v1::VerifyAuditTrailRequest { expected };
        server.finance.verify_audit_trail(request).await.map(tonic::Response::into_inner)
    };
    let found = verify(Some(kept.clone())).await.unwrap();
    assert_eq!((found.verified_count, found.problem.as_str(), found.problem_sequence), (kept.sequence + 1, "", None));
    let other = v1::AuditHead { hash: "0".repeat(64), ..kept.clone() };
    assert_eq!(verify(Some(other)).await.unwrap().problem_sequence, Some(kept.sequence));
    let later = v1::AuditHead { sequence: kept.sequence + 7, ..kept.clone() };
    assert_eq!(verify(Some(later)).await.unwrap().problem_sequence, Some(kept.sequence + 2));
    let malformed = verify(Some(v1::AuditHead { hash: "x".into(), ..kept })).await.unwrap_err();
    refused(&malformed, Code::InvalidArgument, "INVALID_FIELDS");
    server.finish().await;
}
