//! The list of movements as a table.

use crate::domain::ids::{LineId, SubscriptionId, TenantId};
use crate::form::record::{Value, maybe};
use crate::form::sheet::Sheet;
use crate::reports::error::ReportError;
use crate::store::db::Tx;
use crate::store::entry::Entry;
use crate::store::movement_page::{Cursor, MovementFilter, MovementOrder, page};

/// Entries that are read at once.
const PAGE: i64 = 1_000;

/// As `ListMovements` names them.
pub(super) const COLUMNS: [&str; 25] = [
    "movement_id",
    "level",
    "customer_id",
    "effective_date",
    "posting_date",
    "recorded_at",
    "currency",
    "item_id",
    "subscription_id",
    "line_id",
    "category",
    "subcategory",
    "mrr_delta",
    "mrr_before",
    "mrr_after",
    "quantity_before",
    "quantity_after",
    "quantity_effect",
    "price_effect",
    "renewed_mrr",
    "causes",
    "rules",
    "provisional_until",
    "reverses_movement_id",
    "prior_period_adjustment",
];

/// Entries that are still to come.
#[derive(Debug)]
pub(super) struct Movements {
    filter: MovementFilter,
    order: MovementOrder,
    after: Option<Cursor>,
}

impl Movements {
    pub(super) fn new(filter: MovementFilter, order: MovementOrder) -> Self {
        Self { filter, order, after: None }
    }

    /// Adds the next entries; whether there may be more.
    pub(super) async fn next(
        &mut self,
        tx: &mut Tx,
        tenant_id: &TenantId,
        sheet: &mut Sheet,
    ) -> Result<bool, ReportError> {
        let entries = page(tx, tenant_id, &self.filter, self.order, self.after, PAGE).await?;
        for entry in &entries {
            sheet.push(&values(entry));
        }
        let Some(last) = entries.last() else { return Ok(false) };
        self.after = Some(Cursor { effective_date: last.movement.effective_date, sequence: last.sequence });
        Ok(i64::try_from(entries.len()).is_ok_and(|count| count == PAGE))
    }
}

fn values(entry: &Entry) -> [Value<'_>; 25] {
    use Value::{Causes, Date, Flag, Instant, Money, Quantity, Rules, Text, Whole};
    let it = &entry.movement;
    [
        Whole(entry.sequence),
        Text(it.level.as_str()),
        Text(it.customer_id.as_str()),
        Date(it.effective_date),
        Date(entry.posting_date),
        Instant(entry.recorded_at),
        Text(it.currency.as_str()),
        Text(it.item_id.as_str()),
        maybe(it.subscription_id.as_ref().map(SubscriptionId::as_str), Text),
        maybe(it.line_id.as_ref().map(LineId::as_str), Text),
        Text(it.category.as_str()),
        Text(it.subcategory.as_str()),
        Money(it.delta),
        Money(it.mrr_before),
        Money(it.mrr_after),
        Quantity(it.quantity_before),
        Quantity(it.quantity_after),
        maybe(it.effects.map(|effects| effects.quantity), Money),
        maybe(it.effects.map(|effects| effects.price), Money),
        maybe(it.renewed_mrr, Money),
        Causes(&it.causes),
        Rules(it.rules),
        maybe(it.provisional_until, Date),
        maybe(entry.reverses, Whole),
        Flag(entry.is_adjustment()),
    ]
}
