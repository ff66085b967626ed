//! Timeline of a customer: lines with the time in which they count, orders, and movements at both levels.

use std::collections::BTreeMap;

use chrono::{Datelike, Months, NaiveDate};
use maud::{Markup, html};

use crate::console::error_page::ErrorPage;
use crate::console::format;
use crate::console::pages::customer::is_void;
use crate::console::parts::page::scroll_region;
use crate::domain::money::{Money, OutOfRange};
use crate::grpc::v1;

const WIDTH: i64 = 1_000;
const ROW: usize = 34;
const TOP: usize = 24;
/// Maximum number of lines in the chart.
const MAX_LINES: usize = 40;

/// Range of dates on the x axis.
#[derive(Debug, Clone, Copy)]
struct DateRange {
    first: NaiveDate,
    last: NaiveDate,
}

impl DateRange {
    fn x(self, date: NaiveDate) -> i64 {
        let days = self.last.signed_duration_since(self.first).num_days().max(1);
        let from = date.clamp(self.first, self.last).signed_duration_since(self.first).num_days();
        from.saturating_mul(WIDTH).div_euclid(days)
    }

    /// Ticks at the beginning of each year, or of each quarter in a short range.
    fn ticks(self) -> Vec<(i64, String)> {
        let months = if self.last.year().saturating_sub(self.first.year()) > 3 { 12 } else { 3 };
        let begin = NaiveDate::from_ymd_opt(self.first.year(), 1, 1).unwrap_or(self.first);
        let dates = std::iter::successors(Some(begin), |date| date.checked_add_months(Months::new(months)));
        let within = dates.take_while(|date| *date <= self.last).filter(|date| *date >= self.first);
        // Bounds the number of ticks of a range of a century.
        within.take(120).map(|date| (self.x(date), date.format("%Y-%m").to_string())).collect()
    }
}

fn date(text: &str) -> Option<NaiveDate> {
    text.parse().ok()
}

/// One line of the chart.
struct ChartLine<'l> {
    line: &'l v1::SubscriptionLine,
    is_void: bool,
    /// Ranges in which it has MRR.
    counting: Vec<(NaiveDate, NaiveDate)>,
}

pub(in crate::console) fn chart(
    found: &v1::GetCustomerResponse,
    movements: &[v1::Movement],
    today: &str,
) -> Result<Markup, ErrorPage> {
    let Some(span) = span(found, movements, today) else { return Ok(html! {}) };
    let lines = lines(found, movements, span)?;
    let omitted = found.subscription_lines.len().saturating_sub(lines.len());
    let lanes = TOP.saturating_add(lines.len().saturating_mul(ROW));
    let height = lanes.saturating_add(ROW.saturating_mul(2)).saturating_add(8);
    let orders = |line: &v1::SubscriptionLine| {
        let is_for = |order: &v1::ChangeOrder| {
            order.subscription_id == line.subscription_id
                && (order.entries.is_empty() || order.entries.iter().any(|entry| entry.line_id == line.line_id))
        };
        let each =
            found.change_orders.iter().filter_map(|it| Some((it.change_order.as_ref()?, is_void(it.state.as_ref()))));
        each.filter(move |(order, _)| is_for(order))
            .filter_map(|(order, is_void)| Some((span.x(date(&order.effective_date)?), is_void)))
            .collect::<Vec<_>>()
    };
    let picture = html! {
        svg .timeline viewBox={ "0 0 " (WIDTH) " " (height) } aria-hidden="true" focusable="false" {
            @for (x, label) in span.ticks() {
                line .mark x1=(x) x2=(x) y1="16" y2=(height) {}
                text x=(x.saturating_add(3)) y="12" { (label) }
            }
            @if let Some(today) = date(today) { line .here x1=(span.x(today)) x2=(span.x(today)) y1="0" y2=(height) {} }
            @for (place, it) in lines.iter().enumerate() {
                @let y = TOP.saturating_add(place.saturating_mul(ROW));
                text x="2" y=(y.saturating_add(10)) {
                    (it.line.subscription_id) " · " (it.line.line_id) " · " (it.line.item_id) @if it.is_void { " (void)" }
                }
                @if let Some((from, to)) = term(it.line, span) {
                    rect .term x=(from) y=(y.saturating_add(15)) width=(to.saturating_sub(from).max(2)) height="10" {}
                }
                @for (from, to) in &it.counting {
                    rect .counts x=(span.x(*from)) y=(y.saturating_add(15)) width=(span.x(*to).saturating_sub(span.x(*from)).max(2)) height="10" {}
                }
                @for (x, is_void) in orders(it.line) {
                    path .order .void[is_void] d={ "M" (x) " " (y.saturating_add(12)) " l6 8 l-6 8 l-6 -8 z" } {}
                }
            }
            (lane("Contracts", v1::Level::Contract, movements, lanes, span))
            (lane("Customer", v1::Level::Customer, movements, lanes.saturating_add(ROW), span))
        }
    };
    Ok(html! {
        figure {
            figcaption { "Timeline from " (span.first) " to " (span.last) }
            (legend())
            (scroll_region("Timeline chart; the tables below contain the same data", picture))
            @if omitted > 0 { p .note { "The chart shows the first " (MAX_LINES) " lines and omits " (omitted) "." } }
        }
    })
}

