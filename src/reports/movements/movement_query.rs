//! Which movements: what the database looks for, and what is asked of each entry that it finds.

use std::collections::BTreeSet;

use crate::codec::filter::{Expression, Field, Term, Value, cause_kind};
use crate::domain::ids::{ChangeOrderId, CustomerId, LineId, SubscriptionId, TenantId};
use crate::domain::journal::entry::{Entry, Sequence};
use crate::domain::journal::movement::Cause;
use crate::reports::error::ReportError;
use crate::reports::movements::filter_pushdown::narrowed;
use crate::reports::movements::override_match::overridden;
use crate::store::db::Tx;
use crate::store::journal;
use crate::store::journal::movement_page::{Cursor, EntryRow, MovementFilter, MovementOrder, rows};

/// A filter, and an expression that must hold too.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// Already narrowed by what the expression needs.
    filter: MovementFilter,
    expression: Option<Expression>,
}

/// What an entry does not say by itself.
#[derive(Debug, Default)]
struct Beside {
    reversed: BTreeSet<Sequence>,
    overridden: BTreeSet<Sequence>,
}

impl Selection {
    #[must_use]
    pub fn new(filter: MovementFilter, expression: Option<Expression>) -> Self {
        let filter = expression.as_ref().map_or_else(|| filter.clone(), |expression| narrowed(&filter, expression));
        Self { filter, expression }
    }

    /// Whether every entry that the database finds is one of them.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        self.expression.is_none()
    }

    /// The next entries behind the cursor (None: the first ones) that may be among them.
    pub async fn candidates(
        &self,
        tx: &mut Tx,
        tenant_id: &TenantId,
        order: MovementOrder,
        after: Option<Cursor>,
        limit: i64,
    ) -> Result<Vec<Entry>, ReportError> {
        let rows = self.rows(tx, tenant_id, order, after, limit).await?;
        Ok(rows.into_iter().map(EntryRow::parse).collect::<Result<_, _>>()?)
    }

    /// The same, and leaves it to another to make entries of the rows.
    pub async fn rows(
        &self,
        tx: &mut Tx,
        tenant_id: &TenantId,
        order: MovementOrder,
        after: Option<Cursor>,
        limit: i64,
    ) -> Result<Vec<EntryRow>, ReportError> {
        Ok(rows(tx, tenant_id, &self.filter, order, after, limit).await?)
    }

    /// Those of them that are.
    pub async fn keep(
        &self,
        tx: &mut Tx,
        tenant_id: &TenantId,
        mut entries: Vec<Entry>,
    ) -> Result<Vec<Entry>, ReportError> {
        if let Some(expression) = &self.expression {
            let beside = Beside::read(expression, tx, tenant_id, &entries).await?;
            entries.retain(|entry| expression.holds(|term| beside.passes(term, entry)));
        }
        Ok(entries)
    }
}

impl Beside {
    async fn read(
        expression: &Expression,
        tx: &mut Tx,
        tenant_id: &TenantId,
        entries: &[Entry],
    ) -> Result<Self, ReportError> {
        let is_asked = |field| expression.names(field);
        let mut beside = Self::default();
        if is_asked(Field::Live) {
            let customers: BTreeSet<&CustomerId> = entries.iter().map(|entry| &entry.movement.customer_id).collect();
            let customers: Vec<&CustomerId> = customers.into_iter().collect();
            beside.reversed = journal::reversed(tx, tenant_id, &customers).await?;
        }
        if is_asked(Field::Overridden) {
            beside.overridden = overridden(tx, tenant_id, entries).await?;
        }
        Ok(beside)
    }

    fn passes(&self, term: &Term, entry: &Entry) -> bool {
        let causes = &entry.movement.causes;
        match term.field {
            Field::CauseKind => causes.iter().any(|cause| term.passes(Some(Value::Text(cause_kind(cause))))),
            Field::CauseLineId => causes.iter().any(|cause| term.passes(line(cause))),
            Field::CauseChangeOrderId => causes.iter().any(|cause| term.passes(change_order(cause))),
            Field::Rules => {
                let mut rules = entry.movement.rules.iter();
                rules.any(|rule| term.passes(Some(Value::whole(rule.number().into()))))
            }
            _ => term.passes(self.value(term.field, entry)),
        }
    }

    /// The value of a field; None where it has none, and for lists.
    fn value<'e>(&self, field: Field, entry: &'e Entry) -> Option<Value<'e>> {
        let it = &entry.movement;
        Some(match field {
            Field::MovementId => Value::whole(entry.sequence),
            Field::Level => Value::Text(it.level.as_str()),
            Field::Category => Value::Text(it.category.as_str()),
            Field::Subcategory => Value::Text(it.subcategory.as_str()),
            Field::EffectiveDate => Value::Date(it.effective_date),
            Field::PostingDate => Value::Date(entry.posting_date),
            Field::RecordedAt => Value::Instant(entry.recorded_at),
            Field::CustomerId => Value::Text(it.customer_id.as_str()),
            Field::SubscriptionId => Value::Text(it.subscription_id.as_ref().map(SubscriptionId::as_str)?),
            Field::LineId => Value::Text(it.line_id.as_ref().map(LineId::as_str)?),
            Field::ItemId => Value::Text(it.item_id.as_str()),
            Field::Currency => Value::Text(it.currency.as_str()),
            Field::MrrDelta => Value::money(it.delta),
            Field::MrrBefore => Value::money(it.mrr_before),
            Field::MrrAfter => Value::money(it.mrr_after),
            Field::QuantityBefore => Value::quantity(it.quantity_before),
            Field::QuantityAfter => Value::quantity(it.quantity_after),
            Field::QuantityEffect => Value::money(it.effects?.quantity),
            Field::PriceEffect => Value::money(it.effects?.price),
            Field::RenewedMrr => Value::money(it.renewed_mrr?),
            Field::ProvisionalUntil => Value::Date(it.provisional_until?),
            Field::ReversesMovementId => Value::whole(entry.reverses?),
            Field::PriorPeriodAdjustment => Value::Flag(entry.is_adjustment()),
            Field::Provisional => Value::Flag(it.provisional_until.is_some()),
            Field::Reversal => Value::Flag(entry.reverses.is_some()),
            Field::Live => Value::Flag(entry.reverses.is_none() && !self.reversed.contains(&entry.sequence)),
            Field::Overridden => Value::Flag(self.overridden.contains(&entry.sequence)),
            Field::CauseKind | Field::CauseLineId | Field::CauseChangeOrderId | Field::Rules => return None,
        })
    }
}

fn line(cause: &Cause) -> Option<Value<'_>> {
    match cause {
        Cause::LineStart(line)
        | Cause::TrialEnd(line)
        | Cause::PriceStep(line, _)
        | Cause::NaturalEnd(line)
        | Cause::RenewalLink(line, _) => Some(Value::Text(line.as_str())),
        Cause::ChangeOrder(_) => None,
    }
}

fn change_order(cause: &Cause) -> Option<Value<'_>> {
    match cause {
        Cause::ChangeOrder(order) => Some(Value::Text(ChangeOrderId::as_str(order))),
        _ => None,
    }
}
