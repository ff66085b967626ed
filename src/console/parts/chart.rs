//! Charts as SVG. Each has a table with the same data beside it, so the drawing itself is hidden from assistive
//! technology.

use maud::{Markup, html};

use crate::domain::money::Money;

/// The colour of a bar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::console) enum BarColor {
    /// A balance: opening or closing.
    Level,
    Rise,
    Fall,
    /// Outside the impact totals.
    Other,
}

impl BarColor {
    pub fn of(change: Money) -> Self {
        if change.is_negative() { Self::Fall } else { Self::Rise }
    }

    pub const fn class(self) -> &'static str {
        match self {
            Self::Level => "level",
            Self::Rise => "rise",
            Self::Fall => "fall",
            Self::Other => "other",
        }
    }
}

/// One bar of a bridge: from one amount to another.
#[derive(Debug)]
pub(in crate::console) struct Bar {
    pub label: &'static str,
    pub from: Money,
    pub to: Money,
    pub shown: String,
    pub color: BarColor,
}

/// A linear scale from amounts to pixels.
#[derive(Debug, Clone, Copy)]
pub(in crate::console) struct Scale {
    low: i128,
    high: i128,
    length: i128,
}

impl Scale {
    /// The scale that contains zero and all amounts.
    pub fn of(amounts: impl IntoIterator<Item = Money>, length: i32) -> Self {
        let mut scale = Self { low: 0, high: 0, length: i128::from(length) };
        for amount in amounts {
            let micros = i128::from(amount.micros());
            (scale.low, scale.high) = (scale.low.min(micros), scale.high.max(micros));
        }
        scale
    }

    /// The distance of an amount from the lower end.
    pub fn position(self, amount: Money) -> i128 {
        let span = self.high.saturating_sub(self.low).max(1);
        let above = i128::from(amount.micros()).saturating_sub(self.low);
        above.saturating_mul(self.length).checked_div(span).unwrap_or_default()
    }

    /// The distance from the upper end: the y coordinate in SVG.
    pub fn y(self, amount: Money) -> i128 {
        self.length.saturating_sub(self.position(amount))
    }
}

/// Length of the scale in units of the view box; SVG stretches it to the page.
const LENGTH: i32 = 1_000;

/// A bridge: bars below each other, each starting where the previous one ended.
pub(in crate::console) fn bridge(bars: &[Bar]) -> Markup {
    let scale = Scale::of(bars.iter().flat_map(|bar| [bar.from, bar.to]), LENGTH);
    html! {
        ul .bridge {
            @for bar in bars {
                @let (from, to) = (scale.position(bar.from.min(bar.to)), scale.position(bar.from.max(bar.to)));
                li {
                    span .label { (bar.label) }
                    svg viewBox={ "0 0 " (LENGTH) " 10" } preserveAspectRatio="none" aria-hidden="true" focusable="false" {
                        @if bar.from != bar.to { rect class=(bar.color.class()) x=(from) y="0" height="10" width=(to.saturating_sub(from).max(2)) {} }
                    }
                    span .amount { (bar.shown) }
                }
            }
        }
    }
}

/// Gains and losses of one period.
#[derive(Debug)]
pub(in crate::console) struct StackedColumn {
    pub label: String,
    /// CSS class and amount of each segment, from the axis outwards.
    pub segments: Vec<(&'static str, Money)>,
}

const COLUMN: i32 = 84;
const HEIGHT: i32 = 220;
/// Height of the labels below the columns.
const LABELS: i32 = 30;

/// Stacked columns, gains above the axis and losses below.
pub(in crate::console) fn stacked_columns(columns: &[StackedColumn]) -> Markup {
    let total = |column: &StackedColumn, is_loss: bool| {
        let segments = column.segments.iter().filter(|(_, amount)| amount.is_negative() == is_loss);
        segments.fold(Money::ZERO, |sum, (_, amount)| sum.checked_add(*amount).unwrap_or(sum))
    };
    let scale = Scale::of(columns.iter().flat_map(|it| [total(it, false), total(it, true)]), HEIGHT);
    let width = i32::try_from(columns.len()).unwrap_or_default().saturating_mul(COLUMN);
    html! {
        svg .columns width=(width) height=(HEIGHT.saturating_add(LABELS)) viewBox={ "0 0 " (width) " " (HEIGHT.saturating_add(LABELS)) } aria-hidden="true" focusable="false" {
            line .axis x1="0" x2=(width) y1=(scale.y(Money::ZERO)) y2=(scale.y(Money::ZERO)) {}
            @for (place, column) in columns.iter().enumerate() {
                @let left = i32::try_from(place).unwrap_or_default().saturating_mul(COLUMN);
                @for (class, top, height) in stack_segments(&column.segments, scale) {
                    rect class=(class) x=(left.saturating_add(20)) width=(COLUMN.saturating_sub(40)) y=(top) height=(height) {}
                }
                text x=(left.saturating_add(COLUMN / 2)) y=(HEIGHT.saturating_add(20)) text-anchor="middle" { (column.label) }
            }
        }
    }
}

/// Class, top and height of each segment.
fn stack_segments<'p>(segments: &'p [(&'static str, Money)], scale: Scale) -> Vec<(&'p str, i128, i128)> {
    let (mut above, mut below) = (Money::ZERO, Money::ZERO);
    let mut drawn = Vec::new();
    for (class, amount) in segments.iter().filter(|(_, amount)| !amount.is_zero()) {
        let end = if amount.is_negative() { &mut below } else { &mut above };
        let begin = *end;
        *end = end.checked_add(*amount).unwrap_or(*end);
        let (top, bottom) = (scale.y(begin.max(*end)), scale.y(begin.min(*end)));
        drawn.push((*class, top, bottom.saturating_sub(top).max(1)));
    }
    drawn
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn units(units: i64) -> Money {
        Money::from_micros(units * 1_000_000)
    }

    #[test]
    fn amounts_are_scaled() {
        let scale = Scale::of([units(-50), units(150)], 200);
        let places = [-50, 0, 150].map(|it| (scale.position(units(it)), scale.y(units(it))));
        assert_eq!(places, [(0, 200), (50, 150), (200, 0)]);
        assert_eq!(Scale::of([], 200).position(Money::ZERO), 0);
        let widest = Scale::of([Money::from_micros(i64::MIN), Money::from_micros(i64::MAX)], 200);
        assert_eq!(widest.position(Money::from_micros(i64::MAX)), 200);
    }

    #[test]
    fn gains_are_stacked_above_the_axis_and_losses_below() {
        let scale = Scale::of([units(100), units(-100)], 200);
        let segments = [("a", units(60)), ("b", units(-100)), ("c", units(40)), ("d", Money::ZERO)];
        assert_eq!(stack_segments(&segments, scale), [("a", 40, 60), ("b", 100, 100), ("c", 0, 40)]);
    }
}
