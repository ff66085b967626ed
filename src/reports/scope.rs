//! Scope of a report, and its view of the journal.

use chrono::{DateTime, NaiveDate, Utc};

use crate::codec::month::Month;
use crate::domain::ids::{Currency, CustomerId, TenantId};
use crate::domain::journal::movement::Level;
use crate::reports::error::ReportError;
use crate::store::db::Tx;
use crate::store::reports::sums::{SumFilter, View};
use crate::store::tenants::tenant;

/// Scope: level, currency, customer, and view of the journal.
#[derive(Debug, Clone)]
pub struct Scope {
    pub level: Level,
    /// None: all currencies, each on its own.
    pub currency: Option<Currency>,
    /// None: all customers together.
    pub customer: Option<CustomerId>,
    pub view: View,
    /// Journal as known at this instant; None: now.
    pub known_at: Option<DateTime<Utc>>,
}

/// Scope of a report by whole months.
#[derive(Debug, Clone)]
pub struct MonthsQuery {
    pub scope: Scope,
    pub first: Month,
    pub last: Month,
}

impl Scope {
    /// Date of the report in the books' time zone.
    pub(super) async fn today(
        &self,
        tx: &mut Tx,
        tenant_id: &TenantId,
        now: DateTime<Utc>,
    ) -> Result<NaiveDate, ReportError> {
        Ok(tenant::books(tx, tenant_id).await?.policy.date_of(self.known_at.unwrap_or(now)))
    }

    /// Parameters of the sums; provisional movements count from their date on (R11).
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
