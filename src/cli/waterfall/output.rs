//! Records and tables of waterfalls.

use deltabook::grpc::v1;
use deltabook::grpc::wire::wire_enum::WireEnum;
use serde_json::Value;

use crate::cli::shared::conversion::group_name;
use crate::cli::shared::months::GranularityArg;
use crate::cli::shared::table::{Table, left, right};
use crate::cli::shared::target::{Records, amount_cell, optional_amount_cell, text, value};

/// Layout of the table.
#[derive(Debug, Clone, Copy)]
pub struct TableLayout {
    pub by: GranularityArg,
    pub has_groups: bool,
}

/// One record per currency, group and period.
pub fn records(found: &v1::GetWaterfallResponse, has_groups: bool) -> Records<20> {
    let rows = found.waterfalls.iter().flat_map(|it| it.periods.iter().map(move |period| row(it, period, has_groups)));
    Records {
        names: [
            "currency",
            "start",
            "end",
            "opening",
            "new",
            "reactivation",
            "upsell",
            "downsell",
            "churn",
            "ignored",
            "closing",
            "new_count",
            "reactivation_count",
            "upsell_count",
            "downsell_count",
            "churn_count",
            "adjustments",
            "currency_effect",
            "group",
            "rest",
        ],
        rows: rows.collect(),
    }
}

fn row(of: &v1::Waterfall, it: &v1::WaterfallPeriod, has_groups: bool) -> [Value; 20] {
    let counts = it.counts.unwrap_or_default();
    [
        value(&of.currency),
        value(&it.start),
        value(&it.end),
        value(&it.opening),
        value(&it.new),
        value(&it.reactivation),
        value(&it.upsell),
        value(&it.downsell),
        value(&it.churn),
        value(&it.ignored),
        value(&it.closing),
        counts.new.into(),
        counts.reactivation.into(),
        counts.upsell.into(),
        counts.downsell.into(),
        counts.churn.into(),
        value(it.adjustments.as_ref().map(|it| it.amount.as_str()).unwrap_or_default()),
        value(&it.currency_effect),
        // An empty value is a group of its own.
        if has_groups && !of.rest { Value::String(of.group.clone()) } else { Value::Null },
        if of.rest { Value::Bool(true) } else { Value::Null },
    ]
}

/// The table of amounts by period, with every column of the sum. Adjustments and the currency effect are shown only if
/// present.
pub fn table(records: &Records<20>, TableLayout { by, has_groups }: TableLayout) -> anyhow::Result<Table> {
    let has_adjustments = records.rows.iter().any(|row| !TableCells::of(row).adjustments.is_null());
    let has_effect = records.rows.iter().any(|row| !TableCells::of(row).currency_effect.is_null());
    let mut columns = vec![left(by.heading()), left("currency")];
    if has_groups {
        columns.push(left("group"));
    }
    let headings = ["opening", "new", "reactivation", "upsell", "downsell", "churn", "ignored"];
    columns.extend(headings.map(right));
    if has_effect {
        columns.push(right("currency effect"));
    }
    columns.push(right("closing"));
    if has_adjustments {
        columns.push(right("adjustments"));
    }
    let mut table = Table::new(columns);
    for row in &records.rows {
        let it = TableCells::of(row);
        let mut cells = vec![by.shown(&text(it.start)), text(it.currency)];
        if has_groups {
            cells.push(group_name(&text(it.group), !it.rest.is_null()));
        }
        for column in it.columns {
            cells.push(amount_cell(column)?);
        }
        if has_effect {
            cells.push(amount_cell(it.currency_effect)?);
        }
        cells.push(amount_cell(it.closing)?);
        if has_adjustments {
            cells.push(optional_amount_cell(it.adjustments)?);
        }
        table.row(cells);
    }
    Ok(table)
}

/// The values of a record that the table shows.
struct TableCells<'r> {
    currency: &'r Value,
    start: &'r Value,
    columns: [&'r Value; 7],
    closing: &'r Value,
    adjustments: &'r Value,
    currency_effect: &'r Value,
    group: &'r Value,
    rest: &'r Value,
}

impl<'r> TableCells<'r> {
    fn of(row: &'r [Value; 20]) -> Self {
        let [currency, start, _, opening, new, reactivation, upsell, downsell, churn, ignored, closing, ..] = row;
        let [.., adjustments, currency_effect, group, rest] = row;
        let columns = [opening, new, reactivation, upsell, downsell, churn, ignored];
        Self { currency, start, columns, closing, adjustments, currency_effect, group, rest }
    }
}

/// One record per period and subcategory, between its opening and its closing.
pub fn by_subcategory(found: &v1::GetWaterfallResponse) -> Records<6> {
    let mut rows = Vec::new();
    for (of, it) in found.waterfalls.iter().flat_map(|of| of.periods.iter().map(move |it| (of, it))) {
        let mut push = |what: &str, amount: &str, count: Value| {
            let (start, end) = (value(&it.start), value(&it.end));
            rows.push([value(&of.currency), start, end, value(what), value(amount), count]);
        };
        push("OPENING", &it.opening, Value::Null);
        for sum in &it.subcategories {
            let name = sum.subcategory().short_name();
            push(name, &sum.amount, sum.count.into());
        }
        if !it.currency_effect.is_empty() {
            push("CURRENCY_EFFECT", &it.currency_effect, Value::Null);
        }
        push("CLOSING", &it.closing, Value::Null);
    }
    Records { names: ["currency", "start", "end", "subcategory", "amount", "count"], rows }
}

pub fn subcategory_table(records: &Records<6>, by: GranularityArg) -> anyhow::Result<Table> {
    let columns = [left(by.heading()), left("currency"), left("subcategory"), right("amount"), right("movements")];
    let mut table = Table::new(columns);
    for [currency, start, _, subcategory, amount, count] in &records.rows {
        table.row([by.shown(&text(start)), text(currency), text(subcategory), amount_cell(amount)?, text(count)]);
    }
    Ok(table)
}
