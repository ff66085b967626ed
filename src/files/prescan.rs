//! A first look at inputs: what is wrong with them, and whether they are sorted by customer.

use std::ops::ControlFlow::{Break, Continue};

use crate::domain::ids::CustomerId;
use crate::files::by_customer::{PieceOf, ReadError, open, rewind};
use crate::files::customer_batch::Problem;
use crate::files::input::Layout;
use crate::files::parallel_map::in_order;
use crate::files::source::Origin;

/// What was found.
#[derive(Debug)]
pub struct Survey {
    /// Each customer's facts stand together, and the customers in the order of their ids.
    pub is_sorted: bool,
    pub facts: u64,
    /// Facts that cannot be read.
    pub malformed: u64,
    /// For each input, the columns of CSV that are not read.
    pub ignored: Vec<Vec<String>>,
}

/// Reads all facts, on all cores, and forgets them; tells of each problem. Then the inputs can be read again.
///
/// # Errors
/// An input cannot be read.
pub fn survey(origins: &mut [Origin], mut tell: impl FnMut(Problem)) -> Result<Survey, ReadError> {
    let (layouts, pieces) = open(origins)?;
    let ignored = layouts.iter().map(|layout| layout.ignored().to_vec()).collect();
    let mut all = Survey { is_sorted: true, facts: 0, malformed: 0, ignored };
    let mut last: Option<CustomerId> = None;
    let mut ended = Ok(());
    in_order(
        pieces,
        |piece| look(&layouts, piece),
        |seen| match seen {
            Ok(Seen { facts, malformed, first, last: then, is_sorted, problems }) => {
                problems.into_iter().for_each(&mut tell);
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
    rewind(origins)?;
    Ok(all)
}

/// What is in a piece.
#[derive(Default)]
struct Seen {
    facts: u64,
    malformed: u64,
    first: Option<CustomerId>,
    last: Option<CustomerId>,
    is_sorted: bool,
    problems: Vec<Problem>,
}

fn look(layouts: &[Layout], piece: PieceOf) -> Result<Seen, ReadError> {
    let (file, piece) = piece?;
    let mut seen = Seen { is_sorted: true, ..Seen::default() };
    let Some(layout) = layouts.get(file) else { return Ok(seen) };
    layout.read(piece, |reading| match reading.decode() {
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
            let line = reading.place.line;
            seen.problems.extend(violations.into_iter().map(|violation| Problem { file, line, violation }));
        }
    });
    Ok(seen)
}
