//! What holds for each movement by itself, and for the movements of a history together.

use std::collections::BTreeSet;

use deltabook::domain::events::lifecycle::lifecycle;
use deltabook::domain::facts::customer_facts::CustomerFacts;
use deltabook::domain::facts::fact::{Fact, FactKey};
use deltabook::domain::journal::movement::{Category, Cause, Level, Movement};
use deltabook::domain::policy::Policy;
use deltabook::domain::replay::explain::{LineChange, LineSnapshot};
use deltabook::domain::replay::{replay, replay_traced};
use deltabook::domain::rule::Rule;
use proptest::prelude::*;

use super::{at, by_date, config, replayed};
use crate::facts::histories::{arrivals, histories, policies};

proptest! {
    #![proptest_config(config())]

    #[test]
    fn levels_agree_for_each_date_and_currency(history in histories(), policy in policies()) {
        let movements = replayed(&history, &policy).movements;
        prop_assert_eq!(by_date(Level::Contract, &movements, |_| true), by_date(Level::Customer, &movements, |_| true));
    }

    #[test]
    fn levels_agree_on_provisional_movements(history in histories(), policy in policies()) {
        let movements = replayed(&history, &policy).movements;
        let provisional = |movement: &Movement| movement.provisional_until.is_some();
        prop_assert_eq!(
            by_date(Level::Contract, &movements, provisional),
            by_date(Level::Customer, &movements, provisional)
        );
    }

    #[test]
    fn order_of_arrival_does_not_change_movements(history in histories(), arrival in arrivals(), policy in policies()) {
        let shuffled: CustomerFacts = history.arriving(&arrival).into_iter().collect();
        prop_assert_eq!(replay(&shuffled, &policy).unwrap(), replayed(&history, &policy));
    }

    #[test]
    fn repeated_facts_do_not_change_movements(history in histories(), arrival in arrivals(), policy in policies()) {
        let twice: CustomerFacts = history.facts.iter().cloned().chain(history.arriving(&arrival)).collect();
        prop_assert_eq!(&twice, &history.customer_facts());
        prop_assert_eq!(replay(&twice, &policy).unwrap(), replayed(&history, &policy));
    }

    #[test]
    fn movements_and_events_come_by_date_and_name_known_facts(history in histories(), policy in policies()) {
        let facts = history.customer_facts();
        let replay = replayed(&history, &policy);
        let events = lifecycle(&replay, &facts, &policy).unwrap();
        prop_assert!(replay.movements.is_sorted_by_key(|movement| movement.effective_date));
        prop_assert!(events.is_sorted_by_key(|event| event.date));
        for movement in &replay.movements {
            prop_assert!(!movement.causes.is_empty(), "{:?}", movement);
            prop_assert!(movement.causes.iter().all(|cause| is_known(cause, &facts)), "{:?}", movement);
            let distinct: BTreeSet<&Cause> = movement.causes.iter().collect();
            prop_assert_eq!(distinct.len(), movement.causes.len(), "{:?}", movement);
        }
        let keys: BTreeSet<FactKey> = history.facts.iter().map(Fact::key).collect();
        prop_assert!(replay.voids.iter().all(|void| keys.contains(&void.fact)), "{:?}", replay.voids);
    }

    #[test]
    fn movement_is_the_sum_of_its_line_changes(history in histories(), policy in policies()) {
        let (replay, traces) = replay_traced(&history.customer_facts(), &policy).unwrap();
        prop_assert_eq!(&replay, &replayed(&history, &policy));
        prop_assert_eq!(replay.movements.len(), traces.len());
        for (movement, trace) in replay.movements.iter().zip(&traces) {
            let causes: BTreeSet<&Cause> = trace.changes.iter().map(|change| &change.cause).collect();
            prop_assert_eq!(causes, movement.causes.iter().collect::<BTreeSet<_>>(), "{:?}", movement);
            let is_of_line = |change: &LineChange| movement.line_id.as_ref().is_none_or(|line| *line == change.line_id);
            prop_assert!(trace.changes.iter().all(is_of_line), "{:?}", movement);
            // A Renewal and a pause stand beside what changes with them.
            if !movement.delta.is_zero() {
                let books = |line: &LineSnapshot| if line.counting { line.mrr.micros() } else { 0 };
                let moved: i64 = trace.changes.iter().map(|change| books(&change.after) - books(&change.before)).sum();
                prop_assert_eq!(moved, movement.delta.micros(), "{:?}", movement);
            }
            let has_type = movement.rules.contains(Rule::ModificationType);
            prop_assert_eq!(trace.named_by.is_some(), has_type, "{:?}", movement);
        }
    }

    #[test]
    fn void_facts_give_no_movement(history in histories(), policy in policies()) {
        let replay = replayed(&history, &policy);
        for void in &replay.voids {
            if let FactKey::Order(order) = &void.fact {
                let cause = Cause::ChangeOrder(order.clone());
                let mut moved = at(Level::Contract, &replay.movements).filter(|it| it.causes.contains(&cause));
                // On some lines an order may be void, and on others not.
                let is_cause = moved.any(|it| void.line_id.is_none() || void.line_id == it.line_id);
                prop_assert!(!is_cause, "{:?}", void);
            }
        }
    }

    #[test]
    fn trial_starts_once_and_ends_by_its_end_date(history in histories()) {
        let facts = history.customer_facts();
        for trial in &replayed(&history, &Policy::default()).trials {
            let line = &facts.lines[&trial.line_id];
            prop_assert!(trial.starts_on < trial.ends_on && Some(trial.ends_on) <= line.trial_end_date, "{:?}", trial);
        }
    }

    #[test]
    fn movement_fields_are_consistent(history in histories(), policy in policies()) {
        for movement in &replayed(&history, &policy).movements {
            check_amounts(movement)?;
            check_names(movement)?;
        }
    }

    #[test]
    fn reversal_of_a_movement_cancels_it_exactly(history in histories(), policy in policies()) {
        for movement in &replayed(&history, &policy).movements {
            let reversed = movement.reversed().unwrap();
            prop_assert_eq!(movement.delta.checked_add(reversed.delta).unwrap().micros(), 0);
            prop_assert_eq!(reversed.mrr_after.checked_sub(reversed.mrr_before).unwrap(), reversed.delta);
            if let (Some(effects), Some(reversal)) = (movement.effects, reversed.effects) {
                prop_assert_eq!(effects.quantity.micros() + reversal.quantity.micros(), 0);
                prop_assert_eq!(effects.price.micros() + reversal.price.micros(), 0);
            }
            prop_assert_eq!(reversed.effects.is_some(), movement.effects.is_some());
            prop_assert_eq!((reversed.category, reversed.subcategory), (movement.category, movement.subcategory));
            prop_assert_eq!(&reversed.reversed().unwrap(), movement);
        }
    }
}

