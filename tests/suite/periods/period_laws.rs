//! Laws of closed months, for any order of facts, overrides, closings and reopenings.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveTime, Utc};
use deltabook::clock::Clock;
use deltabook::codec::month::Month;
use deltabook::domain::actor::Actor;
use deltabook::domain::facts::fact::{Fact, Override};
use deltabook::domain::ids::TenantId;
use deltabook::domain::journal::movement::Level;
use deltabook::domain::policy::Policy;
use deltabook::ledger::command::Mode;
use deltabook::ledger::handle::{Ledger, Workload};
use deltabook::ledger::verify::verify;
use deltabook::reports::movements::movement_query::Selection;
use deltabook::reports::movements::movements;
use deltabook::reports::mrr::{MrrQuery, mrr};
use deltabook::reports::retention::retention;
use deltabook::reports::scope::{MonthsQuery, Scope};
use deltabook::store::db::Db;
use deltabook::store::journal::movement_page::{MovementFilter, MovementOrder};
use deltabook::store::reports::sums::View;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::super::reports::groups::check_converted;
use super::store;
use crate::generated_facts::histories::{Arrival, History, arrivals, histories, policies};
use crate::support::postgres::block_on;
use crate::support::store::Store;

/// What happens between the facts.
#[derive(Debug, Clone)]
enum Event {
    /// Records so many of the facts.
    Say(usize),
    /// The month that is next is closed, if it is over.
    Close,
    /// The last closed month is reopened, if there is one.
    Reopen,
    /// Withdraws the last override.
    Clear,
    Policy(Policy),
    /// Months go by.
    Wait(u32),
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let event = prop_oneof![
        4 => (1_usize..5).prop_map(Event::Say),
        4 => Just(Event::Close),
        1 => Just(Event::Reopen),
        1 => Just(Event::Clear),
        1 => policies().prop_map(Event::Policy),
        3 => (1_u32..9).prop_map(Event::Wait),
    ];
    vec(event, 4..20)
}

/// Books in a store that has many, and the time there.
struct Story<'s> {
    db: &'s Db,
    number: usize,
    ledger: Ledger,
    tenant: TenantId,
    now: std::sync::Arc<std::sync::Mutex<DateTime<Utc>>>,
    next_month: Option<Month>,
    last_override: Option<Override>,
    closings: usize,
    adjusted: bool,
}

impl Story<'_> {
    async fn say(&mut self, facts: Vec<Fact>) {
        for fact in &facts {
            if let Fact::Override(over) = fact {
                self.last_override = Some(over.clone());
            }
        }
        let recorded = self.ledger.record(facts, Mode::Lenient, &Actor::service()).await.unwrap();
        self.adjusted |= recorded.new_entries > 0 && self.closings > 0;
    }

    async fn happens(&mut self, event: &Event, rest: &mut std::vec::IntoIter<Fact>) {
        match event {
            Event::Say(count) => {
                let facts: Vec<Fact> = rest.take(*count).collect();
                self.say(facts).await;
            }
            Event::Close => {
                let first = Month::parse("2024-02").unwrap();
                let month = self.next_month.unwrap_or(first);
                // Refused if it is not over, or another is first.
                if self.ledger.close_month(month, "", &Actor::service()).await.is_ok() {
                    self.next_month = Some(month.next());
                    self.closings += 1;
                }
            }
            Event::Reopen => {
                if let Some(next) = self.next_month
                    && self.ledger.reopen_month(next.previous(), "again", &Actor::service()).await.is_ok()
                {
                    self.next_month = Some(next.previous());
                }
            }
            Event::Clear => {
                if let Some(over) = &mut self.last_override {
                    over.revision += 1_000;
                    over.modification_type = None;
                    over.subcategory = None;
                    let fact = Fact::Override(over.clone());
                    self.say(vec![fact]).await;
                }
            }
            Event::Policy(policy) => {
                self.ledger.set_policy(*policy, "", &Actor::service()).await.unwrap();
            }
            Event::Wait(months) => {
                let mut now = self.now.lock().unwrap();
                *now = now.checked_add_months(chrono::Months::new(*months)).unwrap();
            }
        }
    }

    /// Verify compares the journal with a replay (levels, reversals, totals) and every closed month with its digest.
    async fn check(&self) {
        let found = verify(self.db, &self.tenant, || {}).await.unwrap();
        assert_eq!(found.differences, []);
        let far: DateTime<Utc> = "2100-01-01T00:00:00Z".parse().unwrap();
        let mut sums = Vec::new();
        for level in [Level::Contract, Level::Customer] {
            for view in [View::AsReported, View::Restated] {
                let scope = Scope { level, currency: None, customer: None, view, known_at: None };
                let query = MrrQuery { scope, date: Some(far.date_naive()), conversion: None, group_by: None };
                sums.push(mrr(self.db, &self.tenant, &query, far).await.unwrap().totals);
            }
        }
        assert!(sums.windows(2).all(|pair| pair.first() == pair.last()), "{sums:?}");
        self.check_retention().await;
        check_converted(self.db, &self.tenant, self.number, far).await;
    }

    /// What was kept is the same out of the totals as customer by customer out of the journal, whenever it is asked: today,
    /// and on and before each date on which something provisional begins to count. (As known at an instant after everything is
    /// out of the journal.)
    async fn check_retention(&self) {
        let now = *self.now.lock().unwrap();
        let (filter, order) = (MovementFilter::default(), MovementOrder::Journal);
        let entries =
            movements(self.db, &self.tenant, &Selection::new(filter, None), order, None, 1_000).await.unwrap().entries;
        let dates = entries.iter().filter_map(|entry| entry.movement.provisional_until);
        let instants =
            dates.flat_map(|date| [date.pred_opt().unwrap(), date]).map(|date| date.and_time(NOON).and_utc());
        let instants: BTreeSet<DateTime<Utc>> = instants.chain([now]).filter(|instant| *instant >= now).collect();
        for instant in instants {
            for (first, last) in [("2024-01", "2026-12"), ("2024-04", "2024-09"), ("2024-07", "2025-06")] {
                let (first, last) = (Month::parse(first).unwrap(), Month::parse(last).unwrap());
                let kept = |known_at| {
                    let (level, view) = (Level::Customer, View::AsReported);
                    let scope = Scope { level, currency: None, customer: None, view, known_at };
                    let query = MonthsQuery { scope, first, last };
                    async move { retention(self.db, &self.tenant, &query, instant).await.unwrap() }
                };
                assert_eq!(kept(None).await, kept(Some(instant)).await, "{instant} {first} {last}");
            }
        }
    }
}

