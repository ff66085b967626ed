//! Calendar months.

use std::fmt;

use chrono::{Datelike, Months, NaiveDate};

use crate::codec::decode::{FIRST_YEAR, parse_date};

/// Calendar month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Month(NaiveDate);

impl Month {
    /// Month of a date.
    #[must_use]
    pub fn of(date: NaiveDate) -> Self {
        Self(date.with_day(1).unwrap_or(date))
    }

    /// Parses `YYYY-MM`.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        const WRONG: &str = "is not a month such as 2026-01";
        if text.is_empty() {
            return Err("is required");
        }
        parse_date(&format!("{text}-01")).map(Self).map_err(|_| WRONG)
    }

    /// First date of the month.
    #[must_use]
    pub fn start(self) -> NaiveDate {
        self.0
    }

    /// First date of the next month.
    #[must_use]
    pub fn end(self) -> NaiveDate {
        self.next().0
    }

    /// Last date of the month.
    #[must_use]
    pub fn last_date(self) -> NaiveDate {
        self.end().pred_opt().unwrap_or(self.0)
    }

    /// Month before.
    #[must_use]
    pub fn previous(self) -> Self {
        Self(self.0.checked_sub_months(Months::new(1)).unwrap_or(self.0))
    }

    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0.checked_add_months(Months::new(1)).unwrap_or(NaiveDate::MAX))
    }

    /// Counts the months from this one to another, both included; 0 if the other is earlier.
    #[must_use]
    pub fn count_to(self, last: Self) -> usize {
        let index =
            |month: Self| i64::from(month.0.year()).saturating_mul(12).saturating_add(i64::from(month.0.month0()));
        let months = index(last).saturating_sub(index(self)).saturating_add(1);
        usize::try_from(months).unwrap_or(0)
    }

    /// First month of a year.
    #[must_use]
    pub fn january(year: i32) -> Option<Self> {
        NaiveDate::from_ymd_opt(year, 1, 1).filter(|_| (FIRST_YEAR..=9999).contains(&year)).map(Self)
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0.format("%Y-%m").to_string())
    }
}
