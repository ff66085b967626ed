//! Entries ↔ rows of the table `entry`.

use chrono::NaiveDate;
use serde_json::{Value, json};

use super::db::{from_micros, to_micros};
use super::entry::Entry;
use super::error::StoreError;
use crate::domain::ids::{ChangeOrderId, Currency, CustomerId, ItemId, LineId, SubscriptionId};
use crate::domain::money::Money;
use crate::domain::movement::{Category, Cause, Effects, Level, Movement, Subcategory};
use crate::domain::number::Quantity;
use crate::domain::rule::{Rule, RuleSet};

/// A row, in the order of the table's columns after the tenant.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct EntryRow {
    customer_id: String,
    sequence: i64,
    version: i64,
    recorded_at: i64,
    posting_date: NaiveDate,
    effective_date: NaiveDate,
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
    causes: String,
    rules: String,
    provisional_until: Option<NaiveDate>,
}

/// The values of a row, in the same order.
pub(super) fn values(entry: &Entry) -> Value {
    let movement = &entry.movement;
    let causes: Vec<Value> = movement.causes.iter().map(cause_value).collect();
    let rules: Vec<u8> = movement.rules.iter().map(Rule::number).collect();
    json!([
        movement.customer_id.as_str(),
        entry.sequence,
        entry.version,
        to_micros(entry.recorded_at),
        entry.posting_date.to_string(),
        movement.effective_date.to_string(),
        entry.reverses,
        movement.level.as_str(),
        movement.category.as_str(),
        movement.subcategory.as_str(),
        movement.subscription_id.as_ref().map(SubscriptionId::as_str),
        movement.line_id.as_ref().map(LineId::as_str),
        movement.item_id.as_str(),
        movement.currency.as_str(),
        movement.delta.micros(),
        movement.mrr_before.micros(),
        movement.mrr_after.micros(),
        movement.quantity_before.to_string(),
        movement.quantity_after.to_string(),
        movement.effects.map(|effects| effects.quantity.micros()),
        movement.effects.map(|effects| effects.price.micros()),
        movement.renewed_mrr.map(Money::micros),
        causes,
        rules,
        movement.provisional_until.map(|date| date.to_string()),
    ])
}

impl EntryRow {
    pub fn parse(self) -> Result<Entry, StoreError> {
        let sequence = self.sequence;
        let key = format!("{} {sequence}", self.customer_id);
        let wrong = |column: &'static str| {
            let key = &key;
            move |problem: String| StoreError::corrupt("entry", key, column, problem)
        };
        let unknown = |column, text: &str| wrong(column)(format!("is {text:?}"));
        let level = Level::parse(&self.level).ok_or_else(|| unknown("level", &self.level))?;
        let category = Category::parse(&self.category).ok_or_else(|| unknown("category", &self.category))?;
        let subcategory =
            Subcategory::parse(&self.subcategory).ok_or_else(|| unknown("subcategory", &self.subcategory))?;
        let quantity = |column, text: &str| Quantity::parse_sum(text).ok_or_else(|| unknown(column, text));
        let text = |error: crate::domain::ids::NameError| error.to_string();
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
            causes: parse_causes(&self.causes).map_err(wrong("causes"))?,
            rules: parse_rules(&self.rules).map_err(wrong("rules"))?,
            provisional_until: self.provisional_until,
        };
        let recorded_at =
            from_micros(self.recorded_at).ok_or_else(|| wrong("recorded_at")("is out of range".to_owned()))?;
        Ok(Entry {
            sequence,
            version: self.version,
            recorded_at,
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
fn cause_value(cause: &Cause) -> Value {
    match cause {
        Cause::LineStart(line) => json!({ "line_start": line.as_str() }),
        Cause::TrialEnd(line) => json!({ "trial_end": line.as_str() }),
        Cause::PriceStep(line, date) => json!({ "price_step": [line.as_str(), date.to_string()] }),
        Cause::ChangeOrder(order) => json!({ "change_order": order.as_str() }),
        Cause::NaturalEnd(line) => json!({ "natural_end": line.as_str() }),
        Cause::RenewalLink(line, by) => json!({ "renewal_link": [line.as_str(), by.as_str()] }),
    }
}

fn parse_causes(text: &str) -> Result<Vec<Cause>, String> {
    let rows: Vec<Value> = serde_json::from_str(text).map_err(|error| error.to_string())?;
    rows.iter().map(|row| parse_cause(row).ok_or_else(|| format!("has {row}"))).collect()
}

fn parse_cause(row: &Value) -> Option<Cause> {
    let (kind, value) = row.as_object()?.iter().next()?;
    let line = |value: &Value| LineId::parse(value.as_str()?).ok();
    let pair = || Some((value.get(0)?, value.get(1)?.as_str()?));
    Some(match kind.as_str() {
        "line_start" => Cause::LineStart(line(value)?),
        "trial_end" => Cause::TrialEnd(line(value)?),
        "price_step" => Cause::PriceStep(line(pair()?.0)?, pair()?.1.parse().ok()?),
        "change_order" => Cause::ChangeOrder(ChangeOrderId::parse(value.as_str()?).ok()?),
        "natural_end" => Cause::NaturalEnd(line(value)?),
        "renewal_link" => Cause::RenewalLink(line(pair()?.0)?, SubscriptionId::parse(pair()?.1).ok()?),
        _ => return None,
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
