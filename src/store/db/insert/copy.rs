//! Rows in the binary format of PostgreSQL's COPY: <https://www.postgresql.org/docs/current/sql-copy.html>.

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::PgConnection;

use crate::bug;
use crate::bug::Bug;
use crate::store::db::insert::{Column, Insert, SqlType};
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
        let width = i16::try_from(columns.len()).map_err(|_| bug!("{} columns", columns.len()))?.to_be_bytes();
        let mut copying = connection.copy_in_raw(statement).await?;
        let mut bytes = Vec::with_capacity(2 * PIECE);
        bytes.extend_from_slice(HEADER);
        for row in 0..rows {
            bytes.extend_from_slice(&width);
            for (column, (_, kind)) in columns.iter().zip(self.columns) {
                push(&mut bytes, column, *kind, row)?;
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

/// Appends a value: its length, then its bytes.
fn push(bytes: &mut Vec<u8>, column: &Column<'_>, kind: SqlType, row: usize) -> Result<(), Bug> {
    let text = |bytes: &mut Vec<u8>, text: Option<&str>| {
        let version = if kind == SqlType::Json { JSONB } else { &[] };
        push_parts(bytes, text.map(|text| [version, text.as_bytes()]))
    };
    match column {
        Column::Text(values) => text(bytes, values.get(row).copied()),
        Column::OptionalText(values) => text(bytes, values.get(row).copied().flatten()),
        Column::Owned(values) => text(bytes, values.get(row).map(String::as_str)),
        Column::Integer(values) => push_fixed(bytes, values.get(row).map(|it| it.to_be_bytes())),
        Column::OptionalInteger(values) => push_fixed(bytes, values.get(row).copied().flatten().map(i64::to_be_bytes)),
        Column::Small(values) => push_fixed(bytes, values.get(row).map(|it| it.to_be_bytes())),
        Column::Boolean(values) => push_fixed(bytes, values.get(row).map(|it| [u8::from(*it)])),
        Column::Date(values) => push_fixed(bytes, values.get(row).copied().map(days).transpose()?),
        Column::OptionalDate(values) => push_fixed(bytes, values.get(row).copied().flatten().map(days).transpose()?),
        Column::Instant(values) => push_fixed(bytes, values.get(row).copied().map(micros).transpose()?),
        Column::OptionalInstant(values) => {
            push_fixed(bytes, values.get(row).copied().flatten().map(micros).transpose()?)
        }
    }
}

fn push_fixed<const N: usize>(bytes: &mut Vec<u8>, value: Option<[u8; N]>) -> Result<(), Bug> {
    push_parts(bytes, value.as_ref().map(|value| [&[], value.as_slice()]))
}

fn push_parts(bytes: &mut Vec<u8>, value: Option<[&[u8]; 2]>) -> Result<(), Bug> {
    let Some([first, second]) = value else {
        bytes.extend_from_slice(&NULL);
        return Ok(());
    };
    let length = first.len().checked_add(second.len()).and_then(|length| i32::try_from(length).ok());
    let length = length.ok_or_else(|| bug!("a value of {} bytes", second.len()))?;
    bytes.extend_from_slice(&length.to_be_bytes());
    bytes.extend_from_slice(first);
    bytes.extend_from_slice(second);
    Ok(())
}

/// PostgreSQL's dates and instants begin in the year 2000.
const EPOCH: NaiveDate = match NaiveDate::from_ymd_opt(2000, 1, 1) {
    Some(date) => date,
    None => NaiveDate::MIN,
};

fn days(date: NaiveDate) -> Result<[u8; 4], Bug> {
    let days = i32::try_from(date.signed_duration_since(EPOCH).num_days());
    days.map(i32::to_be_bytes).map_err(|_| bug!("the date {date}"))
}

fn micros(instant: DateTime<Utc>) -> Result<[u8; 8], Bug> {
    const EPOCH_MICROS: i64 = 946_684_800_000_000;
    let micros = instant.timestamp_micros().checked_sub(EPOCH_MICROS);
    micros.map(i64::to_be_bytes).ok_or_else(|| bug!("the instant {instant}"))
}
