//! Entries ↔ rows of the table `entry`.

use std::borrow::Cow;

use chrono::{DateTime, NaiveDate};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use sqlx::{FromRow, Row};

use crate::domain::ids::{ChangeOrderId, Currency, CustomerId, ItemId, LineId, NameError, SubscriptionId};
use crate::domain::journal::entry::Entry;
use crate::domain::journal::movement::{Category, Cause, Effects, Level, Movement, Subcategory};
use crate::domain::money::Money;
use crate::domain::number::Quantity;
use crate::domain::rule::{Rule, RuleSet};
use crate::store::db::{Column, Insert, Instant, Json, Kind};
use crate::store::error::StoreError;

/// A row, in the order of the table's columns after the tenant.
#[derive(Debug, Deserialize)]
pub struct EntryRow {
    customer_id: String,
    pub(in crate::store) sequence: i64,
    version: i64,
    #[serde(deserialize_with = "micros")]
    recorded_at: Instant,
    pub(in crate::store) posting_date: NaiveDate,
    pub(in crate::store) effective_date: NaiveDate,
    reverses: Option<i64>,
    level: String,
    category: String,
    subcategory: String,
    subscription_id: Option<String>,
    line_id: Option<String>,
    item_id: String,
    currency: String,
    delta_micros: i64,
    mrr_before_micros: i64,
    mrr_after_micros: i64,
    quantity_before: String,
    quantity_after: String,
    quantity_effect_micros: Option<i64>,
    price_effect_micros: Option<i64>,
    renewed_mrr_micros: Option<i64>,
    causes: Json,
    rules: Json,
    provisional_until: Option<NaiveDate>,
}

/// By the places of the columns: looking up their names in every row would take as long as all the rest.
macro_rules! from_row {
    ($($row:ty),*) => {$(
        impl FromRow<'_, $row> for EntryRow {
            fn from_row(row: &$row) -> sqlx::Result<Self> {
                Ok(Self {
                    customer_id: row.try_get(0)?,
                    sequence: row.try_get(1)?,
                    version: row.try_get(2)?,
                    recorded_at: row.try_get(3)?,
                    posting_date: row.try_get(4)?,
                    effective_date: row.try_get(5)?,
                    reverses: row.try_get(6)?,
                    level: row.try_get(7)?,
                    category: row.try_get(8)?,
                    subcategory: row.try_get(9)?,
                    subscription_id: row.try_get(10)?,
                    line_id: row.try_get(11)?,
                    item_id: row.try_get(12)?,
                    currency: row.try_get(13)?,
                    delta_micros: row.try_get(14)?,
                    mrr_before_micros: row.try_get(15)?,
                    mrr_after_micros: row.try_get(16)?,
                    quantity_before: row.try_get(17)?,
                    quantity_after: row.try_get(18)?,
                    quantity_effect_micros: row.try_get(19)?,
                    price_effect_micros: row.try_get(20)?,
                    renewed_mrr_micros: row.try_get(21)?,
                    causes: row.try_get(22)?,
                    rules: row.try_get(23)?,
                    provisional_until: row.try_get(24)?,
                })
            }
        }
    )*};
}
from_row!(PgRow, SqliteRow);

fn micros<'d, D: Deserializer<'d>>(from: D) -> Result<Instant, D::Error> {
    let instant = DateTime::from_timestamp_micros(i64::deserialize(from)?);
    instant.map(Instant).ok_or_else(|| D::Error::custom("is out of range"))
}

pub(in crate::store) static APPEND: Insert = Insert::new(
    "entry",
    &[
        ("tenant_id", Kind::Text),
        ("customer_id", Kind::Text),
        ("sequence", Kind::Integer),
        ("version", Kind::Integer),
        ("recorded_at", Kind::Instant),
        ("posting_date", Kind::Date),
        ("effective_date", Kind::Date),
        ("reverses", Kind::Integer),
        ("level", Kind::Text),
        ("category", Kind::Text),
        ("subcategory", Kind::Text),
        ("subscription_id", Kind::Text),
        ("line_id", Kind::Text),
        ("item_id", Kind::Text),
        ("currency", Kind::Text),
        ("delta_micros", Kind::Integer),
        ("mrr_before_micros", Kind::Integer),
        ("mrr_after_micros", Kind::Integer),
        ("quantity_before", Kind::Text),
        ("quantity_after", Kind::Text),
        ("quantity_effect_micros", Kind::Integer),
        ("price_effect_micros", Kind::Integer),
        ("renewed_mrr_micros", Kind::Integer),
        ("causes", Kind::Json),
        ("rules", Kind::Json),
        ("provisional_until", Kind::Date),
    ],
    "",
);

