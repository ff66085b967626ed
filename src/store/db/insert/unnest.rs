//! Rows as one array for each column, on PostgreSQL.

use sqlx::postgres::PgArguments;
use sqlx::{PgConnection, Postgres};

use crate::store::db::insert::{Column, Insert, SqlType};
use crate::store::error::StoreError;

type Query<'q> = sqlx::query::Query<'q, Postgres, PgArguments>;

impl Insert {
    pub(super) async fn insert_arrays(
        &'static self,
        connection: &mut PgConnection,
        columns: Vec<Column<'_>>,
    ) -> Result<u64, StoreError> {
        let statement = self.unnest.get_or_init(|| self.unnest_text()).as_str();
        let query = columns.into_iter().fold(sqlx::query(statement), bind);
        Ok(query.execute(connection).await?.rows_affected())
    }

    pub(super) fn unnest_text(&self) -> String {
        let numbered = self.columns.iter().zip(1..);
        let arrays: Vec<String> =
            numbered.map(|((_, kind), number)| format!("${number}::{}[]", type_of(*kind))).collect();
        let value = |(name, kind): &(&str, SqlType)| match kind {
            SqlType::Json => format!("{name}::jsonb"),
            _ => (*name).to_owned(),
        };
        let values: Vec<String> = self.columns.iter().map(value).collect();
        let (names, arrays, values) = (self.names(), arrays.join(", "), values.join(", "));
        let Self { table, suffix, .. } = self;
        format!("insert into {table} ({names}) select {values} from unnest({arrays}) as new ({names}) {suffix}")
    }
}

fn type_of(kind: SqlType) -> &'static str {
    match kind {
        SqlType::Text | SqlType::Json => "text",
        SqlType::Integer => "bigint",
        SqlType::Small => "smallint",
        SqlType::Boolean => "boolean",
        SqlType::Date => "date",
        SqlType::Instant => "timestamptz",
    }
}

fn bind<'q>(query: Query<'q>, column: Column<'q>) -> Query<'q> {
    match column {
        Column::Text(values) => query.bind(values),
        Column::OptionalText(values) => query.bind(values),
        Column::Owned(values) => query.bind(values),
        Column::Integer(values) => query.bind(values),
        Column::OptionalInteger(values) => query.bind(values),
        Column::Small(values) => query.bind(values),
        Column::Boolean(values) => query.bind(values),
        Column::Date(values) => query.bind(values),
        Column::OptionalDate(values) => query.bind(values),
        Column::Instant(values) => query.bind(values),
        Column::OptionalInstant(values) => query.bind(values),
    }
}
