//! What the store costs, next to what its database costs without it.
//!
//! Run with `cargo bench --bench store -- unary keyed bulk large questions events trail`; without names, all of them. `--scale 0.1` makes
//! the books ten times smaller, `--runs 3` repeats less often. Everything runs on this machine: the database, the
//! service in a process of its own, and its clients. Where two things are compared they are measured in turn, and of
//! several runs each the medians are divided.
//!
//! PostgreSQL is the one that `DELTABOOK_TEST_POSTGRES_URL` names; without it, a server with the settings of a fresh
//! installation, in a temporary folder. `pgbench` must be installed for `unary`.

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
}

mod book;
mod bulk;
mod copy;
mod events;
mod import;
mod keyed;
mod large;
mod large_book;
mod measure;
mod pgbench;
mod questions;
mod server;
mod sqlite_rows;
mod trail;
mod unary;

use clap::Parser;

/// Measures the store.
#[derive(Debug, Parser)]
pub struct Options {
    /// Which benchmarks; without any, all.
    names: Vec<String>,
    /// The size of the books, relative to what the targets are about.
    #[arg(long, default_value_t = 1.0)]
    scale: f64,
    /// How often each thing is measured.
    #[arg(long, default_value_t = 5)]
    runs: usize,
    /// For `questions`: a store to ask, by its URL or file, instead of a temporary one. Made if it is not there, and kept.
    #[arg(long)]
    book: Vec<String>,
    /// What `cargo bench` always says.
    #[arg(long, hide = true)]
    bench: bool,
}

impl Options {
    /// A number that grows with the books.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "small")]
    #[must_use]
    pub fn scaled(&self, count: usize) -> usize {
        (count as f64 * self.scale).round() as usize
    }
}

type Benchmark = (&'static str, fn(&Options));

const BENCHMARKS: [Benchmark; 7] = [
    ("unary", unary::run),
    ("keyed", keyed::run),
    ("bulk", bulk::run),
    ("large", large::run),
    ("questions", questions::run),
    ("events", events::run),
    ("trail", trail::run),
];

fn main() {
    let options = Options::parse();
    for name in &options.names {
        assert!(BENCHMARKS.iter().any(|(known, _)| known == name), "there is no benchmark {name}");
    }
    for (name, run) in BENCHMARKS {
        if options.names.is_empty() || options.names.iter().any(|wanted| wanted == name) {
            println!("\n{name}");
            run(&options);
        }
    }
}
