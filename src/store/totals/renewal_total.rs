//! Totals of renewals beside the journal: renewed and lapsed MRR, written in the transaction of the entries.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use crate::codec::month::Month;
use crate::domain::ids::TenantId;
use crate::domain::journal::entry::Entry;
use crate::domain::journal::movement::RenewalOutcome;
use crate::store::db::{Column, Insert, SqlType, Tx, on};
use crate::store::error::StoreError;
use crate::store::sql::Statement;
use crate::store::totals::movement_total::{ALWAYS, Sum};

/// Key of a row, in the order of the table.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RenewalKey {
    /// First date of the month.
    pub month: NaiveDate,
    pub currency: String,
    pub counts_from: NaiveDate,
}

/// Renewed and lapsed MRR of terms at their natural end, without the number of movements.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RenewalSum {
    pub renewed: Sum,
    pub lapsed: Sum,
}

/// Sums of some entries.
pub type RenewalTotals = BTreeMap<RenewalKey, RenewalSum>;

/// Adds an entry, if a term ended with it (R9, R11).
///
/// # Errors
/// [`StoreError::Corrupt`] for a renewal without its MRR.
pub fn add_entry(totals: &mut RenewalTotals, entry: &Entry) -> Result<(), StoreError> {
    let movement = &entry.movement;
    let (renewed, lapsed) = match movement.renewal_outcome() {
        None => return Ok(()),
        Some(RenewalOutcome::Renewed) => {
            let missing = || StoreError::corrupt("entry", entry.sequence, "renewed_mrr_micros", "is missing");
            (i128::from(movement.renewed_mrr.ok_or_else(missing)?.micros()), 0)
        }
        Some(RenewalOutcome::Lapsed) => (0, -i128::from(movement.delta.micros())),
    };
    let key = RenewalKey {
        month: Month::of(entry.posting_date).start(),
        currency: movement.currency.to_string(),
        counts_from: movement.provisional_until.unwrap_or(ALWAYS),
    };
    let sum = totals.entry(key).or_default();
    sum.renewed.add(Sum { delta: renewed, movements: 0 });
    sum.lapsed.add(Sum { delta: lapsed, movements: 0 });
    Ok(())
}

pub(in crate::store) static ADD: Insert = Insert::new(
    "renewal_total",
    &[
        ("tenant_id", SqlType::Text),
        ("posting_month", SqlType::Date),
        ("currency", SqlType::Text),
        ("counts_from", SqlType::Date),
        ("shard", SqlType::Small),
        ("renewed_units", SqlType::Integer),
        ("renewed_micros", SqlType::Integer),
        ("lapsed_units", SqlType::Integer),
        ("lapsed_micros", SqlType::Integer),
    ],
    "on conflict (tenant_id, posting_month, currency, counts_from, shard) do update
    set renewed_units = renewal_total.renewed_units + excluded.renewed_units,
        renewed_micros = renewal_total.renewed_micros + excluded.renewed_micros,
        lapsed_units = renewal_total.lapsed_units + excluded.lapsed_units,
        lapsed_micros = renewal_total.lapsed_micros + excluded.lapsed_micros",
);

/// Adds to the totals of a shard.
pub async fn add(tx: &mut Tx, tenant: &TenantId, shard: i16, totals: &RenewalTotals) -> Result<(), StoreError> {
    // Amounts that cancel within one commit change no row.
    let rows: Vec<(&RenewalKey, &RenewalSum)> =
        totals.iter().filter(|(_, sum)| **sum != RenewalSum::default()).collect();
    let renewed: Vec<(i64, i64)> = rows.iter().map(|(_, sum)| sum.renewed.parts()).collect::<Result<_, _>>()?;
    let lapsed: Vec<(i64, i64)> = rows.iter().map(|(_, sum)| sum.lapsed.parts()).collect::<Result<_, _>>()?;
    let units = |parts: &[(i64, i64)]| Column::Integer(parts.iter().map(|(units, _)| *units).collect());
    let micros = |parts: &[(i64, i64)]| Column::Integer(parts.iter().map(|(_, micros)| *micros).collect());
    let columns = vec![
        Column::Text(vec![tenant.as_str(); rows.len()]),
        Column::Date(rows.iter().map(|(key, _)| key.month).collect()),
        Column::Text(rows.iter().map(|(key, _)| key.currency.as_str()).collect()),
        Column::Date(rows.iter().map(|(key, _)| key.counts_from).collect()),
        Column::Small(vec![shard; rows.len()]),
        units(&renewed),
        micros(&renewed),
        units(&lapsed),
        micros(&lapsed),
    ];
    ADD.run(tx, rows.len(), columns).await?;
    Ok(())
}

static READ: Statement = Statement::new(
    "select posting_month as month, currency, counts_from,
        cast(sum(renewed_units) as bigint) as renewed_units,
        cast(sum(renewed_micros) as bigint) as renewed_micros,
        cast(sum(lapsed_units) as bigint) as lapsed_units,
        cast(sum(lapsed_micros) as bigint) as lapsed_micros
    from renewal_total where tenant_id = $1
    group by 1, 2, 3",
);

#[derive(sqlx::FromRow)]
struct RenewalRow {
    month: NaiveDate,
    currency: String,
    counts_from: NaiveDate,
    renewed_units: i64,
    renewed_micros: i64,
    lapsed_units: i64,
    lapsed_micros: i64,
}

/// Reads all totals of a tenant, the shards added up.
pub async fn read(tx: &mut Tx, tenant: &TenantId) -> Result<RenewalTotals, StoreError> {
    let statement = READ.on(tx);
    let rows: Vec<RenewalRow> = on!(tx, connection => {
        sqlx::query_as(statement).bind(tenant.as_str()).fetch_all(connection).await?
    });
    let parsed = rows.into_iter().map(|row| {
        let key = RenewalKey { month: row.month, currency: row.currency, counts_from: row.counts_from };
        let renewed = Sum::of_parts(row.renewed_units, row.renewed_micros, 0);
        (key, RenewalSum { renewed, lapsed: Sum::of_parts(row.lapsed_units, row.lapsed_micros, 0) })
    });
    Ok(parsed.collect())
}
