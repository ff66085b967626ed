//! Multi-row statements for SQLite.

use sqlx::sqlite::SqliteArguments;
use sqlx::{Sqlite, SqliteConnection};

use crate::store::db::Instant;
use crate::store::db::insert::{Column, Insert};
use crate::store::error::StoreError;

/// Rows of a statement: the input is cut into chunks of these sizes.
pub(super) const CHUNKS: [usize; 4] = [256, 32, 4, 1];

type Query<'q> = sqlx::query::Query<'q, Sqlite, SqliteArguments>;

impl Insert {
    pub(super) async fn insert_on_sqlite(
        &'static self,
        connection: &mut SqliteConnection,
        rows: usize,
        columns: &[Column<'_>],
    ) -> Result<u64, StoreError> {
        let mut pieces = pieces(rows).filter_map(|(chunk, first, size)| {
            let query = sqlx::query(self.sqlite_statement(chunk)?);
            Some(bind(query, columns, first, size))
        });
        let mut affected = 0_u64;
        let mut next = pieces.next();
        while let Some(query) = next {
            // The next chunk is encoded while the database executes this one.
            let (done, following) = tokio::join!(query.execute(&mut *connection), async { pieces.next() });
            affected += done?.rows_affected();
            next = following;
        }
        Ok(affected)
    }

    fn sqlite_statement(&'static self, chunk: usize) -> Option<&'static str> {
        let (size, statement) = (CHUNKS.get(chunk)?, self.sqlite.get(chunk)?);
        Some(statement.get_or_init(|| self.sqlite_text(*size)))
    }

    pub(super) fn sqlite_text(&self, rows: usize) -> String {
        let row = format!("({})", vec!["?"; self.columns.len()].join(", "));
        let rows = vec![row; rows].join(", ");
        format!("insert into {} ({}) values {rows} {}", self.table, self.names(), self.suffix)
    }
}

/// Cuts rows into chunks: index of the size in [`CHUNKS`], first row, and size.
fn pieces(rows: usize) -> impl Iterator<Item = (usize, usize, usize)> {
    let mut first = 0_usize;
    std::iter::from_fn(move || {
        let left = rows.checked_sub(first).filter(|left| *left > 0)?;
        let (chunk, size) = CHUNKS.into_iter().enumerate().find(|(_, size)| *size <= left)?;
        let piece = (chunk, first, size);
        first += size;
        Some(piece)
    })
}

fn bind<'q>(mut query: Query<'q>, columns: &'q [Column<'_>], first: usize, size: usize) -> Query<'q> {
    for row in (first..).take(size) {
        for column in columns {
            query = bind_value(query, column, row);
        }
    }
    query
}

fn bind_value<'q>(query: Query<'q>, column: &'q Column<'_>, row: usize) -> Query<'q> {
    match column {
        Column::Text(values) => query.bind(values.get(row).copied()),
        Column::OptionalText(values) => query.bind(values.get(row).copied().flatten()),
        Column::Owned(values) => query.bind(values.get(row).map(String::as_str)),
        Column::Integer(values) => query.bind(values.get(row)),
        Column::OptionalInteger(values) => query.bind(values.get(row).copied().flatten()),
        Column::Small(values) => query.bind(values.get(row)),
        Column::Boolean(values) => query.bind(values.get(row)),
        Column::Date(values) => query.bind(values.get(row)),
        Column::OptionalDate(values) => query.bind(values.get(row).copied().flatten()),
        Column::Instant(values) => query.bind(values.get(row).map(|instant| Instant(*instant))),
        Column::OptionalInstant(values) => query.bind(values.get(row).copied().flatten().map(Instant)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_cut_into_pieces_of_few_sizes() {
        let of = |rows| pieces(rows).map(|(_, first, size)| (first, size)).collect::<Vec<_>>();
        assert_eq!(of(0), []);
        assert_eq!(of(6), [(0, 4), (4, 1), (5, 1)]);
        assert_eq!(of(545), [(0, 256), (256, 256), (512, 32), (544, 1)]);
    }
}