fn is_known(cause: &Cause, facts: &CustomerFacts) -> bool {
    match cause {
        Cause::ChangeOrder(order) => facts.orders.contains_key(order),
        Cause::LineStart(line)
        | Cause::TrialEnd(line)
        | Cause::PriceStep(line, _)
        | Cause::NaturalEnd(line)
        | Cause::RenewalLink(line, _) => facts.lines.contains_key(line),
    }
}

/// Amount = after − before; only renewals and suspensions may have none; both effects together are the amount.
fn check_amounts(movement: &Movement) -> Result<(), TestCaseError> {
    let is_renewal = movement.category == Category::Renewal;
    let may_be_zero = is_renewal || movement.category == Category::Ignored;
    prop_assert_eq!(movement.mrr_after.checked_sub(movement.mrr_before).unwrap(), movement.delta, "{:?}", movement);
    prop_assert!(!movement.delta.is_zero() || may_be_zero, "{:?}", movement);
    prop_assert!(!is_renewal || movement.delta.is_zero(), "{:?}", movement);
    prop_assert_eq!(movement.renewed_mrr.is_some(), is_renewal, "{:?}", movement);
    if let Some(effects) = movement.effects {
        prop_assert_eq!(effects.quantity.checked_add(effects.price).unwrap(), movement.delta, "{:?}", movement);
    }
    Ok(())
}

fn check_names(movement: &Movement) -> Result<(), TestCaseError> {
    prop_assert_eq!(movement.subcategory.category(), movement.category, "{:?}", movement);
    prop_assert!(movement.subcategory.only_at().is_none_or(|level| level == movement.level), "{:?}", movement);
    let at_contract = movement.level == Level::Contract;
    prop_assert_eq!(movement.subscription_id.is_some(), at_contract, "{:?}", movement);
    let renews = |cause: &Cause| matches!(cause, Cause::RenewalLink(..) | Cause::ChangeOrder(_));
    let is_renewal = movement.category == Category::Renewal;
    prop_assert!(!is_renewal || movement.causes.iter().any(renews), "{:?}", movement);
    // Only a renewal by link is about several lines; a renewed line that was put aside is not among its causes.
    let is_link = movement.causes.iter().any(|cause| matches!(cause, Cause::RenewalLink(..)));
    let may_be_link = is_link || movement.rules.contains(Rule::Renewal);
    match movement.line_id {
        Some(_) => prop_assert!(at_contract && !is_link, "{:?}", movement),
        None => prop_assert!(!at_contract || may_be_link, "{:?}", movement),
    }
    prop_assert!(movement.rules.iter().next().is_some(), "{:?}", movement);
    Ok(())
}
