//! Formatting of values for pages. Amounts keep all their digits; percentages and quotients are rounded.

use chrono::{DateTime, NaiveDate};
use prost_types::Timestamp;
use rust_decimal::Decimal;

use crate::bug;
use crate::bug::Bug;
use crate::domain::money::Money;
use crate::grpc::v1;
use crate::grpc::wire::facts::from_wire;
use crate::grpc::wire::wire_enum::WireEnum;

/// The amount of a response with thousands separators: `-1299.9` → `−1,299.90`.
pub fn amount(decimal: &str) -> Result<String, Bug> {
    parse_decimal(decimal).map(|_| separated_amount(decimal))
}

/// The amount of a response with an explicit sign, except for zero.
pub fn signed_amount(decimal: &str) -> Result<String, Bug> {
    let is_plus = parse_decimal(decimal)? > Decimal::ZERO;
    Ok(format!("{}{}", if is_plus { "+" } else { "" }, separated_amount(decimal)))
}

/// An amount with thousands separators.
pub fn money(amount: Money) -> String {
    separated_amount(&amount.to_string())
}

/// An amount with an explicit sign, except for zero.
pub fn signed_money(amount: Money) -> String {
    format!("{}{}", if amount.is_positive() { "+" } else { "" }, money(amount))
}

/// Reads an amount of a response.
pub fn parse_money(decimal: &str) -> Result<Money, Bug> {
    Money::parse(decimal).ok_or_else(|| bug!("{decimal:?} is not an amount"))
}

/// Reads a date of a response.
pub fn parse_date(date: &str) -> Result<NaiveDate, Bug> {
    date.parse().map_err(|error| bug!("{date:?} is not a date: {error}"))
}

/// Reads a decimal number of a response.
pub fn parse_decimal(text: &str) -> Result<Decimal, Bug> {
    Decimal::from_str_exact(text).map_err(|error| bug!("{text:?} is not a decimal number: {error}"))
}

fn separated_amount(decimal: &str) -> String {
    let (sign, digits) = decimal.strip_prefix('-').map_or(("", decimal), |digits| ("\u{2212}", digits));
    let (units, decimals) = digits.split_once('.').unwrap_or((digits, ""));
    format!("{sign}{}.{decimals:0<2}", with_separators(units))
}

/// A count with an explicit sign, except for zero.
pub fn signed_count(number: i64) -> String {
    format!("{}{}", if number > 0 { "+" } else { "" }, count(number))
}

/// Seconds in the largest unit that they fill, rounded down.
pub fn duration(seconds: i64) -> String {
    let units = [(86_400, "days"), (3_600, "hours"), (60, "minutes")];
    let fits = units.iter().find(|(length, _)| seconds >= *length);
    fits.map_or_else(
        || format!("{seconds} seconds"),
        |(length, name)| format!("{} {name}", seconds.div_euclid(*length)),
    )
}

/// A quantity with thousands separators.
pub fn quantity(decimal: &str) -> Result<String, Bug> {
    parse_decimal(decimal)?;
    let (units, decimals) = decimal.split_once('.').unwrap_or((decimal, ""));
    let point = if decimals.is_empty() { "" } else { "." };
    Ok(format!("{}{point}{decimals}", with_separators(units)))
}

pub fn count(number: i64) -> String {
    with_separators(&number.to_string())
}

