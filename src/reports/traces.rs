//! What the movements of the journal are made of, by the facts as they are now.

use crate::domain::explain::Trace;
use crate::domain::movement::Movement;
use crate::store::entry::Entry;

/// The entries that hold, each with what its movement is made of. Of equal movements each entry has its own.
pub(super) fn matched<'e>(
    live: &'e [Entry],
    movements: &[Movement],
    traces: &'e [Trace],
) -> impl Iterator<Item = (&'e Entry, &'e Trace)> {
    let mut taken = vec![false; movements.len()];
    let mut pairs = Vec::with_capacity(live.len());
    for entry in live {
        let first = movements.partition_point(|it| it.effective_date < entry.movement.effective_date);
        let of_date = movements.iter().zip(traces).zip(&mut taken).skip(first);
        let mut of_date = of_date.take_while(|((it, _), _)| it.effective_date == entry.movement.effective_date);
        if let Some(((_, trace), taken)) = of_date.find(|((it, _), taken)| !**taken && **it == entry.movement) {
            *taken = true;
            pairs.push((entry, trace));
        }
    }
    pairs.into_iter()
}
