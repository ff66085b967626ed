//! How much was kept: by month, and by the month in which customers came.

use axum::response::Response;
use maud::{Markup, html};
use rust_decimal::Decimal;

use crate::codec::month::Month;
use crate::console::enum_params;
use crate::console::error_page::{Problem, words as told};
use crate::console::format;
use crate::console::params::Fields;
use crate::console::parts::page::{Tab, answer, input, month, nothing, scrolled, select};
use crate::console::routes;
use crate::console::signed_in::Visit;
use crate::grpc::v1;

pub(in crate::console) async fn show(visit: Visit, fields: Fields) -> Response {
    let body = body(&visit, fields).await;
    answer(&visit, "Retention", Tab::Retention, body)
}

async fn body(visit: &Visit, mut fields: Fields) -> Result<Markup, Problem> {
    let now = visit.movements().get_mrr(v1::GetMrrRequest::default()).await?.into_inner();
    last_year(&mut fields, &now.date);
    let found = find(visit, &fields).await;
    Ok(html! {
        h1 { "Retention" }
        (form(&fields))
        @match &found {
            Err(status) => p .problem role="alert" { (told(status)) },
            Ok((kept, _)) if kept.is_empty() => (nothing("There are no movements up to these months.", html! {})),
            Ok((kept, triangles)) => {
                @for it in kept { (months(it)) }
                @match triangles {
                    Ok(triangles) => @for it in triangles { (triangle(it, fields.one("measure"))) },
                    Err(status) => p .problem role="alert" { "Cohorts: " (told(status)) },
                }
            }
        }
    })
}

/// Puts the last twelve months where none are given.
pub(in crate::console) fn last_year(fields: &mut Fields, today: &str) {
    fields.or("to", today.chars().take(7).collect::<String>());
    if let Ok(last) = Month::parse(fields.one("to")) {
        fields.or("from", (0..11).fold(last, |month, _| month.previous()).to_string());
    }
}

async fn find(
    visit: &Visit,
    fields: &Fields,
) -> Result<(Vec<v1::Retention>, Result<Vec<v1::CohortTriangle>, tonic::Status>), tonic::Status> {
    let text = |name: &str| fields.one(name).to_owned();
    let kept = v1::GetRetentionRequest {
        level: enum_params::level(fields.one("level")),
        from_month: text("from"),
        to_month: text("to"),
        currency: text("currency"),
        view: enum_params::view(fields.one("view")),
        as_known_at: None,
    };
    let kept = visit.movements().get_retention(kept).await?.into_inner().retentions;
    let cohorts = v1::GetCohortsRequest {
        granularity: enum_params::granularity(fields.one("by")),
        measure: enum_params::measure(fields.one("measure")),
        from_month: text("from"),
        to_month: text("to"),
        currency: text("currency"),
        view: enum_params::view(fields.one("view")),
        as_known_at: None,
    };
    // There may be more months than cohorts.
    Ok((kept, visit.movements().get_cohorts(cohorts).await.map(|it| it.into_inner().triangles)))
}

fn form(fields: &Fields) -> Markup {
    let one = |name| fields.one(name);
    html! {
        form .filter method="get" action=(routes::RETENTION) {
            (select("Level", "level", &[("CUSTOMER", "Customers"), ("CONTRACT", "Contracts")], one("level")))
            (month("From", "from", one("from")))
            (month("To", "to", one("to")))
            (input("Currency", "currency", "text", one("currency")))
            (select("Cohorts by", "by", &[("MONTH", "Month"), ("QUARTER", "Quarter"), ("YEAR", "Year")], one("by")))
            (select("Cohorts show", "measure", &[("MRR", "MRR"), ("CUSTOMERS", "Customers")], one("measure")))
            (select("Closed months", "view", &[("AS_REPORTED", "As reported"), ("RESTATED", "Restated")], one("view")))
            button type="submit" { "Show" }
        }
    }
}

