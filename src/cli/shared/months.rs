//! Options for the range of months or dates of a report.

use anyhow::Context;
use chrono::NaiveDate;
use clap::{Args, ValueEnum};
use deltabook::clock::Clock;
use deltabook::codec::decode::parse_date;
use deltabook::codec::month::Month;
use deltabook::grpc::v1;

use crate::cli::shared::target::month_option;

/// A range of months.
#[derive(Debug, Args)]
pub struct MonthRangeArgs {
    /// Months of this year [default: the current year]
    #[arg(long, conflicts_with_all = ["from", "to"], value_name = "YEAR")]
    year: Option<i32>,

    /// First month, YYYY-MM
    #[arg(long, requires = "to", value_name = "MONTH", value_parser = month_option)]
    from: Option<Month>,

    /// Last month, YYYY-MM
    #[arg(long, requires = "from", value_name = "MONTH", value_parser = month_option)]
    to: Option<Month>,
}

impl MonthRangeArgs {
    /// The first and the last month in wire format.
    pub fn to_wire(&self) -> anyhow::Result<(String, String)> {
        if let (Some(from), Some(to)) = (&self.from, &self.to) {
            return Ok((from.to_string(), to.to_string()));
        }
        of_year(self.year)
    }
}

/// The first and the last month of a year, by default the current one.
fn of_year(year: Option<i32>) -> anyhow::Result<(String, String)> {
    let year = year.unwrap_or_else(|| chrono::Datelike::year(&Clock::system().today()));
    let january = Month::january(year).context("the year must be from 1900 to 9999")?;
    Ok((january.to_string(), format!("{year:04}-12")))
}

/// A range of months or dates.
#[derive(Debug, Args)]
pub struct RangeArgs {
    /// Months of this year [default: the current year]
    #[arg(long, conflicts_with_all = ["from", "to"], value_name = "YEAR")]
    year: Option<i32>,

    /// First month, YYYY-MM, or date, YYYY-MM-DD
    #[arg(long, requires = "to", value_name = "MONTH", value_parser = month_or_date_option)]
    from: Option<MonthOrDate>,

    /// Last month, YYYY-MM, or date, YYYY-MM-DD
    #[arg(long, requires = "from", value_name = "MONTH", value_parser = month_or_date_option)]
    to: Option<MonthOrDate>,
}

/// A month or a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum MonthOrDate {
    Month(Month),
    Date(NaiveDate),
}

fn month_or_date_option(text: &str) -> Result<MonthOrDate, &'static str> {
    let date = parse_date(text).map(MonthOrDate::Date);
    date.or_else(|_| Month::parse(text).map(MonthOrDate::Month))
        .map_err(|_| "is neither a month such as 2026-01 nor a date such as 2026-01-31")
}

/// A range of months or of dates in wire format; the other pair is empty.
#[derive(Debug, Default)]
pub struct WireRange {
    pub months: (String, String),
    pub dates: (String, String),
}

impl RangeArgs {
    pub fn to_wire(&self) -> anyhow::Result<WireRange> {
        let none = || (String::new(), String::new());
        let Some((from, to)) = self.from.zip(self.to) else {
            return Ok(WireRange { months: of_year(self.year)?, dates: none() });
        };
        if let (MonthOrDate::Month(from), MonthOrDate::Month(to)) = (from, to) {
            return Ok(WireRange { months: (from.to_string(), to.to_string()), dates: none() });
        }
        let date = |value, of_month: fn(Month) -> NaiveDate| match value {
            MonthOrDate::Month(month) => of_month(month),
            MonthOrDate::Date(date) => date,
        };
        let dates = (date(from, Month::start).to_string(), date(to, Month::last_date).to_string());
        Ok(WireRange { months: none(), dates })
    }
}

/// Granularity of the waterfall.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum GranularityArg {
    Day,
    Month,
    Quarter,
    Year,
}

impl GranularityArg {
    pub fn to_wire(self) -> i32 {
        match self.period() {
            None => v1::Granularity::Day.into(),
            Some(period) => period.to_wire(),
        }
    }

    /// Heading of the period column.
    pub fn heading(self) -> &'static str {
        self.period().map_or("day", CohortPeriodArg::heading)
    }

    /// Label of a period, from its first date.
    pub fn shown(self, start: &str) -> String {
        let characters = if self.period().is_none() { start.len() } else { 7 };
        start.chars().take(characters).collect()
    }

    /// `None` for a day.
    fn period(self) -> Option<CohortPeriodArg> {
        match self {
            Self::Day => None,
            Self::Month => Some(CohortPeriodArg::Month),
            Self::Quarter => Some(CohortPeriodArg::Quarter),
            Self::Year => Some(CohortPeriodArg::Year),
        }
    }
}

/// Granularity of cohorts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum CohortPeriodArg {
    Month,
    Quarter,
    Year,
}

impl CohortPeriodArg {
    pub fn to_wire(self) -> i32 {
        let granularity = match self {
            Self::Month => v1::Granularity::Month,
            Self::Quarter => v1::Granularity::Quarter,
            Self::Year => v1::Granularity::Year,
        };
        granularity.into()
    }

    /// Heading of the period column.
    pub fn heading(self) -> &'static str {
        match self {
            Self::Month => "month",
            Self::Quarter => "quarter from",
            Self::Year => "year from",
        }
    }
}
