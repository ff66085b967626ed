//! A customer: timeline, movements, and all facts with their state.

use axum::response::Response;
use maud::{Markup, html};

use crate::console::error_page::ErrorPage;
use crate::console::format;
use crate::console::params::Params;
use crate::console::parts::movement_table;
use crate::console::parts::page::{Heading, Tab, empty_state, input, respond, table};
use crate::console::parts::timeline;
use crate::console::routes;
use crate::console::signed_in::SignedIn;
use crate::grpc::v1;
use crate::grpc::wire::wire_enum::WireEnum;

/// Maximum number of movements on the page.
const MAX_MOVEMENTS: i32 = 1_000;

pub(in crate::console) async fn show(session: SignedIn, params: Params) -> Response {
    let id = params.get("id");
    let title = if id.is_empty() { "Customers" } else { id };
    let body = if id.is_empty() { recent_customers(&session).await } else { body(&session, &params).await };
    respond(&session, title, Tab::Customers, body)
}

fn form(id: &str) -> Markup {
    html! {
        form .filter method="get" action=(routes::CUSTOMER) {
            (input("Customer ID", "id", "text", id))
            button type="submit" { "Open" }
        }
    }
}

/// The customers of the latest journal entries.
async fn recent_customers(session: &SignedIn) -> Result<Markup, ErrorPage> {
    let filter = v1::MovementFilter { level: v1::Level::Customer.into(), ..v1::MovementFilter::default() };
    let order_by = v1::MovementOrder::JournalDesc.into();
    let request = v1::ListMovementsRequest { filter: Some(filter), order_by, page_size: 200, ..Default::default() };
    let found = session.movements().list_movements(request).await?.into_inner().movements;
    let mut ids: Vec<&str> = Vec::new();
    for it in &found {
        if !ids.contains(&it.customer_id.as_str()) {
            ids.push(&it.customer_id);
        }
    }
    Ok(html! {
        h1 { "Customers" }
        (form(""))
        @if ids.is_empty() {
            (empty_state("No customers yet.", html! { p { "Customers appear once the billing system sends subscription lines, or a file is imported with " code { "deltabook import" } "." } }))
        } @else {
            h2 { "Recently changed customers" }
            ul .columns-of-links { @for id in ids { li { a href=(routes::customer(id)) { (id) } } } }
        }
    })
}

async fn body(session: &SignedIn, params: &Params) -> Result<Markup, ErrorPage> {
    let customer_id = params.get("id").to_owned();
    let found =
        session.billing().get_customer(v1::GetCustomerRequest { customer_id: customer_id.clone() }).await?.into_inner();
    let filter = v1::MovementFilter { customer_id: customer_id.clone(), live_only: true, ..Default::default() };
    let order_by = v1::MovementOrder::EffectiveDate.into();
    let request =
        v1::ListMovementsRequest { filter: Some(filter), order_by, page_size: MAX_MOVEMENTS, ..Default::default() };
    let v1::ListMovementsResponse { movements, next_page_token } =
        session.movements().list_movements(request).await?.into_inner();
    let request = v1::GetMrrRequest { customer_id: customer_id.clone(), ..Default::default() };
    let today = session.movements().get_mrr(request).await?.into_inner();
    let name = found.customer.as_ref().map(|it| it.name.as_str()).unwrap_or_default();
    let (contract, customer): (Vec<_>, Vec<_>) =
        movements.iter().cloned().partition(|it| it.level() == v1::Level::Contract);
    Ok(html! {
        h1 { (customer_id) @if !name.is_empty() { " · " (name) } }
        (form(&customer_id))
        p {
            "MRR on " (today.date) ": "
            @if today.totals.is_empty() { "none" }
            @for total in &today.totals { strong { (format::amount(&total.mrr)?) " " (total.currency) } " " }
        }
        (attributes(found.customer.as_ref()))
        (timeline::chart(&found, &movements, &today.date)?)
        (movement_table::table("Movements at customer level", &customer)?)
        (movement_table::table("Movements at contract level", &contract)?)
        @if !next_page_token.is_empty() { p .warning { "The first 1,000 movements are shown. The Movements page lists all of them." } }
        p { a href=(routes::with_query(routes::MOVEMENTS, [("customer", customer_id.as_str())])) { "All journal entries of this customer, including reversals" } }
        (lines(&found.subscription_lines))
        (orders(&found.change_orders))
        (overrides(&found.overrides))
        (charges(&found.charges)?)
    })
}

