//! Cost of the store, relative to its database alone.
//!
//! Run with `cargo bench --bench store -- unary api_keys bulk large queries events audit_trail`; without names, all of them.
//! `--scale 0.1` makes the books ten times smaller, `--runs 3` sets the number of runs. All processes share one machine:
//! the database, the service in a separate process, and its clients. Compared measurements alternate; ratios are of the
//! medians of the runs.
//!
//! `DELTABOOK_TEST_POSTGRES_URL` names the PostgreSQL server; the default is a temporary server with default settings.
//! `unary` needs an installed `pgbench`.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a benchmark fails by panicking")]
#![expect(clippy::as_conversions, clippy::float_arithmetic, reason = "what is measured is shown as ratios")]

#[path = "../../tests/suite/support"]
mod suite {
    #[expect(dead_code, reason = "the tests use all of it")]
    pub mod nats;
    #[expect(dead_code, reason = "the tests use all of it")]
    pub mod postgres;
    #[expect(dead_code, reason = "the tests use all of it")]
    pub mod store;
    #[expect(dead_code, reason = "the tests use all of it")]
    pub mod wait;
}

mod api_keys;
mod audit_trail;
mod book;
mod bulk;
mod copy;
mod events;
mod import;
mod large;
mod large_book;
mod measure;
mod pgbench;
mod queries;
mod server;
mod sqlite_rows;
mod unary;

use clap::Parser;

/// Measures the store.
#[derive(Debug, Parser)]
pub struct Options {
    /// Benchmarks to run; default: all.
    names: Vec<String>,
    /// Size of the books, relative to that of the targets.
    #[arg(long, default_value_t = 1.0)]
    scale: f64,
    /// Number of runs of each measurement.
    #[arg(long, default_value_t = 5)]
    runs: usize,
    /// For `queries`: URL or file of a store to query instead of a temporary one. Created if missing, and kept.
    #[arg(long)]
    book: Vec<String>,
    /// Argument that `cargo bench` always passes.
    #[arg(long, hide = true)]
    bench: bool,
}

impl Options {
    /// A number proportional to the size of the books.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "small")]
    #[must_use]
    pub fn scaled(&self, count: usize) -> usize {
        (count as f64 * self.scale).round() as usize
    }
}

type Benchmark = (&'static str, fn(&Options));

const BENCHMARKS: [Benchmark; 7] = [
    ("unary", unary::run),
    ("api_keys", api_keys::run),
    ("bulk", bulk::run),
    ("large", large::run),
    ("queries", queries::run),
    ("events", events::run),
    ("audit_trail", audit_trail::run),
];

fn main() {
    let options = Options::parse();
    for name in &options.names {
        assert!(BENCHMARKS.iter().any(|(known, _)| known == name), "there is no benchmark {name}");
    }
    for (name, run) in BENCHMARKS {
        if options.names.is_empty() || options.names.iter().any(|chosen| chosen == name) {
            println!("\n{name}");
            run(&options);
        }
    }
}
