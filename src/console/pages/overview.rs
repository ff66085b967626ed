//! The first page: what there is, and how it came about.

use axum::response::Response;
use maud::{Markup, html};

use crate::console::enum_params;
use crate::console::error_page::{Problem, words as told};
use crate::console::format;
use crate::console::pages::retention::last_year;
use crate::console::params::Fields;
use crate::console::parts::groups;
use crate::console::parts::page::{Tab, answer, input, month, nothing, select};
use crate::console::parts::waterfall::{self, About};
use crate::console::routes;
use crate::console::signed_in::Visit;
use crate::grpc::v1;

/// The groups that are shown; what is smaller is added up in one row.
const MOST_GROUPS: i32 = 50;

/// The answers that the page shows.
struct Found {
    mrr: v1::GetMrrResponse,
    waterfalls: Vec<v1::Waterfall>,
    /// The same by group; nothing where none were asked for.
    groups: Vec<v1::Waterfall>,
    retentions: Vec<v1::Retention>,
}

pub(in crate::console) async fn show(visit: Visit, fields: Fields) -> Response {
    let body = body(&visit, fields).await;
    answer(&visit, "Overview", Tab::Overview, body)
}

async fn body(visit: &Visit, mut asked: Fields) -> Result<Markup, Problem> {
    let now = visit.movements().get_mrr(v1::GetMrrRequest::default()).await?.into_inner();
    last_year(&mut asked, &now.date);
    asked.or("level", "CUSTOMER");
    let found = match find(visit, &asked).await {
        Ok(found) => found,
        Err(status) => {
            return Ok(html! {
                h1 { "Overview" }
                (form(visit, &asked).await)
                p .problem role="alert" { (told(&status)) }
            });
        }
    };
    let counted = counted(visit, &found.mrr.date).await;
    let about = About { asked: &asked, counted: &counted };
    let kind = asked.one("group").to_lowercase().replace('_', " ");
    Ok(html! {
        h1 { "Overview" }
        (form(visit, &asked).await)
        @if found.waterfalls.is_empty() { (empty()) } @else { (files(&asked)) }
        @for it in &found.waterfalls {
            @let groups: Vec<_> = found.groups.iter().filter(|group| group.currency == it.currency).cloned().collect();
            section aria-label=(it.currency) {
                h2 { (it.currency) }
                (tiles(about, &found, &it.currency))
                (waterfall::bridge(it)?)
                (waterfall::columns(it))
                (waterfall::table(it, about)?)
                @if asked.one("group") == "SUBCATEGORY" { @for group in &groups { (groups::subcategories(group, about)) } }
                @else { (groups::table(&groups, about, &kind)?) }
            }
        }
    })
}

/// The same months as files.
fn files(asked: &Fields) -> Markup {
    let link = |file| routes::with(&routes::export(file), asked.with("group", ""));
    html! {
        nav .pages aria-label="Files" {
            a .button.quiet href=(link("waterfall.csv")) { "Roll-forward as CSV" }
            a .button.quiet href=(link("waterfall.parquet")) { "Roll-forward as Parquet" }
            // It is in the currencies of the lines.
            @if asked.one("in").is_empty() {
                a .button.quiet href=(link("mrr.csv")) { "MRR per customer per month as CSV" }
            }
        }
    }
}

/// What movements must be to be counted today: not those ends that a renewal may yet take away (R11), where the policy
/// waits for one.
async fn counted(visit: &Visit, today: &str) -> String {
    let tenant = visit.admin().get_tenant(v1::GetTenantRequest {}).await;
    match tenant.ok().and_then(|it| it.into_inner().tenant) {
        Some(tenant) if tenant.lapse_grace_days == 0 => String::new(),
        _ => format!("(NOT provisional OR provisional_until <= {today})"),
    }
}

async fn find(visit: &Visit, asked: &Fields) -> Result<Found, tonic::Status> {
    let mut questions = visit.movements();
    let (level, view) = (enum_params::level(asked.one("level")), enum_params::view(asked.one("view")));
    let [currency, from_month, to_month] = ["currency", "from", "to"].map(|name| asked.one(name).to_owned());
    let conversion = conversion(asked);
    let mrr = v1::GetMrrRequest {
        level,
        view,
        currency: currency.clone(),
        conversion: conversion.clone(),
        ..Default::default()
    };
    let mrr = questions.get_mrr(mrr).await?.into_inner();
    // What was kept is not converted.
    let retentions = if conversion.is_some() {
        Vec::new()
    } else {
        let (currency, from_month, to_month) = (currency.clone(), from_month.clone(), to_month.clone());
        let retention = v1::GetRetentionRequest { level, view, currency, from_month, to_month, as_known_at: None };
        questions.get_retention(retention).await?.into_inner().retentions
    };
    let granularity = enum_params::granularity(asked.one("by"));
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
    let divided = grouping(asked).map(|group_by| v1::GetWaterfallRequest { group_by: Some(group_by), ..whole.clone() });
    let waterfalls = questions.get_waterfall(whole).await?.into_inner().waterfalls;
    let groups = match divided {
        Some(divided) => questions.get_waterfall(divided).await?.into_inner().waterfalls,
        None => Vec::new(),
    };
    Ok(Found { mrr, waterfalls, groups, retentions })
}

