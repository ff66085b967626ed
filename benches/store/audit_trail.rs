//! Verification of an audit trail, relative to reading it.

use std::time::Instant;

use deltabook::clock::Clock;
use deltabook::domain::actor::Actor;
use deltabook::domain::ids::{CustomerId, TenantId};
use deltabook::domain::journal::audit::{Action, AuditRecord};
use deltabook::domain::policy::Policy;
use deltabook::ledger::verify::audit_trail::verify_audit_trail;
use deltabook::store::audit;
use deltabook::store::db::Db;
use deltabook::store::tenants::tenant;

use super::Options;
use super::measure::{Target, median, verdict};
use super::suite::store::{self, Store};

const ROWS: usize = 100_000;
const PAGE: i64 = 5_000;

pub fn run(options: &Options) {
    for (name, fresh) in [("PostgreSQL", store::postgres as fn() -> Store), ("SQLite", store::sqlite)] {
        let (store, rows) = (fresh(), options.scaled(ROWS));
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let db = runtime.block_on(filled(&store, rows));
        let (mut verifying, mut reading) = (Vec::new(), Vec::new());
        for _ in 0..options.runs {
            let started = Instant::now();
            let trail = runtime.block_on(verify_audit_trail(&db, &TenantId::only(), None)).unwrap();
            verifying.push(started.elapsed().as_secs_f64());
            assert_eq!((usize::try_from(trail.rows).unwrap(), trail.defect), (rows, None));
            let started = Instant::now();
            assert_eq!(runtime.block_on(read(&db)), rows);
            reading.push(started.elapsed().as_secs_f64());
        }
        let (verifying, reading) = (median(verifying), median(reading));
        println!("  {name}: {rows} rows verified in {verifying:.2} s, only read in {reading:.2} s");
        verdict("s to verify", verifying, Target::AtMost(2.0));
        verdict("relative to only reading", verifying / reading, Target::AtMost(3.0));
        runtime.block_on(db.close());
    }
}

async fn filled(store: &Store, rows: usize) -> Db {
    let (tenant, now) = (TenantId::only(), Clock::system().now());
    let db = Db::open(store.url()).await.unwrap();
    let mut tx = db.write().await.unwrap();
    tenant::ensure(&mut tx, &tenant, Policy::default(), now).await.unwrap();
    let body = |number: usize, quantity: usize| {
        format!(
            r#"{{"change_order":{{"change_order_id":"CO-{number}","revision":{quantity},"customer_id":"customer-{number}","subscription_id":"SUB-{number}","type":"MODIFY_PRICING","effective_date":"2026-04-01","entries":[{{"line_id":"L-{number}","quantity":"{quantity}"}}]}}}}"#
        )
    };
    let records: Vec<AuditRecord> = (0..rows)
        .map(|number| AuditRecord {
            actor: Actor::new("key 01J9ZQ5T8M (billing)", "0192f6a4-7c1e-7b8e-9f0a-5d2c1b3a4e6f"),
            action: Action::FactRevised,
            customer_id: Some(CustomerId::parse(&format!("customer-{number}")).unwrap()),
            subject: format!("change order CO-{number}"),
            before: body(number, 1),
            after: body(number, 2),
            reason: String::new(),
        })
        .collect();
    for part in records.chunks(5_000) {
        audit::append(&mut tx, &tenant, part, now).await.unwrap();
    }
    tx.commit().await.unwrap();
    db
}

async fn read(db: &Db) -> usize {
    let mut tx = db.read().await.unwrap();
    let (mut last, mut count) = (0, 0);
    loop {
        let page = audit::after(&mut tx, &TenantId::only(), last, PAGE).await.unwrap();
        let Some(row) = page.last() else { return count };
        (last, count) = (row.sequence, count + page.len());
    }
}
