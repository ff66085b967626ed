//! Tables as files: rows in, bytes out as they come.

use parquet::errors::ParquetError;

use crate::codec::tabular::csv::push_header;
use crate::codec::tabular::parquet_table::ParquetTable;
use crate::codec::tabular::row_writer::{Cell, TableColumn, push_csv};

/// How a table is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    Csv,
    Parquet,
}

/// A table in the making.
#[derive(Debug)]
pub enum TableWriter {
    Csv(Vec<u8>),
    Parquet(Box<ParquetTable>),
}

/// A table that cannot be written.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct SheetError(#[from] ParquetError);

impl TableWriter {
    /// An empty table.
    pub fn new(format: Format, columns: &[TableColumn]) -> Result<Self, SheetError> {
        match format {
            Format::Csv => {
                let mut text = Vec::new();
                let names: Vec<&str> = columns.iter().map(|column| column.name).collect();
                push_header(&mut text, &names);
                Ok(Self::Csv(text))
            }
            Format::Parquet => Ok(Self::Parquet(Box::new(ParquetTable::new(columns)?))),
        }
    }

    /// Adds a row: a value for each column.
    pub fn push(&mut self, values: &[Cell<'_>]) -> Result<(), SheetError> {
        match self {
            Self::Csv(text) => push_csv(text, values),
            Self::Parquet(table) => table.push(values)?,
        }
        Ok(())
    }

    /// The bytes that are ready and were not taken before.
    pub fn take(&mut self) -> Result<Vec<u8>, SheetError> {
        match self {
            Self::Csv(text) => Ok(std::mem::take(text)),
            Self::Parquet(table) => Ok(table.take()?),
        }
    }

    /// Adds what ends the file. There are no rows after it.
    pub fn finish(&mut self) -> Result<(), SheetError> {
        match self {
            Self::Csv(_) => Ok(()),
            Self::Parquet(table) => Ok(table.finish()?),
        }
    }
}
