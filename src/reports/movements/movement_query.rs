//! Which movements: what the database looks for, and what is asked of each entry that it finds.

use std::collections::BTreeSet;

use crate::codec::filter::{DerivedField, Expression, Field, Operand, Term, cause_kind};
use crate::codec::tabular::row_writer::Cell;
use crate::domain::ids::{ChangeOrderId, CustomerId, TenantId};
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
        if is_asked(Field::Derived(DerivedField::Live)) {
            let customers: BTreeSet<&CustomerId> = entries.iter().map(|entry| &entry.movement.customer_id).collect();
            let customers: Vec<&CustomerId> = customers.into_iter().collect();
            beside.reversed = journal::reversed(tx, tenant_id, &customers).await?;
        }
        if is_asked(Field::Derived(DerivedField::Overridden)) {
            beside.overridden = overridden(tx, tenant_id, entries).await?;
        }
        Ok(beside)
    }

    fn passes(&self, term: &Term, entry: &Entry) -> bool {
        let causes = &entry.movement.causes;
        let is = |flag| term.passes(Some(Operand::Flag(flag)));
        match term.field {
            Field::Entry(field) => match field.cell(entry) {
                Cell::Rules(rules) => rules.iter().any(|rule| term.passes(Some(Operand::whole(rule.number().into())))),
                cell => term.passes(Operand::of(&cell)),
            },
            Field::Derived(field) => match field {
                DerivedField::CauseKind => {
                    causes.iter().any(|cause| term.passes(Some(Operand::Text(cause_kind(cause)))))
                }
                DerivedField::CauseLineId => causes.iter().any(|cause| term.passes(line(cause))),
                DerivedField::CauseChangeOrderId => causes.iter().any(|cause| term.passes(change_order(cause))),
                DerivedField::Provisional => is(entry.movement.provisional_until.is_some()),
                DerivedField::Reversal => is(entry.reverses.is_some()),
                DerivedField::Live => is(entry.reverses.is_none() && !self.reversed.contains(&entry.sequence)),
                DerivedField::Overridden => is(self.overridden.contains(&entry.sequence)),
            },
        }
    }
}

fn line(cause: &Cause) -> Option<Operand<'_>> {
    match cause {
        Cause::LineStart(line)
        | Cause::TrialEnd(line)
        | Cause::PriceStep(line, _)
        | Cause::NaturalEnd(line)
        | Cause::RenewalLink(line, _) => Some(Operand::Text(line.as_str())),
        Cause::ChangeOrder(_) => None,
    }
}

fn change_order(cause: &Cause) -> Option<Operand<'_>> {
    match cause {
        Cause::ChangeOrder(order) => Some(Operand::Text(ChangeOrderId::as_str(order))),
        _ => None,
    }
}
