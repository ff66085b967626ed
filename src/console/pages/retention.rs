//! Retention by month, and cohort triangles.

use axum::response::Response;
use maud::{Markup, html};
use rust_decimal::Decimal;

use crate::bug;
use crate::bug::Bug;
use crate::codec::month::Month;
use crate::console::enum_params;
use crate::console::error_page::{ErrorPage, message};
use crate::console::format;
use crate::console::params::Params;
use crate::console::parts::page::{Tab, empty_state, input, month, respond, scroll_region, select};
use crate::console::routes;
use crate::console::signed_in::SignedIn;
use crate::grpc::v1;

pub(in crate::console) async fn show(session: SignedIn, params: Params) -> Response {
    let body = body(&session, params).await;
    respond(&session, "Retention", Tab::Retention, body)
}

async fn body(session: &SignedIn, mut params: Params) -> Result<Markup, ErrorPage> {
    let now = session.movements().get_mrr(v1::GetMrrRequest::default()).await?.into_inner();
    default_to_last_year(&mut params, &now.date);
    let found = load(session, &params).await;
    Ok(html! {
        h1 { "Retention" }
        (form(&params))
        @match &found {
            Err(status) => p .problem role="alert" { (message(status)) },
            Ok((kept, _)) if kept.is_empty() => (empty_state("No movements up to the end of this range.", html! {})),
            Ok((kept, triangles)) => {
                @for it in kept { (retention_table(it)?) }
                @match triangles {
                    Ok(triangles) => @for it in triangles { (cohort_table(it, params.get("measure"))?) },
                    Err(status) => p .problem role="alert" { "Cohorts: " (message(status)) },
                }
            }
        }
    })
}

/// Defaults the range to the last twelve months.
pub(in crate::console) fn default_to_last_year(params: &mut Params, today: &str) {
    params.set_default("to", today.chars().take(7).collect::<String>());
    if let Ok(last) = Month::parse(params.get("to")) {
        params.set_default("from", (0..11).fold(last, |month, _| month.previous()).to_string());
    }
}

async fn load(
    session: &SignedIn,
    params: &Params,
) -> Result<(Vec<v1::Retention>, Result<Vec<v1::CohortTriangle>, tonic::Status>), tonic::Status> {
    let text = |name: &str| params.get(name).to_owned();
    let kept = v1::GetRetentionRequest {
        level: enum_params::level(params.get("level")),
        from_month: text("from"),
        to_month: text("to"),
        currency: text("currency"),
        view: enum_params::view(params.get("view")),
        as_known_at: None,
    };
    let kept = session.movements().get_retention(kept).await?.into_inner().retentions;
    let cohorts = v1::GetCohortsRequest {
        granularity: enum_params::granularity(params.get("by")),
        measure: enum_params::measure(params.get("measure")),
        from_month: text("from"),
        to_month: text("to"),
        currency: text("currency"),
        view: enum_params::view(params.get("view")),
        as_known_at: None,
    };
    // The limit of cohorts is lower than that of months: only the cohorts are refused then.
    Ok((kept, session.movements().get_cohorts(cohorts).await.map(|it| it.into_inner().triangles)))
}

fn form(params: &Params) -> Markup {
    let one = |name| params.get(name);
    html! {
        form .filter method="get" action=(routes::RETENTION) {
            (select("Level", "level", &[("CUSTOMER", "Customers"), ("CONTRACT", "Contracts")], one("level")))
            (month("From", "from", one("from")))
            (month("To", "to", one("to")))
            (input("Currency", "currency", "text", one("currency")))
            (select("Cohort period", "by", &[("MONTH", "Month"), ("QUARTER", "Quarter"), ("YEAR", "Year")], one("by")))
            (select("Cohort measure", "measure", &[("MRR", "MRR"), ("CUSTOMERS", "Customers")], one("measure")))
            (select("View", "view", &[("AS_REPORTED", "As reported"), ("RESTATED", "Restated")], one("view")))
            button type="submit" { "Apply" }
        }
    }
}