fn attributes(customer: Option<&v1::Customer>) -> Markup {
    let Some(it) = customer.filter(|it| !it.attributes.is_empty() || !it.identity.is_empty()) else { return html! {} };
    html! {
        dl .panel {
            @if !it.identity.is_empty() { dt { "Identity in events" } dd { (it.identity) } }
            @for (name, value) in &it.attributes { dt { (name) } dd { (value) } }
        }
    }
}

fn lines(lines: &[v1::SubscriptionLineRecord]) -> Markup {
    let rows = html! {
        @for it in lines {
            @let line = it.line.clone().unwrap_or_default();
            tr .void[is_void(it.state.as_ref())] {
                th scope="row" { (line.line_id) }
                td { (line.subscription_id) }
                td { (line.item_id) }
                td { (line.start_date) " to " @if line.end_date.is_empty() { "evergreen" } @else { (line.end_date) } }
                td { @if !line.trial_end_date.is_empty() { "trial to " (line.trial_end_date) } }
                td { (fact_status(it.state.as_ref())) }
            }
        }
    };
    table_unless_empty("Lines", &["Line", "Subscription", "Item", "Term", "Trial", "Status"], lines.is_empty(), rows)
}

fn orders(orders: &[v1::ChangeOrderRecord]) -> Markup {
    let rows = html! {
        @for it in orders {
            @let order = it.change_order.clone().unwrap_or_default();
            tr .void[is_void(it.state.as_ref())] {
                th scope="row" { (order.change_order_id) }
                td { (order.subscription_id) }
                td { (format::sentence_case(order.r#type().short_name())) }
                td { (order.effective_date) }
                td { (order.memo) }
                td { (fact_status(it.state.as_ref())) }
            }
        }
    };
    table_unless_empty(
        "Change orders",
        &["Order", "Subscription", "Type", "Effective date", "Memo", "Status"],
        orders.is_empty(),
        rows,
    )
}

fn overrides(overrides: &[v1::OverrideRecord]) -> Markup {
    let rows = html! {
        @for it in overrides {
            @let over = it.r#override.clone().unwrap_or_default();
            tr .void[is_void(it.state.as_ref())] {
                th scope="row" { (over.cause.as_ref().map(format::cause).unwrap_or_default()) }
                td {
                    @if over.modification_type == 0 { "cleared" }
                    @else { (format::sentence_case(over.modification_type().short_name())) }
                }
                td { (over.reason) }
                td { (fact_status(it.state.as_ref())) }
            }
        }
    };
    table_unless_empty("Overrides", &["Cause", "Modification type", "Reason", "Status"], overrides.is_empty(), rows)
}

fn charges(charges: &[v1::Charge]) -> Result<Markup, ErrorPage> {
    let rows = html! {
        @for it in charges {
            tr {
                th scope="row" { (it.charge_id) }
                td { (format::sentence_case(it.status().short_name())) }
                td { (format::amount(&it.amount)?) " " (it.currency) }
                td { (format::instant(it.occurred_at.as_ref())) }
                td { (it.description) }
            }
        }
    };
    Ok(table_unless_empty(
        "Charges",
        &["Charge", "Status", "Amount", "Occurred", "Description"],
        charges.is_empty(),
        rows,
    ))
}

fn table_unless_empty(name: &str, headings: &[&'static str], is_empty: bool, rows: Markup) -> Markup {
    if is_empty {
        return html! {};
    }
    let headings: Vec<Heading> = headings.iter().map(|text| Heading::Text(text)).collect();
    table(name, &headings, rows)
}

pub(in crate::console) fn is_void(state: Option<&v1::FactState>) -> bool {
    state.is_some_and(|it| it.status() == v1::FactStatus::Void)
}

/// The status of a fact; for a void one, its reasons.
fn fact_status(state: Option<&v1::FactState>) -> Markup {
    let Some(it) = state else { return html! {} };
    html! {
        @if is_void(Some(it)) { span .tag { "void" } } @else { "in effect" }
        @for reason in &it.void_reasons {
            br;
            small { @if !reason.line_id.is_empty() { (reason.line_id) ": " } (reason.message) " (R" (reason.rule) ")" }
        }
    }
}
