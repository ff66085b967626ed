//! Encoding and validation: facts, movements, events, rates and filters as text.
//!
//! Files, the database and the gRPC service share [`dto`] and [`decode`]: every fact is checked by the same rules, and
//! every violation is reported, not only the first.
//!
//! | module | contents |
//! |---|---|
//! | [`dto`] | facts as text: the JSON of files and of the database |
//! | [`validation`] | violations of fields, collected |
//! | [`decode`], [`encode`] | text ↔ facts |
//! | [`rate`], [`month`], [`periods`], [`granularity`] | exchange rates, months, and periods of reports as text |
//! | [`envelope`] | lifecycle events as JSON |
//! | [`filter`] | filter expressions of movements |
//! | [`tabular`] | movements and reports as rows: CSV, JSON Lines, Parquet |

pub mod decode;
pub mod describe;
pub mod dto;
pub mod encode;
pub mod envelope;
pub mod filter;
pub mod granularity;
pub mod month;
pub mod periods;
pub mod rate;
pub mod tabular;
pub mod validation;
