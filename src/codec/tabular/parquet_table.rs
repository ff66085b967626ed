//! Tables as Parquet: typed columns, amounts as exact decimals, what is absent as null.
//!
//! Rows are gathered column by column and written as a row group when there are enough of them, so that a file of any length
//! takes the memory of one group. Texts stand as they are: nothing that reads Parquet takes them for formulas.

use std::sync::Arc;

use bytes::Bytes;
use chrono::NaiveDate;
use parquet::basic::{Compression, LogicalType, Repetition, TimeUnit, Type as Physical};
use parquet::data_type::{
    BoolType, ByteArray, ByteArrayType, FixedLenByteArray, FixedLenByteArrayType, Int32Type, Int64Type,
};
use parquet::errors::{ParquetError, Result};
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::types::{ColumnPath, Type};

use crate::codec::tabular::row_writer::{Cell, CellType, TableColumn};

/// A row group has so many rows, or so many bytes of text, whatever is reached first.
const ROWS: usize = 32_768;
const TEXT_BYTES: usize = 16 << 20;
/// A decimal of 38 digits as one number.
const DECIMAL_BYTES: usize = size_of::<i128>();
const DECIMAL_LENGTH: i32 = 16;
const PRECISION: i32 = 38;
const MONEY_SCALE: i32 = 6;
const QUANTITY_SCALE: i32 = 10;
const QUANTITY_DECIMALS: u32 = 10;
const EPOCH: NaiveDate = match NaiveDate::from_ymd_opt(1970, 1, 1) {
    Some(date) => date,
    None => NaiveDate::MIN,
};

/// A table in the making.
pub struct ParquetTable {
    writer: SerializedFileWriter<Vec<u8>>,
    columns: Vec<Cells>,
    rows: usize,
    text_bytes: usize,
}

impl ParquetTable {
    pub(in crate::codec) fn new(columns: &[TableColumn]) -> Result<Self> {
        let fields = columns.iter().map(field).collect::<Result<Vec<_>>>()?;
        let schema = Type::group_type_builder("table").with_fields(fields).build()?;
        let properties = WriterProperties::builder()
            .set_created_by("deltabook".to_owned())
            .set_compression(Compression::SNAPPY)
            .set_statistics_enabled(EnabledStatistics::Chunk)
            .set_offset_index_disabled(true);
        let properties = columns.iter().fold(properties, |properties, column| {
            let path = ColumnPath::from(column.name);
            match column.kind {
                CellType::Date | CellType::Instant => properties,
                // Numbers hardly repeat.
                CellType::Whole | CellType::Flag => properties.set_column_dictionary_enabled(path, false),
                // The least and the largest of a group would keep all of its values in memory, until the end of the file.
                CellType::Text => properties.set_column_statistics_enabled(path, EnabledStatistics::None),
                CellType::Money | CellType::Quantity => properties
                    .set_column_dictionary_enabled(path.clone(), false)
                    .set_column_statistics_enabled(path, EnabledStatistics::None),
            }
        });
        let writer = SerializedFileWriter::new(Vec::new(), Arc::new(schema), Arc::new(properties.build()))?;
        Ok(Self { writer, columns: columns.iter().map(Cells::of).collect(), rows: 0, text_bytes: 0 })
    }

    pub(in crate::codec) fn push(&mut self, values: &[Cell<'_>]) -> Result<()> {
        for (cells, value) in self.columns.iter_mut().zip(values) {
            self.text_bytes = self.text_bytes.saturating_add(cells.push(value)?);
        }
        self.rows = self.rows.saturating_add(1);
        if self.rows >= ROWS || self.text_bytes >= TEXT_BYTES { self.write_group() } else { Ok(()) }
    }

    fn write_group(&mut self) -> Result<()> {
        let mut group = self.writer.next_row_group()?;
        for cells in &mut self.columns {
            let Some(mut column) = group.next_column()? else { return Err(wrong("a column is missing")) };
            cells.write(&mut column)?;
            column.close()?;
        }
        group.close()?;
        (self.rows, self.text_bytes) = (0, 0);
        Ok(())
    }

    /// The bytes that are ready and were not taken before.
    pub(in crate::codec) fn take(&mut self) -> Result<Vec<u8>> {
        self.writer.flush()?;
        Ok(std::mem::take(self.writer.inner_mut()))
    }

    /// Writes what is left, and the end of the file.
    pub(in crate::codec) fn finish(&mut self) -> Result<()> {
        if self.rows > 0 {
            self.write_group()?;
        }
        self.writer.finish().map(|_| ())
    }
}

impl std::fmt::Debug for ParquetTable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ParquetTable").field("rows", &self.rows).finish_non_exhaustive()
    }
}

fn wrong(problem: &str) -> ParquetError {
    ParquetError::General(problem.to_owned())
}

