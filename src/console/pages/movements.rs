//! The journal, filtered and paginated.

use axum::response::Response;
use maud::{Markup, html};

use crate::console::enum_params;
use crate::console::error_page::{ErrorPage, message};
use crate::console::format;
use crate::console::params::Params;
use crate::console::parts::movement_table;
use crate::console::parts::page::{Tab, empty_state, input, respond, select};
use crate::console::routes;
use crate::console::signed_in::SignedIn;
use crate::grpc::v1;

const PAGE: i32 = 100;

/// Categories in the filter form.
const CATEGORIES: [&str; 6] = ["NEW", "UPSELL", "DOWNSELL", "CHURN", "RENEWAL", "IGNORED"];
pub(in crate::console) const SUBCATEGORIES: [&str; 13] = [
    "NEW_CONTRACT",
    "NEW_CUSTOMER",
    "REACTIVATION",
    "PRICE_INCREASE",
    "QUANTITY_INCREASE",
    "ADD_ON",
    "PRICE_DECREASE",
    "QUANTITY_DECREASE",
    "ITEM_REMOVAL",
    "CONTRACT_CHURN",
    "CUSTOMER_CHURN",
    "RENEWAL",
    "IGNORED",
];

pub(in crate::console) async fn show(session: SignedIn, params: Params) -> Response {
    let body = body(&session, &params).await;
    respond(&session, "Movements", Tab::Movements, body)
}

async fn body(session: &SignedIn, params: &Params) -> Result<Markup, ErrorPage> {
    let request = v1::ListMovementsRequest {
        filter: Some(filter(params)),
        order_by: order(params),
        page_size: PAGE,
        page_token: params.get("page").to_owned(),
        filter_expression: params.get("filter").to_owned(),
    };
    let found = session.movements().list_movements(request).await;
    Ok(html! {
        h1 { "Movements" }
        (form(params))
        @match found {
            Ok(found) => (list(params, found.get_ref())?),
            Err(status) => p .problem role="alert" { (message(&status)) },
        }
    })
}

/// The movement filter of the parameters.
pub(in crate::console) fn filter(params: &Params) -> v1::MovementFilter {
    let text = |name: &str| params.get(name).to_owned();
    v1::MovementFilter {
        level: enum_params::level(params.get("level")),
        categories: params.all("category").map(enum_params::category).collect(),
        subcategories: params.all("subcategory").map(enum_params::subcategory).collect(),
        effective_from: text("effective_from"),
        effective_to: text("effective_to"),
        customer_id: text("customer"),
        subscription_id: text("subscription"),
        item_id: text("item"),
        currency: text("currency"),
        live_only: params.get("which") == "LIVE",
        posting_from: text("posting_from"),
        posting_to: text("posting_to"),
        adjustments_only: params.get("which") == "ADJUSTMENTS",
    }
}

pub(in crate::console) fn order(params: &Params) -> i32 {
    match params.get("order") {
        "JOURNAL" => v1::MovementOrder::Journal.into(),
        "EFFECTIVE" => v1::MovementOrder::EffectiveDate.into(),
        "EFFECTIVE_DESC" => v1::MovementOrder::EffectiveDateDesc.into(),
        "POSTED" => v1::MovementOrder::PostingDate.into(),
        "POSTED_DESC" => v1::MovementOrder::PostingDateDesc.into(),
        "" | "JOURNAL_DESC" => v1::MovementOrder::JournalDesc.into(),
        _ => enum_params::UNKNOWN,
    }
}

fn list(params: &Params, found: &v1::ListMovementsResponse) -> Result<Markup, ErrorPage> {
    if found.movements.is_empty() && found.next_page_token.is_empty() {
        let all = html! { p { a href=(routes::MOVEMENTS) { "Show all movements" } } };
        return Ok(empty_state("No movements match the filter.", all));
    }
    let is_first = params.get("page").is_empty();
    Ok(html! {
        @if found.movements.is_empty() { p .warning { "No match among the entries searched so far. The next page continues the search." } }
        (movement_table::sums(&found.movements)?)
        (movement_table::table("Journal entries", &found.movements)?)
        nav .pages aria-label="Pages" {
            @if !is_first { a .button.quiet href=(routes::with_query(routes::MOVEMENTS, params.replacing("page", ""))) { "First page" } }
            @if !found.next_page_token.is_empty() {
                a .button href=(routes::with_query(routes::MOVEMENTS, params.replacing("page", &found.next_page_token))) { "Next page" }
            }
            @for (file, name) in [("movements.csv", "Export all as CSV"), ("movements.parquet", "Export all as Parquet")] {
                a .button.quiet href=(routes::with_query(&routes::export(file), params.replacing("page", ""))) { (name) }
            }
        }
    })
}

fn form(params: &Params) -> Markup {
    let one = |name| params.get(name);
    let choices = |names: &[&'static str]| {
        let each = names.iter().map(|name| (*name, format::sentence_case(name)));
        [("", "All".to_owned())].into_iter().chain(each).collect::<Vec<_>>()
    };
    let choose = |label, name, choices: &[(&str, String)]| {
        let choices: Vec<(&str, &str)> = choices.iter().map(|(value, text)| (*value, text.as_str())).collect();
        select(label, name, &choices, params.get(name))
    };
    let orders = [
        ("JOURNAL_DESC", "Recorded, newest first"),
        ("JOURNAL", "Recorded, oldest first"),
        ("POSTED_DESC", "Posting date, newest first"),
        ("POSTED", "Posting date, oldest first"),
        ("EFFECTIVE_DESC", "Effective date, newest first"),
        ("EFFECTIVE", "Effective date, oldest first"),
    ];
    let which = [("", "All entries"), ("LIVE", "Current entries"), ("ADJUSTMENTS", "Prior-period adjustments")];
    html! {
        form .filter method="get" action=(routes::MOVEMENTS) {
            (select("Level", "level", &[("", "Both"), ("CUSTOMER", "Customers"), ("CONTRACT", "Contracts")], one("level")))
            (choose("Category", "category", &choices(&CATEGORIES)))
            (choose("Subcategory", "subcategory", &choices(&SUBCATEGORIES)))
            (input("Customer", "customer", "text", one("customer")))
            (input("Subscription", "subscription", "text", one("subscription")))
            (input("Item", "item", "text", one("item")))
            (input("Currency", "currency", "text", one("currency")))
            (input("Posted from", "posting_from", "date", one("posting_from")))
            (input("Posted to", "posting_to", "date", one("posting_to")))
            (input("Effective from", "effective_from", "date", one("effective_from")))
            (input("Effective to", "effective_to", "date", one("effective_to")))
            (select("Entries", "which", &which, one("which")))
            (select("Sort by", "order", &orders, one("order")))
            label .wide {
                span { "Filter expression, for example " code { "mrr_delta < -1000 AND NOT overridden" } }
                input name="filter" type="text" value=(one("filter")) maxlength="4096" autocomplete="off" spellcheck="false";
            }
            button type="submit" { "Filter" }
        }
    }
}
