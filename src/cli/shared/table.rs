//! Plain-text tables: aligned columns under a dashed line, identical in a pipe and on a terminal.

use std::borrow::Cow;
use std::fmt;

use anyhow::Context;
use comfy_table::{CellAlignment, LineStyle, TableStyle};
use deltabook::domain::money::Money;

/// A table; `Display` ends each row with a line feed.
pub struct Table(comfy_table::Table);

/// Heading and alignment of a column.
pub struct Column(Cow<'static, str>, CellAlignment);

/// A left-aligned column.
pub const fn left(heading: &'static str) -> Column {
    Column(Cow::Borrowed(heading), CellAlignment::Left)
}

/// A right-aligned column.
pub const fn right(heading: &'static str) -> Column {
    Column(Cow::Borrowed(heading), CellAlignment::Right)
}

/// A right-aligned column with a computed heading.
pub fn numbered(heading: impl ToString) -> Column {
    Column(heading.to_string().into(), CellAlignment::Right)
}

impl Table {
    pub fn new(columns: impl Into<Vec<Column>>) -> Self {
        let columns = columns.into();
        let mut table = comfy_table::Table::new();
        let dashes = LineStyle::none().fill('-').junction(' ');
        table.load_style(TableStyle::new().header_separator(dashes));
        table.set_header(columns.iter().map(|Column(heading, _)| heading.as_ref()));
        for (column, Column(_, alignment)) in table.column_iter_mut().zip(columns) {
            column.set_padding((0, 1)).set_cell_alignment(alignment);
        }
        Self(table)
    }

    pub fn row(&mut self, cells: impl Into<Vec<String>>) {
        self.0.add_row(cells.into());
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for line in self.0.lines() {
            writeln!(f, "{}", line.trim_end())?;
        }
        Ok(())
    }
}

/// Reads an amount of a response.
pub fn parse_money(decimal: &str) -> anyhow::Result<Money> {
    Money::parse(decimal).with_context(|| format!("the response contains {decimal:?}, which is not an amount"))
}

/// An amount with thousands separators and at least two decimals: `-1,234.50`, `0.333333`.
pub fn amount(money: Money) -> String {
    let exact = money.to_string();
    let (sign, unsigned) = exact.strip_prefix('-').map_or(("", exact.as_str()), |unsigned| ("-", unsigned));
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let mut grouped = String::new();
    for (index, digit) in whole.chars().enumerate() {
        let left = whole.len().saturating_sub(index);
        if index > 0 && left.is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    format!("{sign}{grouped}.{fraction:0<2}")
}

/// A change of an amount: like [`amount`], with a plus sign if it is positive.
pub fn change(money: Money) -> String {
    let sign = if money.is_positive() { "+" } else { "" };
    format!("{sign}{}", amount(money))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_grouped_and_never_rounded() {
        for (text, shown) in [
            ("0", "0.00"),
            ("999.5", "999.50"),
            ("-1000", "-1,000.00"),
            ("1234567.333333", "1,234,567.333333"),
            ("-9223372036854.775808", "-9,223,372,036,854.775808"),
        ] {
            assert_eq!(amount(Money::parse(text).unwrap()), shown);
        }
        assert_eq!(change(Money::parse("5").unwrap()), "+5.00");
    }

    #[test]
    fn text_that_is_no_amount_is_an_error_and_never_zero() {
        for text in ["", "-", "1,000", "1e3", "9223372036854.775808"] {
            assert!(parse_money(text).is_err(), "{text}");
        }
    }

    #[test]
    fn columns_are_aligned_without_trailing_spaces() {
        let mut table = Table::new([left("customer"), right("mrr"), left("why")]);
        table.row(["müller".to_owned(), "1.00".to_owned(), "start of L1".to_owned()]);
        table.row(["東京".to_owned(), "-20.00".to_owned(), String::new()]);
        let expected = "\
customer     mrr  why
--------- ------- ------------
müller      1.00  start of L1
東京      -20.00
";
        assert_eq!(table.to_string(), expected);
    }
}
