//! The audit trail: changes of its rows are found.

use deltabook::clock::Clock;
use deltabook::domain::actor::Actor;
use deltabook::domain::ids::{CustomerId, TenantId};
use deltabook::domain::journal::audit::{Action, AuditRecord, Head};
use deltabook::domain::policy::Policy;
use deltabook::ledger::verify::audit_trail::{TrailDefect, verify_audit_trail};
use deltabook::store::audit;
use deltabook::store::db::Db;
use deltabook::store::tenants::tenant;

use super::store;
use crate::support::store::Store;

const ROWS: i64 = 1_000;

/// A trail of many rows, and its head.
async fn trail(store: &Store, rows: i64) -> Head {
    let db = Db::open(store.url()).await.unwrap();
    let (tenant, now) = (TenantId::only(), Clock::system().now());
    let mut tx = db.write().await.unwrap();
    tenant::ensure(&mut tx, &tenant, Policy::default(), now).await.unwrap();
    let actor = Actor::new("key 7 (Kim)", "request-1");
    let records: Vec<AuditRecord> = (0..rows)
        .map(|number| AuditRecord {
            actor: actor.clone(),
            action: Action::OverrideSet,
            customer_id: Some(CustomerId::parse(&format!("customer-{}", number % 7)).unwrap()),
            subject: format!("the override of change order O{number}"),
            before: String::new(),
            after: format!("{{\"override\":{{\"revision\":{number}}}}}"),
            reason: "é 漢 month end".to_owned(),
        })
        .collect();
    for part in records.chunks(333) {
        audit::append(&mut tx, &tenant, part, now).await.unwrap();
    }
    let head = audit::head(&mut tx, &tenant).await.unwrap().unwrap();
    tx.commit().await.unwrap();
    db.close().await;
    head
}

async fn problem(db: &Db, kept: Option<&Head>) -> Option<TrailDefect> {
    verify_audit_trail(db, &TenantId::only(), kept).await.unwrap().defect
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn changed_audit_rows_are_found() {
    let store = store();
    let head = trail(&store, ROWS).await;
    let db = Db::open_existing(store.url()).await.unwrap();
    assert_eq!(problem(&db, None).await, None);
    assert_eq!(problem(&db, Some(&head)).await, None);
    assert_eq!(head.sequence, ROWS);

    let tamper = |statement: &str| assert_eq!(store.tamper(statement), 1, "{statement}");
    // One letter of each column, and back.
    for (column, from, to) in [
        ("actor", "key 7 (Kim)", "key 7 (Kin)"),
        ("action", "OVERRIDE_SET", "OVERRIDE_SEU"),
        ("customer_id", "customer-1", "customer-2"),
        ("subject", "the override of change order O498", "the override of change order O489"),
        ("before", "", " "),
        ("after", "{\"override\":{\"revision\":498}}", "{\"override\":{\"revision\":499}}"),
        ("reason", "é 漢 month end", "e 漢 month end"),
        ("request_id", "request-1", "request-2"),
    ] {
        tamper(&format!("update audit_entry set {column} = '{to}' where sequence = 499 and {column} = '{from}'"));
        assert_eq!(problem(&db, None).await, Some(TrailDefect::Changed(499)), "{column}");
        tamper(&format!("update audit_entry set {column} = '{from}' where sequence = 499"));
        assert_eq!(problem(&db, None).await, None, "{column}");
    }
    // A text that moves from one column to the next.
    tamper("update audit_entry set before = after, after = before where sequence = 700");
    assert_eq!(problem(&db, None).await, Some(TrailDefect::Changed(700)));
    tamper("update audit_entry set before = after, after = before where sequence = 700");
    // An instant.
    let later = match store {
        Store::Sqlite { .. } => "recorded_at + 1",
        Store::Postgres(_) => "recorded_at + interval '1 microsecond'",
    };
    tamper(&format!("update audit_entry set recorded_at = {later} where sequence = 1"));
    assert_eq!(problem(&db, None).await, Some(TrailDefect::Changed(1)));
    tamper(&format!("update audit_entry set recorded_at = {} where sequence = 1", later.replace('+', "-")));
    assert_eq!(problem(&db, None).await, None);
    // Two rows change places.
    for (from, to) in [(10, 5_000), (11, 10), (5_000, 11)] {
        tamper(&format!("update audit_entry set sequence = {to} where sequence = {from}"));
    }
    assert_eq!(problem(&db, None).await, Some(TrailDefect::Changed(10)));
    for (from, to) in [(10, 5_000), (11, 10), (5_000, 11)] {
        tamper(&format!("update audit_entry set sequence = {to} where sequence = {from}"));
    }
    assert_eq!(problem(&db, None).await, None);
    // One more at the end.
    tamper(
        "insert into audit_entry select tenant_id, 1001, recorded_at, actor, action, customer_id, subject, before,
        after, reason, request_id, hash from audit_entry where sequence = 1000",
    );
    assert_eq!(problem(&db, None).await, Some(TrailDefect::Changed(1_001)));
    tamper("delete from audit_entry where sequence = 1001");
    // The end is cut off; then the head is made to fit. Only who kept the head sees it.
    tamper("delete from audit_entry where sequence = 1000");
    assert_eq!(problem(&db, None).await, Some(TrailDefect::Cut(999, 1_000)));
    tamper(
        "update audit_head set sequence = 999,
        hash = (select hash from audit_entry where audit_entry.tenant_id = audit_head.tenant_id and sequence = 999)",
    );
    assert_eq!(problem(&db, None).await, None);
    assert_eq!(problem(&db, Some(&head)).await, Some(TrailDefect::Cut(999, 1_000)));
    // One is missing in the middle.
    tamper("delete from audit_entry where sequence = 500");
    assert_eq!(problem(&db, None).await, Some(TrailDefect::Missing(500)));
    db.close().await;
}
