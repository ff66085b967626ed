//! Waterfall chart for the terminal: each bar starts where the previous one ended.

use std::fmt::Write;

use deltabook::domain::money::Money;
use deltabook::grpc::v1;

use crate::cli::shared::conversion::group_name;
use crate::cli::shared::months::GranularityArg;
use crate::cli::shared::table::{amount, change, parse_money};

/// Width of the chart in characters.
const WIDTH: i128 = 40;
const GREEN: &str = "\u{1b}[32m";
const RED: &str = "\u{1b}[31m";
const PLAIN: &str = "\u{1b}[0m";

/// One line of the chart.
struct Bar {
    period: String,
    label: &'static str,
    shown: String,
    from: Money,
    to: Money,
    style: BarStyle,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum BarStyle {
    /// A balance: opening or closing.
    Level,
    Rise,
    Fall,
}

/// Draws the waterfall of each currency and group, without columns of amount 0; coloured on a terminal only.
pub fn draw(
    found: &v1::GetWaterfallResponse,
    by: GranularityArg,
    has_groups: bool,
    is_coloured: bool,
) -> anyhow::Result<String> {
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
            let drawn = draw_bar(bar, low, high, is_coloured);
            let line = format!("{:7}  {:labels$}  {:>amounts$}  {drawn}", bar.period, bar.label, bar.shown);
            push(&mut text, format_args!("{}\n", line.trim_end()));
        }
    }
    Ok(text)
}

fn bars(waterfall: &v1::Waterfall, by: GranularityArg) -> anyhow::Result<Vec<Bar>> {
    let mut bars = Vec::new();
    for (place, period) in waterfall.periods.iter().enumerate() {
        let name = by.shown(&period.start);
        let level = |label, text| {
            let to = parse_money(text)?;
            let (from, style) = (Money::ZERO, BarStyle::Level);
            anyhow::Ok(Bar { period: name.clone(), label, shown: amount(to), from, to, style })
        };
        if place == 0 {
            bars.push(level("opening", &period.opening)?);
        }
        let mut from = parse_money(&period.opening)?;
        let columns = [
            ("new", &period.new),
            ("reactivation", &period.reactivation),
            ("upsell", &period.upsell),
            ("downsell", &period.downsell),
            ("churn", &period.churn),
            ("ignored", &period.ignored),
        ];
        // Only a converted waterfall has a currency effect.
        let effect = Some(&period.currency_effect).filter(|it| !it.is_empty());
        for (label, text) in columns.into_iter().chain(effect.map(|it| ("currency effect", it))) {
            let delta = parse_money(text)?;
            if delta.is_zero() {
                continue;
            }
            let to = from.checked_add(delta)?;
            let style = if to > from { BarStyle::Rise } else { BarStyle::Fall };
            bars.push(Bar { period: name.clone(), label, shown: change(delta), from, to, style });
            from = to;
        }
        bars.push(level("closing", &period.closing)?);
    }
    Ok(bars)
}

/// A bar, indented in proportion to the distance of its lower end from the lowest amount.
fn draw_bar(bar: &Bar, low: Money, high: Money, is_coloured: bool) -> String {
    let place = |money: Money| {
        let above = i128::from(money.micros()).saturating_sub(i128::from(low.micros()));
        let all = i128::from(high.micros()).saturating_sub(i128::from(low.micros()));
        let place = above.saturating_mul(WIDTH).checked_div(all).unwrap_or_default();
        usize::try_from(place).unwrap_or_default()
    };
    let (start, end) = (place(bar.from.min(bar.to)), place(bar.from.max(bar.to)));
    // A change other than 0 has at least one character.
    let length = end.saturating_sub(start).max(usize::from(bar.from != bar.to));
    let (glyph, colour) = match bar.style {
        BarStyle::Level => ("█", ""),
        BarStyle::Rise => ("▓", GREEN),
        BarStyle::Fall => ("░", RED),
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
            reactivation: "0".to_owned(),
            upsell,
            downsell: "0".to_owned(),
            churn,
            ignored: "0".to_owned(),
            closing,
            ..v1::WaterfallPeriod::default()
        }
    }

    #[test]
    fn each_bar_starts_where_the_previous_one_ended() {
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
        assert_eq!(draw(&found, GranularityArg::Month, false, false).unwrap(), expected);
        let coloured = draw(&found, GranularityArg::Month, false, true).unwrap();
        assert!(coloured.contains(&format!("{GREEN}▓{PLAIN}\n")), "{coloured}");
        assert_eq!(coloured.replace(GREEN, "").replace(RED, "").replace(PLAIN, ""), expected);
    }

    #[test]
    fn negative_amounts_and_zero_are_drawn() {
        let periods = vec![period("2026-01-01", ["0", "0", "0", "-100", "-100"])];
        let found = v1::GetWaterfallResponse {
            waterfalls: vec![v1::Waterfall { currency: "EUR".to_owned(), periods, ..Default::default() }],
        };
        let text = draw(&found, GranularityArg::Month, false, false).unwrap();
        let drawn: Vec<usize> = text.lines().map(|line| line.matches(['█', '░']).count()).collect();
        assert_eq!(drawn, [0, 0, 40, 40], "{text}");
        assert_eq!(draw(&v1::GetWaterfallResponse::default(), GranularityArg::Month, false, false).unwrap(), "");
    }
}