fn retention_table(it: &v1::Retention) -> Result<Markup, ErrorPage> {
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
                    th scope="col" { abbr title="Average MRR per account" { "ARPA" } }
                    th scope="col" { "Customers" }
                    th scope="col" { "New" }
                    th scope="col" { "Churned" }
                }
            }
            tbody { @for period in &it.periods { (row(&period.start.chars().take(7).collect::<String>(), period)?) } }
            @if let Some(span) = &it.span { tfoot { (row("Total", span)?) } }
        }
    };
    Ok(html! { section { (scroll_region(&name, table)) } })
}

fn row(name: &str, it: &v1::RetentionPeriod) -> Result<Markup, ErrorPage> {
    Ok(html! {
        tr {
            th scope="row" { (name) }
            td { (format::amount(&it.opening)?) }
            td { (format::amount(&it.closing)?) }
            td { (format::percent(&it.net_revenue_retention)?) }
            td { (format::percent(&it.gross_revenue_retention)?) }
            td { (format::percent(&it.logo_churn)?) }
            td { (format::quotient(&it.quick_ratio)?) }
            td { (format::percent(&it.renewal_rate)?) }
            td { (format::quotient(&it.arpa)?) }
            td { (format::count(it.customers_at_end)) }
            td { (format::count(it.customers_new)) }
            td { (format::count(it.customers_churned)) }
        }
    })
}

/// A cohort triangle as a heat map: the higher the retention, the darker the cell.
fn cohort_table(it: &v1::CohortTriangle, measure: &str) -> Result<Markup, ErrorPage> {
    let what = if measure == "CUSTOMERS" { "Customer" } else { "MRR" };
    let name = format!("{what} retention by cohort, in {}", it.currency);
    let periods = it.cohorts.iter().map(|cohort| cohort.cells.len()).max().unwrap_or_default();
    let mut cohorts = Vec::with_capacity(it.cohorts.len());
    for cohort in &it.cohorts {
        if has_customers(cohort)? {
            cohorts.push(cohort);
        }
    }
    if cohorts.is_empty() {
        return Ok(html! { p { "No new customers in " (it.currency) " in this range." } });
    }
    let table = html! {
        table .numbers .heat {
            caption { (name) }
            thead {
                tr {
                    th scope="col" { "Cohort" }
                    th scope="col" { "Initial" }
                    @for period in 0..periods { th scope="col" { "+" (period) } }
                }
            }
            tbody {
                @for cohort in cohorts {
                    tr {
                        th scope="row" { (cohort.start.chars().take(7).collect::<String>()) }
                        td { @if let Some(first) = cohort.cells.first() { (value(&first.value, measure)?) } }
                        @for cell in &cohort.cells {
                            td class=(shade(&cell.retention)?) title=(value(&cell.value, measure)?) { (format::percent(&cell.retention)?) }
                        }
                        @for _ in cohort.cells.len()..periods { td {} }
                    }
                }
            }
        }
    };
    Ok(html! { section { (scroll_region(&name, table)) } })
}

/// Tests that a cohort has any value other than 0.
fn has_customers(cohort: &v1::Cohort) -> Result<bool, Bug> {
    for cell in &cohort.cells {
        if !format::parse_money(&cell.value)?.is_zero() {
            return Ok(true);
        }
    }
    Ok(false)
}

fn value(value: &str, measure: &str) -> Result<String, Bug> {
    if measure == "CUSTOMERS" { format::quantity(value) } else { format::amount(value) }
}

/// CSS class of one of eleven shades.
fn shade(retention: &str) -> Result<String, Bug> {
    if retention.is_empty() {
        return Ok("heat-0".to_owned());
    }
    let ratio = format::parse_decimal(retention)?.clamp(Decimal::ZERO, Decimal::ONE);
    let tenths = ratio.checked_mul(Decimal::TEN).ok_or_else(|| bug!("ten times {ratio} is too large"))?;
    Ok(format!("heat-{}", tenths.round().normalize()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn higher_retention_has_a_darker_shade() {
        let shades = ["", "0.000000", "0.540000", "1.000000", "2.500000", "-0.100000"].map(|it| shade(it).unwrap());
        assert_eq!(shades, ["heat-0", "heat-0", "heat-5", "heat-10", "heat-10", "heat-0"]);
    }
}
