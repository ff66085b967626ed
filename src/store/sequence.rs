//! The numbers of the journal: taken by writers before they commit, followed by readers who must skip none.
//!
//! SQLite has one writer at a time: numbers appear in their order. On PostgreSQL transactions commit in any order. So a
//! writer first takes a shared lock on the last number that is taken, and then its own, which are higher. A reader who
//! sees which number was the last, and only then which locks are held, knows that every entry up to the lowest of them
//! is committed or never will be.

use super::db::{Db, Statement, Tx};
use super::entry::Sequence;
use super::error::StoreError;

pub(super) const LAST: Statement = Statement {
    sqlite: "select coalesce(max(sequence), 0) from entry",
    postgres: "select coalesce(pg_sequence_last_value('journal_sequence'), 0)",
};

/// The lock's key is the sequence (its object id) and the low 31 bits of the number.
pub(super) const TAKE: Statement = Statement {
    sqlite: LAST.sqlite,
    postgres: "
        with last as materialized (select coalesce(pg_sequence_last_value('journal_sequence'), 0) as number),
        locked as materialized (
            select pg_advisory_xact_lock_shared(
                ('journal_sequence'::regclass::oid::bigint << 32 >> 32)::int, (number & 2147483647)::int)
            from last)
        select array_agg(nextval('journal_sequence')) from locked, generate_series(1, $1)",
};

/// Takes numbers for entries, in rising order.
pub async fn take(tx: &mut Tx, count: usize) -> Result<Vec<Sequence>, StoreError> {
    let wanted = i64::try_from(count).unwrap_or(i64::MAX);
    match tx {
        _ if count == 0 => Ok(Vec::new()),
        Tx::Sqlite(tx) => {
            let last: Sequence = sqlx::query_scalar(TAKE.sqlite).fetch_one(&mut **tx).await?;
            Ok((last.saturating_add(1)..=last.saturating_add(wanted)).collect())
        }
        Tx::Postgres(tx) => Ok(sqlx::query_scalar(TAKE.postgres).bind(wanted).fetch_one(&mut **tx).await?),
    }
}

pub(super) const IN_FLIGHT: &str = "
    select objid::bigint from pg_locks
    where locktype = 'advisory' and granted and objsubid = 2
        and database = (select oid from pg_database where datname = current_database())
        and classid = 'journal_sequence'::regclass::oid";

/// The last number up to which no entry can appear any more. Not to be asked in a transaction that sees one state.
pub async fn settled(db: &Db) -> Result<Sequence, StoreError> {
    let pool = match db {
        Db::Sqlite { read, .. } => {
            return Ok(sqlx::query_scalar(LAST.sqlite).fetch_one(read).await?);
        }
        Db::Postgres { read, .. } => read,
    };
    let last: Sequence = sqlx::query_scalar(LAST.postgres).fetch_one(pool).await?;
    let locked: Vec<i64> = sqlx::query_scalar(IN_FLIGHT).fetch_all(pool).await?;
    let before: Option<Sequence> = locked.into_iter().filter_map(|low_bits| unlocked_before(last, low_bits)).min();
    Ok(before.unwrap_or(last))
}

/// The locked number in full, from its low bits; None if it is higher than the last.
fn unlocked_before(last: Sequence, low_bits: i64) -> Option<Sequence> {
    const BITS: i64 = 0x7fff_ffff;
    let distance = last.wrapping_sub(low_bits) & BITS;
    // No transaction lives for a thousand million numbers: what seems so far behind was taken since.
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
