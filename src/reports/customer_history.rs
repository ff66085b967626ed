//! Customers one by one, month by month, from the journal.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use crate::codec::month::Month;
use crate::domain::ids::TenantId;
use crate::domain::journal::customer_activity::ActivitySum;
use crate::reports::error::ReportError;
use crate::reports::scope::Scope;
use crate::store::db::Tx;
use crate::store::reports::customer_activity::{CustomerSum, for_each_sum};

/// Activity of one customer by month; None for everything before the first month.
#[derive(Debug, Default)]
pub(super) struct History {
    customer_id: String,
    pub parts: BTreeMap<Option<Month>, Vec<ActivitySum>>,
}

/// Visits the customers one by one, with their activity from the first month to the last, and before.
pub(super) async fn each_history(
    tx: &mut Tx,
    tenant_id: &TenantId,
    scope: &Scope,
    today: NaiveDate,
    (first, last): (Month, Month),
    mut show: impl FnMut(History) + Send,
) -> Result<(), ReportError> {
    let mut current = History::default();
    let dates = (first.start(), last.last_date());
    // The parts of a customer are consecutive.
    let take = |part: CustomerSum| {
        if part.customer_id != current.customer_id {
            let customer_id = part.customer_id.clone();
            show(std::mem::replace(&mut current, History { customer_id, parts: BTreeMap::new() }));
        }
        current.parts.entry(part.month.map(Month::of)).or_default().push(part.sum);
    };
    for_each_sum(tx, tenant_id, &scope.filter(today), dates, take).await?;
    show(current);
    Ok(())
}
