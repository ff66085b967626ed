//! The months or dates of a report.

use anyhow::Context;
use chrono::NaiveDate;
use clap::{Args, ValueEnum};
use deltabook::clock::Clock;
use deltabook::codec::decode::parse_date;
use deltabook::codec::month::Month;
use deltabook::grpc::v1;

use crate::cli::shared::target::month_option;

/// From which month to which.
#[derive(Debug, Args)]
pub struct MonthArgs {
    /// The months of this year (default: this year)
    #[arg(long, conflicts_with_all = ["from", "to"], value_name = "YEAR")]
    year: Option<i32>,

    /// The first month, YYYY-MM
    #[arg(long, requires = "to", value_name = "MONTH", value_parser = month_option)]
    from: Option<Month>,

    /// The last month, YYYY-MM
    #[arg(long, requires = "from", value_name = "MONTH", value_parser = month_option)]
    to: Option<Month>,
}

impl MonthArgs {
    /// The first and the last, as they go to the service.
    pub fn to_wire(&self) -> anyhow::Result<(String, String)> {
        if let (Some(from), Some(to)) = (&self.from, &self.to) {
            return Ok((from.to_string(), to.to_string()));
        }
        of_year(self.year)
    }
}

/// The first and the last month of a year, or of this one.
fn of_year(year: Option<i32>) -> anyhow::Result<(String, String)> {
    let year = year.unwrap_or_else(|| chrono::Datelike::year(&Clock::system().today()));
    let january = Month::january(year).context("the year is not from 1900 to 9999")?;
    Ok((january.to_string(), format!("{year:04}-12")))
}

/// From which month or date to which.
#[derive(Debug, Args)]
pub struct SpanArgs {
    /// The months of this year (default: this year)
    #[arg(long, conflicts_with_all = ["from", "to"], value_name = "YEAR")]
    year: Option<i32>,

    /// The first month, YYYY-MM, or date, YYYY-MM-DD
    #[arg(long, requires = "to", value_name = "MONTH", value_parser = when_option)]
    from: Option<When>,

    /// The last month, YYYY-MM, or date, YYYY-MM-DD
    #[arg(long, requires = "from", value_name = "MONTH", value_parser = when_option)]
    to: Option<When>,
}

/// A month, or a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum When {
    Month(Month),
    Date(NaiveDate),
}

fn when_option(text: &str) -> Result<When, &'static str> {
    let date = parse_date(text).map(When::Date);
    date.or_else(|_| Month::parse(text).map(When::Month)).map_err(|_| "is neither a month such as 2026-01 nor a date")
}

/// The first and the last month, or date, as they go to the service; what is not given is empty.
#[derive(Debug, Default)]
pub struct Span {
    pub months: (String, String),
    pub dates: (String, String),
}

impl SpanArgs {
    pub fn to_wire(&self) -> anyhow::Result<Span> {
        let none = || (String::new(), String::new());
        let Some((from, to)) = self.from.zip(self.to) else {
            return Ok(Span { months: of_year(self.year)?, dates: none() });
        };
        if let (When::Month(from), When::Month(to)) = (from, to) {
            return Ok(Span { months: (from.to_string(), to.to_string()), dates: none() });
        }
        let date = |when, of_month: fn(Month) -> NaiveDate| match when {
            When::Month(month) => of_month(month),
            When::Date(date) => date,
        };
        let dates = (date(from, Month::start).to_string(), date(to, Month::last_date).to_string());
        Ok(Span { months: none(), dates })
    }
}

/// How long a period of the waterfall is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum StepArg {
    Day,
    Month,
    Quarter,
    Year,
}

impl StepArg {
    pub fn to_wire(self) -> i32 {
        match self.period() {
            None => v1::Granularity::Day.into(),
            Some(period) => period.to_wire(),
        }
    }

    /// The heading of a column of periods.
    pub fn heading(self) -> &'static str {
        self.period().map_or("day", PeriodArg::heading)
    }

    /// How much of a first date says which period it is.
    pub fn shown(self, start: &str) -> String {
        let characters = if self.period().is_none() { start.len() } else { 7 };
        start.chars().take(characters).collect()
    }

    /// None: a day.
    fn period(self) -> Option<PeriodArg> {
        match self {
            Self::Day => None,
            Self::Month => Some(PeriodArg::Month),
            Self::Quarter => Some(PeriodArg::Quarter),
            Self::Year => Some(PeriodArg::Year),
        }
    }
}

/// How long a period is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PeriodArg {
    Month,
    Quarter,
    Year,
}

impl PeriodArg {
    pub fn to_wire(self) -> i32 {
        let granularity = match self {
            Self::Month => v1::Granularity::Month,
            Self::Quarter => v1::Granularity::Quarter,
            Self::Year => v1::Granularity::Year,
        };
        granularity.into()
    }

    /// The heading of a column of periods.
    pub fn heading(self) -> &'static str {
        match self {
            Self::Month => "month",
            Self::Quarter => "quarter from",
            Self::Year => "year from",
        }
    }
}
