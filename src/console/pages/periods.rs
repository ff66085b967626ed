//! Months: closing, opening again, and what was posted late.

use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};

use crate::console::error_page::{Problem, words as told};
use crate::console::format;
use crate::console::params::Fields;
use crate::console::parts::page::Heading::Words;
use crate::console::parts::page::{Tab, answer, month, table, token};
use crate::console::routes;
use crate::console::signed_in::Visit;
use crate::grpc::v1;

pub(in crate::console) async fn show(visit: Visit) -> Response {
    let body = body(&visit, None).await;
    answer(&visit, "Periods", Tab::Periods, body)
}

/// Closes a month, or opens one again.
pub(in crate::console) async fn send(visit: Visit, fields: Fields) -> Response {
    let sent = async {
        visit.check(fields.one("token"))?;
        let (month, reason, request_id) =
            (fields.one("month").to_owned(), fields.one("reason").to_owned(), String::new());
        let (did, outcome) = if fields.one("step") == "reopen" {
            let request = v1::ReopenPeriodRequest { month, reason, request_id };
            ("reopened", visit.finance().reopen_period(request).await.map(|_| ()))
        } else {
            let request = v1::ClosePeriodRequest { month, reason, request_id };
            ("closed", visit.finance().close_period(request).await.map(|_| ()))
        };
        match outcome {
            Ok(()) => {
                visit.tell(format!("{} is {did}.", fields.one("month")));
                Ok(Redirect::to(routes::PERIODS).into_response())
            }
            Err(status) => Ok(answer(&visit, "Periods", Tab::Periods, body(&visit, Some(told(&status))).await)),
        }
    };
    sent.await.unwrap_or_else(|problem: Problem| problem.into_page(Some(&visit)))
}

async fn body(visit: &Visit, problem: Option<String>) -> Result<Markup, Problem> {
    let request = v1::ListPeriodsRequest { with_history: false };
    let found = visit.finance().list_periods(request).await?.into_inner();
    let last_closed = found.periods.iter().rev().find(|it| it.state() == v1::PeriodState::Closed);
    let to_close =
        if found.first_open_month.is_empty() { first_month(visit).await? } else { found.first_open_month.clone() };
    Ok(html! {
        h1 { "Periods" }
        @if let Some(problem) = problem { p .problem role="alert" { (problem) } }
        p {
            "What a closed month says, it says for ever. What changes of it later is posted in the first open month, as a "
            a href=(routes::with(routes::MOVEMENTS, [("which", "ADJUSTMENTS")])) { "prior-period adjustment" } "."
        }
        @if visit.may("FinanceService/ClosePeriod") { (closing(visit, &to_close)) }
        @if let Some(last) = last_closed && visit.may("FinanceService/ReopenPeriod") { (reopening(visit, &last.month)) }
        (list(&found.periods))
        (files(&to_close))
    })
}

/// The month of the first movement.
async fn first_month(visit: &Visit) -> Result<String, Problem> {
    let order_by = v1::MovementOrder::EffectiveDate.into();
    let request = v1::ListMovementsRequest { order_by, page_size: 1, ..v1::ListMovementsRequest::default() };
    let first = visit.movements().list_movements(request).await?.into_inner().movements;
    Ok(first.first().map(|it| it.effective_date.chars().take(7).collect()).unwrap_or_default())
}

fn closing(visit: &Visit, to_close: &str) -> Markup {
    html! {
        form .panel .fields method="post" action=(routes::PERIODS) {
            (token(visit))
            (month("Month to close", "month", to_close))
            label { span { "Remark" } input name="reason" type="text" maxlength="1000" autocomplete="off"; }
            button type="submit" name="step" value="close" { "Close the month" }
        }
    }
}

fn reopening(visit: &Visit, last: &str) -> Markup {
    html! {
        form .panel .fields method="post" action=(routes::PERIODS) {
            (token(visit))
            input type="hidden" name="month" value=(last);
            label {
                span { "Why " (last) " has to be opened again" }
                input name="reason" type="text" maxlength="1000" required autocomplete="off";
            }
            button .danger type="submit" name="step" value="reopen" { "Open " (last) " again" }
        }
    }
}

fn list(periods: &[v1::Period]) -> Markup {
    if periods.is_empty() {
        return html! { p { "No month was closed yet." } };
    }
    let headings =
        [Words("Month"), Words("Is"), Words("Since"), Words("By"), Words("Remark"), Words("Digest of its totals")];
    let rows = html! { @for it in periods.iter().rev() { (row(it)) } };
    table("Months that were closed", &headings, rows)
}

fn row(it: &v1::Period) -> Markup {
    let state = if it.state() == v1::PeriodState::Closed { "closed" } else { "open again" };
    let waterfall = routes::with(routes::OVERVIEW, [("from", it.month.as_str()), ("to", it.month.as_str())]);
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

/// The files that finance asks for.
fn files(to_close: &str) -> Markup {
    html! {
        section {
            h2 { "Files" }
            form .panel .fields method="get" action=(routes::export("waterfall.csv")) {
                (month("From", "from", to_close))
                (month("To", "to", to_close))
                button .quiet type="submit" { "Roll-forward as CSV" }
                button .quiet type="submit" formaction=(routes::export("mrr.csv")) { "MRR per customer per month as CSV" }
            }
        }
    }
}
