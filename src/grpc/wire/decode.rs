//! Wire → queries.

use chrono::{DateTime, Datelike, SubsecRound, Utc};
use prost_types::Timestamp;

use crate::codec::decode::parse_date;
use crate::codec::filter::parse;
use crate::codec::granularity::Granularity;
use crate::codec::validation::{Form, Violation};
use crate::domain::ids::{Currency, CustomerId, ItemId, SubscriptionId};
use crate::domain::journal::movement::{Category, Level, Subcategory};
use crate::grpc::status::invalid_field;
use crate::grpc::v1;
use crate::grpc::wire::wire_enum::word;
use crate::reports::movements::movement_query::Selection;
use crate::reports::scope::Scope;
use crate::store::journal::movement_page::{MovementFilter, MovementOrder};
use crate::store::reports::sums::View;

/// A level of a query; None for UNSPECIFIED.
pub(in crate::grpc) fn level(value: i32) -> Result<Option<Level>, &'static str> {
    match v1::Level::try_from(value) {
        Ok(v1::Level::Unspecified) => Ok(None),
        Ok(v1::Level::Contract) => Ok(Some(Level::Contract)),
        Ok(v1::Level::Customer) => Ok(Some(Level::Customer)),
        Err(_) => Err("is not a level"),
    }
}

/// A field of a query that may be empty.
pub(in crate::grpc) fn optional<T, E: std::fmt::Display>(
    form: &mut Form,
    field: &str,
    text: &str,
    parse: impl FnOnce(&str) -> Result<T, E>,
) -> Option<T> {
    if text.is_empty() { None } else { form.take(field, parse(text)) }
}

/// Which movements, by a filter and by an expression: what is wrong with either of them is told.
pub(in crate::grpc) fn selection(filter: &v1::MovementFilter, expression: &str) -> Result<Selection, Vec<Violation>> {
    let mut form = Form::at("");
    let filter = form.nested("filter", |form| Some(movement_filter(form, filter)));
    let expression = parse(&mut form, "filter_expression", expression);
    form.finish(filter.map(|filter| Selection::new(filter, expression)))
}

fn movement_filter(form: &mut Form, it: &v1::MovementFilter) -> MovementFilter {
    MovementFilter {
        level: form.take("level", level(it.level)).flatten(),
        categories: words(form, "categories", &it.categories, |value| {
            Category::parse(&word::<v1::ImpactCategory>(value, "IMPACT_CATEGORY_", v1::ImpactCategory::as_str_name))
        }),
        subcategories: words(form, "subcategories", &it.subcategories, |value| {
            Subcategory::parse(&word::<v1::ImpactSubcategory>(
                value,
                "IMPACT_SUBCATEGORY_",
                v1::ImpactSubcategory::as_str_name,
            ))
        }),
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
pub(in crate::grpc) fn scheduled(it: &v1::ListScheduledMovementsRequest) -> Result<MovementFilter, Vec<Violation>> {
    let mut form = Form::at("");
    let filter = MovementFilter {
        level: Some(form.take("level", level(it.level)).flatten().unwrap_or(Level::Customer)),
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
        level: form.take("level", level(fields.level)).flatten().unwrap_or(Level::Customer),
        currency: optional(form, "currency", fields.currency, Currency::parse),
        customer: optional(form, "customer_id", fields.customer_id, CustomerId::parse),
        view: form.take("view", view(fields.view)).unwrap_or_default(),
        known_at: fields.as_known_at.and_then(|instant| form.take("as_known_at", past(instant, now))),
    }
}

pub(in crate::grpc) fn granularity(value: i32) -> Result<Granularity, &'static str> {
    match v1::Granularity::try_from(value) {
        Ok(v1::Granularity::Day) => Ok(Granularity::Day),
        Ok(v1::Granularity::Unspecified | v1::Granularity::Month) => Ok(Granularity::Month),
        Ok(v1::Granularity::Quarter) => Ok(Granularity::Quarter),
        Ok(v1::Granularity::Year) => Ok(Granularity::Year),
        Err(_) => Err("is not a granularity"),
    }
}

fn view(value: i32) -> Result<View, &'static str> {
    match v1::ReportView::try_from(value) {
        Ok(v1::ReportView::Unspecified | v1::ReportView::AsReported) => Ok(View::AsReported),
        Ok(v1::ReportView::Restated) => Ok(View::Restated),
        Err(_) => Err("is not a view"),
    }
}

/// An instant that is not in the future.
fn past(value: Timestamp, now: DateTime<Utc>) -> Result<DateTime<Utc>, &'static str> {
    let instant = instant(value)?;
    if instant > now { Err("is in the future") } else { Ok(instant) }
}

/// An instant to the microsecond: the store knows no finer ones.
pub(in crate::grpc) fn instant(value: Timestamp) -> Result<DateTime<Utc>, &'static str> {
    const WRONG: &str = "is not an instant from 1970 to 9999";
    let nanos = u32::try_from(value.nanos).map_err(|_| WRONG)?;
    let instant = DateTime::from_timestamp(value.seconds, nanos).ok_or(WRONG)?.trunc_subsecs(6);
    if (1970..=9999).contains(&instant.year()) { Ok(instant) } else { Err(WRONG) }
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
const MAX_WORDS: usize = 100;

fn words<T>(form: &mut Form, field: &str, values: &[i32], parse: impl Fn(i32) -> Option<T>) -> Vec<T> {
    if values.len() > MAX_WORDS {
        form.refuse(field, format!("has more than {MAX_WORDS} values"));
        return Vec::new();
    }
    let read = values.iter().enumerate().filter_map(|(index, value)| {
        form.take(&format!("{field}[{index}]"), parse(*value).ok_or("is not a known value"))
    });
    read.collect()
}

/// A movement id: a place in the journal.
pub(in crate::grpc) fn movement_id(field: &str, text: &str) -> Result<i64, tonic::Status> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let sequence = text.parse().ok().filter(|_| digits);
    sequence.ok_or_else(|| invalid_field(field, "is not a movement id: a whole number above 0"))
}

/// The order of a list of movements.
pub(in crate::grpc) fn order(value: i32) -> Result<MovementOrder, tonic::Status> {
    match v1::MovementOrder::try_from(value) {
        Ok(v1::MovementOrder::Unspecified | v1::MovementOrder::Journal) => Ok(MovementOrder::Journal),
        Ok(v1::MovementOrder::JournalDesc) => Ok(MovementOrder::JournalDescending),
        Ok(v1::MovementOrder::EffectiveDate) => Ok(MovementOrder::EffectiveDate),
        Ok(v1::MovementOrder::EffectiveDateDesc) => Ok(MovementOrder::EffectiveDateDescending),
        Ok(v1::MovementOrder::PostingDate) => Ok(MovementOrder::PostingDate),
        Ok(v1::MovementOrder::PostingDateDesc) => Ok(MovementOrder::PostingDateDescending),
        Err(_) => Err(invalid_field("order_by", "is not a known order")),
    }
}
