//! Errors of reports.

use chrono::NaiveDate;

use crate::bug::Bug;
use crate::codec::tabular::table_writer::SheetError;
use crate::domain::error::DomainError;
use crate::domain::ids::{Currency, RateSet};
use crate::domain::money::OutOfRange;
use crate::store::error::StoreError;

/// Failure of a report.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("a sum is out of range")]
    OutOfRange(#[from] OutOfRange),
    /// Rates are never inverted, nor derived from two others.
    #[error(
        "rate set {rate_set} has no rate from {from} to {to} for {date}: neither of that date nor of an earlier one"
    )]
    NoRate { rate_set: RateSet, from: Currency, to: Currency, date: NaiveDate },
    #[error(transparent)]
    Bug(#[from] Bug),
    #[error("the work ended badly")]
    Failed,
    #[error(transparent)]
    TableWriter(#[from] SheetError),
}

impl From<DomainError> for ReportError {
    fn from(error: DomainError) -> Self {
        match error {
            DomainError::OutOfRange(error) => error.into(),
            DomainError::Internal(error) => Bug::from(error).into(),
        }
    }
}
