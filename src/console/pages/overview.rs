//! The overview: MRR, retention, and the waterfall of a range of months.

use axum::response::Response;
use maud::{Markup, html};

use crate::console::enum_params;
use crate::console::error_page::{ErrorPage, message};
use crate::console::format;
use crate::console::pages::retention::default_to_last_year;
use crate::console::params::Params;
use crate::console::parts::groups;
use crate::console::parts::page::{Tab, empty_state, input, month, respond, select};
use crate::console::parts::waterfall::{self, WaterfallLinks};
use crate::console::routes;
use crate::console::signed_in::SignedIn;
use crate::grpc::v1;

/// Maximum number of groups; smaller ones are summed in one row.
const MAX_GROUPS: i32 = 50;

/// The reports on the page.
struct Reports {
    mrr: v1::GetMrrResponse,
    waterfalls: Vec<v1::Waterfall>,
    /// The waterfalls of the groups; empty without grouping.
    groups: Vec<v1::Waterfall>,
    retentions: Vec<v1::Retention>,
}

pub(in crate::console) async fn show(session: SignedIn, params: Params) -> Response {
    let body = body(&session, params).await;
    respond(&session, "Overview", Tab::Overview, body)
}

async fn body(session: &SignedIn, mut params: Params) -> Result<Markup, ErrorPage> {
    let now = session.movements().get_mrr(v1::GetMrrRequest::default()).await?.into_inner();
    default_to_last_year(&mut params, &now.date);
    params.set_default("level", "CUSTOMER");
    let found = match load(session, &params).await {
        Ok(found) => found,
        Err(status) => {
            return Ok(html! {
                h1 { "Overview" }
                (form(session, &params).await)
                p .problem role="alert" { (message(&status)) }
            });
        }
    };
    let counted_filter = counted_filter(session, &found.mrr.date).await;
    let links = WaterfallLinks { params: &params, counted_filter: &counted_filter };
    let kind = params.get("group").to_lowercase().replace('_', " ");
    Ok(html! {
        h1 { "Overview" }
        (form(session, &params).await)
        @if found.waterfalls.is_empty() { (empty()) } @else { (export_links(&params)) }
        @for it in &found.waterfalls {
            @let groups: Vec<_> = found.groups.iter().filter(|group| group.currency == it.currency).cloned().collect();
            section aria-label=(it.currency) {
                h2 { (it.currency) }
                (key_figures(links, &found, &it.currency)?)
                (waterfall::bridge(it)?)
                (waterfall::columns(it)?)
                (waterfall::table(it, links)?)
                @if params.get("group") == "SUBCATEGORY" { @for group in &groups { (groups::subcategory_table(group, links)?) } }
                @else { (groups::table(&groups, links, &kind)?) }
            }
        }
    })
}

/// Export links for the same months.
fn export_links(params: &Params) -> Markup {
    let link = |file| routes::with_query(&routes::export(file), params.replacing("group", ""));
    html! {
        nav .pages aria-label="Files" {
            a .button.quiet href=(link("waterfall.csv")) { "Export roll-forward as CSV" }
            a .button.quiet href=(link("waterfall.parquet")) { "Export roll-forward as Parquet" }
            // This export has no conversion.
            @if params.get("in").is_empty() {
                a .button.quiet href=(link("mrr.csv")) { "Export MRR by customer as CSV" }
            }
        }
    }
}

/// Filter expression of the movements that reports count today: with a grace period in the policy, not the provisional
/// ends that wait for a late renewal (R11).
async fn counted_filter(session: &SignedIn, today: &str) -> String {
    let tenant = session.admin().get_tenant(v1::GetTenantRequest {}).await;
    match tenant.ok().and_then(|it| it.into_inner().tenant) {
        Some(tenant) if tenant.lapse_grace_days == 0 => String::new(),
        _ => format!("(NOT provisional OR provisional_until <= {today})"),
    }
}

async fn load(session: &SignedIn, params: &Params) -> Result<Reports, tonic::Status> {
    let mut questions = session.movements();
    let (level, view) = (enum_params::level(params.get("level")), enum_params::view(params.get("view")));
    let [currency, from_month, to_month] = ["currency", "from", "to"].map(|name| params.get(name).to_owned());
    let conversion = conversion(params);
    let mrr = v1::GetMrrRequest {
        level,
        view,
        currency: currency.clone(),
        conversion: conversion.clone(),
        ..Default::default()
    };
    let mrr = questions.get_mrr(mrr).await?.into_inner();
    // Retention has no conversion.
    let retentions = if conversion.is_some() {
        Vec::new()
    } else {
        let (currency, from_month, to_month) = (currency.clone(), from_month.clone(), to_month.clone());
        let retention = v1::GetRetentionRequest { level, view, currency, from_month, to_month, as_known_at: None };
        questions.get_retention(retention).await?.into_inner().retentions
    };
    let granularity = enum_params::granularity(params.get("by"));
    let whole = v1::GetWaterfallRequest {
        level,
        view,
        currency,
        from_month,
        to_month,
        granularity,
        conversion,
        ..v1::GetWaterfallRequest::default()
    };
    let divided =
        grouping(params).map(|group_by| v1::GetWaterfallRequest { group_by: Some(group_by), ..whole.clone() });
    let waterfalls = questions.get_waterfall(whole).await?.into_inner().waterfalls;
    let groups = match divided {
        Some(divided) => questions.get_waterfall(divided).await?.into_inner().waterfalls,
        None => Vec::new(),
    };
    Ok(Reports { mrr, waterfalls, groups, retentions })
}

