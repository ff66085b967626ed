//! What overrides from a file do, for people.

use std::collections::BTreeMap;

use deltabook::domain::money::Money;
use deltabook::grpc::v1;

use crate::cli::overrides::rows::Row;
use crate::cli::shared::table::{Table, change, left, right};
use crate::cli::shared::target::{cause_words, level_word, word};

/// A row, and what it does.
pub struct Seen {
    pub row: Row,
    pub answer: v1::OverrideModificationTypeResponse,
}

impl Seen {
    pub fn is_unchanged(&self) -> bool {
        self.answer.outcome() == v1::FactOutcome::Unchanged
    }
}

/// What each row takes out of the journal and puts in.
pub fn movements(all: &[Seen]) -> Table {
    let mut table = Table::new([
        right("line"),
        left("customer"),
        left("cause"),
        left(""),
        left("level"),
        left("date"),
        left("posted"),
        left("item"),
        left("category"),
        left("subcategory"),
        right("change"),
        left("currency"),
    ]);
    for seen in all {
        let line = seen.row.line.to_string();
        let customer = seen.row.request.customer_id.clone();
        let cause = seen.row.request.cause.as_ref().map(cause_words).unwrap_or_default();
        let effect = seen.answer.effect.clone().unwrap_or_default();
        let sides = [("-", effect.before), ("+", effect.after)];
        let moved = sides.into_iter().flat_map(|(sign, movements)| movements.into_iter().map(move |it| (sign, it)));
        let moved: Vec<(&str, v1::Movement)> = if seen.is_unchanged() { Vec::new() } else { moved.collect() };
        if moved.is_empty() {
            let what = if seen.is_unchanged() { "UNCHANGED" } else { "no movement changes" };
            let mut cells = vec![line, customer, cause, what.to_owned()];
            cells.resize(12, String::new());
            table.row(cells);
            continue;
        }
        for (sign, it) in moved {
            table.row([
                line.clone(),
                customer.clone(),
                cause.clone(),
                sign.to_owned(),
                level_word(it.level()).to_owned(),
                it.effective_date.clone(),
                it.posting_date.clone(),
                it.item_id.clone(),
                word(it.category().as_str_name(), "IMPACT_CATEGORY_").to_owned(),
                word(it.subcategory().as_str_name(), "IMPACT_SUBCATEGORY_").to_owned(),
                change(Money::parse(&it.mrr_delta).unwrap_or_default()),
                it.currency,
            ]);
        }
    }
    table
}

/// Level, month, currency, column, whether it is an adjustment, and from when on it counts.
type Cell = (i32, String, String, String, bool, String);

/// What all rows together add to the waterfall.
pub fn waterfall(all: &[Seen]) -> anyhow::Result<Table> {
    let mut sums: BTreeMap<Cell, (Money, i64)> = BTreeMap::new();
    for seen in all.iter().filter(|seen| !seen.is_unchanged()) {
        for it in seen.answer.effect.iter().flat_map(|effect| &effect.waterfall_changes) {
            let (month, currency, column) = (it.month.clone(), it.currency.clone(), it.column.clone());
            let key = (it.level, month, currency, column, it.prior_period_adjustment, it.counts_from.clone());
            let (amount, count) = sums.entry(key).or_default();
            *amount = amount.checked_add(Money::parse(&it.amount).unwrap_or_default())?;
            *count = count.saturating_add(it.count);
        }
    }
    let mut table = Table::new([
        left("month"),
        left("level"),
        left("currency"),
        left("column of the waterfall"),
        right("change"),
        right("movements"),
    ]);
    for ((level, month, currency, mut column, is_adjustment, counts_from), (amount, count)) in sums {
        let level = v1::Level::try_from(level).unwrap_or_default();
        if is_adjustment {
            column.push_str(" (of a closed month)");
        }
        if !counts_from.is_empty() {
            column = format!("{column} (from {counts_from} on)");
        }
        let count = if count > 0 { format!("+{count}") } else { count.to_string() };
        table.row([month, level_word(level).to_owned(), currency, column, change(amount), count]);
    }
    Ok(table)
}
