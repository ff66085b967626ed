//! The price step of a CSV row: billing intervals as people write them, and a unit price from the price of the whole.

use num_bigint::BigInt;
use num_integer::Integer;

use crate::codec::decode::{RawTerms, terms};
use crate::codec::dto::{RawInterval, RawPriceStep};
use crate::codec::validation::Form;
use crate::domain::money::Money;
use crate::domain::number::{Amount, MAX_DECIMALS, Quantity};
use crate::domain::rounding::mrr;

/// Reads `MONTH`, `MONTH:3`, `3 MONTH`, `3 months`, `quarterly`, in any case.
pub(in crate::files) fn interval(text: &str) -> Option<RawInterval> {
    let text = text.trim().to_ascii_uppercase();
    let (unit, count) = if let Some((unit, count)) = text.split_once(':') {
        (unit.trim(), count.trim())
    } else if let Some((count, unit)) = text.split_once(' ') {
        (unit.trim(), count.trim())
    } else {
        (text.as_str(), "1")
    };
    let count: u32 = count.parse().ok()?;
    let (unit, times) = match unit {
        "DAY" | "DAYS" | "DAILY" => ("DAY", 1),
        "WEEK" | "WEEKS" | "WEEKLY" => ("WEEK", 1),
        "MONTH" | "MONTHS" | "MONTHLY" => ("MONTH", 1),
        "QUARTER" | "QUARTERS" | "QUARTERLY" => ("MONTH", 3),
        "YEAR" | "YEARS" | "YEARLY" | "ANNUAL" | "ANNUALLY" => ("YEAR", 1),
        _ => return None,
    };
    Some(RawInterval { unit: unit.to_owned(), count: i64::from(count.checked_mul(times)?) })
}

/// Turns the price of the whole quantity into a price step, whose MRR is that of the amount to the last digit.
///
/// The unit price is the amount divided by the quantity, to the 10 decimals that a price may have. A price that does
/// not divide evenly (100 for 3 seats) becomes 33.3333333333: 3 of these are 100 in the 6 decimals of an MRR, the seats
/// are counted as they are, and an order for a fourth seat finds the price of one. Where that is not to be had (no
/// quantity, a quantity of 0, or so large a one that the digits cut off would show in the MRR), the amount is sold
/// once: quantity 1, unit price = amount. The second value then is the quantity that could not be kept.
pub(in crate::files) fn spread(whole: RawPriceStep, amount: Amount) -> (RawPriceStep, Option<String>) {
    let sold_once = RawPriceStep { quantity: "1".to_owned(), unit_price: amount.to_string(), ..whole };
    let quantity = match Quantity::parse(&whole.quantity) {
        _ if whole.quantity.is_empty() => return (sold_once, None),
        Ok(quantity) => quantity,
        // Not a number: reported where the fact is decoded.
        Err(_) => return (RawPriceStep { quantity: whole.quantity, ..sold_once }, None),
    };
    let spread = unit_price(amount, quantity)
        .map(|unit_price| RawPriceStep { quantity: whole.quantity.clone(), unit_price, ..sold_once.clone() })
        .filter(|spread| step_mrr(spread) == step_mrr(&sold_once));
    match spread {
        Some(spread) => (spread, None),
        None => (sold_once, Some(whole.quantity)),
    }
}

/// The nearest unit price; None for a quantity of 0, and for a price that is too large to be one.
fn unit_price(amount: Amount, quantity: Quantity) -> Option<String> {
    let (amount, amount_scale) = parts(&amount.to_string())?;
    let (quantity, quantity_scale) = parts(&quantity.to_string())?;
    if quantity == BigInt::ZERO {
        return None;
    }
    // Both scales are at most 10, so nothing is cut off here.
    let decimals = MAX_DECIMALS.checked_add(quantity_scale)?.checked_sub(amount_scale)?;
    let numerator: BigInt = amount * BigInt::from(10).pow(u32::try_from(decimals).ok()?);
    let doubled: BigInt = numerator * 2;
    let nearest = (doubled + &quantity).div_floor(&(quantity * 2));
    let price = decimal(&nearest);
    Amount::parse(&price).ok().map(|price| price.to_string())
}

/// Digits without the point, and how many stood after it.
fn parts(number: &str) -> Option<(BigInt, usize)> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    Some((format!("{whole}{fraction}").parse().ok()?, fraction.len()))
}

fn decimal(scaled: &BigInt) -> String {
    let sign = if *scaled < BigInt::ZERO { "-" } else { "" };
    let digits = format!("{:0>width$}", scaled.magnitude(), width = MAX_DECIMALS.saturating_add(1));
    let (whole, fraction) = digits.split_at(digits.len().saturating_sub(MAX_DECIMALS));
    format!("{sign}{whole}.{fraction}")
}

fn step_mrr(step: &RawPriceStep) -> Option<Money> {
    let raw = RawTerms {
        quantity: &step.quantity,
        unit_price: &step.unit_price,
        discount: step.discount.as_ref(),
        interval: step.interval.as_ref(),
        item_id: "",
    };
    let terms = terms(&mut Form::at(""), &raw)?;
    mrr(terms.quantity?, terms.unit_price?, terms.discount, terms.interval?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(quantity: &str, amount: &str, unit: &str) -> String {
        let step = RawPriceStep { quantity: quantity.to_owned(), interval: interval(unit), ..RawPriceStep::default() };
        let (step, lost) = spread(step, Amount::parse(amount).unwrap());
        let mrr = step_mrr(&step).unwrap();
        format!("{} × {} = {mrr} {}", step.quantity, step.unit_price, lost.unwrap_or_default())
    }

    #[test]
    fn a_price_of_the_whole_keeps_its_mrr_and_where_it_can_its_quantity() {
        assert_eq!(shown("14", "2786", "month"), "14 × 199 = 2786 ");
        assert_eq!(shown("8", "1", "month"), "8 × 0.125 = 1 ");
        assert_eq!(shown("3", "-100.01", "month"), "3 × -33.3366666667 = -100.01 ");
        assert_eq!(shown("14", "0", "month"), "14 × 0 = 0 ");
        assert_eq!(shown("7", "1000", "year"), "7 × 142.8571428571 = 83.333333 ");
        assert_eq!(shown("30001", "100", "month"), "1 × 100 = 100 30001");
        assert_eq!(shown("0", "100", "month"), "1 × 100 = 100 0");
        assert_eq!(shown("", "100", "month"), "1 × 100 = 100 ");
    }

    #[test]
    fn intervals_are_read_as_people_write_them() {
        for (text, unit, count) in [
            ("MONTH", "MONTH", 1),
            ("month:3", "MONTH", 3),
            ("3 Months", "MONTH", 3),
            ("quarterly", "MONTH", 3),
            ("Annual", "YEAR", 1),
            ("2 YEAR", "YEAR", 2),
            ("weekly", "WEEK", 1),
        ] {
            assert_eq!(interval(text), Some(RawInterval { unit: unit.to_owned(), count }), "{text}");
        }
        for wrong in ["", "fortnight", "MONTH:", "MONTH:x", "-1 MONTH", "3"] {
            assert_eq!(interval(wrong), None, "{wrong}");
        }
    }
}
