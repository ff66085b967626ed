//! Tables of the effect of overrides.

use std::collections::BTreeMap;

use deltabook::domain::money::Money;
use deltabook::grpc::v1;
use deltabook::grpc::wire::wire_enum::WireEnum;

use crate::cli::overrides::rows::OverrideRow;
use crate::cli::shared::table::{Table, change, left, parse_money, right};
use crate::cli::shared::target::{cause_words, level_word};

/// A row with its preview.
pub struct PreviewedRow {
    pub row: OverrideRow,
    pub response: v1::OverrideModificationTypeResponse,
}

impl PreviewedRow {
    pub fn is_unchanged(&self) -> bool {
        self.response.outcome() == v1::FactOutcome::Unchanged
    }
}

/// Movements that each row reverses (-) and posts (+).
pub fn movement_table(all: &[PreviewedRow]) -> anyhow::Result<Table> {
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
        right("MRR change"),
        left("currency"),
    ]);
    for preview in all {
        let line = preview.row.line.to_string();
        let customer = preview.row.request.customer_id.clone();
        let cause = preview.row.request.cause.as_ref().map(cause_words).unwrap_or_default();
        let effect = preview.response.effect.clone().unwrap_or_default();
        let sides = [("-", effect.before), ("+", effect.after)];
        let moved = sides.into_iter().flat_map(|(sign, movements)| movements.into_iter().map(move |it| (sign, it)));
        let moved: Vec<(&str, v1::Movement)> = if preview.is_unchanged() { Vec::new() } else { moved.collect() };
        if moved.is_empty() {
            let what = if preview.is_unchanged() { "UNCHANGED" } else { "no effect" };
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
                it.category().short_name().to_owned(),
                it.subcategory().short_name().to_owned(),
                change(parse_money(&it.mrr_delta)?),
                it.currency,
            ]);
        }
    }
    Ok(table)
}

/// Key of a waterfall cell: level, month, currency, column, prior-period adjustment, date of inclusion.
type CellKey = (i32, String, String, String, bool, String);

/// Changes of the waterfall by all rows together.
pub fn waterfall_table(all: &[PreviewedRow]) -> anyhow::Result<Table> {
    let mut sums: BTreeMap<CellKey, (Money, i64)> = BTreeMap::new();
    for preview in all.iter().filter(|preview| !preview.is_unchanged()) {
        for it in preview.response.effect.iter().flat_map(|effect| &effect.waterfall_changes) {
            let (month, currency, column) = (it.month.clone(), it.currency.clone(), it.column.clone());
            let key = (it.level, month, currency, column, it.prior_period_adjustment, it.counts_from.clone());
            let (amount, count) = sums.entry(key).or_default();
            *amount = amount.checked_add(parse_money(&it.amount)?)?;
            *count = count.saturating_add(it.count);
        }
    }
    let mut table = Table::new([
        left("month"),
        left("level"),
        left("currency"),
        left("waterfall column"),
        right("change"),
        right("movements"),
    ]);
    for ((level, month, currency, mut column, is_adjustment, counts_from), (amount, count)) in sums {
        let level = v1::Level::try_from(level).unwrap_or_default();
        if is_adjustment {
            column.push_str(" (prior-period adjustment)");
        }
        if !counts_from.is_empty() {
            column = format!("{column} (included from {counts_from})");
        }
        let count = if count > 0 { format!("+{count}") } else { count.to_string() };
        table.row([month, level_word(level).to_owned(), currency, column, change(amount), count]);
    }
    Ok(table)
}
