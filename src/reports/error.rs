//! Why a question has no answer.

use crate::domain::money::OutOfRange;
use crate::store::error::StoreError;

/// A report that could not be made.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("a sum is out of range")]
    OutOfRange(#[from] OutOfRange),
}
