//! Following the journal: every entry, in its order, none skipped and none twice.

use std::time::Duration;

use deltabook::clock::Clock;
use deltabook::domain::actor::Actor;
use deltabook::domain::ids::TenantId;
use deltabook::grpc::v1;
use deltabook::ledger::command::Mode;
use deltabook::ledger::handle::{Ledger, Workload};
use deltabook::reports::movements::journal_feed::Feed;
use deltabook::reports::movements::journal_reader::Follower;
use deltabook::store::db::Db;
use serde_json::json;
use tokio::task::JoinSet;
use tokio_stream::StreamExt;

use super::store;
use crate::support::server::{TestServer, a_line, line};
use crate::support::wait::until;

#[tokio::test]
async fn watch_streams_existing_and_then_new_movements() {
    let mut server = TestServer::start(store()).await;
    server.record(vec![line("acme", "L1", json!({}))]).await.unwrap();
    let request = v1::WatchMovementsRequest { after_movement_id: "1".to_owned() };
    let mut stream = server.movements.watch_movements(request).await.unwrap().into_inner();
    let next = stream.next().await.unwrap().unwrap().movement.unwrap();
    assert_eq!((next.movement_id.as_str(), next.customer_id.as_str()), ("2", "acme"));
    let nothing = tokio::time::timeout(Duration::from_millis(300), stream.next()).await;
    assert!(nothing.is_err(), "{nothing:?}");
    server.record(vec![line("globex", "M1", json!({}))]).await.unwrap();
    for id in ["3", "4"] {
        let next = stream.next().await.unwrap().unwrap().movement.unwrap();
        assert_eq!((next.movement_id.as_str(), next.customer_id.as_str()), (id, "globex"));
    }
    let refused = server.movements.watch_movements(v1::WatchMovementsRequest { after_movement_id: "x".to_owned() });
    let refused = refused.await.unwrap_err();
    assert_eq!(refused.message(), "after_movement_id: is not a movement id: a whole number above 0");
    drop(stream);
    server.finish().await;
}

const CUSTOMERS: usize = 300;

/// Two processes, as far as the database can tell, each with several writers, and one reader.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn journal_reader_skips_nothing_beside_several_processes() {
    let store = store();
    let mut recording = JoinSet::new();
    let mut processes = Vec::new();
    for process in 0..2 {
        let db = Db::open(store.url()).await.unwrap();
        let (ledger, writers) =
            Ledger::start(db.clone(), &TenantId::only(), Clock::system(), Workload::Bulk).await.unwrap();
        for caller in 0..4 {
            let ledger = ledger.clone();
            recording.spawn(async move {
                for customer in (caller..CUSTOMERS).step_by(4) {
                    let fact = a_line(&format!("customer-{process}-{customer}"));
                    ledger.record(vec![fact], Mode::Strict, &Actor::service()).await.unwrap();
                }
            });
        }
        processes.push((writers, db));
    }
    let mut follower = Follower::new(processes[0].1.clone(), TenantId::only(), 0);
    let mut followed = Vec::new();
    while followed.len() < 2 * 2 * CUSTOMERS {
        let entries = until(async || {
            let entries = follower.next().await.unwrap();
            if entries.is_empty() { Err(followed.len()) } else { Ok(entries) }
        });
        followed.extend(entries.await.iter().map(|entry| entry.sequence));
    }
    recording.join_all().await;
    assert!(followed.is_sorted_by(|a, b| a < b), "out of order");
    for (writers, db) in processes {
        writers.finish().await;
        db.close().await;
    }
}

const READERS: usize = 200;

/// More than there are connections: they share what one of them reads.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn journal_feed_gives_each_of_many_readers_all_entries() {
    let store = store();
    let db = Db::open(store.url()).await.unwrap();
    let tenant = TenantId::only();
    let (ledger, writers) = Ledger::start(db.clone(), &tenant, Clock::system(), Workload::Bulk).await.unwrap();
    let feed = Feed::start(db.clone(), tenant, ledger.committed());
    let mut reading = JoinSet::new();
    for place in 0..READERS {
        let mut reader = feed.after(0);
        reading.spawn(async move {
            let mut seen = Vec::new();
            while seen.len() < 2 * CUSTOMERS {
                let entries = reader.next().await.unwrap();
                seen.extend(entries.iter().map(|entry| (entry.sequence, entry.movement.customer_id.clone())));
                if place % 2 == 0 {
                    // A slow one falls behind what is in memory.
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            }
            seen
        });
    }
    for customer in 0..CUSTOMERS {
        ledger.record(vec![a_line(&format!("customer-{customer}"))], Mode::Strict, &Actor::service()).await.unwrap();
    }
    let all = reading.join_all().await;
    let first = all.first().unwrap();
    assert!(first.is_sorted_by(|(a, _), (b, _)| a < b), "out of order");
    assert!(all.iter().all(|seen| seen == first), "not the same");
    writers.finish().await;
    db.close().await;
}
