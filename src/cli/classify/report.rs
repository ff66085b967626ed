//! What the rules make of a book: its customers one after the other, however many there are.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};

use deltabook::codec::tabular::event;
use deltabook::codec::tabular::movement;
use deltabook::codec::tabular::row_writer::{Value, push_csv, push_json};
use deltabook::domain::events::event::LifecycleEvent;
use deltabook::domain::events::lifecycle::lifecycle;
use deltabook::domain::facts::refusal::{Refusal, refusals};
use deltabook::domain::facts::void::Void;
use deltabook::domain::ids::CustomerId;
use deltabook::domain::journal::movement::{Levels, Movement};
use deltabook::domain::money::OutOfRange;
use deltabook::domain::policy::Policy;
use deltabook::domain::replay::replay;
use deltabook::files::by_customer::{Book, Customer, Problem, Said};

use crate::cli::shared::diagnostics::Problems;
use crate::cli::shared::output::{Format, Spool};

/// The most rows of a table: its columns are as wide as their widest cells, so all of it is held until it is written.
pub const MAX_TABLE_ROWS: usize = 100_000;
/// The most facts without effect that are named.
pub const MAX_VOIDS: usize = 20;

/// How a book is classified.
#[derive(Debug)]
pub struct Classifying {
    /// The input, in messages.
    pub input: String,
    pub format: Format,
    pub levels: Levels,
    /// Events instead of movements.
    pub events: bool,
    pub policy: Policy,
    wrong: Wrong,
}

/// What is known to be wrong with the book. Then nothing is written, and only more of that is looked for.
#[derive(Debug, Default)]
struct Wrong {
    /// A fact cannot be read, or contradicts another. It would be missed by others: they are not judged.
    malformed: AtomicBool,
    /// A fact does not fit the others of its customer.
    refused: AtomicBool,
}

/// What a book comes to.
#[derive(Debug)]
pub struct Classified {
    malformed: Problems,
    refused: Problems,
    out_of_range: Problems,
    good: Good,
}

/// What a book without mistakes comes to.
#[derive(Debug, Default)]
pub struct Good {
    /// JSON Lines or CSV.
    pub text: Spool,
    pub rows: Rows,
    pub voids: Voids,
}

/// What neighbouring customers come to.
#[derive(Debug, Default)]
pub struct Part {
    /// By line, field and reason.
    refused: Vec<(u64, String, Refusal)>,
    out_of_range: Vec<(u64, CustomerId)>,
    text: Vec<u8>,
    rows: Rows,
    voids: Voids,
}

/// What a table shows, unless that is too much.
#[derive(Debug, Default)]
pub struct Rows {
    pub count: usize,
    pub movements: Vec<Movement>,
    pub events: Vec<(CustomerId, LifecycleEvent)>,
}

/// Facts without effect, the first of them by name.
#[derive(Debug, Default)]
pub struct Voids {
    pub count: usize,
    pub first: Vec<(CustomerId, Void)>,
}

impl Classifying {
    pub fn new(input: String, format: Format, levels: Levels, events: bool, policy: Policy) -> Self {
        Self { input, format, levels, events, policy, wrong: Wrong::default() }
    }

    /// The names of the values in a row.
    pub fn names(&self) -> &'static [&'static str] {
        if self.events { &event::NAMES } else { &movement::NAMES }
    }

    fn classify(&self, customer: &Customer, part: &mut Part) -> Result<(), OutOfRange> {
        let replay = replay(&customer.facts, &self.policy)?;
        let customer_id = &customer.customer_id;
        if self.events {
            for event in lifecycle(&replay, &customer.facts, &self.policy)? {
                self.write(&event::values(customer_id, &event), part);
                if self.format == Format::Table {
                    part.rows.events.push((customer_id.clone(), event));
                }
            }
        } else {
            for movement in replay.movements.into_iter().filter(|movement| self.levels.contains(movement.level)) {
                self.write(&movement::values(&movement), part);
                if self.format == Format::Table {
                    part.rows.movements.push(movement);
                }
            }
        }
        let count = replay.voids.len();
        let first = replay.voids.into_iter().take(MAX_VOIDS).map(|void| (customer_id.clone(), void)).collect();
        part.voids.add(Voids { count, first });
        Ok(())
    }

    fn write(&self, values: &[Value<'_>], part: &mut Part) {
        part.rows.count = part.rows.count.saturating_add(1);
        match self.format {
            Format::Jsonl => push_json(&mut part.text, self.names(), values),
            Format::Csv => push_csv(&mut part.text, values),
            Format::Table => {}
        }
    }
}

impl Book for Classifying {
    type Part = Part;
    type Whole = Classified;

    fn begin(&self) -> Classified {
        self.wrong.malformed.store(false, Ordering::Relaxed);
        self.wrong.refused.store(false, Ordering::Relaxed);
        Classified {
            malformed: Problems::of(&self.input),
            refused: Problems::of(&self.input),
            out_of_range: Problems::of(&self.input),
            good: Good::default(),
        }
    }

    fn customer(&self, said: Vec<Said>, part: &mut Part) -> Result<(), Vec<Problem>> {
        let Some(customer) = Customer::of(said)? else { return Ok(()) };
        if self.wrong.malformed.load(Ordering::Relaxed) {
            return Ok(());
        }
        // R15: what is wrong beside a customer's other facts.
        for (key, refusal) in refusals(&customer.facts) {
            let place = customer.place(&key).map(|(_, place)| (place.line, place.path.to_string()));
            let (line, field) = place.unwrap_or((customer.first_line, String::new()));
            part.refused.push((line, field, refusal));
            self.wrong.refused.store(true, Ordering::Relaxed);
        }
        if !self.wrong.refused.load(Ordering::Relaxed)
            && let Err(OutOfRange) = self.classify(&customer, part)
        {
            part.out_of_range.push((customer.first_line, customer.customer_id));
        }
        Ok(())
    }

    fn add(&self, whole: &mut Classified, mut part: Part) -> io::Result<()> {
        part.refused.sort();
        for (line, field, refusal) in part.refused {
            whole.refused.add(line, &field, refusal);
        }
        for (line, customer_id) in part.out_of_range {
            let description = "an MRR, or a sum of them, leaves the range that can be held (9.2 × 10¹² a month)";
            whole.out_of_range.add(line, &format!("customer {customer_id}"), description);
        }
        whole.good.rows.add(part.rows);
        whole.good.voids.add(part.voids);
        whole.good.text.push(&part.text)
    }

    fn problem(&self, whole: &mut Classified, problem: Problem) {
        self.wrong.malformed.store(true, Ordering::Relaxed);
        whole.malformed.add(problem.line, &problem.violation.field, problem.violation.description);
    }
}

impl Classified {
    /// What it comes to, or what is wrong with it. How facts fit is told when all can be read, and what they come to
    /// when they fit.
    pub fn judged(self) -> Result<Good, Problems> {
        let Self { malformed, refused, out_of_range, good } = self;
        let problems = [malformed, refused, out_of_range].into_iter().find(|problems| !problems.is_empty());
        problems.map_or(Ok(good), Err)
    }
}

impl Rows {
    fn add(&mut self, more: Self) {
        self.count = self.count.saturating_add(more.count);
        if self.count <= MAX_TABLE_ROWS {
            self.movements.extend(more.movements);
            self.events.extend(more.events);
        }
    }
}

impl Voids {
    fn add(&mut self, more: Self) {
        self.count = self.count.saturating_add(more.count);
        self.first.extend(more.first);
        self.first.truncate(MAX_VOIDS);
    }
}
