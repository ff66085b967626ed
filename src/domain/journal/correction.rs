//! R16: the journal is corrected, never rewritten.

use std::collections::HashMap;

use crate::domain::journal::movement::Movement;

/// The entries to append, after which the journal's live movements are the replayed ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Correction<'m, K> {
    /// The keys of the live entries to reverse, in the order of the journal.
    pub reversals: Vec<K>,
    /// The movements to post, by effective date.
    pub postings: Vec<&'m Movement>,
}

/// Compares what the journal holds (entries neither reversed nor reversals) with a new replay. Nothing changed gives
/// nothing to append.
pub fn correct<'m, K: Copy>(live: &[(K, &Movement)], replayed: &'m [Movement]) -> Correction<'m, K> {
    let mut unmatched: HashMap<MovementKey<'_>, Vec<&Movement>> = HashMap::with_capacity(replayed.len());
    for movement in replayed {
        unmatched.entry(MovementKey(movement)).or_default().push(movement);
    }
    let mut reversals = Vec::new();
    for (key, movement) in live {
        let kept = unmatched.get_mut(&MovementKey(movement)).and_then(Vec::pop).is_some();
        if !kept {
            reversals.push(*key);
        }
    }
    let mut left: HashMap<MovementKey<'_>, usize> =
        unmatched.into_iter().map(|(key, same)| (key, same.len())).collect();
    let postings = replayed
        .iter()
        .filter(|movement| {
            let count = left.get_mut(&MovementKey(movement));
            let fewer = count.and_then(|count| Some((count.checked_sub(1)?, count)));
            fewer.map(|(fewer, count)| *count = fewer).is_some()
        })
        .collect();
    Correction { reversals, postings }
}

/// A movement compared by all of its fields, and hashed by the few that tell most of them apart.
#[derive(PartialEq, Eq)]
struct MovementKey<'m>(&'m Movement);

impl std::hash::Hash for MovementKey<'_> {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        let movement = self.0;
        (movement.effective_date, movement.level, movement.delta, &movement.line_id, &movement.item_id).hash(state);
    }
}
