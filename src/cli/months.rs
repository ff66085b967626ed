//! The months of a report.

use anyhow::Context;
use clap::{Args, ValueEnum};
use deltabook::clock::Clock;
use deltabook::form::month::Month;
use deltabook::grpc::v1;

use super::ask::month_option;

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
        let year = self.year.unwrap_or_else(|| chrono::Datelike::year(&Clock::system().today()));
        let january = Month::january(year).context("the year is not from 1900 to 9999")?;
        Ok((january.to_string(), format!("{year:04}-12")))
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
