//! Numbers of the journal and of the outbox. Writers take them before they commit; readers that follow must skip none.
//!
//! SQLite has one writer at a time: numbers appear in their order. On PostgreSQL transactions commit in any order. So a
//! writer first takes a shared lock on the last number in use, and then its own numbers, which are higher. A reader reads
//! the last number first, then the locks: every row up to the lowest locked number is committed or never will be.

use sqlx::FromRow;
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;

use crate::bug;
use crate::bug::Bug;
use crate::domain::ids::TenantId;
use crate::domain::journal::entry::Sequence;
use crate::store::db::{Db, Tx, on};
use crate::store::error::StoreError;
use crate::store::sql::{PostgresStatement, Statement};
use crate::store::tenants::tenant;

/// A numbered table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Numbered {
    Journal,
    Outbox,
}

static LAST: Statement = Statement::each(
    "select coalesce(max((select max(sequence) from entry where entry.tenant_id = tenant.tenant_id)), 0) from tenant",
    "select coalesce(pg_sequence_last_value('journal_sequence'), 0)",
);
static LAST_OF_OUTBOX: Statement = Statement::each(
    "select coalesce(max((select max(sequence) from outbox where outbox.tenant_id = tenant.tenant_id)), 0) from tenant",
    "select coalesce(pg_sequence_last_value('outbox_sequence'), 0)",
);

/// In one statement, to save round trips. The key of a lock is the sequence (its object id) and the low 31 bits of the number.
static TAKE: PostgresStatement = PostgresStatement::new(
    "with held as materialized (select coalesce(hold_books($3), 0) as version),
    last as materialized (
        select coalesce(pg_sequence_last_value('journal_sequence'), 0) as entry,
            coalesce(pg_sequence_last_value('outbox_sequence'), 0) as event),
    locked as materialized (
        select pg_advisory_xact_lock_shared(
                ('journal_sequence'::regclass::oid::bigint << 32 >> 32)::int, (entry & 2147483647)::int),
            pg_advisory_xact_lock_shared(
                ('outbox_sequence'::regclass::oid::bigint << 32 >> 32)::int, (event & 2147483647)::int)
        from last)
    select (select version from held), coalesce(array_agg(nextval('journal_sequence')) filter (where number <= $1::bigint), '{}'),
        coalesce(array_agg(nextval('outbox_sequence')) filter (where number <= $2::bigint), '{}')
    from locked, generate_series(1::bigint, greatest($1::bigint, $2::bigint)) as number",
);

/// Numbers and version of a transaction that writes.
#[derive(Debug)]
pub struct Taken {
    /// Version of the books, which is locked.
    pub books_version: i64,
    /// Numbers for entries, in ascending order.
    pub entries: Vec<Sequence>,
    /// Numbers for events, in ascending order.
    pub events: Vec<Sequence>,
}

/// Takes numbers for entries and for events, and locks the version of the books.
pub async fn take(tx: &mut Tx, tenant: &TenantId, entries: usize, events: usize) -> Result<Taken, StoreError> {
    let number = |count| i64::try_from(count).map_err(|_| bug!("{count} numbers at once"));
    let (entries, events) = (number(entries)?, number(events)?);
    let books_version = if matches!(tx, Tx::Sqlite(_)) { tenant::hold(tx, tenant).await? } else { 0 };
    match tx {
        Tx::Sqlite(tx) => {
            let last: Sequence = sqlx::query_scalar(LAST.on_sqlite()).fetch_one(&mut **tx).await?;
            let last_event: Sequence = sqlx::query_scalar(LAST_OF_OUTBOX.on_sqlite()).fetch_one(&mut **tx).await?;
            Ok(Taken { books_version, entries: behind(last, entries)?, events: behind(last_event, events)? })
        }
        Tx::Postgres(tx) => {
            let taken = sqlx::query_as(TAKE.text()).bind(entries).bind(events).bind(tenant.as_str());
            let (books_version, entries, events) = taken.fetch_one(&mut **tx).await?;
            Ok(Taken { books_version, entries, events })
        }
    }
}

/// The next numbers behind one.
fn behind(last: Sequence, count: i64) -> Result<Vec<Sequence>, Bug> {
    let end = last.checked_add(count).ok_or_else(|| bug!("{count} numbers behind {last}"))?;
    Ok((last..end).map(|number| number + 1).collect())
}

static IN_FLIGHT: PostgresStatement = PostgresStatement::new(
    "select objid::bigint from pg_locks
    where locktype = 'advisory' and granted and objsubid = 2
        and database = (select oid from pg_database where datname = current_database())
        and classid = 'journal_sequence'::regclass::oid",
);
static OUTBOX_IN_FLIGHT: PostgresStatement = PostgresStatement::new(
    "select objid::bigint from pg_locks
    where locktype = 'advisory' and granted and objsubid = 2
        and database = (select oid from pg_database where datname = current_database())
        and classid = 'outbox_sequence'::regclass::oid",
);

/// The last number up to which no row can appear any more. Reads outside of any snapshot.
pub async fn settled(db: &Db, numbered: Numbered) -> Result<Sequence, StoreError> {
    let (last, in_flight) = match numbered {
        Numbered::Journal => (&LAST, &IN_FLIGHT),
        Numbered::Outbox => (&LAST_OF_OUTBOX, &OUTBOX_IN_FLIGHT),
    };
    let pool = match db {
        Db::Sqlite { read, .. } => {
            return Ok(sqlx::query_scalar(last.on_sqlite()).fetch_one(read).await?);
        }
        Db::Postgres { read, .. } => read,
    };
    let last: Sequence = sqlx::query_scalar(last.on_postgres()).fetch_one(pool).await?;
    let locked: Vec<i64> = sqlx::query_scalar(in_flight.text()).fetch_all(pool).await?;
    let before: Option<Sequence> = locked.into_iter().filter_map(|low_bits| unlocked_before(last, low_bits)).min();
    Ok(before.unwrap_or(last))
}

/// Runs a statement that reads rows behind one number and up to another: the two, the tenant and a limit are its
/// parameters.
pub(in crate::store) async fn between_numbers<R>(
    tx: &mut Tx,
    statement: &'static Statement,
    tenant: &TenantId,
    (after, through): (Sequence, Sequence),
    limit: i64,
) -> Result<Vec<R>, StoreError>
where
    R: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin,
{
    let statement = statement.on(tx);
    Ok(on!(tx, connection => {
        sqlx::query_as(statement)
            .bind(after)
            .bind(through)
            .bind(tenant.as_str())
            .bind(limit)
            .fetch_all(connection)
            .await?
    }))
}

/// The number of a lock from its low bits; None if it is higher than the last.
fn unlocked_before(last: Sequence, low_bits: i64) -> Option<Sequence> {
    const BITS: i64 = 0x7fff_ffff;
    let distance = last.wrapping_sub(low_bits) & BITS;
    // No transaction lives for a thousand million numbers: a number that seems so far behind is a later one. The others are
    // at least 0, so that nothing saturates.
    (distance <= BITS / 2).then(|| last.saturating_sub(distance))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_locked_number_is_known_by_its_low_bits() {
        const WRAP: i64 = 1 << 31;
        assert_eq!(unlocked_before(10, 7), Some(7));
        assert_eq!(unlocked_before(10, 10), Some(10));
        assert_eq!(unlocked_before(10, 11), None);
        assert_eq!(unlocked_before(5 * WRAP + 3, WRAP - 2), Some(5 * WRAP - 2));
        assert_eq!(unlocked_before(5 * WRAP - 2, 3), None);
    }
}
