//! Billing intervals.

use crate::domain::string_enum::string_enum;

string_enum! {
    /// The unit of a billing interval. A year has 12 months, 52 weeks or 365 days (R2).
    IntervalUnit {
        Day = "DAY",
        Week = "WEEK",
        Month = "MONTH",
        Year = "YEAR",
    }
}

/// The most units in one interval: 1,000 months are 83 years.
pub const MAX_INTERVAL_COUNT: u16 = 1_000;

/// A price is charged once in this span: 3 months, 1 year.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Interval {
    unit: IntervalUnit,
    count: u16,
}

impl Interval {
    /// None unless the count is from 1 to [`MAX_INTERVAL_COUNT`].
    #[must_use]
    pub fn new(unit: IntervalUnit, count: u32) -> Option<Self> {
        let count = u16::try_from(count).ok()?;
        (1..=MAX_INTERVAL_COUNT).contains(&count).then_some(Self { unit, count })
    }

    #[must_use]
    pub fn unit(self) -> IntervalUnit {
        self.unit
    }

    #[must_use]
    pub fn count(self) -> u16 {
        self.count
    }

    /// Units in a year (R2).
    #[must_use]
    pub fn units_per_year(self) -> u16 {
        match self.unit {
            IntervalUnit::Day => 365,
            IntervalUnit::Week => 52,
            IntervalUnit::Month => 12,
            IntervalUnit::Year => 1,
        }
    }
}
