//! PostgreSQL commits in any order: who follows the journal waits for the numbers that are still to come.

use std::sync::Arc;

use deltabook::clock::Clock;
use deltabook::domain::actor::Actor;
use deltabook::domain::ids::{CustomerId, TenantId};
use deltabook::domain::journal::entry::Entry;
use deltabook::ledger::command::Mode;
use deltabook::ledger::handle::{Ledger, Workload};
use deltabook::reports::movements::journal_reader::Follower;
use deltabook::store::db::Db;
use deltabook::store::journal;
use deltabook::store::journal::sequence::{self, Numbered};

use crate::support::postgres;
use crate::support::server::a_line;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn journal_reader_waits_for_entries_that_are_committed_late() {
    let database = postgres::database();
    let db = Db::open(database.url()).await.unwrap();
    let tenant = TenantId::only();
    let (ledger, writers) = Ledger::start(db.clone(), &tenant, Clock::system(), Workload::Requests).await.unwrap();
    let mut follower = Follower::new(db.clone(), tenant.clone(), 0);
    let author = Actor::service();
    let record = |customer: &'static str| ledger.record(vec![a_line(customer)], Mode::Strict, &author);
    record("first").await.unwrap();
    let first = follower.next().await.unwrap();
    assert_eq!(sequences(&first), [1, 2]);

    // Takes the numbers 3 and 4, and is slow.
    let mut late = db.write().await.unwrap();
    assert_eq!(sequence::take(&mut late, &tenant, 2, 0).await.unwrap().entries, [3, 4]);
    // So are these: another takes 5 and 6, and rolls back.
    let mut given_up = db.write().await.unwrap();
    assert_eq!(sequence::take(&mut given_up, &tenant, 2, 0).await.unwrap().entries, [5, 6]);
    record("second").await.unwrap();
    assert!(follower.next().await.unwrap().is_empty());

    let mut entry = Entry::clone(&first[0]);
    entry.sequence = 3;
    entry.movement.customer_id = CustomerId::parse("late").unwrap();
    journal::append(&mut late, &tenant, &[entry]).await.unwrap();
    assert!(follower.next().await.unwrap().is_empty());
    late.commit().await.unwrap();
    assert_eq!(sequences(&follower.next().await.unwrap()), [3]);
    given_up.rollback().await.unwrap();
    assert_eq!(sequences(&follower.next().await.unwrap()), [7, 8]);
    assert!(follower.next().await.unwrap().is_empty());
    writers.finish().await;
    db.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn outbox_reader_waits_for_events_that_are_committed_late() {
    let database = postgres::database();
    let db = Db::open(database.url()).await.unwrap();
    let (ledger, writers) =
        Ledger::start(db.clone(), &TenantId::only(), Clock::system(), Workload::Requests).await.unwrap();
    let settled = async || sequence::settled(&db, Numbered::Outbox).await.unwrap();
    // A new customer has two events: that there is an account, and that it signed up.
    ledger.record(vec![a_line("first")], Mode::Strict, &Actor::service()).await.unwrap();
    assert_eq!(settled().await, 2);
    let mut late = db.write().await.unwrap();
    let taken = sequence::take(&mut late, &TenantId::only(), 0, 1).await.unwrap();
    assert_eq!((taken.entries, taken.events), (vec![], vec![3]));
    ledger.record(vec![a_line("second")], Mode::Strict, &Actor::service()).await.unwrap();
    assert_eq!(settled().await, 2);
    late.rollback().await.unwrap();
    assert_eq!(settled().await, 5);
    writers.finish().await;
    db.close().await;
}

fn sequences(entries: &[Arc<Entry>]) -> Vec<i64> {
    entries.iter().map(|entry| entry.sequence).collect()
}
