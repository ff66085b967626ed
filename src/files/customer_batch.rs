//! All that is said of one customer, and where it stands.

use crate::codec::validation::Violation;
use crate::domain::facts::customer_facts::CustomerFacts;
use crate::domain::facts::fact::{Fact, FactKey, Revision};
use crate::domain::ids::CustomerId;
use crate::files::parsed_fact::Place;

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
    /// By key, revision and position in `places`.
    keys: Vec<(FactKey, Revision, usize)>,
    /// Of the facts as they came: the file, and the place in it.
    places: Vec<(usize, Place)>,
}

impl Customer {
    /// Puts together what was said of one customer; None: nothing.
    ///
    /// # Errors
    /// R17: a revision that is said again, and says something else.
    pub fn of(said: Vec<Said>) -> Result<Option<Self>, Vec<Problem>> {
        let Some(first) = said.iter().min_by_key(|said| (said.file, said.place.line)) else { return Ok(None) };
        let keys = said.iter().enumerate().map(|(position, said)| (said.fact.key(), said.fact.revision(), position));
        let mut keys: Vec<_> = keys.collect();
        keys.sort_unstable();
        let contradictions = contradictions(&said, &keys);
        if !contradictions.is_empty() {
            return Err(contradictions);
        }
        let mut customer = Self {
            customer_id: first.fact.customer_id().clone(),
            facts: CustomerFacts::default(),
            file: first.file,
            first_line: first.place.line,
            keys,
            places: Vec::with_capacity(said.len()),
        };
        for Said { file, place, fact } in said {
            customer.places.push((file, place));
            customer.facts.insert(fact);
        }
        Ok(Some(customer))
    }

    /// The file and the place of a fact, in the revision that counts.
    #[must_use]
    pub fn place(&self, key: &FactKey) -> Option<(usize, &Place)> {
        let end = self.keys.partition_point(|(known, ..)| known <= key);
        let (known, _, position) = self.keys.get(end.checked_sub(1)?)?;
        let (file, place) = self.places.get(*position).filter(|_| known == key)?;
        Some((*file, place))
    }
}

/// Of the facts with one key and revision, those that say something else than the first of them.
fn contradictions(said: &[Said], keys: &[(FactKey, Revision, usize)]) -> Vec<Problem> {
    let mut found = Vec::new();
    for same in keys.chunk_by(|a, b| (&a.0, a.1) == (&b.0, b.1)) {
        let mut facts = same.iter().filter_map(|(.., position)| said.get(*position));
        let Some(first) = facts.next() else { continue };
        for other in facts.filter(|other| other.fact != first.fact) {
            let (revision, line) = (first.fact.revision(), first.place.line);
            let description = format!("revision {revision} is on line {line} too, with other content");
            let violation = Violation { field: other.place.path.to_string(), description };
            found.push(Problem { file: other.file, line: other.place.line, violation });
        }
    }
    found
}
