//! One row of CSV → one subscription line of the interface.

use std::collections::BTreeSet;

use csv::StringRecord;

use crate::codec::dto::{RawDiscount, RawPriceStep, RawSubscriptionLine};
use crate::codec::validation::Form;
use crate::domain::number::Amount;
use crate::files::csv::mapping::{ATTRIBUTE_PREFIX, ColumnSource, Mapping, MappingError};
use crate::files::csv::price::{interval, spread};

/// Position or constant for each column of the interface.
#[derive(Debug, Default)]
pub struct Columns {
    pub(in crate::files) width: usize,
    ignored: Vec<String>,
    attributes: Vec<(String, ColumnValue)>,
    line_id: ColumnValue,
    revision: ColumnValue,
    subscription_id: ColumnValue,
    pub(in crate::files) customer_id: ColumnValue,
    item_id: ColumnValue,
    charge_kind: ColumnValue,
    currency: ColumnValue,
    start_date: ColumnValue,
    end_date: ColumnValue,
    trial_end_date: ColumnValue,
    pending_activation: ColumnValue,
    renews_subscription_id: ColumnValue,
    quantity: ColumnValue,
    unit_price: ColumnValue,
    amount: ColumnValue,
    interval: ColumnValue,
    discount_percent: ColumnValue,
    discount_amount: ColumnValue,
}

/// Source of a column's value.
#[derive(Debug)]
pub(in crate::files) enum ColumnValue {
    At(usize),
    Constant(String),
}

impl Default for ColumnValue {
    /// Empty: a column that the file does not have.
    fn default() -> Self {
        Self::Constant(String::new())
    }
}

impl ColumnValue {
    pub(in crate::files) fn of<'r>(&'r self, row: &'r StringRecord) -> &'r str {
        match self {
            Self::At(position) => row.get(*position).unwrap_or_default().trim(),
            Self::Constant(value) => value,
        }
    }
}

impl Columns {
    /// Finds the columns by the names in the first row.
    ///
    /// # Errors
    /// A column is missing, mapped twice, or unknown.
    pub(in crate::files) fn of(header: &[String], mapping: &Mapping) -> Result<Self, MappingError> {
        if header.is_empty() {
            return Err(MappingError::NoHeader);
        }
        let mut columns = Self { width: header.len(), ..Self::default() };
        let mut used = BTreeSet::new();
        for (ours, source) in mapping.sources(header)? {
            let cell = match source {
                ColumnSource::Constant(value) => ColumnValue::Constant(value),
                ColumnSource::Column(name) => {
                    let position = header.iter().position(|column| *column == name).unwrap_or_default();
                    used.insert(position);
                    ColumnValue::At(position)
                }
            };
            columns.set(ours, cell);
        }
        let unused = header.iter().enumerate().filter(|(position, name)| !used.contains(position) && !name.is_empty());
        columns.ignored = unused.map(|(_, name)| name.clone()).collect();
        Ok(columns)
    }

    fn set(&mut self, ours: String, cell: ColumnValue) {
        let column = match ours.as_str() {
            "line_id" => &mut self.line_id,
            "revision" => &mut self.revision,
            "subscription_id" => &mut self.subscription_id,
            "customer_id" => &mut self.customer_id,
            "item_id" => &mut self.item_id,
            "charge_kind" => &mut self.charge_kind,
            "currency" => &mut self.currency,
            "start_date" => &mut self.start_date,
            "end_date" => &mut self.end_date,
            "trial_end_date" => &mut self.trial_end_date,
            "pending_activation" => &mut self.pending_activation,
            "renews_subscription_id" => &mut self.renews_subscription_id,
            "quantity" => &mut self.quantity,
            "unit_price" => &mut self.unit_price,
            "amount" => &mut self.amount,
            "interval" => &mut self.interval,
            "discount_percent" => &mut self.discount_percent,
            "discount_amount" => &mut self.discount_amount,
            attribute => {
                let name = attribute.strip_prefix(ATTRIBUTE_PREFIX).unwrap_or(attribute);
                return self.attributes.push((name.to_owned(), cell));
            }
        };
        *column = cell;
    }

    /// Columns of the file that are not read.
    #[must_use]
    pub fn ignored(&self) -> &[String] {
        &self.ignored
    }

    /// Parses a row into a line, replacing its former content.
    pub(in crate::files) fn read(&self, row: &StringRecord, form: &mut Form<'_>, line: &mut RawSubscriptionLine) {
        for (cell, field) in [
            (&self.line_id, &mut line.line_id),
            (&self.subscription_id, &mut line.subscription_id),
            (&self.customer_id, &mut line.customer_id),
            (&self.item_id, &mut line.item_id),
            (&self.charge_kind, &mut line.charge_kind),
            (&self.currency, &mut line.currency),
            (&self.start_date, &mut line.start_date),
            (&self.end_date, &mut line.end_date),
            (&self.trial_end_date, &mut line.trial_end_date),
            (&self.renews_subscription_id, &mut line.renews_subscription_id),
        ] {
            cell.of(row).clone_into(field);
        }
        let attributes = self.attributes.iter().map(|(name, cell)| (name.clone(), cell.of(row).to_owned()));
        line.attributes = attributes.filter(|(_, value)| !value.is_empty()).collect();
        line.price_steps.truncate(1);
        let (step, lost_quantity) = self.price_step(form, row, line.price_steps.pop().unwrap_or_default());
        line.price_steps.push(step);
        if let Some(quantity) = lost_quantity {
            line.attributes.entry("quantity".to_owned()).or_insert(quantity);
        }
        line.revision = form.take("revision", revision(self.revision.of(row))).unwrap_or_default();
        let pending_activation = yes_or_no(self.pending_activation.of(row));
        line.pending_activation = form.take("pending_activation", pending_activation).unwrap_or_default();
    }

    fn price_step(
        &self,
        form: &mut Form<'_>,
        row: &StringRecord,
        mut step: RawPriceStep,
    ) -> (RawPriceStep, Option<String>) {
        self.quantity.of(row).clone_into(&mut step.quantity);
        self.unit_price.of(row).clone_into(&mut step.unit_price);
        let (percent, off) = (self.discount_percent.of(row).to_owned(), self.discount_amount.of(row).to_owned());
        step.discount = (!percent.is_empty() || !off.is_empty()).then_some(RawDiscount { percent, amount: off });
        step.interval = match self.interval.of(row) {
            "" => None,
            unit => {
                let wrong = "is not an interval such as MONTH, YEAR, 3 MONTH or quarterly";
                form.take("interval", interval(unit).ok_or(wrong))
            }
        };
        let amount = self.amount.of(row);
        if amount.is_empty() {
            return (step, None);
        }
        form.require(step.unit_price.is_empty(), "amount", "stands beside a unit_price; give one of them");
        match form.take("amount", Amount::parse(amount)) {
            Some(amount) => spread(step, amount),
            // The amount is wrong; a price is not missing.
            None => (RawPriceStep { unit_price: "0".to_owned(), ..step }, None),
        }
    }
}

fn revision(text: &str) -> Result<i64, &'static str> {
    if text.is_empty() { Ok(0) } else { text.parse().map_err(|_| "is not a whole number") }
}

fn yes_or_no(text: &str) -> Result<bool, &'static str> {
    let is = |words: [&str; 3]| words.iter().any(|word| text.eq_ignore_ascii_case(word));
    if text.is_empty() || is(["false", "no", "0"]) {
        return Ok(false);
    }
    if is(["true", "yes", "1"]) { Ok(true) } else { Err("is none of true, false, yes, no, 1 and 0") }
}
