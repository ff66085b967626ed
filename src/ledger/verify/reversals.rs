//! R16: what a reversal must be.

use std::collections::BTreeSet;

use crate::domain::journal::entry::Entry;

/// R16: a reversal cancels an earlier entry of the customer exactly, and only once.
pub(in crate::ledger) fn wrong_reversals(entries: &[Entry]) -> Vec<String> {
    let mut reversed = BTreeSet::new();
    let mut wrong = Vec::new();
    for entry in entries {
        let Some(sequence) = entry.reverses else { continue };
        let original = entries
            .binary_search_by_key(&sequence, |entry| entry.sequence)
            .ok()
            .and_then(|position| entries.get(position))
            .filter(|original| original.sequence < entry.sequence && original.reverses.is_none());
        match original {
            None => wrong.push(format!("movement {} reverses movement {sequence}, which is not there", entry.sequence)),
            Some(_) if !reversed.insert(sequence) => {
                wrong.push(format!("movement {} reverses movement {sequence} a second time", entry.sequence));
            }
            Some(original) if original.movement.reversed().as_ref() != Ok(&entry.movement) => {
                wrong.push(format!("movement {} does not cancel movement {sequence} exactly", entry.sequence));
            }
            Some(_) => {}
        }
    }
    wrong
}
