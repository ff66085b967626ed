//! Facts of a file or a pipe, by customer, each with the line that says it.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;

use anyhow::Context;
use deltabook::domain::customer_facts::CustomerFacts;
use deltabook::domain::fact::{Fact, FactKey, Revision};
use deltabook::domain::ids::CustomerId;
use deltabook::files::reader::{Facts, Place};

use super::problems::Problems;

/// A customer's facts, and where they stand.
pub struct Customer {
    pub facts: CustomerFacts,
    /// Of the revision that counts.
    pub places: BTreeMap<FactKey, Place>,
    pub first_line: u64,
}

/// Opens a file, or stdin for `-`; with the name that it has in messages.
pub fn open(path: &Path) -> anyhow::Result<(String, Box<dyn BufRead>)> {
    if path.as_os_str() == "-" {
        return Ok(("stdin".to_owned(), Box::new(BufReader::new(io::stdin()))));
    }
    let name = path.display().to_string();
    let file = File::open(path).with_context(|| format!("failed to open {name}"))?;
    Ok((name, Box::new(BufReader::new(file))))
}

/// Reads all facts. What is wrong with them is added to the problems, and then the customers are not complete.
pub fn customers(input: impl BufRead, problems: &mut Problems) -> io::Result<BTreeMap<CustomerId, Customer>> {
    let mut heard: BTreeMap<CustomerId, Heard> = BTreeMap::new();
    for reading in Facts::new(input)? {
        let reading = reading?;
        let place = reading.place.clone();
        match reading.decode() {
            Ok(fact) => hear(heard.entry(fact.customer_id().clone()).or_default(), fact, place, problems),
            Err(violations) => problems.add_all(place.line, &violations),
        }
    }
    Ok(heard.into_iter().map(|(customer_id, heard)| (customer_id, customer(heard))).collect())
}

/// Every revision of every fact of a customer.
type Heard = BTreeMap<(FactKey, Revision), (Fact, Place)>;

/// R17: a revision is said once; said again, it says the same.
fn hear(heard: &mut Heard, fact: Fact, place: Place, problems: &mut Problems) {
    match heard.entry((fact.key(), fact.revision())) {
        Entry::Vacant(vacant) => {
            vacant.insert((fact, place));
        }
        Entry::Occupied(known) => {
            let (known, known_place) = known.get();
            if *known != fact {
                let (line, revision) = (known_place.line, fact.revision());
                let description = format!("revision {revision} is on line {line} too, with other content");
                problems.add(place.line, &place.path, description);
            }
        }
    }
}

fn customer(heard: Heard) -> Customer {
    let first_line = heard.values().map(|(_, place)| place.line).min().unwrap_or_default();
    let mut customer = Customer { facts: CustomerFacts::default(), places: BTreeMap::new(), first_line };
    // Revisions of a fact come in rising order, so the last one stays.
    for ((key, _), (fact, place)) in heard {
        customer.facts.insert(fact);
        customer.places.insert(key, place);
    }
    customer
}
