//! Classification of a file, customer by customer, in bounded memory.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};

use deltabook::codec::tabular::entry_field::{MOVEMENT_NAMES, movement_cells};
use deltabook::codec::tabular::event;
use deltabook::codec::tabular::row_writer::{Cell, push_csv, push_json};
use deltabook::domain::error::DomainError;
use deltabook::domain::events::event::LifecycleEvent;
use deltabook::domain::events::lifecycle::lifecycle;
use deltabook::domain::facts::refusal::{Refusal, refusals};
use deltabook::domain::facts::void::Void;
use deltabook::domain::ids::CustomerId;
use deltabook::domain::journal::movement::{Levels, Movement};
use deltabook::domain::policy::Policy;
use deltabook::domain::replay::replay;
use deltabook::files::by_customer::{Customer, CustomerFold, LocatedFact, LocatedViolation};

use crate::cli::shared::diagnostics::Diagnostics;
use crate::cli::shared::output::{ClassifyFormat, Spool};

/// Maximum number of rows in a table, which is held in memory to align its columns.
pub const MAX_TABLE_ROWS: usize = 100_000;
/// Maximum number of void facts listed by name.
pub const MAX_VOIDS: usize = 20;

/// Settings and state of a classification.
#[derive(Debug)]
pub struct Classifier {
    /// Name of the input in messages.
    pub input: String,
    pub format: ClassifyFormat,
    pub levels: Levels,
    /// Writes events instead of movements.
    pub events: bool,
    pub policy: Policy,
    errors_found: ErrorsFound,
}

/// Kinds of errors found so far. After the first, output stops and only errors of that kind are collected.
#[derive(Debug, Default)]
struct ErrorsFound {
    /// A fact is malformed or contradicts another one; facts that refer to it are then not checked.
    malformed: AtomicBool,
    /// A fact is refused beside the other facts of its customer (R15).
    refused: AtomicBool,
}

/// Result of a classification.
#[derive(Debug)]
pub struct Classification {
    malformed: Diagnostics,
    refused: Diagnostics,
    failed: Diagnostics,
    output: ClassifyOutput,
}

/// Result of a classification without errors.
#[derive(Debug, Default)]
pub struct ClassifyOutput {
    /// Output as JSON Lines or CSV.
    pub text: Spool,
    pub rows: TableRows,
    pub voids: VoidSummary,
}

/// Result of a chunk of customers.
#[derive(Debug, Default)]
pub struct ChunkOutput {
    /// Line, field and reason of each refused fact.
    refused: Vec<(u64, String, Refusal)>,
    failed: Vec<(u64, CustomerId, DomainError)>,
    text: Vec<u8>,
    rows: TableRows,
    voids: VoidSummary,
}

/// TableRows of a table, kept up to the maximum.
#[derive(Debug, Default)]
pub struct TableRows {
    pub count: usize,
    pub movements: Vec<Movement>,
    pub events: Vec<(CustomerId, LifecycleEvent)>,
}

/// Void facts: their number, and the first of them.
#[derive(Debug, Default)]
pub struct VoidSummary {
    pub count: usize,
    pub first: Vec<(CustomerId, Void)>,
}

impl Classifier {
    pub fn new(input: String, format: ClassifyFormat, levels: Levels, events: bool, policy: Policy) -> Self {
        Self { input, format, levels, events, policy, errors_found: ErrorsFound::default() }
    }

