//! R14: movements add up to what the lines are, as the slow books say it.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use deltabook::domain::facts::customer_facts::CustomerFacts;
use deltabook::domain::ids::{Currency, ItemId, SubscriptionId};
use deltabook::domain::journal::movement::{Category, Level, Movement, Subcategory};
use deltabook::domain::number::Quantity;
use deltabook::domain::policy::Policy;
use deltabook::domain::replay::replay;
use deltabook::domain::rule::Rule;
use proptest::prelude::*;

use super::books::{Books, Life, Standing, renews};
use super::{at, config, sums};
use crate::facts::histories::{histories, unlabelled_histories, unlinked_histories};

/// MRR of the counting lines at the end of a date, by what a line belongs to.
fn counting<'b, 'f, K: Ord>(
    books: &'b Books<'f>,
    date: NaiveDate,
    key: impl Fn(&'b Life<'f>) -> K,
) -> BTreeMap<K, i128> {
    let mut sums = BTreeMap::new();
    for (life, standing) in books.at(date).filter(|(_, standing)| standing.counts) {
        *sums.entry(key(life)).or_default() += i128::from(standing.mrr.micros());
    }
    sums.retain(|_, sum| *sum != 0);
    sums
}

/// The first subscription of a chain of renewals.
fn contract<'s>(facts: &'s CustomerFacts, subscription: &'s SubscriptionId) -> &'s SubscriptionId {
    renews(facts, subscription).map_or(subscription, |renewed| contract(facts, renewed))
}

fn movements(facts: &CustomerFacts) -> Vec<Movement> {
    replay(facts, &Policy::default()).unwrap().movements
}

fn up_to<'m>(
    date: NaiveDate,
    movements: impl Iterator<Item = &'m Movement> + Clone,
) -> impl Iterator<Item = &'m Movement> + Clone {
    movements.filter(move |movement| movement.effective_date <= date)
}

/// Every date on which a line can change, and one after all of them.
fn checkpoints(books: &Books<'_>) -> impl Iterator<Item = NaiveDate> {
    books.dates.clone().into_iter().chain([NaiveDate::MAX.pred_opt().unwrap()])
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn movements_up_to_a_date_add_up_to_the_counting_lines(history in histories()) {
        let facts = history.customer_facts();
        let (books, movements) = (Books::of(&facts), movements(&facts));
        for date in checkpoints(&books) {
            let expected = counting(&books, date, |life| life.line.currency);
            for level in Level::ALL {
                let sums = sums(up_to(date, at(*level, &movements)), |movement| movement.currency);
                prop_assert_eq!(&sums, &expected, "{} on {}", level, date);
            }
        }
        prop_assert!(movements.iter().all(|movement| books.dates.contains(&movement.effective_date)));
    }

    #[test]
    fn movements_of_a_contract_add_up_to_its_counting_lines(history in histories()) {
        let facts = history.customer_facts();
        let (books, movements) = (Books::of(&facts), movements(&facts));
        for date in checkpoints(&books) {
            let expected =
                counting(&books, date, |life| (contract(&facts, &life.line.subscription_id), life.line.currency));
            let sums = sums(up_to(date, at(Level::Contract, &movements)), |movement| {
                (contract(&facts, movement.subscription_id.as_ref().unwrap()), movement.currency)
            });
            prop_assert_eq!(&sums, &expected, "on {}", date);
        }
    }

    #[test]
    fn movements_of_a_line_follow_each_other_without_a_gap(history in unlinked_histories()) {
        let facts = history.customer_facts();
        let (books, movements) = (Books::of(&facts), movements(&facts));
        let mut last = BTreeMap::new();
        for movement in at(Level::Contract, &movements).filter(|movement| !movement.delta.is_zero()) {
            let before = last.insert(movement.line_id.as_ref(), movement.mrr_after).unwrap_or_default();
            prop_assert_eq!(before, movement.mrr_before, "{:?}", movement);
        }
        for date in checkpoints(&books) {
            let expected = counting(&books, date, |life| Some(&life.line.line_id));
            let sums = sums(up_to(date, at(Level::Contract, &movements)), |movement| movement.line_id.as_ref());
            prop_assert_eq!(&sums, &expected, "on {}", date);
        }
    }

    #[test]
    fn movements_are_new_or_churn_exactly_when_activity_begins_or_ends(history in histories()) {
        let facts = history.customer_facts();
        let books = Books::of(&facts);
        let movements = movements(&facts);
        let computed = movements.iter().filter(|movement| {
            !movement.delta.is_zero() && !movement.rules.iter().any(|rule| rule == Rule::ModificationType)
        });
        for movement in computed {
            let expected = by_activity(movement, &facts, &books);
            let is_computed = match expected {
                Some(subcategory) => movement.subcategory == subcategory,
                None => [Category::Upsell, Category::Downsell].contains(&movement.category),
            };
            prop_assert!(is_computed, "{:?} expected, not {:?}", expected, movement);
        }
    }

    #[test]
    fn customer_movements_show_all_counting_lines_of_the_item(history in unlabelled_histories()) {
        let facts = history.customer_facts();
        let books = Books::of(&facts);
        for movement in at(Level::Customer, &movements(&facts)).filter(|movement| !movement.delta.is_zero()) {
            let (before, after) = item_before_and_after(&books, movement);
            prop_assert_eq!((movement.quantity_before, movement.mrr_before.micros()), before, "{:?}", movement);
            prop_assert_eq!((movement.quantity_after, movement.mrr_after.micros()), after, "{:?}", movement);
        }
    }

    #[test]
    fn ended_lines_leave_no_mrr(history in histories()) {
        let facts = history.customer_facts();
        let (books, movements) = (Books::of(&facts), movements(&facts));
        let far_away = NaiveDate::MAX.pred_opt().unwrap();
        if books.at(far_away).all(|(_, standing)| !standing.counts) {
            prop_assert!(sums(&movements, |movement| (movement.level, movement.currency)).is_empty());
        }
    }
}

