//! The settings of a tenant's ledger, on which decisions depend beside the customers' facts.

use chrono::NaiveDate;

use crate::domain::policy::Policy;

/// The first date of a month that no closing can precede.
const FIRST_DATE: NaiveDate = match NaiveDate::from_ymd_opt(1, 1, 1) {
    Some(date) => date,
    None => NaiveDate::MIN,
};

/// The settings of a tenant's ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LedgerSettings {
    /// Grows with every change: what was decided under an older version is decided again.
    pub version: i64,
    /// The version that brought the policy.
    pub policy_version: i64,
    pub policy: Policy,
    /// The first date of the first open month: everything before is closed (R16).
    pub open_from: NaiveDate,
}

impl Default for LedgerSettings {
    /// New books, in which no month is closed.
    fn default() -> Self {
        Self { version: 0, policy_version: 0, policy: Policy::default(), open_from: FIRST_DATE }
    }
}

impl LedgerSettings {
    /// R16: the date by which reports count what is effective on a date.
    #[must_use]
    pub fn posting_date(&self, effective_date: NaiveDate) -> NaiveDate {
        effective_date.max(self.open_from)
    }
}
