//! A movement and its explanation.

use axum::extract::Path;
use axum::response::Response;
use maud::{Markup, html};

use crate::console::error_page::ErrorPage;
use crate::console::format;
use crate::console::parts::movement_context;
use crate::console::parts::movement_table::tags;
use crate::console::parts::mrr_history;
use crate::console::parts::page::Heading::Text;
use crate::console::parts::page::{Tab, respond, table};
use crate::console::routes;
use crate::console::signed_in::SignedIn;
use crate::grpc::v1;

pub(in crate::console) async fn show(session: SignedIn, Path(id): Path<String>) -> Response {
    let body = body(&session, &id).await;
    respond(&session, &format!("Movement {id}"), Tab::Movements, body)
}

async fn body(session: &SignedIn, id: &str) -> Result<Markup, ErrorPage> {
    let why = explained(session, id).await?;
    let movement = why.movement.clone().unwrap_or_default();
    let drawn = mrr_history::chart(session, &movement).await?;
    Ok(html! {
        h1 { "Movement № " (id) }
        p { (why.summary) (tags(&movement)) }
        @if !why.reversed_by_movement_id.is_empty() {
            p .warning {
                "Superseded: reversed by "
                a href=(routes::movement(&why.reversed_by_movement_id)) { "№ " (why.reversed_by_movement_id) }
                @if !why.replaced_by_movement_ids.is_empty() { ", replaced by " (links(&why.replaced_by_movement_ids)) "." }
            }
        }
        (facts_of(&movement)?)
        @if may_override(session, &movement, &why) {
            p { a .button href=(routes::override_form(id)) { "Reclassify" } }
        }
        (drawn)
        (reasons(&why))
        (movement_context::other_level(&why.other_level)?)
        (movement_context::overrides(&why.overrides))
        (changes(&why)?)
        (events(&why)?)
        (facts(&why)?)
    })
}

fn links(ids: &[String]) -> Markup {
    html! {
        @for (place, id) in ids.iter().enumerate() {
            @if place > 0 { ", " }
            a href=(routes::movement(id)) { "№ " (id) }
        }
    }
}

/// The explanation of a movement.
pub(in crate::console) async fn explained(
    session: &SignedIn,
    id: &str,
) -> Result<v1::ExplainMovementResponse, ErrorPage> {
    let request = v1::ExplainMovementRequest { movement_id: id.to_owned() };
    Ok(session.movements().explain_movement(request).await?.into_inner())
}

fn may_override(session: &SignedIn, movement: &v1::Movement, why: &v1::ExplainMovementResponse) -> bool {
    let holds = why.reversed_by_movement_id.is_empty() && movement.reverses_movement_id.is_empty();
    holds && session.may("FinanceService/OverrideModificationType")
}

fn facts_of(it: &v1::Movement) -> Result<Markup, ErrorPage> {
    Ok(html! {
        dl .panel {
            dt { "Customer" } dd { a href=(routes::customer(&it.customer_id)) { (it.customer_id) } }
            @if !it.subscription_id.is_empty() { dt { "Subscription" } dd { (it.subscription_id) } }
            @if !it.line_id.is_empty() { dt { "Line" } dd { (it.line_id) } }
            dt { "Item" } dd { (it.item_id) }
            dt { "Level" } dd { (format::level(it.level)) }
            dt { "Category" } dd { (format::category(it.category)) " · " (format::subcategory(it.subcategory)) }
            dt { "MRR change" } dd { strong { (format::signed_amount(&it.mrr_delta)?) " " (it.currency) } }
            dt { "MRR" } dd { (format::amount(&it.mrr_before)?) " → " (format::amount(&it.mrr_after)?) }
            dt { "Quantity" } dd { (format::quantity(&it.quantity_before)?) " → " (format::quantity(&it.quantity_after)?) }
            @if !it.quantity_effect.is_empty() {
                dt { "Quantity effect" } dd { (format::signed_amount(&it.quantity_effect)?) }
                dt { "Price effect" } dd { (format::signed_amount(&it.price_effect)?) }
            }
            @if !it.renewed_mrr.is_empty() { dt { "Renewed MRR" } dd { (format::amount(&it.renewed_mrr)?) } }
            dt { "Effective date" } dd { (it.effective_date) }
            dt { "Posting date" } dd { (it.posting_date) }
            dt { "Recorded" } dd { (format::instant(it.recorded_at.as_ref())) }
            dt { "Causes" }
            dd { ul .plain { @for cause in &it.causes { li { (format::cause(cause)) } } } }
        }
    })
}

fn reasons(why: &v1::ExplainMovementResponse) -> Markup {
    html! {
        section {
            h2 { "Explanation" }
            ol .reasons {
                @for reason in &why.reasons {
                    li { strong { "R" (reason.rule) " " (reason.title) } ": " (reason.statement) }
                }
            }
        }
    }
}

fn changes(why: &v1::ExplainMovementResponse) -> Result<Markup, ErrorPage> {
    if why.changes.is_empty() {
        return Ok(html! {});
    }
    let headings = [Text("Line"), Text("Cause"), Text("Before"), Text("After")];
    let rows = html! {
        @for change in &why.changes {
            tr {
                th scope="row" { (change.line_id) }
                td { (change.cause.as_ref().map(format::cause).unwrap_or_default()) }
                td { (terms(change.before.as_ref())?) }
                td { (terms(change.after.as_ref())?) }
            }
        }
    };
    Ok(table("Changes of lines", &headings, rows))
}

/// The terms of a line at one moment.
fn terms(terms: Option<&v1::LineTerms>) -> Result<Markup, ErrorPage> {
    let Some(it) = terms else { return Ok(html! { "none" }) };
    let interval = it.interval.as_ref().map(format::interval).unwrap_or_default();
    Ok(html! {
        @if !it.counting { span .tag { "not counting" } " " }
        (it.item_id) ": " (format::quantity(&it.quantity)?) " × " (format::amount(&it.unit_price)?) " " (interval)
        @if let Some(discount) = it.discount.as_ref().and_then(|it| it.value.as_ref()) {
            @match discount {
                v1::discount::Value::Percent(percent) => { ", discount " (percent) " %" }
                v1::discount::Value::Amount(amount) => { ", discount " (format::amount(amount)?) }
            }
        }
        br;
        small { "MRR " (format::amount(&it.mrr)?) }
    })
}

fn events(why: &v1::ExplainMovementResponse) -> Result<Markup, ErrorPage> {
    Ok(html! {
        @if !why.events.is_empty() {
            section {
                h2 { "Events" }
                ul {
                    @for event in &why.events {
                        li {
                            (event.name) " of " (format::signed_amount(&event.mrr_delta)?) " " (event.currency) " on " (event.date)
                            ": " (movement_context::event_state(event))
                        }
                    }
                }
            }
        }
    })
}

fn facts(why: &v1::ExplainMovementResponse) -> Result<Markup, ErrorPage> {
    Ok(html! {
        @if !why.facts.is_empty() {
            section {
                h2 { "Source facts" }
                @for fact in &why.facts {
                    details { summary { (format::fact(fact)) } pre .code { (format::fact_as_json(fact)?) } }
                }
            }
        }
    })
}
