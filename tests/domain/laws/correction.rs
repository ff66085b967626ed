//! R16 against a simulated journal: facts arrive in batches, each followed by a replay and a correction.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use deltabook::domain::facts::customer_facts::CustomerFacts;
use deltabook::domain::journal::correction::correct;
use deltabook::domain::journal::movement::{Category, Level, Movement, Subcategory};
use deltabook::domain::policy::Policy;
use deltabook::domain::replay::replay;
use proptest::collection::vec;
use proptest::prelude::*;

use super::{config, sums};
use crate::facts::histories::{Arrival, History, arrivals, histories, policies};

/// Append-only, but for the mark that an entry was reversed.
#[derive(Default)]
struct Journal {
    entries: Vec<Entry>,
}

struct Entry {
    movement: Movement,
    /// Neither reversed nor a reversal.
    live: bool,
}

impl Journal {
    fn live(&self) -> Vec<(usize, &Movement)> {
        let entries = self.entries.iter().enumerate();
        entries.filter(|(_, entry)| entry.live).map(|(number, entry)| (number, &entry.movement)).collect()
    }

    /// Appends what makes the live movements those of the replay; says how many entries that were.
    fn correct(&mut self, replayed: &[Movement]) -> usize {
        let correction = correct(&self.live(), replayed);
        let (reversals, postings) = (correction.reversals, correction.postings);
        let appended = reversals.len() + postings.len();
        for number in reversals {
            let reversed = self.entries.get_mut(number).unwrap();
            reversed.live = false;
            let reversal = reversed.movement.reversed().unwrap();
            self.entries.push(Entry { movement: reversal, live: false });
        }
        self.entries.extend(postings.into_iter().map(|movement| Entry { movement: movement.clone(), live: true }));
        appended
    }

    fn totals(&self) -> BTreeMap<(Level, Category, Subcategory, NaiveDate), i128> {
        totals(self.entries.iter().map(|entry| &entry.movement))
    }
}

fn totals<'m>(
    movements: impl IntoIterator<Item = &'m Movement>,
) -> BTreeMap<(Level, Category, Subcategory, NaiveDate), i128> {
    sums(movements, |movement| (movement.level, movement.category, movement.subcategory, movement.effective_date))
}

/// One journal over a history that arrives in batches, with what its last replay gave.
fn journal_over(history: &History, arrival: &Arrival, sizes: &[usize], policy: &Policy) -> (Journal, Vec<Movement>) {
    let (mut journal, mut known, mut movements) = (Journal::default(), CustomerFacts::default(), vec![]);
    let mut arriving = history.arriving(arrival).into_iter().peekable();
    let mut sizes = sizes.iter().copied();
    while arriving.peek().is_some() {
        for fact in arriving.by_ref().take(sizes.next().unwrap_or(usize::MAX)) {
            known.insert(fact);
        }
        movements = replay(&known, policy).unwrap().movements;
        journal.correct(&movements);
    }
    (journal, movements)
}

/// Equal but for the order.
fn same_movements(some: &[(usize, &Movement)], others: &[Movement]) -> bool {
    let mut left: Vec<&Movement> = others.iter().collect();
    let all_found = some.iter().all(|(_, movement)| {
        let found = left.iter().position(|other| other == movement);
        found.is_some_and(|found| left.swap_remove(found) == *movement)
    });
    all_found && left.is_empty()
}

fn batch_sizes() -> impl Strategy<Value = Vec<usize>> {
    vec(1..6_usize, 0..8)
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn journal_equals_the_replay_for_any_order_of_arrival(
        history in histories(), arrival in arrivals(), sizes in batch_sizes(), policy in policies()
    ) {
        let (mut journal, movements) = journal_over(&history, &arrival, &sizes, &policy);
        prop_assert!(same_movements(&journal.live(), &movements), "{:?}\n{:?}", journal.live(), movements);
        prop_assert_eq!(journal.correct(&movements), 0, "a second correction is empty");
    }

    #[test]
    fn reversed_entries_cancel_in_each_total(
        history in histories(), arrival in arrivals(), sizes in batch_sizes(), policy in policies()
    ) {
        let (journal, movements) = journal_over(&history, &arrival, &sizes, &policy);
        prop_assert_eq!(journal.totals(), totals(&movements));
    }

    #[test]
    fn entries_that_still_hold_are_not_reversed(
        history in histories(), arrival in arrivals(), policy in policies()
    ) {
        let mut known = CustomerFacts::default();
        let mut before: Vec<Movement> = vec![];
        for fact in history.arriving(&arrival) {
            known.insert(fact);
            let after = replay(&known, &policy).unwrap().movements;
            let live: Vec<(usize, &Movement)> = before.iter().enumerate().collect();
            let correction = correct(&live, &after);
            for number in &correction.reversals {
                prop_assert!(!correction.postings.contains(&&before[*number]), "reversed and posted again");
            }
            prop_assert_eq!(before.len() + correction.postings.len(), after.len() + correction.reversals.len());
            before = after;
        }
    }
}