fn with_separators(units: &str) -> String {
    let (sign, digits) = units.strip_prefix('-').map_or(("", units), |digits| ("\u{2212}", digits));
    let mut text = String::from(sign);
    for (place, digit) in digits.chars().enumerate() {
        let left = digits.len().saturating_sub(place);
        if place > 0 && left.is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Shown for a ratio with the denominator 0.
const UNDEFINED: &str = "\u{2013}";

/// A ratio as a percentage with one decimal, rounded half-even: `0.951230` → `95.1 %`; undefined → a dash.
pub fn percent(ratio: &str) -> Result<String, Bug> {
    if ratio.is_empty() {
        return Ok(UNDEFINED.to_owned());
    }
    let percent = parse_decimal(ratio)?.checked_mul(Decimal::ONE_HUNDRED);
    let percent = percent.ok_or_else(|| bug!("the ratio {ratio} is too large"))?;
    let shown = format!("{:.1}", percent.round_dp(1));
    let (units, decimals) = shown.split_once('.').unwrap_or((&shown, "0"));
    Ok(format!("{}.{decimals}\u{a0}%", with_separators(units)))
}

/// A quotient with two decimals, rounded half-even; undefined → a dash.
pub fn quotient(decimal: &str) -> Result<String, Bug> {
    if decimal.is_empty() {
        return Ok(UNDEFINED.to_owned());
    }
    Ok(separated_amount(&format!("{:.2}", parse_decimal(decimal)?.round_dp(2))))
}

/// An instant in UTC, to the second.
pub fn instant(at: Option<&Timestamp>) -> String {
    let at = at.and_then(|at| DateTime::from_timestamp(at.seconds, u32::try_from(at.nanos).ok()?));
    at.map(|at| at.format("%Y-%m-%d %H:%M:%S UTC").to_string()).unwrap_or_default()
}

/// `QUANTITY_INCREASE` → `Quantity increase`.
pub fn sentence_case(name: &str) -> String {
    let text = name.to_ascii_lowercase().replace('_', " ");
    let mut letters = text.chars();
    letters.next().map(|first| format!("{}{}", first.to_ascii_uppercase(), letters.as_str())).unwrap_or_default()
}

/// The name of a category in filters and links: `CHURN`.
pub fn category_name(value: i32) -> String {
    v1::ImpactCategory::spelling(value)
}

pub fn subcategory_name(value: i32) -> String {
    v1::ImpactSubcategory::spelling(value)
}

pub fn level_name(value: i32) -> String {
    v1::Level::spelling(value)
}

pub fn category(value: i32) -> String {
    sentence_case(&category_name(value))
}

pub fn subcategory(value: i32) -> String {
    sentence_case(&subcategory_name(value))
}

pub fn level(value: i32) -> String {
    sentence_case(&level_name(value))
}

/// A short description of a cause.
pub fn cause(cause: &v1::Cause) -> String {
    use v1::CauseKind::{ChangeOrder, LineStart, NaturalEnd, PriceStep, RenewalLink, TrialEnd, Unspecified};
    let line = &cause.line_id;
    match cause.kind() {
        ChangeOrder => format!("change order {}", cause.change_order_id),
        LineStart => format!("start of line {line}"),
        TrialEnd => format!("end of the trial of line {line}"),
        PriceStep => format!("price step of line {line} on {}", cause.date),
        NaturalEnd => format!("natural end of line {line}"),
        RenewalLink => format!("renewal of line {line} by subscription {}", cause.subscription_id),
        Unspecified => String::new(),
    }
}

/// `every month`, `every 3 months`.
pub fn interval(interval: &v1::Interval) -> String {
    let unit = interval.unit().short_name().to_ascii_lowercase();
    if interval.count == 1 { format!("every {unit}") } else { format!("every {} {unit}s", interval.count) }
}

/// A short description of a fact.
pub fn fact(fact: &v1::Fact) -> String {
    use v1::fact::Kind::{ChangeOrder, Charge, Customer, SubscriptionLine};
    match &fact.kind {
        Some(Customer(it)) => format!("customer {}", it.customer_id),
        Some(SubscriptionLine(it)) => format!("line {} of subscription {}", it.line_id, it.subscription_id),
        Some(ChangeOrder(it)) => format!("change order {} of {}", it.change_order_id, it.effective_date),
        Some(Charge(it)) => format!("charge {}", it.charge_id),
        None => String::new(),
    }
}

/// A fact as JSON, in the spelling of files.
pub fn fact_as_json(fact: &v1::Fact) -> Result<String, Bug> {
    let raw = from_wire(fact.clone()).ok_or_else(|| bug!("a fact of a response has no content"))?;
    serde_json::to_string_pretty(&raw).map_err(|error| bug!("a fact cannot be written as JSON: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_have_thousands_separators() {
        let shown = |text| amount(text).unwrap();
        assert_eq!(shown("0"), "0.00");
        assert_eq!(shown("1299.9"), "1,299.90");
        assert_eq!(shown("-1234567.123456"), "\u{2212}1,234,567.123456");
        assert_eq!(shown("999"), "999.00");
        assert_eq!(["5", "-5", "0.00"].map(|it| signed_amount(it).unwrap()), ["+5.00", "\u{2212}5.00", "0.00"]);
        assert_eq!(["1500", "0.5"].map(|it| quantity(it).unwrap()), ["1,500", "0.5"]);
    }

    #[test]
    fn ratios_are_shown_as_percentages() {
        assert_eq!(percent("0.950000").unwrap(), "95.0\u{a0}%");
        assert_eq!(percent("1.234560").unwrap(), "123.5\u{a0}%");
        assert_eq!(percent("0.000500").unwrap(), "0.0\u{a0}%");
        assert_eq!(percent("-0.500000").unwrap(), "\u{2212}50.0\u{a0}%");
        assert_eq!(percent("12.000000").unwrap(), "1,200.0\u{a0}%");
        assert_eq!(percent("").unwrap(), "\u{2013}");
        assert_eq!(["4.500000", ""].map(|it| quotient(it).unwrap()), ["4.50", "\u{2013}"]);
        assert_eq!(quotient("1005.555556").unwrap(), "1,005.56");
    }

    #[test]
    fn text_that_is_no_number_is_an_error_and_never_zero() {
        for text in ["", "-", "1,000", "1e3", "NaN"] {
            assert!(amount(text).is_err() && signed_amount(text).is_err() && parse_money(text).is_err(), "{text}");
            assert!(quantity(text).is_err(), "{text}");
        }
        assert!(percent("x").is_err() && quotient("x").is_err());
    }

    #[test]
    fn enum_names_are_shown_in_sentence_case() {
        assert_eq!(sentence_case("QUANTITY_INCREASE"), "Quantity increase");
        assert_eq!(subcategory(v1::ImpactSubcategory::AddOn.into()), "Add on");
    }
}
