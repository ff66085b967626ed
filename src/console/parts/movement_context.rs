//! Context of a movement: the other level, its overrides, and the state of its events.

use maud::{Markup, html};

use crate::console::error_page::ErrorPage;
use crate::console::format;
use crate::console::parts::movement_table;
use crate::console::routes;
use crate::grpc::v1;
use crate::grpc::wire::wire_enum::WireEnum;

/// The movement of the same changes at the other level.
pub(in crate::console) fn other_level(others: &[v1::OtherLevel]) -> Result<Markup, ErrorPage> {
    Ok(html! {
        @if !others.is_empty() {
            section {
                h2 { "Other level" }
                @for other in others {
                    p { (other.comparison) }
                    @if let Some(it) = &other.movement {
                        p {
                            a href=(routes::movement(&it.movement_id)) { "№ " (it.movement_id) }
                            ": " (format::category(it.category)) " · " (format::subcategory(it.subcategory)) ", "
                            (format::signed_amount(&it.mrr_delta)?) " " (it.currency) " at " (format::level(it.level).to_lowercase()) " level"
                            (movement_table::tags(it))
                        }
                    }
                }
            }
        }
    })
}

/// Overrides of the causes, latest first.
pub(in crate::console) fn overrides(overrides: &[v1::MovementOverride]) -> Markup {
    html! {
        @if !overrides.is_empty() {
            section {
                h2 { "Overrides" }
                ul { @for it in overrides { li { (override_entry(it)) } } }
            }
        }
    }
}

fn override_entry(it: &v1::MovementOverride) -> Markup {
    let kind = it.modification_type().short_name();
    html! {
        strong { @if it.modification_type == 0 { "Cleared" } @else { (format::sentence_case(kind)) } }
        @if !it.in_force { " " span .tag { "superseded" } }
        @if let Some(cause) = &it.cause { " for " (format::cause(cause)) }
        ", by " @if it.actor.is_empty() { "an unknown actor" } @else { (it.actor) } " on " (format::instant(it.recorded_at.as_ref()))
        @if !it.reason.is_empty() { ": " (it.reason) }
        @if !it.statement.is_empty() { br; (it.statement) }
    }
}

/// The delivery state of an event.
pub(in crate::console) fn event_state(event: &v1::LifecycleEvent) -> String {
    match event.state() {
        v1::EventState::Scheduled => format!("scheduled for {}", event.due_on),
        v1::EventState::Due => "due".to_owned(),
        v1::EventState::Sent => "sent".to_owned(),
        v1::EventState::Unspecified => String::new(),
    }
}
