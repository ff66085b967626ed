//! Granularity of a report.

use chrono::{Datelike, NaiveDate};

use crate::codec::month::Month;

/// Length of a period: a day, or whole months.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Granularity {
    Day,
    #[default]
    Month,
    Quarter,
    Year,
}

impl Granularity {
    /// Months in a period; a day is in one.
    const fn months(self) -> u32 {
        match self {
            Self::Day | Self::Month => 1,
            Self::Quarter => 3,
            Self::Year => 12,
        }
    }

    /// Finds the first month of the period that contains a month.
    #[must_use]
    pub fn first_of(self, month: Month) -> Month {
        (0..month.start().month0() % self.months()).fold(month, |month, _| month.previous())
    }

    /// Finds the last month of that period.
    #[must_use]
    pub fn last_of(self, month: Month) -> Month {
        (1..self.months()).fold(self.first_of(month), |month, _| month.next())
    }

    /// Finds the first date of the period that contains a date.
    #[must_use]
    pub fn start_of(self, date: NaiveDate) -> NaiveDate {
        match self {
            Self::Day => date,
            Self::Month | Self::Quarter | Self::Year => self.first_of(Month::of(date)).start(),
        }
    }

    /// Finds the last date of that period.
    #[must_use]
    pub fn last_date_of(self, date: NaiveDate) -> NaiveDate {
        match self {
            Self::Day => date,
            Self::Month | Self::Quarter | Self::Year => self.last_of(Month::of(date)).last_date(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_is_in_its_quarter_and_year() {
        let ends = |granularity: Granularity, month: &str| {
            let month = Month::parse(month).unwrap();
            format!("{} {}", granularity.first_of(month), granularity.last_of(month))
        };
        assert_eq!(ends(Granularity::Month, "2026-05"), "2026-05 2026-05");
        assert_eq!(ends(Granularity::Quarter, "2026-05"), "2026-04 2026-06");
        assert_eq!(ends(Granularity::Quarter, "2026-12"), "2026-10 2026-12");
        assert_eq!(ends(Granularity::Year, "2026-05"), "2026-01 2026-12");
    }
}