/// The conversion of the parameters.
pub(in crate::console) fn conversion(params: &Params) -> Option<v1::Conversion> {
    let [to_currency, rate_set, constant_date] = ["in", "rates", "rate_date"].map(|name| params.get(name).to_owned());
    (!to_currency.is_empty()).then_some(v1::Conversion { to_currency, rate_set, constant_date })
}

fn grouping(params: &Params) -> Option<v1::Grouping> {
    let kind = enum_params::group_kind(params.get("group"));
    let has_attribute = params.get("group").ends_with("_ATTRIBUTE");
    let attribute = if has_attribute { params.get("attribute").to_owned() } else { String::new() };
    // The number of subcategories is fixed and small.
    let max_groups = if params.get("group") == "SUBCATEGORY" { 0 } else { MAX_GROUPS };
    (kind != 0).then_some(v1::Grouping { kind, attribute, max_groups })
}

async fn form(session: &SignedIn, params: &Params) -> Markup {
    let one = |name| params.get(name);
    let sets = session.admin().list_rate_sets(v1::ListRateSetsRequest::default()).await;
    let has_none = sets.as_ref().is_ok_and(|it| it.get_ref().rate_sets.is_empty());
    let sets = sets.map(|it| it.into_inner().rate_sets).unwrap_or_default();
    let mut rates = vec![("", "None")];
    rates.extend(sets.iter().map(|it| (it.name.as_str(), it.name.as_str())));
    let by = [("MONTH", "Month"), ("QUARTER", "Quarter"), ("YEAR", "Year"), ("DAY", "Day")];
    let groups = [
        ("", "None"),
        ("SUBCATEGORY", "Subcategory"),
        ("ITEM", "Item"),
        ("CUSTOMER", "Customer"),
        ("CUSTOMER_ATTRIBUTE", "Customer attribute"),
        ("LINE_ATTRIBUTE", "Line attribute"),
    ];
    let is_open = ["in", "attribute", "rates"].iter().any(|name| !one(name).is_empty());
    html! {
        form .filter method="get" action=(routes::OVERVIEW) {
            (select("Level", "level", &[("CUSTOMER", "Customers"), ("CONTRACT", "Contracts")], one("level")))
            (month("From", "from", one("from")))
            (month("To", "to", one("to")))
            (select("Period", "by", &by, one("by")))
            (input("Currency", "currency", "text", one("currency")))
            (select("View", "view", &[("AS_REPORTED", "As reported"), ("RESTATED", "Restated")], one("view")))
            (select("Group by", "group", &groups, one("group")))
            details .wide open[is_open] {
                summary { "Attribute and currency conversion" }
                div .filter {
                    (input("Attribute name", "attribute", "text", one("attribute")))
                    (input("Convert to", "in", "text", one("in")))
                    (select("Rate set", "rates", &rates, one("rates")))
                    (input("Constant rate date", "rate_date", "date", one("rate_date")))
                }
                @if has_none {
                    p .note { "No exchange rates yet. Import a set with " code { "deltabook rates import" } "." }
                }
            }
            button type="submit" { "Apply" }
        }
    }
}

fn empty() -> Markup {
    let next = html! {
        p {
            "Movements appear once the billing system sends subscription lines, or a file is imported with "
            code { "deltabook import" } "."
        }
    };
    empty_state("No movements up to the end of this range.", next)
}

/// Key figures.
fn key_figures(links: WaterfallLinks<'_>, found: &Reports, currency: &str) -> Result<Markup, ErrorPage> {
    let params = links.params;
    let total = found.mrr.totals.iter().find(|it| it.currency == currency);
    let kept = found.retentions.iter().find(|it| it.currency == currency).and_then(|it| it.span.as_ref());
    let amount = |get: fn(&v1::CurrencyMrr) -> &str| format::amount(total.map_or("0", get));
    let date = &found.mrr.date;
    let movements = links.balance(date, currency);
    let retention = routes::with_query(
        routes::RETENTION,
        ["from", "to", "level", "view"]
            .map(|name| (name, params.get(name)))
            .into_iter()
            .chain([("currency", currency)]),
    );
    let tile = |name: &str, value: &str, note: &str, link: &str| {
        html! { li { a href=(link) { span .name { (name) } strong { (value) } span .note { (note) } } } }
    };
    let months = format!("{} to {}", params.get("from"), params.get("to"));
    Ok(html! {
        ul .tiles {
            (tile("MRR", &amount(|it| &it.mrr)?, &format!("on {date}"), &movements))
            (tile("ARR", &amount(|it| &it.arr)?, "12 × MRR", &movements))
            @if let Some(kept) = kept {
                (tile("NRR", &format::percent(&kept.net_revenue_retention)?, &months, &retention))
                (tile("GRR", &format::percent(&kept.gross_revenue_retention)?, &months, &retention))
                (tile("Customers", &format::count(kept.customers_at_end), &format!("at the end of {}", params.get("to")), &retention))
            }
        }
    })
}
