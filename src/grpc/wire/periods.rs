//! Periods in requests.

use chrono::NaiveDate;

use crate::codec::decode::parse_date;
use crate::codec::granularity::Granularity;
use crate::codec::month::Month;
use crate::codec::periods::Periods;
use crate::codec::validation::Form;
use crate::grpc::limits::{MAX_DAYS, MAX_MONTHS};
use crate::grpc::wire::wire_enum::Mapped;

/// First and last month or date.
pub(in crate::grpc) struct Bounds<'r> {
    pub months: (&'r str, &'r str),
    pub dates: (&'r str, &'r str),
    pub granularity: i32,
}

/// Decodes the periods; None with violations in the form.
pub(in crate::grpc) fn periods(form: &mut Form, bounds: &Bounds<'_>) -> Option<Periods> {
    let granularity = form.take("granularity", Granularity::of_number_or(bounds.granularity, Granularity::Month));
    let by_dates = bounds.dates != ("", "");
    let (from, to) = if by_dates { dates(form, bounds)? } else { months(form, bounds.months)? };
    let (from_field, to_field) = if by_dates { ("from_date", "to_date") } else { ("from_month", "to_month") };
    let month_count = Month::of(from).count_to(Month::of(to));
    form.require(month_count <= MAX_MONTHS, to_field, &format!("is more than {MAX_MONTHS} months from {from_field}"));
    let days = to.signed_duration_since(from).num_days();
    let is_too_long = granularity == Some(Granularity::Day) && days >= MAX_DAYS;
    form.require(!is_too_long, to_field, &format!("is more than {MAX_DAYS} days from {from_field}"));
    let periods = Periods::of(granularity?, (from, to));
    (month_count <= MAX_MONTHS && !is_too_long).then_some(periods)
}

fn dates(form: &mut Form, bounds: &Bounds<'_>) -> Option<(NaiveDate, NaiveDate)> {
    form.require(bounds.months == ("", ""), "from_date", "excludes from_month and to_month");
    let (from, to) = bounds.dates;
    let (from, to) = (form.take("from_date", parse_date(from)), form.take("to_date", parse_date(to)));
    let (from, to) = (from?, to?);
    form.require(from <= to, "to_date", "is before from_date");
    (from <= to).then_some((from, to))
}

/// Periods from the first date of one month to the last of another.
fn months(form: &mut Form, (from, to): (&str, &str)) -> Option<(NaiveDate, NaiveDate)> {
    let (first, last) = (form.take("from_month", Month::parse(from)), form.take("to_month", Month::parse(to)));
    let (first, last) = (first?, last?);
    form.require(first <= last, "to_month", "is before from_month");
    (first <= last).then(|| (first.start(), last.last_date()))
}
