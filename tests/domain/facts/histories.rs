//! Generated histories: facts of one customer, from billing and finance, all of them valid on arrival.
//!
//! A history is drawn as drafts ([`draft`](super::draft)) of few values ([`pool`](super::pool)), so that dates, items and amounts meet often, and
//! is put together in [`assembly`](super::assembly), which mends whatever would be refused. So everything that is drawn is a history,
//! and it shrinks to few facts with small numbers.

use std::fmt;

use deltabook::domain::facts::customer_facts::CustomerFacts;
use deltabook::domain::facts::fact::Fact;
use deltabook::domain::facts::refusal::refusals;
use deltabook::domain::policy::Policy;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::Config;

use super::draft::{self, Features};
use super::raw::RawFact;
use super::{assembly, decode, pool};

/// One customer's facts, older revisions among them, in no particular order of time.
#[derive(Clone)]
pub struct History {
    pub facts: Vec<Fact>,
    /// The same as JSON.
    pub raw: Vec<RawFact>,
}

impl History {
    /// What is in force of it.
    pub fn customer_facts(&self) -> CustomerFacts {
        self.facts.iter().cloned().collect()
    }

    /// The same facts, arriving in another order.
    pub fn arriving(&self, order: &Arrival) -> Vec<Fact> {
        let mut arriving: Vec<(u8, &Fact)> = order.ranks.iter().copied().cycle().zip(&self.facts).collect();
        arriving.sort_by_key(|(rank, _)| *rank);
        arriving.into_iter().map(|(_, fact)| fact.clone()).collect()
    }
}

impl fmt::Debug for History {
    /// JSON Lines, as `deltabook classify` reads them: what fails can be tried by hand.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for fact in &self.raw {
            write!(f, "\n{}", serde_json::to_string(fact).unwrap())?;
        }
        Ok(())
    }
}

/// An order of arrival: each fact's rank, facts of one rank as they stand.
#[derive(Debug, Clone)]
pub struct Arrival {
    ranks: Vec<u8>,
}

pub fn arrivals() -> impl Strategy<Value = Arrival> {
    vec(any::<u8>(), 31).prop_map(|ranks| Arrival { ranks })
}

/// Histories with everything that the rules speak of.
pub fn histories() -> impl Strategy<Value = History> {
    of(Features { numbers: pool::USUAL, links: true, types: true })
}

/// Without modification types: each category is computed.
pub fn unlabelled_histories() -> impl Strategy<Value = History> {
    of(Features { numbers: pool::USUAL, links: true, types: false })
}

/// Without renewal links: every line stands for itself.
pub fn unlinked_histories() -> impl Strategy<Value = History> {
    of(Features { numbers: pool::USUAL, links: false, types: true })
}

/// With amounts at the limits of what can be entered.
pub fn huge_histories() -> impl Strategy<Value = History> {
    of(Features { numbers: pool::HUGE, links: true, types: true })
}

/// Without days of grace as often as with them.
pub fn policies() -> impl Strategy<Value = Policy> {
    select(&[0, 1, 0, 30, 0, u16::MAX][..])
        .prop_map(|lapse_grace_days| Policy { lapse_grace_days, ..Policy::default() })
}

fn of(features: Features) -> impl Strategy<Value = History> {
    draft::drafts(features).prop_map(|draft| valid(&draft))
}

fn valid(draft: &draft::Draft) -> History {
    let raw = assembly::raw_facts(draft);
    let history = History { facts: raw.iter().map(decode::fact).collect(), raw };
    let refused = refusals(&history.customer_facts());
    assert!(refused.is_empty(), "{refused:?}{history:?}");
    history
}

/// 2,000 histories, unless `PROPTEST_CASES` says otherwise.
pub fn config() -> Config {
    let chosen = std::env::var_os("PROPTEST_CASES").is_some();
    let default = Config::default();
    // What fails is printed as JSON Lines; what was a mistake of ours becomes a worked example, not a seed.
    Config { cases: if chosen { default.cases } else { 2_000 }, failure_persistence: None, ..default }
}
