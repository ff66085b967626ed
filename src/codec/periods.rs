//! Periods of a report.

use chrono::NaiveDate;

use crate::codec::granularity::Granularity;
use crate::codec::month::Month;

/// Consecutive whole periods.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Periods {
    granularity: Granularity,
    first: NaiveDate,
    last: NaiveDate,
}

impl Periods {
    /// Periods from the one that contains a date to the one that contains another.
    #[must_use]
    pub fn of(granularity: Granularity, (from, to): (NaiveDate, NaiveDate)) -> Self {
        Self { granularity, first: granularity.start_of(from), last: granularity.last_date_of(to) }
    }

    /// Periods from one month to another.
    #[must_use]
    pub fn months(first: Month, last: Month) -> Self {
        Self::of(Granularity::Month, (first.start(), last.last_date()))
    }

    #[must_use]
    pub fn granularity(&self) -> Granularity {
        self.granularity
    }

    /// First date of the first period.
    #[must_use]
    pub fn first(&self) -> NaiveDate {
        self.first
    }

    /// Last date of the last period.
    #[must_use]
    pub fn last(&self) -> NaiveDate {
        self.last
    }

    /// Lists the first and last date of each period at a granularity.
    pub fn by(&self, granularity: Granularity) -> impl Iterator<Item = (NaiveDate, NaiveDate)> + use<> {
        let last = self.last;
        let dates = std::iter::successors(Some(self.first), move |start| granularity.last_date_of(*start).succ_opt());
        dates.take_while(move |start| *start <= last).map(move |start| (start, granularity.last_date_of(start)))
    }

    /// Number of periods.
    #[must_use]
    pub fn count(&self) -> usize {
        self.by(self.granularity).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_are_whole() {
        let date = |text: &str| text.parse::<NaiveDate>().unwrap();
        let shown = |granularity, from: &str, to: &str| {
            let periods = Periods::of(granularity, (date(from), date(to)));
            let all: Vec<String> = periods.by(granularity).map(|(first, last)| format!("{first} {last}")).collect();
            assert_eq!(periods.count(), all.len());
            all
        };
        assert_eq!(shown(Granularity::Day, "2028-02-28", "2028-03-01").len(), 3);
        assert_eq!(shown(Granularity::Month, "2028-02-28", "2028-02-01"), ["2028-02-01 2028-02-29"]);
        assert_eq!(
            shown(Granularity::Quarter, "2025-11-20", "2026-01-01"),
            ["2025-10-01 2025-12-31", "2026-01-01 2026-03-31"]
        );
        assert_eq!(shown(Granularity::Year, "2026-05-05", "2026-05-05"), ["2026-01-01 2026-12-31"]);
        // The last date that can be represented.
        assert_eq!(shown(Granularity::Day, "9999-12-31", "9999-12-31").len(), 1);
        assert_eq!(shown(Granularity::Month, "9999-12-31", "9999-12-31").len(), 1);
    }
}
