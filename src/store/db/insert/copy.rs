//! Rows in PostgreSQL's binary format of COPY: <https://www.postgresql.org/docs/current/sql-copy.html>.

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::PgConnection;

use crate::store::db::insert::{Column, Insert, Kind};
use crate::store::error::StoreError;

/// Signature, flags, and the length of an empty extension.
const HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
const TRAILER: [u8; 2] = (-1_i16).to_be_bytes();
/// Length that marks a null value.
const NULL: [u8; 4] = (-1_i32).to_be_bytes();
/// Version of the binary format of `jsonb`.
const JSONB: &[u8] = &[1];
/// Size of a message.
const PIECE: usize = 1 << 16;

impl Insert {
    pub(super) async fn copy(
        &'static self,
        connection: &mut PgConnection,
        rows: usize,
        columns: &[Column<'_>],
    ) -> Result<u64, StoreError> {
        let statement = self.copy.get_or_init(|| self.copy_text());
        let width = i16::try_from(columns.len()).unwrap_or_default().to_be_bytes();
        let mut copying = connection.copy_in_raw(statement).await?;
        let mut bytes = Vec::with_capacity(PIECE.saturating_mul(2));
        bytes.extend_from_slice(HEADER);
        for row in 0..rows {
            bytes.extend_from_slice(&width);
            for (column, (_, kind)) in columns.iter().zip(self.columns) {
                push(&mut bytes, column, *kind, row);
            }
            if bytes.len() >= PIECE {
                copying.send(bytes.as_slice()).await?;
                bytes.clear();
            }
        }
        bytes.extend_from_slice(&TRAILER);
        copying.send(bytes.as_slice()).await?;
        Ok(copying.finish().await?)
    }

    pub(super) fn copy_text(&self) -> String {
        format!("copy {} ({}) from stdin (format binary)", self.table, self.names())
    }
}

/// Writes a value with its length before it.
fn push(bytes: &mut Vec<u8>, column: &Column<'_>, kind: Kind, row: usize) {
    let text = |bytes: &mut Vec<u8>, text: Option<&str>| {
        let version = if kind == Kind::Json { JSONB } else { &[] };
        push_parts(bytes, text.map(|text| [version, text.as_bytes()]));
    };
    match column {
        Column::Text(values) => text(bytes, values.get(row).copied()),
        Column::OptionalText(values) => text(bytes, values.get(row).copied().flatten()),
        Column::Owned(values) => text(bytes, values.get(row).map(String::as_str)),
        Column::Integer(values) => push_fixed(bytes, values.get(row).map(|it| it.to_be_bytes())),
        Column::OptionalInteger(values) => {
            push_fixed(bytes, values.get(row).copied().flatten().map(i64::to_be_bytes));
        }
        Column::Small(values) => push_fixed(bytes, values.get(row).map(|it| it.to_be_bytes())),
        Column::Boolean(values) => push_fixed(bytes, values.get(row).map(|it| [u8::from(*it)])),
        Column::Date(values) => push_fixed(bytes, values.get(row).map(|it| days(*it).to_be_bytes())),
        Column::OptionalDate(values) => {
            push_fixed(bytes, values.get(row).copied().flatten().map(|it| days(it).to_be_bytes()));
        }
        Column::Instant(values) => push_fixed(bytes, values.get(row).map(|it| micros(*it).to_be_bytes())),
        Column::OptionalInstant(values) => {
            push_fixed(bytes, values.get(row).copied().flatten().map(|it| micros(it).to_be_bytes()));
        }
    }
}

fn push_fixed<const N: usize>(bytes: &mut Vec<u8>, value: Option<[u8; N]>) {
    push_parts(bytes, value.as_ref().map(|value| [&[], value.as_slice()]));
}

fn push_parts(bytes: &mut Vec<u8>, value: Option<[&[u8]; 2]>) {
    let Some([first, second]) = value else { return bytes.extend_from_slice(&NULL) };
    let length = i32::try_from(first.len().saturating_add(second.len())).unwrap_or(i32::MAX);
    bytes.extend_from_slice(&length.to_be_bytes());
    bytes.extend_from_slice(first);
    bytes.extend_from_slice(second);
}

/// PostgreSQL counts from the year 2000.
const EPOCH: NaiveDate = match NaiveDate::from_ymd_opt(2000, 1, 1) {
    Some(date) => date,
    None => NaiveDate::MIN,
};

fn days(date: NaiveDate) -> i32 {
    i32::try_from(date.signed_duration_since(EPOCH).num_days()).unwrap_or(i32::MAX)
}

fn micros(instant: DateTime<Utc>) -> i64 {
    const EPOCH_MICROS: i64 = 946_684_800_000_000;
    instant.timestamp_micros().saturating_sub(EPOCH_MICROS)
}
