//! What a report is about, and how it sees the journal.

use chrono::{DateTime, NaiveDate, Utc};

use crate::codec::month::Month;
use crate::domain::ids::{Currency, CustomerId, TenantId};
use crate::domain::journal::movement::Level;
use crate::reports::error::ReportError;
use crate::store::db::Tx;
use crate::store::reports::sums::{SumFilter, View};
use crate::store::tenants::tenant;

/// Whose amounts, which of them, and as seen when.
#[derive(Debug, Clone)]
pub struct Scope {
    pub level: Level,
    /// None: all, each on its own.
    pub currency: Option<Currency>,
    /// None: all together.
    pub customer: Option<CustomerId>,
    pub view: View,
    /// As the journal was known at this instant; None: now.
    pub known_at: Option<DateTime<Utc>>,
}

/// A report on whole months.
#[derive(Debug, Clone)]
pub struct MonthsQuery {
    pub scope: Scope,
    pub first: Month,
    pub last: Month,
}

impl Scope {
    /// The date in the books' time zone at which the report is made, or would have been.
    pub(super) async fn today(
        &self,
        tx: &mut Tx,
        tenant_id: &TenantId,
        now: DateTime<Utc>,
    ) -> Result<NaiveDate, ReportError> {
        Ok(tenant::books(tx, tenant_id).await?.policy.date_of(self.known_at.unwrap_or(now)))
    }

    /// What to add up; provisional movements count from their date on (R11).
    pub(super) fn filter(&self, today: NaiveDate) -> SumFilter<'_> {
        SumFilter {
            level: self.level,
            currency: self.currency,
            customer: self.customer.as_ref(),
            view: self.view,
            known_at: self.known_at,
            today,
        }
    }
}
