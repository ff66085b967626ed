//! A waterfall, drawn in the terminal: each amount begins where the one before it ended.

use std::fmt::Write;

use deltabook::domain::money::{Money, OutOfRange};
use deltabook::grpc::v1;

use crate::cli::shared::conversion::group_name;
use crate::cli::shared::months::StepArg;
use crate::cli::shared::table::{amount, change};

/// How wide the largest amount is drawn.
const WIDTH: i128 = 40;
const GREEN: &str = "\u{1b}[32m";
const RED: &str = "\u{1b}[31m";
const PLAIN: &str = "\u{1b}[0m";

/// One line of the drawing.
struct Bar {
    period: String,
    label: &'static str,
    shown: String,
    from: Money,
    to: Money,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// What there is.
    Level,
    Rise,
    Fall,
}

/// The waterfall of every currency, and group; columns without an amount are left out. Coloured only for a terminal.
pub fn draw(
    found: &v1::GetWaterfallResponse,
    by: StepArg,
    has_groups: bool,
    is_coloured: bool,
) -> Result<String, OutOfRange> {
    let mut text = String::new();
    for waterfall in &found.waterfalls {
        let bars = bars(waterfall, by)?;
        let group = if has_groups { group_name(&waterfall.group, waterfall.rest) } else { String::new() };
        let ends = || bars.iter().flat_map(|bar| [bar.from, bar.to]).chain([Money::ZERO]);
        let (low, high) = (ends().min().unwrap_or_default(), ends().max().unwrap_or_default());
        let amounts = bars.iter().map(|bar| bar.shown.chars().count()).max().unwrap_or_default();
        let labels = bars.iter().map(|bar| bar.label.len()).max().unwrap_or_default().max(12);
        push(&mut text, format_args!("{}\n", format!("{} {group}", waterfall.currency).trim_end()));
        for bar in &bars {
            let drawn = drawn(bar, low, high, is_coloured);
            let line = format!("{:7}  {:labels$}  {:>amounts$}  {drawn}", bar.period, bar.label, bar.shown);
            push(&mut text, format_args!("{}\n", line.trim_end()));
        }
    }
    Ok(text)
}

fn bars(waterfall: &v1::Waterfall, by: StepArg) -> Result<Vec<Bar>, OutOfRange> {
    let money = |text: &str| Money::parse(text).unwrap_or_default();
    let mut bars = Vec::new();
    for (place, period) in waterfall.periods.iter().enumerate() {
        let name = by.shown(&period.start);
        let level = |label, text| {
            let to = money(text);
            Bar { period: name.clone(), label, shown: amount(to), from: Money::ZERO, to, kind: Kind::Level }
        };
        if place == 0 {
            bars.push(level("opening", &period.opening));
        }
        let mut from = money(&period.opening);
        for (label, text) in [
            ("new", &period.new),
            ("reactivation", &period.reactivation),
            ("upsell", &period.upsell),
            ("downsell", &period.downsell),
            ("churn", &period.churn),
            ("ignored", &period.ignored),
            ("currency effect", &period.currency_effect),
        ] {
            let delta = money(text);
            if delta.is_zero() {
                continue;
            }
            let to = from.checked_add(delta)?;
            let kind = if to > from { Kind::Rise } else { Kind::Fall };
            bars.push(Bar { period: name.clone(), label, shown: change(delta), from, to, kind });
            from = to;
        }
        bars.push(level("closing", &period.closing));
    }
    Ok(bars)
}

/// The bar, as far to the right as its amounts are above the lowest.
fn drawn(bar: &Bar, low: Money, high: Money, is_coloured: bool) -> String {
    let place = |money: Money| {
        let above = i128::from(money.micros()).saturating_sub(i128::from(low.micros()));
        let all = i128::from(high.micros()).saturating_sub(i128::from(low.micros()));
        let place = above.saturating_mul(WIDTH).checked_div(all).unwrap_or_default();
        usize::try_from(place).unwrap_or_default()
    };
    let (start, end) = (place(bar.from.min(bar.to)), place(bar.from.max(bar.to)));
    // However little it is, it can be seen.
    let length = end.saturating_sub(start).max(usize::from(bar.from != bar.to));
    let (glyph, colour) = match bar.kind {
        Kind::Level => ("█", ""),
        Kind::Rise => ("▓", GREEN),
        Kind::Fall => ("░", RED),
    };
    let (colour, plain) = if is_coloured && !colour.is_empty() { (colour, PLAIN) } else { ("", "") };
    format!("{:start$}{colour}{}{plain}", "", glyph.repeat(length))
}

/// Writing to memory cannot fail.
fn push(text: &mut String, line: std::fmt::Arguments<'_>) {
    let _ = text.write_fmt(line);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn period(start: &str, amounts: [&str; 5]) -> v1::WaterfallPeriod {
        let [opening, new, upsell, churn, closing] = amounts.map(str::to_owned);
        v1::WaterfallPeriod {
            start: start.to_owned(),
            opening,
            new,
            upsell,
            churn,
            closing,
            ..v1::WaterfallPeriod::default()
        }
    }

    #[test]
    fn each_amount_begins_where_the_one_before_it_ended() {
        let periods = vec![
            period("2026-01-01", ["100", "300", "0", "-0.5", "399.5"]),
            period("2026-02-01", ["399.5", "0", "0.5", "-200", "200"]),
        ];
        let found = v1::GetWaterfallResponse {
            waterfalls: vec![v1::Waterfall { currency: "USD".to_owned(), periods, ..Default::default() }],
        };
        let expected = "\
USD
2026-01  opening        100.00  ██████████
2026-01  new           +300.00            ▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓
2026-01  churn           -0.50                                         ░
2026-01  closing        399.50  ███████████████████████████████████████
2026-02  upsell          +0.50                                         ▓
2026-02  churn         -200.00                      ░░░░░░░░░░░░░░░░░░░░
2026-02  closing        200.00  ████████████████████
";
        assert_eq!(draw(&found, StepArg::Month, false, false).unwrap(), expected);
        let coloured = draw(&found, StepArg::Month, false, true).unwrap();
        assert!(coloured.contains(&format!("{GREEN}▓{PLAIN}\n")), "{coloured}");
        assert_eq!(coloured.replace(GREEN, "").replace(RED, "").replace(PLAIN, ""), expected);
    }

    #[test]
    fn what_is_below_nothing_and_what_is_nothing_can_be_drawn() {
        let periods = vec![period("2026-01-01", ["0", "0", "0", "-100", "-100"])];
        let found = v1::GetWaterfallResponse {
            waterfalls: vec![v1::Waterfall { currency: "EUR".to_owned(), periods, ..Default::default() }],
        };
        let text = draw(&found, StepArg::Month, false, false).unwrap();
        let drawn: Vec<usize> = text.lines().map(|line| line.matches(['█', '░']).count()).collect();
        assert_eq!(drawn, [0, 0, 40, 40], "{text}");
        assert_eq!(draw(&v1::GetWaterfallResponse::default(), StepArg::Month, false, false).unwrap(), "");
    }
}