fn legend() -> Markup {
    let kinds = ["new", "upsell", "downsell", "churn", "renewal", "ignored"];
    html! {
        ul .legend aria-hidden="true" {
            li { span .key .term {} "term" }
            li { span .key .counts {} "counting" }
            li { span .diamond { "◆" } "order" }
            li { span .diamond { "◇" } "void order" }
            @for kind in kinds { li { span class={ "key " (kind) } {} (format::sentence_case(kind)) } }
        }
    }
}

/// The range from the first date to the last, at most a year after today.
fn span(found: &v1::GetCustomerResponse, movements: &[v1::Movement], today: &str) -> Option<DateRange> {
    let today = date(today)?;
    let lines = found.subscription_lines.iter().filter_map(|it| it.line.as_ref());
    let lines = lines.flat_map(|it| [it.start_date.as_str(), it.end_date.as_str()]);
    let orders =
        found.change_orders.iter().filter_map(|it| it.change_order.as_ref()).map(|it| it.effective_date.as_str());
    let dates = lines.chain(orders).chain(movements.iter().map(|it| it.effective_date.as_str())).filter_map(date);
    let dates: Vec<NaiveDate> = dates.collect();
    let horizon = today.checked_add_months(Months::new(12))?;
    let first = *dates.iter().min()?;
    let last = (*dates.iter().max()?).min(horizon).max(today).max(first);
    Some(DateRange { first, last: last.checked_add_months(Months::new(1))? })
}

fn term(line: &v1::SubscriptionLine, span: DateRange) -> Option<(i64, i64)> {
    let from = date(&line.start_date)?;
    Some((span.x(from), span.x(date(&line.end_date).unwrap_or(span.last))))
}

/// The lines, with the ranges in which their movements leave MRR other than 0.
fn lines<'f>(
    found: &'f v1::GetCustomerResponse,
    movements: &[v1::Movement],
    span: DateRange,
) -> Result<Vec<ChartLine<'f>>, ErrorPage> {
    let mut by_line: BTreeMap<&str, Vec<(NaiveDate, Money)>> = BTreeMap::new();
    for it in movements.iter().filter(|it| !it.line_id.is_empty()) {
        let change = (format::parse_date(&it.effective_date)?, format::parse_money(&it.mrr_delta)?);
        by_line.entry(&it.line_id).or_default().push(change);
    }
    let each = found.subscription_lines.iter().filter_map(|it| Some((it.line.as_ref()?, is_void(it.state.as_ref()))));
    let drawn = each.map(|(line, is_void)| {
        // A line without movements has no changes.
        let changes = by_line.get(line.line_id.as_str()).map(Vec::as_slice).unwrap_or_default();
        Ok(ChartLine { line, is_void, counting: counting_ranges(changes, span.last)? })
    });
    drawn.take(MAX_LINES).collect()
}

/// The ranges in which the running sum of changes is not 0.
fn counting_ranges(changes: &[(NaiveDate, Money)], end: NaiveDate) -> Result<Vec<(NaiveDate, NaiveDate)>, OutOfRange> {
    let (mut at, mut since, mut spans) = (Money::ZERO, None, Vec::new());
    for (date, change) in changes {
        at = at.checked_add(*change)?;
        match (since, at.is_zero()) {
            (None, false) => since = Some(*date),
            (Some(from), true) => {
                spans.push((from, *date));
                since = None;
            }
            (None, true) | (Some(_), false) => {}
        }
    }
    spans.extend(since.map(|from| (from, end)));
    Ok(spans)
}

/// The movements of one level, each as a bar in the colour of its category.
fn lane(name: &str, level: v1::Level, movements: &[v1::Movement], y: usize, span: DateRange) -> Markup {
    html! {
        text x="2" y=(y.saturating_add(10)) { (name) }
        line .mark x1="0" x2=(WIDTH) y1=(y.saturating_add(28)) y2=(y.saturating_add(28)) {}
        @for it in movements.iter().filter(|it| it.level() == level) {
            @if let Some(date) = date(&it.effective_date) && date <= span.last {
                rect class=(format::category_name(it.category).to_ascii_lowercase()) x=(span.x(date).saturating_sub(2)) y=(y.saturating_add(14)) width="5" height="14" {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn a_line_counts_while_its_movements_leave_something() {
        let units = |units: i64| Money::from_micros(units * 1_000_000);
        let changes = [("2026-01-01", 100), ("2026-03-01", 50), ("2026-05-01", -150), ("2026-07-01", 10)];
        let changes = changes.map(|(date, amount)| (day(date), units(amount)));
        let end = day("2026-12-31");
        let expected = [("2026-01-01", "2026-05-01"), ("2026-07-01", "2026-12-31")].map(|(a, b)| (day(a), day(b)));
        assert_eq!(counting_ranges(&changes, end).unwrap(), expected);
    }

    #[test]
    fn dates_are_drawn_from_left_to_right() {
        let span = DateRange { first: day("2026-01-01"), last: day("2027-01-01") };
        assert_eq!(
            ["2025-01-01", "2026-01-01", "2026-07-02", "2030-01-01"].map(|it| span.x(day(it))),
            [0, 0, 498, 1_000]
        );
        let marks: Vec<String> = span.ticks().into_iter().map(|(_, label)| label).collect();
        assert_eq!(marks, ["2026-01", "2026-04", "2026-07", "2026-10", "2027-01"]);
    }
}
