//! What the decisions about a tenant's customers depend on, beside the customers' facts.

use chrono::NaiveDate;

use crate::domain::policy::Policy;

/// The state of a tenant's books.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Books {
    /// Grows with every change: what was decided under an older version is decided again.
    pub version: i64,
    /// The version that brought the policy.
    pub policy_version: i64,
    pub policy: Policy,
    /// The first date of the first open month: everything before is closed (R16).
    pub open_from: NaiveDate,
}

impl Default for Books {
    /// New books, in which no month is closed.
    fn default() -> Self {
        let open_from = NaiveDate::from_ymd_opt(1, 1, 1).unwrap_or(NaiveDate::MIN);
        Self { version: 0, policy_version: 0, policy: Policy::default(), open_from }
    }
}

impl Books {
    /// R16: the date by which reports count what is effective on a date.
    #[must_use]
    pub fn posting_date(&self, effective_date: NaiveDate) -> NaiveDate {
        effective_date.max(self.open_from)
    }
}
