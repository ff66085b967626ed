//! Charts, drawn on the server. What they show stands beside them as a table, so assistive technology is told nothing
//! twice: the drawings themselves are hidden from it.

use maud::{Markup, html};

use crate::domain::money::Money;

/// How a bar is coloured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::console) enum Kind {
    /// What there is.
    Level,
    Rise,
    Fall,
    /// Neither good nor bad.
    Other,
}

impl Kind {
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
    pub kind: Kind,
}

/// A span of amounts, drawn on so many units.
#[derive(Debug, Clone, Copy)]
pub(in crate::console) struct Scale {
    low: i128,
    high: i128,
    length: i128,
}

impl Scale {
    /// From the lowest to the highest of some amounts, and nothing among them.
    pub fn of(amounts: impl IntoIterator<Item = Money>, length: i32) -> Self {
        let mut scale = Self { low: 0, high: 0, length: i128::from(length) };
        for amount in amounts {
            let micros = i128::from(amount.micros());
            (scale.low, scale.high) = (scale.low.min(micros), scale.high.max(micros));
        }
        scale
    }

    /// How far an amount is from the lowest.
    pub fn place(self, amount: Money) -> i128 {
        let span = self.high.saturating_sub(self.low).max(1);
        let above = i128::from(amount.micros()).saturating_sub(self.low);
        above.saturating_mul(self.length).checked_div(span).unwrap_or_default()
    }

    /// The same from above, as drawings count.
    pub fn below(self, amount: Money) -> i128 {
        self.length.saturating_sub(self.place(amount))
    }
}

/// How long the longest bar is drawn, whatever the width of the page.
const LENGTH: i32 = 1_000;

/// Bars one under the other, each from where the one before it ended.
pub(in crate::console) fn bridge(bars: &[Bar]) -> Markup {
    let scale = Scale::of(bars.iter().flat_map(|bar| [bar.from, bar.to]), LENGTH);
    html! {
        ul .bridge {
            @for bar in bars {
                @let (from, to) = (scale.place(bar.from.min(bar.to)), scale.place(bar.from.max(bar.to)));
                li {
                    span .label { (bar.label) }
                    svg viewBox={ "0 0 " (LENGTH) " 10" } preserveAspectRatio="none" aria-hidden="true" focusable="false" {
                        @if bar.from != bar.to { rect class=(bar.kind.class()) x=(from) y="0" height="10" width=(to.saturating_sub(from).max(2)) {} }
                    }
                    span .amount { (bar.shown) }
                }
            }
        }
    }
}

/// What one period gained and lost.
#[derive(Debug)]
pub(in crate::console) struct Column {
    pub label: String,
    /// With their classes, from the axis up and down.
    pub parts: Vec<(&'static str, Money)>,
}

const COLUMN: i32 = 84;
const HEIGHT: i32 = 220;
/// Below the columns, for their labels.
const LABELS: i32 = 30;

/// Columns one beside the other, gains above the axis and losses below.
pub(in crate::console) fn columns(columns: &[Column]) -> Markup {
    let total = |column: &Column, is_loss: bool| {
        let parts = column.parts.iter().filter(|(_, amount)| amount.is_negative() == is_loss);
        parts.fold(Money::ZERO, |sum, (_, amount)| sum.checked_add(*amount).unwrap_or(sum))
    };
    let scale = Scale::of(columns.iter().flat_map(|it| [total(it, false), total(it, true)]), HEIGHT);
    let width = i32::try_from(columns.len()).unwrap_or_default().saturating_mul(COLUMN);
    html! {
        svg .columns width=(width) height=(HEIGHT.saturating_add(LABELS)) viewBox={ "0 0 " (width) " " (HEIGHT.saturating_add(LABELS)) } aria-hidden="true" focusable="false" {
            line .axis x1="0" x2=(width) y1=(scale.below(Money::ZERO)) y2=(scale.below(Money::ZERO)) {}
            @for (place, column) in columns.iter().enumerate() {
                @let left = i32::try_from(place).unwrap_or_default().saturating_mul(COLUMN);
                @for (class, top, height) in stacked(&column.parts, scale) {
                    rect class=(class) x=(left.saturating_add(20)) width=(COLUMN.saturating_sub(40)) y=(top) height=(height) {}
                }
                text x=(left.saturating_add(COLUMN / 2)) y=(HEIGHT.saturating_add(20)) text-anchor="middle" { (column.label) }
            }
        }
    }
}

/// Each part with its top and its height.
fn stacked<'p>(parts: &'p [(&'static str, Money)], scale: Scale) -> Vec<(&'p str, i128, i128)> {
    let (mut above, mut below) = (Money::ZERO, Money::ZERO);
    let mut drawn = Vec::new();
    for (class, amount) in parts.iter().filter(|(_, amount)| !amount.is_zero()) {
        let end = if amount.is_negative() { &mut below } else { &mut above };
        let begin = *end;
        *end = end.checked_add(*amount).unwrap_or(*end);
        let (top, bottom) = (scale.below(begin.max(*end)), scale.below(begin.min(*end)));
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
    fn amounts_find_their_place() {
        let scale = Scale::of([units(-50), units(150)], 200);
        let places = [-50, 0, 150].map(|it| (scale.place(units(it)), scale.below(units(it))));
        assert_eq!(places, [(0, 200), (50, 150), (200, 0)]);
        assert_eq!(Scale::of([], 200).place(Money::ZERO), 0);
        let widest = Scale::of([Money::from_micros(i64::MIN), Money::from_micros(i64::MAX)], 200);
        assert_eq!(widest.place(Money::from_micros(i64::MAX)), 200);
    }

    #[test]
    fn gains_are_stacked_above_the_axis_and_losses_below() {
        let scale = Scale::of([units(100), units(-100)], 200);
        let parts = [("a", units(60)), ("b", units(-100)), ("c", units(40)), ("d", Money::ZERO)];
        assert_eq!(stacked(&parts, scale), [("a", 40, 60), ("b", 100, 100), ("c", 0, 40)]);
    }
}