/// The columns of an [`EntryRow`], in its order, as a list for SQL; where `json_as_values` is set, JSON is a value in it and
/// not a text.
pub(in crate::store) fn column_list(json_as_values: bool) -> String {
    // The tenant is the first one, and no part of the row.
    let columns = APPEND.columns().iter().skip(1).map(|(name, kind)| match kind {
        Kind::Json if json_as_values => format!("json({name})"),
        _ => (*name).to_owned(),
    });
    columns.collect::<Vec<_>>().join(", ")
}

/// The values of rows, column by column in the order of [`APPEND`].
pub(in crate::store) fn values<'e>(tenant: &'e str, entries: &'e [Entry]) -> Vec<Column<'e>> {
    let integer = |get: fn(&Entry) -> i64| Column::Integer(entries.iter().map(get).collect());
    let optional = |get: fn(&Entry) -> Option<i64>| Column::OptionalInteger(entries.iter().map(get).collect());
    let text = |get: fn(&Entry) -> &str| Column::Text(entries.iter().map(get).collect());
    let optional_text = |get: fn(&Entry) -> Option<&str>| Column::OptionalText(entries.iter().map(get).collect());
    let made = |get: fn(&Entry) -> String| Column::Owned(entries.iter().map(get).collect());
    vec![
        Column::Text(vec![tenant; entries.len()]),
        text(|entry| entry.movement.customer_id.as_str()),
        integer(|entry| entry.sequence),
        integer(|entry| entry.version),
        Column::Instant(entries.iter().map(|entry| entry.recorded_at).collect()),
        Column::Date(entries.iter().map(|entry| entry.posting_date).collect()),
        Column::Date(entries.iter().map(|entry| entry.movement.effective_date).collect()),
        optional(|entry| entry.reverses),
        text(|entry| entry.movement.level.as_str()),
        text(|entry| entry.movement.category.as_str()),
        text(|entry| entry.movement.subcategory.as_str()),
        optional_text(|entry| entry.movement.subscription_id.as_ref().map(SubscriptionId::as_str)),
        optional_text(|entry| entry.movement.line_id.as_ref().map(LineId::as_str)),
        text(|entry| entry.movement.item_id.as_str()),
        text(|entry| entry.movement.currency.as_str()),
        integer(|entry| entry.movement.delta.micros()),
        integer(|entry| entry.movement.mrr_before.micros()),
        integer(|entry| entry.movement.mrr_after.micros()),
        made(|entry| entry.movement.quantity_before.to_string()),
        made(|entry| entry.movement.quantity_after.to_string()),
        optional(|entry| entry.movement.effects.map(|effects| effects.quantity.micros())),
        optional(|entry| entry.movement.effects.map(|effects| effects.price.micros())),
        optional(|entry| entry.movement.renewed_mrr.map(Money::micros)),
        made(|entry| causes_text(&entry.movement.causes)),
        made(|entry| rules_text(entry.movement.rules)),
        Column::OptionalDate(entries.iter().map(|entry| entry.movement.provisional_until).collect()),
    ]
}

impl EntryRow {
    pub fn parse(self) -> Result<Entry, StoreError> {
        let sequence = self.sequence;
        let customer = &self.customer_id;
        let wrong = |column: &'static str| {
            move |problem: String| StoreError::corrupt("entry", format!("{customer} {sequence}"), column, problem)
        };
        let unknown = |column, text: &str| wrong(column)(format!("is {text:?}"));
        let level = Level::parse(&self.level).ok_or_else(|| unknown("level", &self.level))?;
        let category = Category::parse(&self.category).ok_or_else(|| unknown("category", &self.category))?;
        let subcategory =
            Subcategory::parse(&self.subcategory).ok_or_else(|| unknown("subcategory", &self.subcategory))?;
        let quantity = |column, text: &str| Quantity::parse_sum(text).ok_or_else(|| unknown(column, text));
        let text = |error: NameError| error.to_string();
        let movement = Movement {
            level,
            category,
            subcategory,
            effective_date: self.effective_date,
            customer_id: CustomerId::parse(&self.customer_id).map_err(text).map_err(wrong("customer_id"))?,
            subscription_id: parse_optional(self.subscription_id.as_deref(), SubscriptionId::parse)
                .map_err(text)
                .map_err(wrong("subscription_id"))?,
            line_id: parse_optional(self.line_id.as_deref(), LineId::parse).map_err(text).map_err(wrong("line_id"))?,
            item_id: ItemId::parse(&self.item_id).map_err(text).map_err(wrong("item_id"))?,
            currency: Currency::parse(&self.currency).map_err(text).map_err(wrong("currency"))?,
            delta: Money::from_micros(self.delta_micros),
            mrr_before: Money::from_micros(self.mrr_before_micros),
            mrr_after: Money::from_micros(self.mrr_after_micros),
            quantity_before: quantity("quantity_before", &self.quantity_before)?,
            quantity_after: quantity("quantity_after", &self.quantity_after)?,
            effects: self.quantity_effect_micros.zip(self.price_effect_micros).map(|(quantity, price)| Effects {
                quantity: Money::from_micros(quantity),
                price: Money::from_micros(price),
            }),
            renewed_mrr: self.renewed_mrr_micros.map(Money::from_micros),
            causes: parse_causes(self.causes.get()).map_err(wrong("causes"))?,
            rules: parse_rules(self.rules.get()).map_err(wrong("rules"))?,
            provisional_until: self.provisional_until,
        };
        Ok(Entry {
            sequence,
            version: self.version,
            recorded_at: self.recorded_at.0,
            posting_date: self.posting_date,
            reverses: self.reverses,
            movement,
        })
    }
}