const NOON: NaiveTime = NaiveTime::from_hms_opt(12, 0, 0).unwrap();

/// Decides the outcomes of all entries anew, as it is done for a store that has none yet.
fn fill_outcomes(store: &Store) {
    let (migration, begin) = match store {
        Store::Sqlite { .. } => (include_str!("../../../migrations/sqlite/0009_outcomes.sql"), "update entry set"),
        Store::Postgres(_) => {
            (include_str!("../../../migrations/postgres/0008_outcomes.sql"), "alter table entry\n    alter column")
        }
    };
    let (_, rest) = migration.split_once(begin).unwrap();
    let (fill, _) = rest.split_once(';').unwrap();
    store.tamper("update entry set activity_change = null, renewal_outcome = null");
    let without_view = if matches!(store, Store::Postgres(_)) { "drop view journal;" } else { "" };
    store.tamper(&format!("{without_view} {begin}{fill}"));
}

/// Makes the totals anew, as it is done for a store that has none yet.
fn fill_totals(store: &Store) {
    let migration = match store {
        Store::Sqlite { .. } => include_str!("../../../migrations/sqlite/0008_scale.sql"),
        Store::Postgres(_) => include_str!("../../../migrations/postgres/0007_scale.sql"),
    };
    let (_, rest) = migration.split_once("insert into renewal_total").unwrap();
    let (fill, _) = rest.split_once("-- Lists by date").unwrap();
    let fill = format!(
        "delete from renewal_total; delete from customer_total; delete from customer_pair_total;
        insert into renewal_total {fill}"
    );
    store.execute(&fill).unwrap();
}

async fn tell(db: &Db, number: usize, history: &History, arrival: &Arrival, events: &[Event]) -> (usize, bool) {
    let now = std::sync::Arc::new(std::sync::Mutex::new("2024-04-15T00:00:00Z".parse().unwrap()));
    let clock = Clock::of({
        let now = std::sync::Arc::clone(&now);
        move || *now.lock().unwrap()
    });
    let tenant = TenantId::parse(&format!("books-{number}")).unwrap();
    let (ledger, writers) = Ledger::start(db.clone(), &tenant, clock, Workload::Requests).await.unwrap();
    let (next_month, last_override) = (None, None);
    let mut story = Story { db, number, ledger, tenant, now, next_month, last_override, closings: 0, adjusted: false };
    let mut rest = history.arriving(arrival).into_iter();
    for event in events {
        story.happens(event, &mut rest).await;
    }
    story.say(rest.collect()).await;
    story.check().await;
    writers.finish().await;
    (story.closings, story.adjusted)
}

#[test]
fn views_agree_and_closed_months_keep_their_digest() {
    let store = store();
    let url = store.url().to_owned();
    let (mut number, mut closings, mut adjusted) = (0, 0, 0);
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(60);
    let mut runner =
        TestRunner::new(Config { cases, failure_persistence: None, max_shrink_iters: 200, ..Config::default() });
    let printed = std::cell::RefCell::new((&mut number, &mut closings, &mut adjusted));
    let outcome = runner.run(&(histories(), arrivals(), events()), |(history, arrival, events)| {
        let mut printed = printed.borrow_mut();
        *printed.0 += 1;
        let number = *printed.0;
        let (closed, has_adjusted) = block_on(async {
            let db = Db::open(&*url).await.unwrap();
            let result = tokio::spawn({
                let db = db.clone();
                async move { tell(&db, number, &history, &arrival, &events).await }
            })
            .await;
            db.close().await;
            result
        })
        .map_err(|error| TestCaseError::fail(error.to_string()))?;
        *printed.1 += closed;
        *printed.2 += usize::from(has_adjusted);
        Ok(())
    });
    outcome.unwrap_or_else(|error| panic!("{error}"));
    assert!(closings > 20 && adjusted > 10, "{closings} closings, {adjusted} times something came later");
    fill_outcomes(&store);
    fill_totals(&store);
    block_on(async {
        let db = Db::open(&*url).await.unwrap();
        for number in 1..=number {
            let tenant = TenantId::parse(&format!("books-{number}")).unwrap();
            assert_eq!(verify(&db, &tenant, || {}).await.unwrap().differences, []);
        }
        db.close().await;
    });
}