/// Into which currency, by which rates.
pub(in crate::console) fn conversion(asked: &Fields) -> Option<v1::Conversion> {
    let [to_currency, rate_set, constant_date] = ["in", "rates", "rate_date"].map(|name| asked.one(name).to_owned());
    (!to_currency.is_empty()).then_some(v1::Conversion { to_currency, rate_set, constant_date })
}

fn grouping(asked: &Fields) -> Option<v1::Grouping> {
    let kind = enum_params::group_kind(asked.one("group"));
    let has_attribute = asked.one("group").ends_with("_ATTRIBUTE");
    let attribute = if has_attribute { asked.one("attribute").to_owned() } else { String::new() };
    // There are not many subcategories.
    let max_groups = if asked.one("group") == "SUBCATEGORY" { 0 } else { MOST_GROUPS };
    (kind != 0).then_some(v1::Grouping { kind, attribute, max_groups })
}

async fn form(visit: &Visit, asked: &Fields) -> Markup {
    let one = |name| asked.one(name);
    let sets = visit.admin().list_rate_sets(v1::ListRateSetsRequest::default()).await;
    let has_none = sets.as_ref().is_ok_and(|it| it.get_ref().rate_sets.is_empty());
    let sets = sets.map(|it| it.into_inner().rate_sets).unwrap_or_default();
    let mut rates = vec![("", "None")];
    rates.extend(sets.iter().map(|it| (it.name.as_str(), it.name.as_str())));
    let by = [("MONTH", "Month"), ("QUARTER", "Quarter"), ("YEAR", "Year"), ("DAY", "Day")];
    let groups = [
        ("", "Nothing"),
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
            (select("By", "by", &by, one("by")))
            (input("Currency", "currency", "text", one("currency")))
            (select("Closed months", "view", &[("AS_REPORTED", "As reported"), ("RESTATED", "Restated")], one("view")))
            (select("Divided by", "group", &groups, one("group")))
            details .wide open[is_open] {
                summary { "Attribute, and conversion into one currency" }
                div .filter {
                    (input("Name of the attribute", "attribute", "text", one("attribute")))
                    (input("Into currency", "in", "text", one("in")))
                    (select("Exchange rates", "rates", &rates, one("rates")))
                    (input("Constant rate of", "rate_date", "date", one("rate_date")))
                }
                @if has_none {
                    p .note { "There are no exchange rates yet: " code { "deltabook rates import" } " adds a set." }
                }
            }
            button type="submit" { "Show" }
        }
    }
}

fn empty() -> Markup {
    let next = html! {
        p {
            "As soon as the billing system sends subscription lines, they are here. Lines in a file are recorded with "
            code { "deltabook import" } "."
        }
    };
    nothing("There are no movements up to these months.", next)
}

/// The numbers that people look for first.
fn tiles(about: About<'_>, found: &Found, currency: &str) -> Markup {
    let asked = about.asked;
    let total = found.mrr.totals.iter().find(|it| it.currency == currency);
    let kept = found.retentions.iter().find(|it| it.currency == currency).and_then(|it| it.span.as_ref());
    let amount = |get: fn(&v1::CurrencyMrr) -> &str| format::amount(total.map_or("0", get));
    let date = &found.mrr.date;
    let movements = about.through(date, currency);
    let retention = routes::with(
        routes::RETENTION,
        ["from", "to", "level", "view"].map(|name| (name, asked.one(name))).into_iter().chain([("currency", currency)]),
    );
    let tile = |name: &str, value: &str, note: &str, link: &str| {
        html! { li { a href=(link) { span .name { (name) } strong { (value) } span .note { (note) } } } }
    };
    let months = format!("{} to {}", asked.one("from"), asked.one("to"));
    html! {
        ul .tiles {
            (tile("MRR", &amount(|it| &it.mrr), &format!("on {date}"), &movements))
            (tile("ARR", &amount(|it| &it.arr), "12 × MRR", &movements))
            @if let Some(kept) = kept {
                (tile("NRR", &format::percent(&kept.net_revenue_retention), &months, &retention))
                (tile("GRR", &format::percent(&kept.gross_revenue_retention), &months, &retention))
                (tile("Customers", &format::count(kept.customers_at_end), &format!("at the end of {}", asked.one("to")), &retention))
            }
        }
    }
}