fn field(column: &TableColumn) -> Result<Arc<Type>> {
    let of = |physical| Type::primitive_type_builder(column.name, physical).with_repetition(Repetition::OPTIONAL);
    let decimal = |scale| {
        let bytes = of(Physical::FIXED_LEN_BYTE_ARRAY).with_length(DECIMAL_LENGTH);
        bytes
            .with_precision(PRECISION)
            .with_scale(scale)
            .with_logical_type(Some(LogicalType::decimal(scale, PRECISION)))
    };
    let field = match column.kind {
        CellType::Text => of(Physical::BYTE_ARRAY).with_logical_type(Some(LogicalType::String)),
        CellType::Whole => of(Physical::INT64),
        CellType::Flag => of(Physical::BOOLEAN),
        CellType::Date => of(Physical::INT32).with_logical_type(Some(LogicalType::Date)),
        CellType::Instant => {
            of(Physical::INT64).with_logical_type(Some(LogicalType::timestamp(true, TimeUnit::MICROS)))
        }
        CellType::Money => decimal(MONEY_SCALE),
        CellType::Quantity => decimal(QUANTITY_SCALE),
    };
    field.build().map(Arc::new)
}

/// The values of a column in a row group.
struct Cells {
    values: Values,
    /// For each row 1, or 0 if it has no value.
    present: Vec<i16>,
}

enum Values {
    /// All texts, and where each ends.
    Text(Vec<u8>, Vec<usize>),
    /// Instants too: microseconds since 1970.
    Whole(Vec<i64>),
    Flag(Vec<bool>),
    /// Days since 1970.
    Date(Vec<i32>),
    Decimal(Vec<u8>),
}

impl Cells {
    fn of(column: &TableColumn) -> Self {
        let values = match column.kind {
            CellType::Text => Values::Text(Vec::new(), Vec::new()),
            CellType::Whole | CellType::Instant => Values::Whole(Vec::new()),
            CellType::Flag => Values::Flag(Vec::new()),
            CellType::Date => Values::Date(Vec::new()),
            CellType::Money | CellType::Quantity => Values::Decimal(Vec::new()),
        };
        Self { values, present: Vec::new() }
    }

    /// Gives the bytes of text that came.
    fn push(&mut self, value: &Cell<'_>) -> Result<usize> {
        if let Cell::Absent = value {
            self.present.push(0);
            return Ok(0);
        }
        self.present.push(1);
        match (&mut self.values, value) {
            (Values::Text(bytes, ends), Cell::Text(_) | Cell::Shown(_) | Cell::Causes(_) | Cell::Rules(_)) => {
                let before = bytes.len();
                value.push(bytes);
                ends.push(bytes.len());
                return Ok(bytes.len().saturating_sub(before));
            }
            (Values::Whole(numbers), Cell::Whole(number)) => numbers.push(*number),
            (Values::Whole(numbers), Cell::Instant(instant)) => numbers.push(instant.timestamp_micros()),
            (Values::Flag(flags), Cell::Flag(flag)) => flags.push(*flag),
            (Values::Date(dates), Cell::Date(date)) => {
                let days = date.signed_duration_since(EPOCH).num_days();
                dates.push(i32::try_from(days).map_err(|_| wrong("a date is out of range"))?);
            }
            (Values::Decimal(bytes), Cell::Money(money)) => {
                bytes.extend_from_slice(&i128::from(money.micros()).to_be_bytes());
            }
            (Values::Decimal(bytes), Cell::Quantity(quantity)) => {
                let (digits, scale) = quantity.parts();
                let missing = QUANTITY_DECIMALS.checked_sub(scale).and_then(|missing| 10_i128.checked_pow(missing));
                let number = missing.and_then(|unit| digits.checked_mul(unit));
                bytes.extend_from_slice(&number.ok_or_else(|| wrong("a quantity is out of range"))?.to_be_bytes());
            }
            _ => return Err(wrong("a value is not of its column's kind")),
        }
        Ok(0)
    }

    /// Writes the values, and forgets them.
    fn write(&mut self, column: &mut SerializedColumnWriter<'_>) -> Result<()> {
        let present = Some(&*self.present);
        match &mut self.values {
            Values::Text(bytes, ends) => {
                let bytes = Bytes::from(std::mem::take(bytes));
                let mut start = 0;
                let texts: Vec<ByteArray> = ends
                    .drain(..)
                    .map(|end| ByteArray::from(bytes.slice(std::mem::replace(&mut start, end)..end)))
                    .collect();
                column.typed::<ByteArrayType>().write_batch(&texts, present, None)?;
            }
            Values::Whole(numbers) => {
                column.typed::<Int64Type>().write_batch(numbers, present, None)?;
                numbers.clear();
            }
            Values::Flag(flags) => {
                column.typed::<BoolType>().write_batch(flags, present, None)?;
                flags.clear();
            }
            Values::Date(dates) => {
                column.typed::<Int32Type>().write_batch(dates, present, None)?;
                dates.clear();
            }
            Values::Decimal(bytes) => {
                let bytes = Bytes::from(std::mem::take(bytes));
                let starts = (0..bytes.len()).step_by(DECIMAL_BYTES);
                let one = |start: usize| ByteArray::from(bytes.slice(start..start.saturating_add(DECIMAL_BYTES)));
                let numbers: Vec<FixedLenByteArray> = starts.map(one).map(FixedLenByteArray::from).collect();
                column.typed::<FixedLenByteArrayType>().write_batch(&numbers, present, None)?;
            }
        }
        self.present.clear();
        Ok(())
    }
}
