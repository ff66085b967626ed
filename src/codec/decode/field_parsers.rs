//! Parsers of fields that several facts share: names, dates, numbers, terms.

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate};

use crate::codec::dto::{RawDiscount, RawInterval};
use crate::codec::validation::Form;
use crate::domain::facts::fact::{Attributes, Revision, TermsChange};
use crate::domain::facts::interval::{Interval, IntervalUnit, MAX_INTERVAL_COUNT};
use crate::domain::ids::ItemId;
use crate::domain::number::{Amount, Discount, Percent, Quantity};

/// Maximum length of free text (a name, a memo), in characters.
pub const MAX_TEXT_CHARS: usize = 1_000;
/// Maximum number of attributes of a fact.
pub const MAX_ATTRIBUTES: usize = 50;
/// Maximum number of price steps of a line, and of entries of a change order.
pub const MAX_PARTS: usize = 1_000;
/// Earliest year of a date; the latest date is 9999-12-31.
pub const FIRST_YEAR: i32 = 1900;

/// Maximum revision from outside, below which there is room for revisions counted here.
const MAX_REVISION: Revision = 1 << 62;

pub(in crate::codec) fn revision(form: &mut Form, revision: i64) -> Option<Revision> {
    let read = Revision::try_from(revision).map_err(|_| "is below 0".to_owned());
    let read = read.and_then(|it| if it > MAX_REVISION { Err(format!("is above {MAX_REVISION}")) } else { Ok(it) });
    form.take("revision", read)
}

/// Parses a field that may be empty: None if invalid, Some(None) if empty.
#[expect(clippy::option_option, reason = "the outer one says whether the field could be read")]
pub(in crate::codec) fn optional<T, E: std::fmt::Display>(
    form: &mut Form,
    field: &str,
    text: &str,
    parse: impl FnOnce(&str) -> Result<T, E>,
) -> Option<Option<T>> {
    if text.is_empty() { Some(None) } else { form.take(field, parse(text)).map(Some) }
}

/// Parses a value of a closed enum.
pub(in crate::codec) fn word<T: Copy>(
    text: &str,
    parse: impl FnOnce(&str) -> Option<T>,
    all: &[T],
    show: impl Fn(T) -> &'static str,
) -> Result<T, String> {
    if text.is_empty() {
        return Err("is required".to_owned());
    }
    parse(text)
        .ok_or_else(|| format!("is not one of {}", all.iter().map(|word| show(*word)).collect::<Vec<_>>().join(", ")))
}

/// Shortens the call of [`word`] for an enum declared with `string_enum!`.
macro_rules! word_of {
    ($kind:ident, $text:expr) => {
        $crate::codec::decode::field_parsers::word($text, $kind::parse, $kind::ALL, $kind::as_str)
    };
}
pub(in crate::codec) use word_of;

/// Parses `YYYY-MM-DD`.
///
/// # Errors
/// The rule that the text breaks.
pub fn date(text: &str) -> Result<NaiveDate, &'static str> {
    const WRONG: &str = "is not a date such as 2026-01-31";
    if text.is_empty() {
        return Err("is required");
    }
    let &[y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = text.as_bytes() else { return Err(WRONG) };
    let year = number(&[y1, y2, y3, y4]).and_then(|year| i32::try_from(year).ok());
    let date = match (year, number(&[m1, m2]), number(&[d1, d2])) {
        (Some(year), Some(month), Some(day)) => NaiveDate::from_ymd_opt(year, month, day).ok_or(WRONG)?,
        _ => return Err(WRONG),
    };
    if date.year() < FIRST_YEAR {
        return Err("is before 1900-01-01");
    }
    Ok(date)
}

fn number(digits: &[u8]) -> Option<u32> {
    let add = |sum: u32, digit: &u8| sum.checked_mul(10)?.checked_add(char::from(*digit).to_digit(10)?);
    digits.iter().try_fold(0, add)
}

/// Parses free text: bounded in length, without control characters that would disturb a display.
///
/// # Errors
/// The rule that the text breaks.
pub fn free_text(text: &str) -> Result<String, String> {
    let hidden = |c: char| c.is_control() && c != '\n' && c != '\t';
    if text.chars().nth(MAX_TEXT_CHARS).is_some() {
        Err(format!("is longer than {MAX_TEXT_CHARS} characters"))
    } else if text.chars().any(hidden) {
        Err("contains a control character".to_owned())
    } else {
        Ok(text.to_owned())
    }
}

pub(in crate::codec) fn text(
    form: &mut Form<'_>,
    field: &(impl std::fmt::Display + ?Sized),
    text: &str,
) -> Option<String> {
    form.take(field, free_text(text))
}

pub(in crate::codec) fn attributes(form: &mut Form, attributes: &BTreeMap<String, String>) -> Option<Attributes> {
    if attributes.len() > MAX_ATTRIBUTES {
        form.refuse("attributes", format!("has more than {MAX_ATTRIBUTES} entries"));
        return None;
    }
    let mut checked = Some(Attributes::new());
    for (name, value) in attributes {
        form.require(!name.is_empty(), "attributes", "has an entry without a name");
        let entry = (text(form, "attributes", name), text(form, &format_args!("attributes[{name:?}]"), value));
        match (entry, &mut checked) {
            ((Some(name), Some(value)), Some(all)) => {
                all.insert(name, value);
            }
            (_, checked) => *checked = None,
        }
    }
    checked
}

/// Parses the terms of a price step or an order's entry.
#[derive(Debug, Clone, Copy)]
pub struct RawTerms<'r> {
    pub quantity: &'r str,
    pub unit_price: &'r str,
    pub discount: Option<&'r RawDiscount>,
    pub interval: Option<&'r RawInterval>,
    pub item_id: &'r str,
}

pub fn terms(form: &mut Form, raw: &RawTerms<'_>) -> Option<TermsChange> {
    let quantity = optional(form, "quantity", raw.quantity, Quantity::parse);
    let unit_price = optional(form, "unit_price", raw.unit_price, Amount::parse);
    let discount = match raw.discount {
        None => Some(None),
        Some(raw) => form.nested("discount", |form| discount(form, raw)).map(Some),
    };
    let interval = match raw.interval {
        None => Some(None),
        Some(raw) => form.nested("interval", |form| interval(form, raw)).map(Some),
    };
    let item_id = optional(form, "item_id", raw.item_id, ItemId::parse);
    Some(TermsChange {
        quantity: quantity?,
        unit_price: unit_price?,
        discount: discount?,
        interval: interval?,
        item_id: item_id?,
    })
}

fn discount(form: &mut Form, raw: &RawDiscount) -> Option<Discount> {
    match (raw.percent.as_str(), raw.amount.as_str()) {
        ("", "") => form.take("", Err("needs a percent or an amount")),
        (percent, "") => form.take("percent", Percent::parse(percent)).map(Discount::Percent),
        ("", amount) => form.take("amount", Amount::parse_not_negative(amount)).map(Discount::Amount),
        (_, _) => form.take("", Err("has a percent and an amount; name one of them")),
    }
}

fn interval(form: &mut Form, raw: &RawInterval) -> Option<Interval> {
    let unit = form.take("unit", word_of!(IntervalUnit, &raw.unit));
    let wrong_count = || format!("is not from 1 to {MAX_INTERVAL_COUNT}");
    // Any unit serves to validate the count, so that both fields are reported.
    let count = u32::try_from(raw.count).ok().filter(|count| Interval::new(IntervalUnit::Day, *count).is_some());
    let count = form.take("count", count.ok_or_else(wrong_count));
    Interval::new(unit?, count?)
}
