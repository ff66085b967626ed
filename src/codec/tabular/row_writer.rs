//! Records as text, a JSON object or a row of CSV, written straight into bytes: there are millions of them.

use std::io::Write;

use chrono::{DateTime, Datelike, NaiveDate, SecondsFormat, Utc};

use crate::codec::describe::push_cause;
use crate::codec::tabular::csv::push_cell;
use crate::codec::tabular::decimal_format::{push_money, push_padded, push_quantity};
use crate::domain::journal::movement::Cause;
use crate::domain::money::Money;
use crate::domain::number::Quantity;
use crate::domain::rule::{Rule, RuleSet};

/// A value of a row. All are text in JSON; lists are lists of texts.
#[derive(Debug)]
pub enum Cell<'r> {
    /// JSON leaves the field out, CSV leaves it empty.
    Absent,
    Text(&'r str),
    Shown(String),
    Whole(i64),
    Flag(bool),
    Date(NaiveDate),
    /// To the microsecond.
    Instant(DateTime<Utc>),
    Money(Money),
    Quantity(Quantity),
    Causes(&'r [Cause]),
    Rules(RuleSet),
}

/// The type of a column, where a file has types.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CellType {
    /// Lists too, as one text.
    Text,
    Whole,
    Flag,
    Date,
    Instant,
    Money,
    Quantity,
}

/// A column of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TableColumn {
    pub name: &'static str,
    pub kind: CellType,
}

impl TableColumn {
    #[must_use]
    pub const fn new(name: &'static str, kind: CellType) -> Self {
        Self { name, kind }
    }
}

/// A value, or nothing.
pub fn maybe<'r, T>(value: Option<T>, kind: fn(T) -> Cell<'r>) -> Cell<'r> {
    value.map_or(Cell::Absent, kind)
}

/// Writes a JSON object and a line feed.
pub fn push_json(out: &mut Vec<u8>, names: &[&str], values: &[Cell<'_>]) {
    let mut before = b'{';
    for (name, value) in names.iter().zip(values).filter(|(_, value)| !matches!(value, Cell::Absent)) {
        out.extend_from_slice(&[before, b'"']);
        out.extend_from_slice(name.as_bytes());
        out.extend_from_slice(b"\":");
        match value {
            Cell::Causes(causes) => push_list(out, *causes, push_cause),
            Cell::Rules(rules) => push_list(out, rules.iter(), push_rule),
            _ => push_string(out, |out| value.push(out)),
        }
        before = b',';
    }
    out.extend_from_slice(b"}\n");
}

fn push_list<T>(out: &mut Vec<u8>, items: impl IntoIterator<Item = T>, mut push: impl FnMut(&mut Vec<u8>, T)) {
    let mut before = b'[';
    for item in items {
        out.push(before);
        push_string(out, |out| push(out, item));
        before = b',';
    }
    if before == b'[' {
        out.push(before);
    }
    out.push(b']');
}

fn push_string(out: &mut Vec<u8>, push: impl FnOnce(&mut Vec<u8>)) {
    out.push(b'"');
    let start = out.len();
    push(out);
    let is_special = |byte: &u8| *byte < b' ' || matches!(byte, b'"' | b'\\');
    if out.get(start..).is_some_and(|text| text.iter().any(is_special)) {
        let text = out.split_off(start);
        for byte in text {
            match byte {
                b'"' | b'\\' => out.extend_from_slice(&[b'\\', byte]),
                byte if byte < b' ' => push_shown(out, format_args!("\\u{byte:04x}")),
                byte => out.push(byte),
            }
        }
    }
    out.push(b'"');
}

/// Writes a row of CSV; lists are written in one cell.
pub fn push_csv(out: &mut Vec<u8>, values: &[Cell<'_>]) {
    for (position, value) in values.iter().enumerate() {
        if position > 0 {
            out.push(b',');
        }
        match value {
            Cell::Text(_) | Cell::Shown(_) | Cell::Causes(_) => push_cell(out, |out| value.push(out)),
            // Of these, none has a quote or a comma.
            Cell::Absent
            | Cell::Whole(_)
            | Cell::Flag(_)
            | Cell::Date(_)
            | Cell::Instant(_)
            | Cell::Money(_)
            | Cell::Quantity(_)
            | Cell::Rules(_) => value.push(out),
        }
    }
    out.push(b'\n');
}

impl Cell<'_> {
    /// Writes it as text.
    pub(in crate::codec) fn push(&self, out: &mut Vec<u8>) {
        match self {
            Self::Absent => {}
            Self::Text(text) => out.extend_from_slice(text.as_bytes()),
            Self::Shown(text) => out.extend_from_slice(text.as_bytes()),
            Self::Whole(number) => push_shown(out, format_args!("{number}")),
            Self::Flag(flag) => push_shown(out, format_args!("{flag}")),
            Self::Date(date) => push_date(out, *date),
            Self::Instant(instant) => {
                out.extend_from_slice(instant.to_rfc3339_opts(SecondsFormat::Micros, true).as_bytes());
            }
            Self::Money(money) => push_money(out, *money),
            Self::Quantity(quantity) => push_quantity(out, *quantity),
            Self::Causes(causes) => {
                for (position, cause) in causes.iter().enumerate() {
                    out.extend_from_slice(if position == 0 { b"" } else { b"; " });
                    push_cause(out, cause);
                }
            }
            Self::Rules(rules) => {
                for (position, rule) in rules.iter().enumerate() {
                    out.extend_from_slice(if position == 0 { b"" } else { b" " });
                    push_rule(out, rule);
                }
            }
        }
    }
}

fn push_rule(out: &mut Vec<u8>, rule: Rule) {
    out.push(b'R');
    push_padded(out, rule.number().into(), 1);
}

pub(in crate::codec) fn push_date(out: &mut Vec<u8>, date: NaiveDate) {
    match u64::try_from(date.year()) {
        Ok(year @ 0..=9999) => {
            push_padded(out, year, 4);
            out.push(b'-');
            push_padded(out, date.month().into(), 2);
            out.push(b'-');
            push_padded(out, date.day().into(), 2);
        }
        // With a sign.
        _ => push_shown(out, format_args!("{date}")),
    }
}

/// Writing to memory cannot fail.
fn push_shown(out: &mut Vec<u8>, text: std::fmt::Arguments<'_>) {
    let _ = out.write_fmt(text);
}
