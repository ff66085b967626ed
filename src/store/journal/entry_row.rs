//! Entries ↔ rows of the table `entry`, by the table of their fields.

use chrono::{DateTime, NaiveDate, Utc};
use serde::Deserialize;
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use sqlx::{ColumnIndex, Decode, FromRow, Row, Type};

use crate::codec::tabular::entry_field::entry_fields;
use crate::domain::ids::{Currency, CustomerId, ItemId, LineId, SubscriptionId};
use crate::domain::journal::entry::{Entry, Sequence, Version};
use crate::domain::journal::movement::{Category, Cause, Effects, Level, Movement, Subcategory};
use crate::domain::money::Money;
use crate::domain::number::Quantity;
use crate::domain::rule::RuleSet;
use crate::store::db::{Column, Insert, SqlType};
use crate::store::error::StoreError;
use crate::store::journal::column_type::ColumnType;
use crate::store::journal::outcome;

macro_rules! declare {
    ($(
        $name:ident: $type:ty =
            $(entry.$e:ident)? $(movement.$m:ident)? $(effects.$f:ident)? $(computed.$c:ident)?,
            $($column:ident)? $(-)?;
    )*) => {
        /// A row as the drivers read it: the columns after the tenant.
        #[derive(Debug, Deserialize)]
        pub struct EntryRow {
            version: Version,
            $($(pub(in crate::store) $column: <$type as ColumnType>::Raw,)?)*
        }

        declare!(@read PgRow, $($($column)?)*);
        declare!(@read SqliteRow, $($($column)?)*);

        impl EntryRow {
            pub fn parse(self) -> Result<Entry, StoreError> {
                $($(let $name = <$type as ColumnType>::parse(&self.$column)
                    .map_err(|problem| self.corrupt(stringify!($column), problem))?;)?)*
                let effects = || Some(Effects { $($($f: $name?,)?)* });
                Ok(Entry {
                    version: self.version,
                    $($($e: $name,)?)*
                    movement: Movement { $($($m: $name,)?)* effects: effects() },
                })
            }
        }

        pub(in crate::store) static APPEND: Insert = Insert::new(
            "entry",
            &[
                ("tenant_id", SqlType::Text),
                ("version", SqlType::Integer),
                $($((stringify!($column), <$type as ColumnType>::SQL_TYPE),)?)*
                outcome::COLUMNS[0],
                outcome::COLUMNS[1],
            ],
            "",
        );

        /// The values of rows, column by column in the order of [`APPEND`].
        pub(in crate::store) fn values<'e>(tenant: &'e str, entries: &'e [Entry]) -> Vec<Column<'e>> {
            let mut columns = vec![
                Column::Text(vec![tenant; entries.len()]),
                Column::Integer(entries.iter().map(|entry| entry.version).collect()),
                $(
                    $(<$type as ColumnType>::column(entries.iter().map(|entry| &entry.$e)),)?
                    $(<$type as ColumnType>::column(entries.iter().map(|entry| &entry.movement.$m)),)?
                    $(effect(entries, |effects| effects.$f),)?
                )*
            ];
            columns.extend(outcome::values(entries));
            columns
        }
    };
    // By the places of the columns: looking up their names in every row would take as long as all the rest.
    (@read $row:ty, $($column:ident)*) => {
        impl FromRow<'_, $row> for EntryRow {
            fn from_row(row: &$row) -> sqlx::Result<Self> {
                let mut cells = Cells { row, next: 0 };
                Ok(Self { version: cells.take()?, $($column: cells.take()?,)* })
            }
        }
    };
}
entry_fields!(declare);

/// The values of a row from left to right.
struct Cells<'r, R> {
    row: &'r R,
    next: usize,
}

impl<'r, R: Row> Cells<'r, R>
where
    usize: ColumnIndex<R>,
{
    fn take<T: Decode<'r, R::Database> + Type<R::Database>>(&mut self) -> sqlx::Result<T> {
        let place = self.next;
        self.next += 1;
        self.row.try_get(place)
    }
}

impl EntryRow {
    fn corrupt(&self, column: &'static str, problem: String) -> StoreError {
        StoreError::corrupt("entry", format!("{} {}", self.customer_id, self.sequence), column, problem)
    }
}

/// The column of an effect (R12).
fn effect(entries: &[Entry], part: fn(Effects) -> Money) -> Column<'_> {
    let micros = |entry: &Entry| entry.movement.effects.map(|effects| part(effects).micros());
    Column::OptionalInteger(entries.iter().map(micros).collect())
}

/// The columns of an [`EntryRow`], in its order, as a list for SQL; where `json_as_values` is set, JSON is a value in it and
/// not a text.
pub(in crate::store) fn column_list(json_as_values: bool) -> String {
    let is_of_row = |(name, _): &&(&str, SqlType)| {
        *name != "tenant_id" && outcome::COLUMNS.iter().all(|(outcome, _)| outcome != name)
    };
    let columns = APPEND.columns().iter().filter(is_of_row).map(|(name, kind)| match kind {
        SqlType::Json if json_as_values => format!("json({name})"),
        _ => (*name).to_owned(),
    });
    columns.collect::<Vec<_>>().join(", ")
}
