//! Formatting of values for pages. Amounts keep all their digits; percentages and quotients are rounded.

use chrono::DateTime;
use prost_types::Timestamp;
use rust_decimal::Decimal;

use crate::grpc::v1;
use crate::grpc::wire::facts::from_wire;
use crate::grpc::wire::wire_enum::WireEnum;

/// A decimal with thousands separators: `-1299.9` → `−1,299.90`.
pub fn amount(decimal: &str) -> String {
    let (sign, digits) = decimal.strip_prefix('-').map_or(("", decimal), |digits| ("\u{2212}", digits));
    let (units, decimals) = digits.split_once('.').unwrap_or((digits, ""));
    format!("{sign}{}.{decimals:0<2}", with_separators(units))
}

/// An amount with an explicit sign, except for zero.
pub fn signed_amount(decimal: &str) -> String {
    let is_plus = !decimal.starts_with('-') && !is_zero(decimal);
    format!("{}{}", if is_plus { "+" } else { "" }, amount(decimal))
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
pub fn quantity(decimal: &str) -> String {
    let (units, decimals) = decimal.split_once('.').unwrap_or((decimal, ""));
    let point = if decimals.is_empty() { "" } else { "." };
    format!("{}{point}{decimals}", with_separators(units))
}

pub fn count(number: i64) -> String {
    with_separators(&number.to_string())
}

pub fn is_zero(decimal: &str) -> bool {
    decimal.bytes().all(|byte| matches!(byte, b'0' | b'.' | b'-'))
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

/// A ratio as a percentage with one decimal, rounded half-even: `0.951230` → `95.1 %`; undefined → a dash.
pub fn percent(ratio: &str) -> String {
    let hundredfold = || Decimal::from_str_exact(ratio).ok()?.checked_mul(Decimal::ONE_HUNDRED);
    let Some(percent) = hundredfold() else { return "\u{2013}".to_owned() };
    let shown = format!("{:.1}", percent.round_dp(1));
    let (units, decimals) = shown.split_once('.').unwrap_or((&shown, "0"));
    format!("{}.{decimals}\u{a0}%", with_separators(units))
}

/// A quotient with two decimals, rounded half-even; undefined → a dash.
pub fn quotient(decimal: &str) -> String {
    let Ok(value) = Decimal::from_str_exact(decimal) else { return "\u{2013}".to_owned() };
    amount(&format!("{:.2}", value.round_dp(2)))
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
pub fn fact_as_json(fact: &v1::Fact) -> String {
    let raw = from_wire(fact.clone());
    raw.and_then(|raw| serde_json::to_string_pretty(&raw).ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_have_thousands_separators() {
        let shown = |text| amount(text);
        assert_eq!(shown("0"), "0.00");
        assert_eq!(shown("1299.9"), "1,299.90");
        assert_eq!(shown("-1234567.123456"), "\u{2212}1,234,567.123456");
        assert_eq!(shown("999"), "999.00");
        assert_eq!(
            (signed_amount("5"), signed_amount("-5"), signed_amount("0.00")),
            ("+5.00".into(), "\u{2212}5.00".into(), "0.00".into())
        );
        assert_eq!((quantity("1500"), quantity("0.5")), ("1,500".into(), "0.5".into()));
    }

    #[test]
    fn ratios_are_shown_as_percentages() {
        assert_eq!(percent("0.950000"), "95.0\u{a0}%");
        assert_eq!(percent("1.234560"), "123.5\u{a0}%");
        assert_eq!(percent("0.000500"), "0.0\u{a0}%");
        assert_eq!(percent("-0.500000"), "\u{2212}50.0\u{a0}%");
        assert_eq!(percent("12.000000"), "1,200.0\u{a0}%");
        assert_eq!(percent(""), "\u{2013}");
        assert_eq!((quotient("4.500000"), quotient("")), ("4.50".into(), "\u{2013}".into()));
        assert_eq!(quotient("1005.555556"), "1,005.56");
    }

    #[test]
    fn enum_names_are_shown_in_sentence_case() {
        assert_eq!(sentence_case("QUANTITY_INCREASE"), "Quantity increase");
        assert_eq!(subcategory(v1::ImpactSubcategory::AddOn.into()), "Add on");
    }
}