fn months(it: &v1::Retention) -> Markup {
    let name = format!("Retention in {}", it.currency);
    let table = html! {
        table .numbers {
            caption { (name) }
            thead {
                tr {
                    th scope="col" { "Month" }
                    th scope="col" { "Opening" }
                    th scope="col" { "Closing" }
                    th scope="col" { abbr title="Net revenue retention" { "NRR" } }
                    th scope="col" { abbr title="Gross revenue retention" { "GRR" } }
                    th scope="col" { "Logo churn" }
                    th scope="col" { "Quick ratio" }
                    th scope="col" { "Renewal rate" }
                    th scope="col" { abbr title="Average MRR of a customer" { "ARPA" } }
                    th scope="col" { "Customers" }
                    th scope="col" { "came" }
                    th scope="col" { "left" }
                }
            }
            tbody { @for period in &it.periods { (row(&period.start.chars().take(7).collect::<String>(), period)) } }
            @if let Some(span) = &it.span { tfoot { (row("All", span)) } }
        }
    };
    html! { section { (scrolled(&name, table)) } }
}

fn row(name: &str, it: &v1::RetentionPeriod) -> Markup {
    html! {
        tr {
            th scope="row" { (name) }
            td { (format::amount(&it.opening)) }
            td { (format::amount(&it.closing)) }
            td { (format::percent(&it.net_revenue_retention)) }
            td { (format::percent(&it.gross_revenue_retention)) }
            td { (format::percent(&it.logo_churn)) }
            td { (format::rounded(&it.quick_ratio)) }
            td { (format::percent(&it.renewal_rate)) }
            td { (format::rounded(&it.arpa)) }
            td { (format::count(it.customers_at_end)) }
            td { (format::count(it.customers_new)) }
            td { (format::count(it.customers_churned)) }
        }
    }
}

/// The more was kept, the darker.
fn triangle(it: &v1::CohortTriangle, measure: &str) -> Markup {
    let what = if measure == "CUSTOMERS" { "customers" } else { "MRR" };
    let name = format!("What was kept of the {what} of each cohort, in {}", it.currency);
    let periods = it.cohorts.iter().map(|cohort| cohort.cells.len()).max().unwrap_or_default();
    let cohorts = || it.cohorts.iter().filter(|cohort| cohort.cells.iter().any(|cell| !format::is_zero(&cell.value)));
    if cohorts().next().is_none() {
        return html! { p { "No customer came in these months in " (it.currency) "." } };
    }
    let table = html! {
        table .numbers .heat {
            caption { (name) }
            thead {
                tr {
                    th scope="col" { "Came in" }
                    th scope="col" { "At first" }
                    @for period in 0..periods { th scope="col" { "+" (period) } }
                }
            }
            tbody {
                @for cohort in cohorts() {
                    tr {
                        th scope="row" { (cohort.start.chars().take(7).collect::<String>()) }
                        td { @if let Some(first) = cohort.cells.first() { (value(&first.value, measure)) } }
                        @for cell in &cohort.cells {
                            td class=(heat(&cell.retention)) title=(value(&cell.value, measure)) { (format::percent(&cell.retention)) }
                        }
                        @for _ in cohort.cells.len()..periods { td {} }
                    }
                }
            }
        }
    };
    html! { section { (scrolled(&name, table)) } }
}

fn value(value: &str, measure: &str) -> String {
    if measure == "CUSTOMERS" { format::quantity(value) } else { format::amount(value) }
}

/// One of eleven shades.
fn heat(retention: &str) -> String {
    let tenths = || Decimal::from_str_exact(retention).ok()?.checked_mul(Decimal::TEN);
    let tenths = tenths().unwrap_or_default().round().clamp(Decimal::ZERO, Decimal::TEN);
    format!("heat-{}", tenths.normalize())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_more_was_kept_the_darker() {
        let shades = ["", "0.000000", "0.540000", "1.000000", "2.500000", "-0.100000"].map(heat);
        assert_eq!(shades, ["heat-0", "heat-0", "heat-5", "heat-10", "heat-10", "heat-0"]);
    }
}