/// R8's upper table; None where the lower one decides.
fn by_activity(movement: &Movement, facts: &CustomerFacts, books: &Books<'_>) -> Option<Subcategory> {
    let contract_of = |subscription: &SubscriptionId| contract(facts, subscription).clone();
    let of_movement = movement.subscription_id.as_ref().map(contract_of);
    let belongs =
        |life: &Life| of_movement.as_ref().is_none_or(|contract| *contract == contract_of(&life.line.subscription_id));
    let is_active = |date: NaiveDate| {
        books.at(date).any(|(life, standing)| belongs(life) && standing.counts && !standing.mrr.is_negative())
    };
    let date = movement.effective_date;
    let earlier = || books.dates.range(..date).any(|earlier| is_active(*earlier));
    match (is_active(date.pred_opt().unwrap()), is_active(date), movement.level) {
        (false, true, Level::Contract) => Some(Subcategory::NewContract),
        (false, true, Level::Customer) if earlier() => Some(Subcategory::Reactivation),
        (false, true, Level::Customer) => Some(Subcategory::NewCustomer),
        (true, false, Level::Contract) => Some(Subcategory::ContractChurn),
        (true, false, Level::Customer) => Some(Subcategory::CustomerChurn),
        (true, true, _) | (false, false, _) => None,
    }
}

/// Quantity and MRR of the item's counting lines on the day before and on the date. A line belongs to the item that it
/// sells after the date.
fn item_before_and_after(books: &Books<'_>, movement: &Movement) -> ((Quantity, i64), (Quantity, i64)) {
    let key: (Currency, &ItemId) = (movement.currency, &movement.item_id);
    let today: Vec<(&Life, Standing)> = books.at(movement.effective_date).collect();
    let yesterday: Vec<Standing> =
        books.at(movement.effective_date.pred_opt().unwrap()).map(|(_, standing)| standing).collect();
    let of_item = |(life, standing): &(&Life, Standing)| (life.line.currency, standing.item) == key;
    let before = today.iter().zip(yesterday).filter(|(today, _)| of_item(today)).map(|(_, yesterday)| yesterday);
    let after = today.iter().filter(|today| of_item(today)).map(|(_, today)| *today);
    (together(before), together(after))
}

fn together<'f>(lines: impl Iterator<Item = Standing<'f>>) -> (Quantity, i64) {
    lines.filter(|line| line.counts).fold((Quantity::ZERO, 0), |(quantity, mrr), line| {
        (quantity.checked_add(line.quantity).unwrap(), mrr + line.mrr.micros())
    })
}
