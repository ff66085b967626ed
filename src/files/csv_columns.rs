//! One row of CSV → one subscription line as text.

use std::collections::{BTreeMap, BTreeSet};

use csv::StringRecord;

use super::csv_mapping::{ATTRIBUTE_PREFIX, Mapping, MappingError, Source};
use super::csv_price::{interval, spread};
use crate::domain::number::Amount;
use crate::form::raw::{RawDiscount, RawPriceStep, RawSubscriptionLine};
use crate::form::violation::Form;

/// Where a file has each of our columns.
#[derive(Debug, Default)]
pub struct Columns {
    pub(super) width: usize,
    ignored: Vec<String>,
    attributes: Vec<(String, Cell)>,
    line_id: Cell,
    revision: Cell,
    subscription_id: Cell,
    pub(super) customer_id: Cell,
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
pub(super) enum Cell {
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
    pub(super) fn of<'r>(&'r self, row: &'r StringRecord) -> &'r str {
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
    pub(super) fn of(header: &[String], mapping: &Mapping) -> Result<Self, MappingError> {
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

    pub(super) fn subscription_line(&self, form: &mut Form, row: &StringRecord) -> RawSubscriptionLine {
        let text = |cell: &Cell| cell.of(row).to_owned();
        let attributes = self.attributes.iter().map(|(name, cell)| (name.clone(), text(cell)));
        let mut attributes: BTreeMap<String, String> = attributes.filter(|(_, value)| !value.is_empty()).collect();
        let (step, lost_quantity) = self.price_step(form, row);
        if let Some(quantity) = lost_quantity {
            attributes.entry("quantity".to_owned()).or_insert(quantity);
        }
        RawSubscriptionLine {
            line_id: text(&self.line_id),
            revision: form.take("revision", revision(self.revision.of(row))).unwrap_or_default(),
            subscription_id: text(&self.subscription_id),
            customer_id: text(&self.customer_id),
            item_id: text(&self.item_id),
            charge_kind: text(&self.charge_kind),
            currency: text(&self.currency),
            start_date: text(&self.start_date),
            end_date: text(&self.end_date),
            trial_end_date: text(&self.trial_end_date),
            pending_activation: form
                .take("pending_activation", yes_or_no(self.pending_activation.of(row)))
                .unwrap_or_default(),
            renews_subscription_id: text(&self.renews_subscription_id),
            price_steps: vec![step],
            attributes,
        }
    }

    fn price_step(&self, form: &mut Form, row: &StringRecord) -> (RawPriceStep, Option<String>) {
        let text = |cell: &Cell| cell.of(row).to_owned();
        let (percent, off) = (text(&self.discount_percent), text(&self.discount_amount));
        let interval = match self.interval.of(row) {
            "" => None,
            unit => {
                let wrong = "is not an interval such as MONTH, YEAR, 3 MONTH or quarterly";
                form.take("interval", interval(unit).ok_or(wrong))
            }
        };
        let step = RawPriceStep {
            start_date: String::new(),
            quantity: text(&self.quantity),
            unit_price: text(&self.unit_price),
            discount: (!percent.is_empty() || !off.is_empty()).then_some(RawDiscount { percent, amount: off }),
            interval,
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
