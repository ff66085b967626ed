//! `deltabook classify`: the engine alone, from facts to movements, without a store.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::{Args, ValueEnum};
use deltabook::domain::fact::FactKey;
use deltabook::domain::ids::CustomerId;
use deltabook::domain::lifecycle::lifecycle;
use deltabook::domain::money::OutOfRange;
use deltabook::domain::movement::{Level, Levels, Movement};
use deltabook::domain::policy::Policy;
use deltabook::domain::refusal::refusals;
use deltabook::domain::replay::replay;
use deltabook::domain::void::Void;
use deltabook::form::event::EventRecord;

use super::input::{self, Customer};
use super::output::{Format, note, to_stdout};
use super::problems::Problems;
use super::{event_output, movement_output};

/// Classifies the facts of a file: the rules alone, nothing is stored
///
/// Reads customers, subscription lines, change orders, charges and overrides, and writes the movements
/// of MRR that they come to. Many customers may be mixed, in any order. What is wrong with the facts is
/// told on stderr as `file:line: field: what is wrong`; then stdout stays empty and the exit code is 1.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment, after_help = EXAMPLES, after_long_help = EXAMPLES_AND_INPUT)]
pub struct ClassifyArgs {
    /// The facts: JSON Lines, or one JSON object; `-` is stdin
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// How to write the result
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,

    /// Whose MRR: each contract's, each customer's as a whole, or both
    #[arg(long, value_enum, default_value_t = LevelChoice::Both)]
    level: LevelChoice,

    /// Write lifecycle events (Signed Up, Upgraded, Canceled, Billed, …) instead of movements
    #[arg(long, conflicts_with = "level")]
    events: bool,

    /// Days for which the churn of a contract that ran out stays provisional, waiting for a late renewal
    #[arg(long, value_name = "DAYS", default_value_t = 0)]
    lapse_grace_days: u16,
}

const EXAMPLES: &str = "\
Examples:
  deltabook classify facts.jsonl
  deltabook classify facts.jsonl --level customer --format csv > movements.csv
  grep acme facts.jsonl | deltabook classify - --events --format jsonl";

const EXAMPLES_AND_INPUT: &str = "\
Input, one fact a line (amounts are strings, dates are YYYY-MM-DD):
  {\"subscription_line\": {\"line_id\": \"L1\", \"subscription_id\": \"S1\", \"customer_id\": \"acme\",
     \"item_id\": \"seats\", \"charge_kind\": \"RECURRING\", \"currency\": \"USD\", \"start_date\": \"2026-01-01\",
     \"price_steps\": [{\"quantity\": \"10\", \"unit_price\": \"100\", \"interval\": {\"unit\": \"MONTH\", \"count\": 1}}]}}
  {\"change_order\": {…}}   {\"charge\": {…}}   {\"customer\": {…}}   {\"override\": {…}}
(shown on several lines here; in the file each fact has one), or all facts in one object:
  {\"subscription_lines\": […], \"change_orders\": […], \"charges\": […], \"customers\": […], \"overrides\": […]}

Examples:
  deltabook classify facts.jsonl
  deltabook classify facts.jsonl --level customer --format csv > movements.csv
  grep acme facts.jsonl | deltabook classify - --events --format jsonl";

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum LevelChoice {
    Contract,
    Customer,
    Both,
}

impl LevelChoice {
    fn contains(self, level: Level) -> bool {
        let levels = match self {
            Self::Contract => Levels::Contract,
            Self::Customer => Levels::Customer,
            Self::Both => Levels::Both,
        };
        levels.contains(level)
    }
}

/// What the rules make of all customers.
#[derive(Default)]
struct Classified {
    movements: Vec<Movement>,
    events: Vec<EventRecord>,
    voids: Vec<(CustomerId, Void)>,
}

pub fn run(args: &ClassifyArgs) -> anyhow::Result<ExitCode> {
    let (name, input) = input::open(&args.file)?;
    let mut problems = Problems::of(&name);
    let customers = input::customers(input, &mut problems).with_context(|| format!("failed to read {name}"))?;
    // A fact that could not be read would be missed by others: they are judged only when all are there.
    if problems.is_empty() {
        add_refusals(&customers, &mut problems);
    }
    let classified =
        if problems.is_empty() { classify(args, &customers, &mut problems) } else { Classified::default() };
    if !problems.is_empty() {
        problems.report();
        return Ok(ExitCode::FAILURE);
    }
    if args.format == Format::Table {
        note_voids(&classified.voids);
    }
    to_stdout(|out| {
        if args.events {
            event_output::write(out, args.format, classified.events)
        } else {
            movement_output::write(out, args.format, &classified.movements)
        }
    })?;
    Ok(ExitCode::SUCCESS)
}

/// R15: what is wrong beside a customer's other facts.
fn add_refusals(customers: &BTreeMap<CustomerId, Customer>, problems: &mut Problems) {
    let mut found = Vec::new();
    for customer in customers.values() {
        for (key, refusal) in refusals(&customer.facts) {
            let (line, path) =
                customer.places.get(&key).map_or((customer.first_line, ""), |place| (place.line, place.path.as_str()));
            found.push((line, path, refusal));
        }
    }
    found.sort();
    for (line, path, refusal) in found {
        problems.add(line, path, refusal);
    }
}

fn classify(args: &ClassifyArgs, customers: &BTreeMap<CustomerId, Customer>, problems: &mut Problems) -> Classified {
    let mut all = Classified::default();
    for (customer_id, customer) in customers {
        if let Err(OutOfRange) = classify_one(args, customer_id, customer, &mut all) {
            let description = "an MRR, or a sum of them, leaves the range that can be held (9.2 × 10¹² a month)";
            problems.add(customer.first_line, &format!("customer {customer_id}"), description);
        }
    }
    all
}

fn classify_one(
    args: &ClassifyArgs,
    customer_id: &CustomerId,
    customer: &Customer,
    all: &mut Classified,
) -> Result<(), OutOfRange> {
    let replay = replay(&customer.facts, &Policy { lapse_grace_days: args.lapse_grace_days })?;
    if args.events {
        let events = lifecycle(&replay, customer.facts.charges.values())?;
        all.events.extend(events.iter().map(|event| EventRecord::new(customer_id, event)));
    } else {
        all.movements.extend(replay.movements.into_iter().filter(|movement| args.level.contains(movement.level)));
    }
    all.voids.extend(replay.voids.into_iter().map(|void| (customer_id.clone(), void)));
    Ok(())
}

/// The most facts without effect that are named.
const MAX_VOIDS: usize = 20;

fn note_voids(voids: &[(CustomerId, Void)]) {
    for (customer_id, void) in voids.iter().take(MAX_VOIDS) {
        let line = void.line_id.as_ref().map(|line| format!(", line {line}")).unwrap_or_default();
        note(&format!("void: {} ({customer_id}{line}): {}", fact_name(&void.fact), void.reason));
    }
    let more = voids.len().saturating_sub(MAX_VOIDS);
    if more > 0 {
        note(&format!("void: and {more} more facts without effect"));
    }
}

fn fact_name(key: &FactKey) -> String {
    let kind = match key {
        FactKey::Customer => return "customer".to_owned(),
        FactKey::Line(_) => "line",
        FactKey::Order(_) => "change order",
        FactKey::Charge(_) => "charge",
        FactKey::Override(_) => "override for",
    };
    format!("{kind} {}", key.id())
}
