//! Tables as CSV, JSON Lines and Parquet.

pub mod csv;
pub(crate) mod decimal_format;
pub mod event;
pub mod movement;
pub mod parquet_table;
pub mod row_writer;
pub mod table_writer;
