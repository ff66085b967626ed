//! R9: which lines are renewed, against the slow books.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use deltabook::domain::ids::{ChangeOrderId, LineId};
use deltabook::domain::journal::movement::{Category, Cause, Level, Movement};
use deltabook::domain::money::Money;
use deltabook::domain::policy::Policy;
use proptest::prelude::*;

use super::books::{Books, Life};
use super::{at, config, replayed};
use crate::facts::histories::{History, histories};

fn renewals(history: &History) -> Vec<Movement> {
    let movements = replayed(history, &Policy::default()).movements;
    at(Level::Contract, &movements).filter(|movement| movement.category == Category::Renewal).cloned().collect()
}

/// Whether a line counts at the end of the day before.
fn counted_before(books: &Books<'_>, life: &Life<'_>, date: NaiveDate) -> bool {
    books.standing(life, date.pred_opt().unwrap()).counts
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn renewal_link_renews_the_counting_lines_that_it_takes_over(history in histories()) {
        let facts = history.customer_facts();
        let books = Books::of(&facts);
        let taken_over = books.lives.values().filter_map(|life| Some((life, life.link?)));
        let expected: BTreeSet<(NaiveDate, LineId)> = taken_over
            .filter(|(life, date)| counted_before(&books, life, *date))
            .map(|(life, date)| (date, life.line.line_id.clone()))
            .collect();
        let mut renewed = BTreeSet::new();
        for movement in renewals(&history) {
            renewed.extend(movement.causes.iter().filter_map(|cause| match cause {
                Cause::RenewalLink(line, _) => Some((movement.effective_date, line.clone())),
                _ => None,
            }));
        }
        prop_assert_eq!(renewed, expected);
    }

    #[test]
    fn renewal_order_renews_the_counting_lines_that_it_covers(history in histories()) {
        let facts = history.customer_facts();
        let books = Books::of(&facts);
        let (mut covered, mut expected) = (BTreeSet::new(), BTreeSet::new());
        for life in books.lives.values() {
            for order in &life.renewals {
                let renewal: (LineId, ChangeOrderId) = (life.line.line_id.clone(), order.change_order_id.clone());
                if counted_before(&books, life, order.acts_on()) && books.in_force(life, order.acts_on()) {
                    expected.insert(renewal.clone());
                }
                covered.insert(renewal);
            }
        }
        let mut renewed = BTreeSet::new();
        for movement in renewals(&history) {
            if let (Some(line), [Cause::ChangeOrder(order)]) = (&movement.line_id, &movement.causes[..]) {
                renewed.insert((line.clone(), order.clone()));
            }
        }
        prop_assert!(renewed.is_subset(&covered), "{renewed:?} of {covered:?}");
        prop_assert!(expected.is_subset(&renewed), "{expected:?} among {renewed:?}");
    }

    #[test]
    fn renewed_mrr_is_the_smaller_of_before_and_after(history in histories()) {
        let movements = replayed(&history, &Policy::default()).movements;
        for renewal in renewals(&history) {
            let is_beside = |other: &&Movement| {
                other.category != Category::Renewal
                    && (other.effective_date, &other.subscription_id) == (renewal.effective_date, &renewal.subscription_id)
                    && (&other.line_id, &other.causes) == (&renewal.line_id, &renewal.causes)
            };
            let change: i64 = at(Level::Contract, &movements).filter(is_beside).map(|other| other.delta.micros()).sum();
            let smaller = renewal.mrr_before.micros() + change.min(0);
            prop_assert_eq!(renewal.renewed_mrr.map(Money::micros), Some(smaller), "{:?}", renewal);
        }
    }
}
