//! One row of CSV → one subscription line as text.

use std::collections::BTreeSet;

use csv::StringRecord;

use crate::codec::dto::{RawDiscount, RawPriceStep, RawSubscriptionLine};
use crate::codec::validation::Form;
use crate::domain::number::Amount;
use crate::files::csv::mapping::{ATTRIBUTE_PREFIX, Mapping, MappingError, Source};
use crate::files::csv::price::{interval, spread};

/// Where a file has each of our columns.
#[derive(Debug, Default)]
pub struct Columns {
    pub(in crate::files) width: usize,
    ignored: Vec<String>,
    attributes: Vec<(String, Cell)>,
    line_id: Cell,
    revision: Cell,
    subscription_id: Cell,
    pub(in crate::files) customer_id: Cell,
    item_id: Cell,
    charge_kind: Cell,
    currency: Cell,
    start_date: Cell,
    end_date: Cell,
    trial_end_date: Cell,
    pending_activation: Cell,
    renews_subscription_id: Cell,
    quantity: Cell,
    unit_price: Cell,
    amount: Cell,
    interval: Cell,
    discount_percent: Cell,
    discount_amount: Cell,
}

/// Where the value of a column comes from.
#[derive(Debug)]
pub(in crate::files) enum Cell {
    At(usize),
    Constant(String),
}

impl Default for Cell {
    /// A column that the file does not have is empty.
    fn default() -> Self {
        Self::Constant(String::new())
    }
}

impl Cell {
    pub(in crate::files) fn of<'r>(&'r self, row: &'r StringRecord) -> &'r str {
        match self {
            Self::At(position) => row.get(*position).unwrap_or_default().trim(),
            Self::Constant(value) => value,
        }
    }
}

impl Columns {
    /// Finds our columns by the names in the first row.
    ///
    /// # Errors
    /// What is wrong with the header.
    pub(in crate::files) fn of(header: &[String], mapping: &Mapping) -> Result<Self, MappingError> {
        if header.is_empty() {
            return Err(MappingError::NoHeader);
        }
        let mut columns = Self { width: header.len(), ..Self::default() };
        let mut used = BTreeSet::new();
        for (ours, source) in mapping.sources(header)? {
            let cell = match source {
                Source::Constant(value) => Cell::Constant(value),
                Source::Column(name) => {
                    let position = header.iter().position(|column| *column == name).unwrap_or_default();
                    used.insert(position);
                    Cell::At(position)
                }
            };
            columns.set(ours, cell);
        }
        let unused = header.iter().enumerate().filter(|(position, name)| !used.contains(position) && !name.is_empty());
        columns.ignored = unused.map(|(_, name)| name.clone()).collect();
        Ok(columns)
    }

    fn set(&mut self, ours: String, cell: Cell) {
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

    /// The file's columns that are not read.
    #[must_use]
    pub fn ignored(&self) -> &[String] {
        &self.ignored
    }

    /// Reads a row into a line, whatever that was before.
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
            // The amount is what is wrong, not a missing price.
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
