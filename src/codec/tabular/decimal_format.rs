//! Formats numbers straight into bytes.

use crate::domain::money::Money;
use crate::domain::number::Quantity;

/// Decimals of an amount in micro-units.
const MONEY_SCALE: u32 = 6;

/// Writes the shortest decimal, like `Display`.
pub(in crate::codec) fn push_money(out: &mut Vec<u8>, money: Money) {
    push_decimal(out, money.is_negative(), money.micros().unsigned_abs(), MONEY_SCALE);
}

/// Writes the shortest decimal, like `Display`.
pub(in crate::codec) fn push_quantity(out: &mut Vec<u8>, quantity: Quantity) {
    let (mantissa, scale) = quantity.parts();
    match u64::try_from(mantissa.unsigned_abs()) {
        Ok(digits) => push_decimal(out, mantissa < 0, digits, scale),
        Err(_) => out.extend_from_slice(quantity.to_string().as_bytes()),
    }
}

/// Writes `digits × 10^-scale` without trailing zeros.
fn push_decimal(out: &mut Vec<u8>, is_negative: bool, digits: u64, scale: u32) {
    if is_negative {
        out.push(b'-');
    }
    let unit = 10_u64.checked_pow(scale).unwrap_or(u64::MAX);
    push_padded(out, digits / unit, 1);
    let (mut decimals, mut width) = (digits % unit, usize::try_from(scale).unwrap_or_default());
    if decimals == 0 {
        return;
    }
    while decimals.is_multiple_of(10) {
        (decimals, width) = (decimals / 10, width.saturating_sub(1));
    }
    out.push(b'.');
    push_padded(out, decimals, width);
}

/// Writes a whole number with leading zeros to a minimum of digits.
pub(in crate::codec) fn push_padded(out: &mut Vec<u8>, mut number: u64, width: usize) {
    if number < 10 && width <= 1 {
        return out.push(digit(number));
    }
    let mut digits = [b'0'; 20];
    let mut count: usize = 0;
    for slot in digits.iter_mut().rev() {
        if number == 0 && count >= width {
            break;
        }
        *slot = digit(number % 10);
        number /= 10;
        count = count.saturating_add(1);
    }
    out.extend_from_slice(digits.get(digits.len().saturating_sub(count)..).unwrap_or_default());
}

fn digit(number: u64) -> u8 {
    b'0'.saturating_add(u8::try_from(number).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pushed(push: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        push(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn numbers_are_written_as_they_are_shown() {
        for micros in [0, 1, -1, 10, 1_000_000, -20_500_000, 1_299_900_000, i64::MIN, i64::MAX] {
            let money = Money::from_micros(micros);
            assert_eq!(pushed(|out| push_money(out, money)), money.to_string());
        }
        for text in ["0", "-0.0000000001", "12.50", "10.0500", "007", "999999999999.9999999999", "-3"] {
            let quantity = Quantity::parse(text).unwrap();
            assert_eq!(pushed(|out| push_quantity(out, quantity)), quantity.to_string());
        }
    }
}
