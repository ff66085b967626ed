//! Prescan of inputs: counts, violations, and whether they are sorted by customer.

use std::ops::ControlFlow::{Break, Continue};

use crate::domain::ids::CustomerId;
use crate::files::by_customer::{PieceOf, ReadError, open, rewind};
use crate::files::customer_batch::LocatedViolation;
use crate::files::input::Layout;
use crate::files::parallel_map::map_in_order;
use crate::files::source::Source;

/// Result of a prescan.
#[derive(Debug)]
pub struct Prescan {
    /// Each customer's facts stand together, and the customers in the order of their ids.
    pub is_sorted: bool,
    pub facts: u64,
    /// Facts with violations.
    pub malformed: u64,
    /// For each input, the columns of CSV that are not read.
    pub ignored: Vec<Vec<String>>,
}

/// Decodes all facts on all cores without keeping them, reports each violation, and rewinds the inputs.
///
/// # Errors
/// An input cannot be read.
pub fn prescan(sources: &mut [Source], mut report: impl FnMut(LocatedViolation)) -> Result<Prescan, ReadError> {
    let (layouts, pieces) = open(sources)?;
    let ignored = layouts.iter().map(|layout| layout.ignored().to_vec()).collect();
    let mut all = Prescan { is_sorted: true, facts: 0, malformed: 0, ignored };
    let mut last: Option<CustomerId> = None;
    let mut ended = Ok(());
    map_in_order(
        pieces,
        |piece| scan_piece(&layouts, piece),
        |seen| match seen {
            Ok(PieceScan { facts, malformed, first, last: then, is_sorted, problems }) => {
                problems.into_iter().for_each(&mut report);
                all.facts = all.facts.saturating_add(facts);
                all.malformed = all.malformed.saturating_add(malformed);
                all.is_sorted &= is_sorted && (last.is_none() || first.is_none() || last <= first);
                last = then.or(last.take());
                Continue(())
            }
            Err(error) => {
                ended = Err(error);
                Break(())
            }
        },
    );
    ended?;
    rewind(sources)?;
    Ok(all)
}

/// Result of one piece.
#[derive(Default)]
struct PieceScan {
    facts: u64,
    malformed: u64,
    first: Option<CustomerId>,
    last: Option<CustomerId>,
    is_sorted: bool,
    problems: Vec<LocatedViolation>,
}

fn scan_piece(layouts: &[Layout], piece: PieceOf) -> Result<PieceScan, ReadError> {
    let (file, piece) = piece?;
    let mut seen = PieceScan { is_sorted: true, ..PieceScan::default() };
    let Some(layout) = layouts.get(file) else { return Ok(seen) };
    layout.read(piece, |parsed| match parsed.decode() {
        Ok(fact) => {
            let customer = fact.customer_id();
            seen.facts = seen.facts.saturating_add(1);
            seen.is_sorted &= seen.last.as_ref().is_none_or(|last| last <= customer);
            if seen.last.as_ref() != Some(customer) {
                seen.first.get_or_insert_with(|| customer.clone());
                seen.last = Some(customer.clone());
            }
        }
        Err(violations) => {
            seen.malformed = seen.malformed.saturating_add(1);
            let line = parsed.place.line;
            seen.problems.extend(violations.into_iter().map(|violation| LocatedViolation { file, line, violation }));
        }
    });
    Ok(seen)
}
