//! Tables as CSV, JSON Lines and Parquet.

pub mod csv;
pub(crate) mod decimal_format;
pub mod entry_field;
pub mod event;
pub mod field_type;
#[cfg(feature = "parquet")]
pub mod parquet_table;
pub mod row_writer;
#[cfg(feature = "parquet")]
pub mod table_writer;
