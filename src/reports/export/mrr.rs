//! Export of MRR of each customer at the end of each month.

use chrono::NaiveDate;

use crate::codec::month::Month;
use crate::codec::tabular::row_writer::{Cell, CellType, TableColumn};
use crate::codec::tabular::table_writer::TableWriter;
use crate::domain::ids::{Currency, CustomerId, TenantId};
use crate::domain::money::Money;
use crate::reports::error::ReportError;
use crate::reports::scope::MonthsQuery;
use crate::store::db::Tx;
use crate::store::facts::customer;
use crate::store::reports::customer_months::{CustomerMonth, of_customers};
use crate::store::totals::movement_total::Sum;

/// Customers in a query.
const PAGE: i64 = 500;

pub(super) const COLUMNS: [TableColumn; 6] = [
    TableColumn::new("customer_id", CellType::Text),
    TableColumn::new("month", CellType::Date),
    TableColumn::new("level", CellType::Text),
    TableColumn::new("currency", CellType::Text),
    TableColumn::new("mrr", CellType::Money),
    TableColumn::new("arr", CellType::Money),
];

/// Remaining customers.
#[derive(Debug)]
pub(super) struct CustomerMrr {
    tx: Tx,
    tenant_id: TenantId,
    query: MonthsQuery,
    today: NaiveDate,
    after: Option<CustomerId>,
}

impl CustomerMrr {
    pub(super) fn new(tx: Tx, tenant_id: TenantId, query: MonthsQuery, today: NaiveDate) -> Self {
        Self { tx, tenant_id, query, today, after: None }
    }

    /// Adds the next customers; false at the end.
    pub(super) async fn next(&mut self, sheet: &mut TableWriter) -> Result<bool, ReportError> {
        let (tx, tenant_id) = (&mut self.tx, &self.tenant_id);
        let customers = match &self.query.scope.customer {
            Some(customer) => vec![customer.clone()],
            None => customer::page(tx, tenant_id, self.after.as_ref(), PAGE).await?,
        };
        let (Some(from), Some(to)) = (customers.first(), customers.last()) else { return Ok(false) };
        let dates = (self.query.first.start(), self.query.last.last_date());
        let filter = self.query.scope.filter(self.today);
        let sums = of_customers(tx, tenant_id, &filter, (from, to), dates).await?;
        let sums: Vec<(CustomerMonth, Sum)> = sums.into_iter().collect();
        for sums in sums.chunk_by(|(a, _), (b, _)| (&a.customer_id, a.currency) == (&b.customer_id, b.currency)) {
            self.add(sums, sheet)?;
        }
        self.after = Some(to.clone());
        Ok(self.query.scope.customer.is_none())
    }

    /// Emits the months of a customer in one currency that end with MRR.
    fn add(&self, sums: &[(CustomerMonth, Sum)], sheet: &mut TableWriter) -> Result<(), ReportError> {
        let Some((CustomerMonth { customer_id, currency, .. }, _)) = sums.first() else { return Ok(()) };
        let mut sums = sums.iter().peekable();
        let (mut total, mut month) = (Sum::default(), self.query.first);
        while month <= self.query.last {
            while let Some((_, sum)) = sums.next_if(|(key, _)| key.month <= Some(month.start())) {
                total.add(*sum);
            }
            let mrr = total.money()?;
            if !mrr.is_zero() {
                sheet.push(&self.row(customer_id, month, currency, mrr)?)?;
            }
            month = month.next();
        }
        Ok(())
    }

    fn row<'v>(
        &self,
        customer_id: &'v CustomerId,
        month: Month,
        currency: &'v Currency,
        mrr: Money,
    ) -> Result<[Cell<'v>; 6], ReportError> {
        Ok([
            Cell::Text(customer_id.as_str()),
            Cell::Date(month.start()),
            Cell::Text(self.query.scope.level.as_str()),
            Cell::Text(currency.as_str()),
            Cell::Money(mrr),
            Cell::Money(mrr.per_year()?),
        ])
    }
}
