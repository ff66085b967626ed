//! Wire → queries.

use chrono::{DateTime, Utc};
use prost_types::Timestamp;

use crate::codec::decode::parse_date;
use crate::codec::filter::parse;
use crate::codec::validation::{Form, Violations};
use crate::domain::ids::{Currency, CustomerId, ItemId, SubscriptionId};
use crate::domain::journal::movement::Level;
use crate::grpc::status::invalid_field;
use crate::grpc::v1;
use crate::grpc::wire::timestamp;
use crate::grpc::wire::wire_enum::Mapped;
use crate::reports::movements::movement_query::Selection;
use crate::reports::scope::Scope;
use crate::store::journal::movement_page::{MovementFilter, MovementOrder};
use crate::store::reports::sums::View;

/// A field of a query that may be empty.
pub(in crate::grpc) fn optional<T, E: std::fmt::Display>(
    form: &mut Form,
    field: &str,
    text: &str,
    parse: impl FnOnce(&str) -> Result<T, E>,
) -> Option<T> {
    if text.is_empty() { None } else { form.take(field, parse(text)) }
}

/// Decodes the query of movements, with the violations of its filter and of its expression.
pub(in crate::grpc) fn selection(filter: &v1::MovementFilter, expression: &str) -> Result<Selection, Violations> {
    let mut form = Form::at("");
    let filter = form.nested("filter", |form| Some(movement_filter(form, filter)));
    let expression = parse(&mut form, "filter_expression", expression);
    form.finish(filter.map(|filter| Selection::new(filter, expression)))
}

fn movement_filter(form: &mut Form, it: &v1::MovementFilter) -> MovementFilter {
    MovementFilter {
        level: form.take("level", Level::of_number(it.level)).flatten(),
        categories: values(form, "categories", &it.categories),
        subcategories: values(form, "subcategories", &it.subcategories),
        effective_from: optional(form, "effective_from", &it.effective_from, parse_date),
        effective_to: optional(form, "effective_to", &it.effective_to, parse_date),
        customer_id: optional(form, "customer_id", &it.customer_id, CustomerId::parse),
        subscription_id: optional(form, "subscription_id", &it.subscription_id, SubscriptionId::parse),
        item_id: optional(form, "item_id", &it.item_id, ItemId::parse),
        currency: optional(form, "currency", &it.currency, Currency::parse),
        live_only: it.live_only,
        posting_from: optional(form, "posting_from", &it.posting_from, parse_date),
        posting_to: optional(form, "posting_to", &it.posting_to, parse_date),
        adjustments_only: it.adjustments_only,
    }
}

/// What is to come; what is today is left to the report.
pub(in crate::grpc) fn scheduled(it: &v1::ListScheduledMovementsRequest) -> Result<MovementFilter, Violations> {
    let mut form = Form::at("");
    let filter = MovementFilter {
        level: Some(form.take("level", Level::of_number(it.level)).flatten().unwrap_or(Level::Customer)),
        effective_to: optional(&mut form, "until", &it.until, parse_date),
        customer_id: optional(&mut form, "customer_id", &it.customer_id, CustomerId::parse),
        currency: optional(&mut form, "currency", &it.currency, Currency::parse),
        ..MovementFilter::default()
    };
    form.finish(Some(filter))
}

/// What a report is about.
pub(in crate::grpc) struct ScopeFields<'r> {
    pub level: i32,
    pub currency: &'r str,
    pub customer_id: &'r str,
    pub view: i32,
    pub as_known_at: Option<Timestamp>,
}

/// The scope of a report: of CUSTOMER level and as reported unless asked otherwise.
pub(in crate::grpc) fn scope(form: &mut Form, fields: &ScopeFields<'_>, now: DateTime<Utc>) -> Scope {
    Scope {
        level: form.take("level", Level::of_number(fields.level)).flatten().unwrap_or(Level::Customer),
        currency: optional(form, "currency", fields.currency, Currency::parse),
        customer: optional(form, "customer_id", fields.customer_id, CustomerId::parse),
        view: form.take("view", View::of_number_or(fields.view, View::AsReported)).unwrap_or_default(),
        known_at: fields.as_known_at.and_then(|instant| form.take("as_known_at", past(instant, now))),
    }
}

/// An instant that is not in the future.
fn past(value: Timestamp, now: DateTime<Utc>) -> Result<DateTime<Utc>, &'static str> {
    let instant = timestamp::parse(value)?;
    if instant > now { Err("is in the future") } else { Ok(instant) }
}

/// How many items a page is to have at most.
pub(in crate::grpc) fn page_size(size: i32, default: i64, most: i64) -> Result<i64, tonic::Status> {
    match size {
        0 => Ok(default),
        size if size < 0 => Err(invalid_field("page_size", "is below 0")),
        size => Ok(i64::from(size).min(most)),
    }
}

/// The most values that a filter may list.
const MAX_VALUES: usize = 100;

fn values<T: Mapped>(form: &mut Form, field: &str, numbers: &[i32]) -> Vec<T> {
    if numbers.len() > MAX_VALUES {
        form.refuse(field, format!("has more than {MAX_VALUES} values"));
        return Vec::new();
    }
    let read = numbers.iter().enumerate();
    read.filter_map(|(index, number)| form.take(&format!("{field}[{index}]"), T::required(*number))).collect()
}

/// A movement id: a place in the journal.
pub(in crate::grpc) fn movement_id(field: &str, text: &str) -> Result<i64, tonic::Status> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let sequence = text.parse().ok().filter(|_| digits);
    sequence.ok_or_else(|| invalid_field(field, "is not a movement id: a whole number above 0"))
}

/// The order of a list of movements.
pub(in crate::grpc) fn order(value: i32) -> Result<MovementOrder, tonic::Status> {
    MovementOrder::of_number_or(value, MovementOrder::Journal).map_err(|problem| invalid_field("order_by", problem))
}
