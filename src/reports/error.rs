//! Why a question has no answer.

use chrono::NaiveDate;

use crate::codec::tabular::table_writer::SheetError;
use crate::domain::ids::{Currency, RateSet};
use crate::domain::money::OutOfRange;
use crate::store::error::StoreError;

/// A report that could not be made.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("a sum is out of range")]
    OutOfRange(#[from] OutOfRange),
    /// No rate is guessed: none is inverted, and none is made of two others.
    #[error(
        "rate set {rate_set} has no rate from {from} to {to} for {date}: neither of that date nor of an earlier one"
    )]
    NoRate { rate_set: RateSet, from: Currency, to: Currency, date: NaiveDate },
    #[error("the work ended badly")]
    Failed,
    #[error(transparent)]
    TableWriter(#[from] SheetError),
}