fn parse_optional<T, E>(text: Option<&str>, parse: impl FnOnce(&str) -> Result<T, E>) -> Result<Option<T>, E> {
    text.map(parse).transpose()
}

/// A cause as JSON: `{"price_step": ["L1", "2026-07-01"]}`.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum CauseValue<'c> {
    LineStart(#[serde(borrow)] Cow<'c, str>),
    TrialEnd(#[serde(borrow)] Cow<'c, str>),
    PriceStep(#[serde(borrow)] Cow<'c, str>, NaiveDate),
    ChangeOrder(#[serde(borrow)] Cow<'c, str>),
    NaturalEnd(#[serde(borrow)] Cow<'c, str>),
    RenewalLink(#[serde(borrow)] Cow<'c, str>, #[serde(borrow)] Cow<'c, str>),
}

fn causes_text(causes: &[Cause]) -> String {
    let values: Vec<CauseValue<'_>> = causes.iter().map(cause_value).collect();
    // Names and dates: there is nothing that JSON cannot hold.
    serde_json::to_string(&values).unwrap_or_default()
}

fn cause_value(cause: &Cause) -> CauseValue<'_> {
    match cause {
        Cause::LineStart(line) => CauseValue::LineStart(line.as_str().into()),
        Cause::TrialEnd(line) => CauseValue::TrialEnd(line.as_str().into()),
        Cause::PriceStep(line, date) => CauseValue::PriceStep(line.as_str().into(), *date),
        Cause::ChangeOrder(order) => CauseValue::ChangeOrder(order.as_str().into()),
        Cause::NaturalEnd(line) => CauseValue::NaturalEnd(line.as_str().into()),
        Cause::RenewalLink(line, by) => CauseValue::RenewalLink(line.as_str().into(), by.as_str().into()),
    }
}

fn rules_text(rules: RuleSet) -> String {
    let numbers: Vec<String> = rules.iter().map(|rule| rule.number().to_string()).collect();
    format!("[{}]", numbers.join(","))
}

fn parse_causes(text: &str) -> Result<Vec<Cause>, String> {
    let values: Vec<CauseValue<'_>> = serde_json::from_str(text).map_err(|error| error.to_string())?;
    values.iter().map(|value| parse_cause(value).map_err(|error| error.to_string())).collect()
}

fn parse_cause(value: &CauseValue<'_>) -> Result<Cause, NameError> {
    Ok(match value {
        CauseValue::LineStart(line) => Cause::LineStart(LineId::parse(line)?),
        CauseValue::TrialEnd(line) => Cause::TrialEnd(LineId::parse(line)?),
        CauseValue::PriceStep(line, date) => Cause::PriceStep(LineId::parse(line)?, *date),
        CauseValue::ChangeOrder(order) => Cause::ChangeOrder(ChangeOrderId::parse(order)?),
        CauseValue::NaturalEnd(line) => Cause::NaturalEnd(LineId::parse(line)?),
        CauseValue::RenewalLink(line, by) => Cause::RenewalLink(LineId::parse(line)?, SubscriptionId::parse(by)?),
    })
}

fn parse_rules(text: &str) -> Result<RuleSet, String> {
    let numbers: Vec<u8> = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let mut rules = RuleSet::default();
    for number in numbers {
        let rule = Rule::ALL.into_iter().find(|rule| rule.number() == number);
        rules = rules.with(rule.ok_or_else(|| format!("has {number}"))?);
    }
    Ok(rules)
}
