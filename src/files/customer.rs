//! All that is said of one customer, and where it stands.

use super::reading::Place;
use crate::domain::customer_facts::CustomerFacts;
use crate::domain::fact::{Fact, FactKey};
use crate::domain::ids::CustomerId;
use crate::form::violation::Violation;

/// A fact, and where it stands.
#[derive(Debug, Clone)]
pub struct Said {
    /// The file, by its place among the inputs.
    pub file: usize,
    pub place: Place,
    pub fact: Fact,
}

/// Something wrong, and where.
#[derive(Debug, Clone)]
pub struct Problem {
    /// The file, by its place among the inputs.
    pub file: usize,
    pub line: u64,
    pub violation: Violation,
}

/// A customer's facts, complete.
#[derive(Debug)]
pub struct Customer {
    pub customer_id: CustomerId,
    pub facts: CustomerFacts,
    /// Of the first fact.
    pub file: usize,
    pub first_line: u64,
    /// Of the revisions that count, by key.
    places: Vec<(FactKey, usize, Place)>,
}

impl Customer {
    /// Puts together what was said of one customer; None: nothing.
    ///
    /// # Errors
    /// R17: a revision that is said again, and says something else.
    pub(super) fn of(mut said: Vec<Said>) -> Result<Option<Self>, Vec<Problem>> {
        let Some(first) = said.iter().min_by_key(|said| (said.file, said.place.line)) else { return Ok(None) };
        let mut customer = Self {
            customer_id: first.fact.customer_id().clone(),
            facts: CustomerFacts::default(),
            file: first.file,
            first_line: first.place.line,
            places: Vec::with_capacity(said.len()),
        };
        said.sort_by_cached_key(|said| (said.fact.key(), said.fact.revision()));
        let contradictions = contradictions(&said);
        if !contradictions.is_empty() {
            return Err(contradictions);
        }
        // Revisions of a fact come in rising order, so the last one stays.
        for Said { file, place, fact } in said {
            let key = fact.key();
            customer.places.pop_if(|(last, ..)| *last == key);
            customer.places.push((key, file, place));
            customer.facts.insert(fact);
        }
        Ok(Some(customer))
    }

    /// The file and the place of a fact, in the revision that counts.
    #[must_use]
    pub fn place(&self, key: &FactKey) -> Option<(usize, &Place)> {
        let found = self.places.binary_search_by(|(known, ..)| known.cmp(key)).ok()?;
        self.places.get(found).map(|(_, file, place)| (*file, place))
    }
}

/// Of facts by key and revision, those that say something else than the first of theirs.
fn contradictions(said: &[Said]) -> Vec<Problem> {
    let same = |a: &Said, b: &Said| a.fact.revision() == b.fact.revision() && a.fact.key() == b.fact.key();
    let mut found = Vec::new();
    for revision in said.chunk_by(same) {
        let Some((first, again)) = revision.split_first() else { continue };
        for other in again.iter().filter(|other| other.fact != first.fact) {
            let (revision, line) = (first.fact.revision(), first.place.line);
            let description = format!("revision {revision} is on line {line} too, with other content");
            let violation = Violation { field: other.place.path.to_string(), description };
            found.push(Problem { file: other.file, line: other.place.line, violation });
        }
    }
    found
}
