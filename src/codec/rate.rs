//! Raw exchange rates → validated exchange rates.

use crate::codec::decode::parse_date;
use crate::codec::validation::Form;
use crate::domain::ids::Currency;
use crate::domain::rate::{ExchangeRate, Rate};

/// Exchange rate as text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RawRate<'r> {
    pub date: &'r str,
    pub from_currency: &'r str,
    pub to_currency: &'r str,
    pub rate: &'r str,
}

/// Decodes a rate; None with violations in the form.
pub fn exchange_rate(form: &mut Form<'_>, raw: RawRate<'_>) -> Option<ExchangeRate> {
    let date = form.take("date", parse_date(raw.date));
    let from = form.take("from_currency", Currency::parse(raw.from_currency));
    let to = form.take("to_currency", Currency::parse(raw.to_currency));
    let rate = form.take("rate", Rate::parse(raw.rate));
    let (from, to) = (from?, to?);
    form.require(from != to, "to_currency", "is from_currency: a currency is always worth 1 of itself");
    Some(ExchangeRate { from, to, date: date?, rate: rate? }).filter(|_| from != to)
}
