//! That generated histories show everything that the rules can give.

use std::collections::BTreeSet;

use deltabook::domain::journal::movement::{Cause, Level, Movement, Subcategory};
use deltabook::domain::policy::Policy;
use deltabook::domain::replay::{Replay, replay};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use crate::facts::histories::histories;

const VOIDS: [&str; 15] = [
    "VOIDED",
    "NOT_RECURRING",
    "NEVER_ACTIVATED",
    "ACTIVATED_AFTER_END",
    "CANCELLED_BEFORE_START",
    "BEFORE_START",
    "AFTER_END",
    "ACTIVATION_NOT_ON_START",
    "ALREADY_ACTIVATED",
    "RENEWS_NOTHING",
    "TERMINATED_BEFORE_RENEWAL",
    "RENEWAL_END_TOO_EARLY",
    "ALREADY_SUSPENDED",
    "NOT_SUSPENDED",
    "NO_SUCH_CAUSE",
];

#[test]
fn generated_histories_show_every_subcategory_cause_and_void_reason() {
    let mut missing = expected();
    let mut runner = TestRunner::deterministic();
    for _ in 0..3_000 {
        let facts = histories().new_tree(&mut runner).unwrap().current().customer_facts();
        for shown in shown(&replay(&facts, &Policy { lapse_grace_days: 30, ..Policy::default() }).unwrap()) {
            missing.remove(&shown);
        }
    }
    assert!(missing.is_empty(), "{missing:?}");
}

fn expected() -> BTreeSet<String> {
    let mut expected: BTreeSet<String> = VOIDS.map(str::to_owned).into();
    for level in Level::ALL {
        let at_level = |subcategory: &&Subcategory| subcategory.only_at().is_none_or(|only| only == *level);
        expected.extend(Subcategory::ALL.iter().filter(at_level).map(|subcategory| format!("{level} {subcategory}")));
        expected.extend([format!("{level} pause"), format!("{level} provisional"), format!("{level} effects")]);
    }
    expected.extend(["start", "trial end", "step", "order", "natural end", "link", "trial"].map(str::to_owned));
    expected
}

fn shown(replay: &Replay) -> BTreeSet<String> {
    let mut shown: BTreeSet<String> = replay.voids.iter().map(|void| void.reason.code().to_owned()).collect();
    for movement in &replay.movements {
        shown.extend(traits(movement));
    }
    if !replay.trials.is_empty() {
        shown.insert("trial".to_owned());
    }
    shown
}

fn traits(movement: &Movement) -> Vec<String> {
    let level = movement.level;
    let cause = |cause: &Cause| match cause {
        Cause::LineStart(_) => "start",
        Cause::TrialEnd(_) => "trial end",
        Cause::PriceStep(..) => "step",
        Cause::ChangeOrder(_) => "order",
        Cause::NaturalEnd(_) => "natural end",
        Cause::RenewalLink(..) => "link",
    };
    let mut traits: Vec<String> = movement.causes.iter().map(|it| cause(it).to_owned()).collect();
    traits.push(format!("{level} {}", movement.subcategory));
    let is_pause = movement.subcategory == Subcategory::Ignored && movement.delta.is_zero();
    traits.extend(is_pause.then(|| format!("{level} pause")));
    traits.extend(movement.provisional_until.map(|_| format!("{level} provisional")));
    traits.extend(movement.effects.map(|_| format!("{level} effects")));
    traits
}
