//! Traces of journal entries: the changes behind each movement, by the current facts.

use crate::domain::journal::entry::Entry;
use crate::domain::journal::movement::Movement;
use crate::domain::replay::explain::Trace;

/// Current entry with the trace of its movement.
#[derive(Debug, Clone, Copy)]
pub(in crate::reports) struct Traced<'e> {
    pub entry: &'e Entry,
    pub trace: &'e Trace,
}

/// Pairs current entries with their traces, one to one among equal movements.
pub(in crate::reports) fn matched<'e>(
    live: &'e [Entry],
    movements: &[Movement],
    traces: &'e [Trace],
) -> Vec<Traced<'e>> {
    let mut taken = vec![false; movements.len()];
    let mut found = Vec::with_capacity(live.len());
    for entry in live {
        let first = movements.partition_point(|it| it.effective_date < entry.movement.effective_date);
        let of_date = movements.iter().zip(traces).zip(&mut taken).skip(first);
        let mut of_date = of_date.take_while(|((it, _), _)| it.effective_date == entry.movement.effective_date);
        if let Some(((_, trace), taken)) = of_date.find(|((it, _), taken)| !**taken && **it == entry.movement) {
            *taken = true;
            found.push(Traced { entry, trace });
        }
    }
    found
}
