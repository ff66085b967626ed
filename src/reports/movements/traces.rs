//! What the movements of the journal are made of, by the facts as they are now.

use crate::domain::journal::entry::Entry;
use crate::domain::journal::movement::Movement;
use crate::domain::replay::explain::Trace;

/// An entry that holds, and what its movement is made of.
#[derive(Debug, Clone, Copy)]
pub(in crate::reports) struct Traced<'e> {
    pub entry: &'e Entry,
    pub trace: &'e Trace,
}

/// The entries that hold, each with what its movement is made of. Of equal movements each entry has its own.
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
