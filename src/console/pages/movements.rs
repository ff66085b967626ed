//! The journal, filtered, page by page.

use axum::response::Response;
use maud::{Markup, html};

use crate::console::enum_params;
use crate::console::error_page::{Problem, words as told};
use crate::console::format;
use crate::console::params::Fields;
use crate::console::parts::movement_table;
use crate::console::parts::page::{Tab, answer, input, nothing, select};
use crate::console::routes;
use crate::console::signed_in::Visit;
use crate::grpc::v1;

const PAGE: i32 = 100;

/// Names of categories and subcategories, for choices.
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

pub(in crate::console) async fn show(visit: Visit, fields: Fields) -> Response {
    let body = body(&visit, &fields).await;
    answer(&visit, "Movements", Tab::Movements, body)
}

async fn body(visit: &Visit, fields: &Fields) -> Result<Markup, Problem> {
    let request = v1::ListMovementsRequest {
        filter: Some(filter(fields)),
        order_by: order(fields),
        page_size: PAGE,
        page_token: fields.one("page").to_owned(),
        filter_expression: fields.one("filter").to_owned(),
    };
    let found = visit.movements().list_movements(request).await;
    Ok(html! {
        h1 { "Movements" }
        (form(fields))
        @match found {
            Ok(found) => (list(fields, found.get_ref())),
            Err(status) => p .problem role="alert" { (told(&status)) },
        }
    })
}

/// Which movements are asked for.
pub(in crate::console) fn filter(fields: &Fields) -> v1::MovementFilter {
    let text = |name: &str| fields.one(name).to_owned();
    v1::MovementFilter {
        level: enum_params::level(fields.one("level")),
        categories: fields.all("category").map(enum_params::category).collect(),
        subcategories: fields.all("subcategory").map(enum_params::subcategory).collect(),
        effective_from: text("effective_from"),
        effective_to: text("effective_to"),
        customer_id: text("customer"),
        subscription_id: text("subscription"),
        item_id: text("item"),
        currency: text("currency"),
        live_only: fields.one("which") == "LIVE",
        posting_from: text("posting_from"),
        posting_to: text("posting_to"),
        adjustments_only: fields.one("which") == "ADJUSTMENTS",
    }
}

pub(in crate::console) fn order(fields: &Fields) -> i32 {
    match fields.one("order") {
        "JOURNAL" => v1::MovementOrder::Journal.into(),
        "EFFECTIVE" => v1::MovementOrder::EffectiveDate.into(),
        "EFFECTIVE_DESC" => v1::MovementOrder::EffectiveDateDesc.into(),
        "POSTED" => v1::MovementOrder::PostingDate.into(),
        "POSTED_DESC" => v1::MovementOrder::PostingDateDesc.into(),
        "" | "JOURNAL_DESC" => v1::MovementOrder::JournalDesc.into(),
        _ => enum_params::UNKNOWN,
    }
}

fn list(fields: &Fields, found: &v1::ListMovementsResponse) -> Markup {
    if found.movements.is_empty() && found.next_page_token.is_empty() {
        let all = html! { p { a href=(routes::MOVEMENTS) { "Show all movements" } } };
        return nothing("No movement is as the filter has it.", all);
    }
    let is_first = fields.one("page").is_empty();
    html! {
        @if found.movements.is_empty() { p .warning { "Nothing yet among the entries looked at. The next page looks further." } }
        (movement_table::sums(&found.movements))
        (movement_table::listed("Entries of the journal", &found.movements))
        nav .pages aria-label="Pages" {
            @if !is_first { a .button.quiet href=(routes::with(routes::MOVEMENTS, fields.with("page", ""))) { "First page" } }
            @if !found.next_page_token.is_empty() {
                a .button href=(routes::with(routes::MOVEMENTS, fields.with("page", &found.next_page_token))) { "Next page" }
            }
            @for (file, name) in [("movements.csv", "Export all as CSV"), ("movements.parquet", "Export all as Parquet")] {
                a .button.quiet href=(routes::with(&routes::export(file), fields.with("page", ""))) { (name) }
            }
        }
    }
}

fn form(fields: &Fields) -> Markup {
    let one = |name| fields.one(name);
    let choices = |names: &[&'static str]| {
        let each = names.iter().map(|name| (*name, format::words(name)));
        [("", "All".to_owned())].into_iter().chain(each).collect::<Vec<_>>()
    };
    let choose = |label, name, choices: &[(&str, String)]| {
        let choices: Vec<(&str, &str)> = choices.iter().map(|(value, text)| (*value, text.as_str())).collect();
        select(label, name, &choices, fields.one(name))
    };
    let orders = [
        ("JOURNAL_DESC", "Latest recorded"),
        ("JOURNAL", "First recorded"),
        ("POSTED_DESC", "Latest posted"),
        ("POSTED", "First posted"),
        ("EFFECTIVE_DESC", "Latest effective"),
        ("EFFECTIVE", "First effective"),
    ];
    let which = [("", "The whole journal"), ("LIVE", "What holds now"), ("ADJUSTMENTS", "Prior-period adjustments")];
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
            (select("Which", "which", &which, one("which")))
            (select("Order", "order", &orders, one("order")))
            label .wide {
                span { "Condition, such as " code { "mrr_delta < -1000 AND NOT overridden" } }
                input name="filter" type="text" value=(one("filter")) maxlength="4096" autocomplete="off" spellcheck="false";
            }
            button type="submit" { "Show" }
        }
    }
}