    /// The column names.
    pub fn names(&self) -> &'static [&'static str] {
        if self.events { &event::NAMES } else { &MOVEMENT_NAMES }
    }

    fn classify(&self, customer: &Customer, part: &mut ChunkOutput) -> Result<(), DomainError> {
        let replay = replay(&customer.facts, &self.policy)?;
        let customer_id = &customer.customer_id;
        if self.events {
            for event in lifecycle(&replay, &customer.facts, &self.policy)? {
                self.write(&event::values(customer_id, &event), part);
                if self.format == ClassifyFormat::Table {
                    part.rows.events.push((customer_id.clone(), event));
                }
            }
        } else {
            for movement in replay.movements.into_iter().filter(|movement| self.levels.contains(movement.level)) {
                self.write(&movement_cells(&movement), part);
                if self.format == ClassifyFormat::Table {
                    part.rows.movements.push(movement);
                }
            }
        }
        let count = replay.voids.len();
        let first = replay.voids.into_iter().take(MAX_VOIDS).map(|void| (customer_id.clone(), void)).collect();
        part.voids.add(VoidSummary { count, first });
        Ok(())
    }

    fn write(&self, cells: &[Cell<'_>], part: &mut ChunkOutput) {
        part.rows.count = part.rows.count.saturating_add(1);
        match self.format {
            ClassifyFormat::Jsonl => push_json(&mut part.text, self.names(), cells),
            ClassifyFormat::Csv => push_csv(&mut part.text, cells),
            ClassifyFormat::Table => {}
        }
    }
}

impl CustomerFold for Classifier {
    type Part = ChunkOutput;
    type Whole = Classification;

    fn begin(&self) -> Classification {
        self.errors_found.malformed.store(false, Ordering::Relaxed);
        self.errors_found.refused.store(false, Ordering::Relaxed);
        Classification {
            malformed: Diagnostics::of(&self.input),
            refused: Diagnostics::of(&self.input),
            failed: Diagnostics::of(&self.input),
            output: ClassifyOutput::default(),
        }
    }

    fn customer(&self, facts: Vec<LocatedFact>, part: &mut ChunkOutput) -> Result<(), Vec<LocatedViolation>> {
        let Some(customer) = Customer::of(facts)? else { return Ok(()) };
        if self.errors_found.malformed.load(Ordering::Relaxed) {
            return Ok(());
        }
        // R15: facts that are refused beside the customer's other facts.
        for (key, refusal) in refusals(&customer.facts) {
            let place = customer.place(&key).map(|(_, place)| (place.line, place.path.to_string()));
            let (line, field) = place.unwrap_or((customer.first_line, String::new()));
            part.refused.push((line, field, refusal));
            self.errors_found.refused.store(true, Ordering::Relaxed);
        }
        if !self.errors_found.refused.load(Ordering::Relaxed)
            && let Err(error) = self.classify(&customer, part)
        {
            part.failed.push((customer.first_line, customer.customer_id, error));
        }
        Ok(())
    }

    fn add(&self, whole: &mut Classification, mut part: ChunkOutput) -> io::Result<()> {
        part.refused.sort();
        for (line, field, refusal) in part.refused {
            whole.refused.add(line, &field, refusal);
        }
        for (line, customer_id, error) in part.failed {
            let description = match error {
                DomainError::OutOfRange(_) => "an MRR or a sum of MRR is out of range (9.2 × 10¹² a month)".to_owned(),
                DomainError::Internal(error) => error.to_string(),
            };
            whole.failed.add(line, &format!("customer {customer_id}"), description);
        }
        whole.output.rows.add(part.rows);
        whole.output.voids.add(part.voids);
        whole.output.text.push(&part.text)
    }

    fn problem(&self, whole: &mut Classification, problem: LocatedViolation) {
        self.errors_found.malformed.store(true, Ordering::Relaxed);
        whole.malformed.add(problem.line, &problem.violation.field, problem.violation.description);
    }
}

impl Classification {
    /// The result, or the diagnostics of the first kind of error: malformed, refused, out of range.
    pub fn into_result(self) -> Result<ClassifyOutput, Diagnostics> {
        let Self { malformed, refused, failed, output } = self;
        let diagnostics = [malformed, refused, failed].into_iter().find(|diagnostics| !diagnostics.is_empty());
        diagnostics.map_or(Ok(output), Err)
    }
}

impl TableRows {
    fn add(&mut self, more: Self) {
        self.count = self.count.saturating_add(more.count);
        if self.count <= MAX_TABLE_ROWS {
            self.movements.extend(more.movements);
            self.events.extend(more.events);
        }
    }
}

impl VoidSummary {
    fn add(&mut self, more: Self) {
        self.count = self.count.saturating_add(more.count);
        self.first.extend(more.first);
        self.first.truncate(MAX_VOIDS);
    }
}
