//! Accounting periods: closing and reopening months, and their exports.

use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};

use crate::console::error_page::{ErrorPage, message};
use crate::console::format;
use crate::console::params::Params;
use crate::console::parts::page::Heading::Text;
use crate::console::parts::page::{Tab, form_token, month, respond, table};
use crate::console::routes;
use crate::console::signed_in::SignedIn;
use crate::grpc::v1;

pub(in crate::console) async fn show(session: SignedIn) -> Response {
    let body = body(&session, None).await;
    respond(&session, "Periods", Tab::Periods, body)
}

/// Closes or reopens a month.
pub(in crate::console) async fn submit(session: SignedIn, params: Params) -> Response {
    let sent = async {
        session.check_token(params.get("token"))?;
        let (month, reason, request_id) =
            (params.get("month").to_owned(), params.get("reason").to_owned(), String::new());
        let (did, outcome) = if params.get("step") == "reopen" {
            let request = v1::ReopenPeriodRequest { month, reason, request_id };
            ("reopened", session.finance().reopen_period(request).await.map(|_| ()))
        } else {
            let request = v1::ClosePeriodRequest { month, reason, request_id };
            ("closed", session.finance().close_period(request).await.map(|_| ()))
        };
        match outcome {
            Ok(()) => {
                session.set_notice(format!("{} is {did}.", params.get("month")));
                Ok(Redirect::to(routes::PERIODS).into_response())
            }
            Err(status) => Ok(respond(&session, "Periods", Tab::Periods, body(&session, Some(message(&status))).await)),
        }
    };
    sent.await.unwrap_or_else(|problem: ErrorPage| problem.into_page(Some(&session)))
}

async fn body(session: &SignedIn, problem: Option<String>) -> Result<Markup, ErrorPage> {
    let request = v1::ListPeriodsRequest { with_history: false };
    let found = session.finance().list_periods(request).await?.into_inner();
    let last_closed = found.periods.iter().rev().find(|it| it.state() == v1::PeriodState::Closed);
    let to_close =
        if found.first_open_month.is_empty() { first_month(session).await? } else { found.first_open_month.clone() };
    Ok(html! {
        h1 { "Periods" }
        @if let Some(problem) = problem { p .problem role="alert" { (problem) } }
        p {
            "The totals of a closed month never change. A later change is posted in the first open month, as a "
            a href=(routes::with_query(routes::MOVEMENTS, [("which", "ADJUSTMENTS")])) { "prior-period adjustment" } "."
        }
        @if session.may("FinanceService/ClosePeriod") { (close_form(session, &to_close)) }
        @if let Some(last) = last_closed && session.may("FinanceService/ReopenPeriod") { (reopen_form(session, &last.month)) }
        (list(&found.periods))
        (export_form(&to_close))
    })
}

/// The month of the first movement.
async fn first_month(session: &SignedIn) -> Result<String, ErrorPage> {
    let order_by = v1::MovementOrder::EffectiveDate.into();
    let request = v1::ListMovementsRequest { order_by, page_size: 1, ..v1::ListMovementsRequest::default() };
    let first = session.movements().list_movements(request).await?.into_inner().movements;
    Ok(first.first().map(|it| it.effective_date.chars().take(7).collect()).unwrap_or_default())
}

fn close_form(session: &SignedIn, to_close: &str) -> Markup {
    html! {
        form .panel .fields method="post" action=(routes::PERIODS) {
            (form_token(session))
            (month("Month to close", "month", to_close))
            label { span { "Note" } input name="reason" type="text" maxlength="1000" autocomplete="off"; }
            button type="submit" name="step" value="close" { "Close month" }
        }
    }
}

fn reopen_form(session: &SignedIn, last: &str) -> Markup {
    html! {
        form .panel .fields method="post" action=(routes::PERIODS) {
            (form_token(session))
            input type="hidden" name="month" value=(last);
            label {
                span { "Reason for reopening " (last) }
                input name="reason" type="text" maxlength="1000" required autocomplete="off";
            }
            button .danger type="submit" name="step" value="reopen" { "Reopen " (last) }
        }
    }
}

fn list(periods: &[v1::Period]) -> Markup {
    if periods.is_empty() {
        return html! { p { "No months closed yet." } };
    }
    let headings =
        [Text("Month"), Text("Status"), Text("Since"), Text("Actor"), Text("Note"), Text("Digest of totals")];
    let rows = html! { @for it in periods.iter().rev() { (row(it)) } };
    table("Closed and reopened months", &headings, rows)
}

fn row(it: &v1::Period) -> Markup {
    let state = if it.state() == v1::PeriodState::Closed { "closed" } else { "reopened" };
    let waterfall = routes::with_query(routes::OVERVIEW, [("from", it.month.as_str()), ("to", it.month.as_str())]);
    html! {
        tr {
            th .date scope="row" { a href=(waterfall) { (it.month) } }
            td { (state) }
            td .date { (format::instant(it.recorded_at.as_ref())) }
            td { (it.actor) }
            td { (it.reason) }
            td { code title=(it.digest) { (it.digest.chars().take(16).collect::<String>()) } }
        }
    }
}

/// Export form.
fn export_form(to_close: &str) -> Markup {
    html! {
        section {
            h2 { "Exports" }
            form .panel .fields method="get" action=(routes::export("waterfall.csv")) {
                (month("From", "from", to_close))
                (month("To", "to", to_close))
                button .quiet type="submit" { "Export roll-forward as CSV" }
                button .quiet type="submit" formaction=(routes::export("mrr.csv")) { "Export MRR by customer as CSV" }
            }
        }
    }
}
