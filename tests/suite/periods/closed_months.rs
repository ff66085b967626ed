//! R16: a closed month stays as it is, whatever comes after.

use std::collections::BTreeMap;

use deltabook::clock::Clock;
use deltabook::codec::month::Month;
use deltabook::domain::actor::Actor;
use deltabook::domain::ids::TenantId;
use deltabook::domain::policy::Policy;
use deltabook::ledger::command::Mode;
use deltabook::ledger::commands::period::PeriodError;
use deltabook::ledger::commands::policy::ReplayResult;
use deltabook::ledger::handle::{Ledger, Workload};
use deltabook::store::audit::{self, AuditFilter};
use deltabook::store::tenants::closing::Closing;
use deltabook::store::totals::movement_total::{self, Sum, TotalKey};
use serde_json::{Value, json};

use super::store;
use crate::support::ledger::{LedgerFixture, line, order, quantity};
use crate::support::store::Store;

fn month(text: &str) -> Month {
    Month::parse(text).unwrap()
}

async fn close(fixture: &LedgerFixture, text: &str) -> Result<Closing, PeriodError> {
    fixture.ledger.close_month(month(text), "", &Actor::new("Kim", "close-1")).await
}

/// What a month comes to, row by row.
async fn totals(fixture: &LedgerFixture, text: &str) -> BTreeMap<TotalKey, Sum> {
    let mut tx = fixture.db.read().await.unwrap();
    let mut totals = movement_total::of_month(&mut tx, &TenantId::only(), month(text).start()).await.unwrap();
    totals.retain(|_, sum| *sum != Sum::default());
    totals
}

/// The movements posted in a month as an adjustment: effective date and amount, at CUSTOMER level.
async fn adjustments(fixture: &LedgerFixture, text: &str) -> Vec<String> {
    let all = totals(fixture, text).await;
    let marked = all.iter().filter(|(key, _)| key.is_adjustment && key.level.as_str() == "CUSTOMER");
    marked.map(|(key, sum)| format!("{} {} {}", key.date, key.subcategory, sum.amount())).collect()
}

async fn actions(fixture: &LedgerFixture) -> Vec<String> {
    let mut tx = fixture.db.read().await.unwrap();
    let rows = audit::page(&mut tx, &TenantId::only(), &AuditFilter::default(), None, 100).await.unwrap();
    rows.iter().rev().map(|row| format!("{} {} by {}", row.action, row.subject, row.actor)).collect()
}

fn override_of(order: &str, revision: u32, kind: &str) -> Value {
    json!({"override": {"customer_id": "acme", "revision": revision, "change_order_id": order,
        "modification_type": kind, "levels": ["CONTRACT", "CUSTOMER"], "reason": "as agreed with the auditor"}})
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn months_close_in_order_and_reopen_from_the_last() {
    let fixture = LedgerFixture::open(store(), "2026-04-10T00:00:00Z").await;
    fixture.record(vec![line("acme", json!({}))]).await;
    for (wrong, why) in [
        ("2026-02", "2026-01 is the next month to close"),
        ("2025-12", "2026-01 is the next month to close"),
        ("2026-04", "2026-04 has not ended yet"),
    ] {
        let refused = close(&fixture, wrong).await.unwrap_err().to_string();
        assert!(refused.starts_with(why), "{wrong}: {refused}");
    }
    close(&fixture, "2026-01").await.unwrap();
    assert!(matches!(close(&fixture, "2026-01").await, Err(PeriodError::Closed(_))));
    assert!(matches!(close(&fixture, "2026-03").await, Err(PeriodError::NotNext { next }) if next == month("2026-02")));
    close(&fixture, "2026-02").await.unwrap();
    let author = Actor::new("Kim", "");
    let reopened = fixture.ledger.reopen_month(month("2026-01"), "mistake", &author).await.unwrap_err();
    assert!(matches!(reopened, PeriodError::NotLast { last } if last == month("2026-02")), "{reopened}");
    fixture.ledger.reopen_month(month("2026-02"), "mistake", &author).await.unwrap();
    fixture.ledger.reopen_month(month("2026-01"), "mistake", &author).await.unwrap();
    assert!(matches!(
        fixture.ledger.reopen_month(month("2026-01"), "mistake", &author).await,
        Err(PeriodError::NoneClosed)
    ));
    // Nothing is closed any more.
    fixture.record(vec![quantity("acme", "O1", "2026-01-15", 2)]).await;
    assert_eq!(adjustments(&fixture, "2026-01").await, [""; 0]);
    assert_eq!(
        actions(&fixture).await,
        [
            "PERIOD_CLOSED 2026-01 by Kim",
            "PERIOD_CLOSED 2026-02 by Kim",
            "PERIOD_REOPENED 2026-02 by Kim",
            "PERIOD_REOPENED 2026-01 by Kim"
        ]
    );
    fixture.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn changes_of_a_closed_month_are_posted_as_adjustments() {
    let fixture = LedgerFixture::open(store(), "2026-02-10T00:00:00Z").await;
    let lapses = json!({"line_id": "L2", "subscription_id": "S2", "item_id": "extra", "end_date": "2026-01-20"});
    fixture
        .record(vec![
            line("acme", json!({})),
            line("acme", lapses),
            quantity("acme", "O1", "2026-01-10", 2),
            quantity("acme", "O2", "2026-01-12", 3),
        ])
        .await;
    close(&fixture, "2026-01").await.unwrap();
    let january = totals(&fixture, "2026-01").await;
    assert_eq!(adjustments(&fixture, "2026-02").await, [""; 0]);

    // A backdated order.
    fixture.record(vec![quantity("acme", "O3", "2026-01-15", 4)]).await;
    assert_eq!(adjustments(&fixture, "2026-02").await, ["2026-02-01 QUANTITY_INCREASE 100.000000"]);
    // A voided order: 3 units from January 12 on, no longer.
    let mut voided = quantity("acme", "O3", "2026-01-15", 4);
    voided["change_order"]["revision"] = json!(1);
    voided["change_order"]["voided"] = json!(true);
    fixture.record(vec![voided]).await;
    assert_eq!(adjustments(&fixture, "2026-02").await, [""; 0]);
    // A late renewal: the churn of January 20 is taken back.
    let renewal = json!({"subscription_id": "S2", "type": "RENEWAL", "renewal_end_date": "2027-01-20"});
    fixture.record(vec![order("acme", "R1", "2026-01-25", renewal)]).await;
    assert_eq!(
        adjustments(&fixture, "2026-02").await,
        ["2026-02-01 ITEM_REMOVAL 100.000000", "2026-02-01 RENEWAL 0.000000"]
    );
    // An override.
    fixture.record(vec![override_of("O1", 1, "IGNORED")]).await;
    let moved = adjustments(&fixture, "2026-02").await;
    assert!(moved.contains(&"2026-02-01 IGNORED 100.000000".to_owned()), "{moved:?}");
    assert!(moved.contains(&"2026-02-01 QUANTITY_INCREASE -100.000000".to_owned()), "{moved:?}");
    // Another policy.
    let policy = Policy { lapse_grace_days: 10, ..Policy::default() };
    let replayed = fixture.ledger.set_policy(policy, "as in the contract", &Actor::new("Kim", "")).await.unwrap();
    assert_eq!(replayed.customers, 1);

    assert_eq!(totals(&fixture, "2026-01").await, january);
    let actions = actions(&fixture).await;
    assert_eq!(
        actions,
        [
            "PERIOD_CLOSED 2026-01 by Kim",
            "FACT_VOIDED change order O3 by deltabook",
            "OVERRIDE_SET the override of change order O1 by deltabook",
            "POLICY_CHANGED policy 2 by Kim",
            "POLICY_REPLAYED policy 2 by Kim"
        ]
    );
    fixture.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn provisional_movements_of_a_closed_month_are_carried_over() {
    let fixture = LedgerFixture::open(store(), "2026-01-01T00:00:00Z").await;
    let policy = Policy { lapse_grace_days: 30, ..Policy::default() };
    fixture.ledger.set_policy(policy, "", &Actor::service()).await.unwrap();
    fixture
        .record(vec![
            line("acme", json!({"end_date": "2026-01-20"})),
            line("globex", json!({"end_date": "2026-01-20"})),
        ])
        .await;
    fixture.at("2026-02-05T00:00:00Z");
    close(&fixture, "2026-01").await.unwrap();
    let january = totals(&fixture, "2026-01").await;
    assert_eq!(adjustments(&fixture, "2026-02").await, ["2026-02-01 CUSTOMER_CHURN -200.000000"]);
    // One is renewed after all, in February; the other is not.
    let renewal = json!({"type": "RENEWAL", "renewal_end_date": "2027-01-20"});
    fixture.record(vec![order("acme", "R1", "2026-02-06", renewal)]).await;
    fixture.at("2026-03-05T00:00:00Z");
    assert_eq!(totals(&fixture, "2026-01").await, january);
    assert_eq!(adjustments(&fixture, "2026-02").await, ["2026-02-01 CUSTOMER_CHURN -100.000000"]);
    close(&fixture, "2026-02").await.unwrap();
    fixture.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn policy_change_is_completed_after_a_crash() {
    let fixture = LedgerFixture::open(store(), "2026-01-25T00:00:00Z").await;
    fixture
        .record(vec![
            line("acme", json!({"end_date": "2026-01-20"})),
            line("globex", json!({"end_date": "2026-01-20"})),
        ])
        .await;
    // The process ended when the policy was set, before a customer was derived again.
    let set = "update tenant set lapse_grace_days = 30, version = version + 1, policy_version = version + 1";
    assert_eq!(fixture.store().execute(set).unwrap(), 1);
    fixture.at("2026-02-05T00:00:00Z");
    assert!(matches!(close(&fixture, "2026-01").await, Err(PeriodError::PolicyPending)));
    let replayed = fixture.ledger.replay_for_policy(&Actor::service()).await.unwrap();
    // At each level, both churns: reversed, and posted as provisional.
    assert_eq!((replayed.customers, replayed.entries), (2, 8));
    assert_eq!(fixture.ledger.replay_for_policy(&Actor::service()).await.unwrap(), ReplayResult::default());
    assert_eq!(actions(&fixture).await, ["POLICY_REPLAYED policy 1 by deltabook"]);
    close(&fixture, "2026-01").await.unwrap();
    fixture.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn correction_after_a_reopening_is_posted_in_the_reopened_month() {
    let fixture = LedgerFixture::open(store(), "2026-03-10T00:00:00Z").await;
    fixture.record(vec![line("acme", json!({}))]).await;
    close(&fixture, "2026-01").await.unwrap();
    fixture.record(vec![quantity("acme", "O1", "2026-01-15", 2)]).await;
    let reopened =
        fixture.ledger.reopen_month(month("2026-01"), "to book O1 where it belongs", &Actor::service()).await;
    assert_eq!(reopened.unwrap().digest, None);
    let mut revised = quantity("acme", "O1", "2026-01-15", 3);
    revised["change_order"]["revision"] = json!(1);
    fixture.record(vec![revised]).await;
    assert_eq!(adjustments(&fixture, "2026-02").await, [""; 0]);
    let january = totals(&fixture, "2026-01").await;
    let amounts: Vec<String> = january.values().map(|sum| sum.amount()).collect();
    assert_eq!(amounts, ["100.000000", "200.000000", "100.000000", "200.000000"]);
    fixture.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn database_refuses_entries_in_closed_months_and_changed_rows() {
    let store = store();
    let copy = "insert into entry select tenant_id, customer_id, sequence + 100, version, recorded_at, posting_date,
        effective_date, sequence, level, category, subcategory, subscription_id, line_id, item_id, currency,
        -delta_micros, mrr_after_micros, mrr_before_micros, quantity_after, quantity_before, quantity_effect_micros,
        price_effect_micros, renewed_mrr_micros, causes, rules, provisional_until, activity_change, renewal_outcome
        from entry";
    let fixture = LedgerFixture::open(store, "2026-03-10T00:00:00Z").await;
    fixture.record(vec![line("acme", json!({}))]).await;
    close(&fixture, "2026-01").await.unwrap();
    let key = match fixture.store() {
        Store::Sqlite { .. } => "zeroblob(32), 1, 'Kim', null, 2, 'Kim', null",
        Store::Postgres(_) => "decode(repeat('00', 32), 'hex'), now(), 'Kim', null, now(), 'Kim', null",
    };
    let key = format!("insert into api_key values ('k1', 'default', 'name', 'BILLING', {key})");
    assert_eq!(fixture.store().execute(&key).unwrap(), 1);
    let refused = |statement: &str| fixture.store().execute(statement).unwrap_err().to_string();
    let output = refused(copy);
    assert!(output.contains("the month of the posting date is closed"), "{output}");
    for statement in [
        "update entry set posting_date = '2026-02-01'",
        "delete from entry",
        "update fact set revision = 7",
        "delete from fact",
        "update closing set digest = 'x'",
        "delete from closing",
        "update audit_entry set actor = 'nobody'",
        "delete from audit_entry",
        "update api_key set revoked_at = null, revoked_by = null",
        "update api_key set role = 'ADMIN'",
        "delete from api_key",
    ] {
        let output = refused(statement);
        assert!(
            output.contains("never changed or deleted") || output.contains("only be used"),
            "{statement}: {output}"
        );
    }
    // SQLite takes rows away for others, and calls that an insert.
    if let Store::Sqlite { .. } = fixture.store() {
        for table in ["fact", "entry", "closing", "audit_entry", "api_key"] {
            let output = refused(&format!("insert or replace into {table} select * from {table}"));
            assert!(output.contains("never changed or deleted"), "{table}: {output}");
        }
        let moved = "insert or replace into entry select tenant_id, customer_id, sequence, version, recorded_at,
            '2026-07-01', effective_date, reverses, level, category, subcategory, subscription_id, line_id, item_id,
            currency, delta_micros, mrr_before_micros, mrr_after_micros, quantity_before, quantity_after,
            quantity_effect_micros, price_effect_micros, renewed_mrr_micros, causes, rules, provisional_until,
            activity_change, renewal_outcome from entry";
        assert!(refused(moved).contains("never changed or deleted"));
    }
    fixture.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn entries_beside_a_closing_month_are_posted_after_it() {
    const WRITERS: u32 = 16;
    const MONTHS: u32 = 200;
    let fixture = LedgerFixture::open(store(), "2026-03-10T00:00:00Z").await;
    // On PostgreSQL there can be another process.
    let tenant = TenantId::only();
    let second = Ledger::start(fixture.db.clone(), &tenant, Clock::system(), Workload::Requests).await.unwrap();
    fixture.record(vec![line("first", json!({"start_date": "2001-01-01"}))]).await;
    let mut next = month("2001-01");
    let mut posted_later = 0_usize;
    for round in 0..MONTHS {
        let date = next.start().to_string();
        let mut writing = tokio::task::JoinSet::new();
        for writer in 0..WRITERS {
            let ledger = if writer % 2 == 0 { fixture.ledger.clone() } else { second.0.clone() };
            let customer = format!("customer-{}-{}", round / 4, writer % 5);
            let fields = json!({"line_id": format!("L{round}-{writer}"), "start_date": date,
                "subscription_id": format!("S{round}-{writer}"), "item_id": format!("item-{writer}")});
            let fact = crate::support::ledger::fact(line(&customer, fields));
            writing.spawn(async move { ledger.record(vec![fact], Mode::Strict, &Actor::service()).await });
        }
        let closing = close(&fixture, &next.to_string()).await.unwrap();
        let at_close = totals(&fixture, &next.to_string()).await;
        while let Some(written) = writing.join_next().await {
            let recorded = written.unwrap().unwrap();
            posted_later += usize::from(recorded.entries.iter().any(|it| it.posting_date > it.movement.effective_date));
        }
        assert_eq!(totals(&fixture, &next.to_string()).await, at_close, "{next}, digest {:?}", closing.digest);
        next = next.next();
    }
    // They really met.
    assert!(posted_later > 0, "all were before the close");
    assert!(posted_later < usize::try_from(WRITERS * MONTHS).unwrap(), "all were after the close");
    second.1.finish().await;
    fixture.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn audit_trail_records_revisions_with_their_effect() {
    let fixture = LedgerFixture::open(store(), "2026-03-10T00:00:00Z").await;
    let revision = |number: u32, voided: bool| {
        let mut order = quantity("acme", "O1", "2026-01-15", number);
        order["change_order"]["revision"] = json!(number);
        order["change_order"]["voided"] = json!(voided);
        order["change_order"]["memo"] = json!("typo");
        order
    };
    fixture.record(vec![line("acme", json!({})), revision(5, true)]).await;
    fixture.record(vec![revision(3, false)]).await;
    fixture.record(vec![revision(7, false)]).await;
    let mut tx = fixture.db.read().await.unwrap();
    let rows = audit::page(&mut tx, &TenantId::only(), &AuditFilter::default(), None, 100).await.unwrap();
    drop(tx);
    let printed: Vec<String> = rows
        .iter()
        .rev()
        .map(|row| {
            let of = |text: &str| match serde_json::from_str::<Value>(text) {
                Ok(fact) => fact["change_order"]["revision"].to_string(),
                Err(_) => "nothing".to_owned(),
            };
            format!("{} {}: {} to {}, {}", row.action, row.subject, of(&row.before), of(&row.after), row.reason)
        })
        .collect();
    assert_eq!(
        printed,
        [
            "FACT_VOIDED change order O1: nothing to 5, typo",
            "FACT_LATE change order O1, revision 3: 5 to 5, typo",
            "FACT_REVISED change order O1: 5 to 7, typo"
        ]
    );
    fixture.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn policy_is_in_force_after_all_customers_are_derived() {
    let fixture = LedgerFixture::open(store(), "2026-01-25T00:00:00Z").await;
    fixture.record(vec![line("acme", json!({"end_date": "2026-01-20"}))]).await;
    let author = Actor::new("Kim", "");
    let policy = Policy { lapse_grace_days: 10, ..Policy::default() };
    fixture.ledger.set_policy(policy, "", &author).await.unwrap();
    // Another process set a further policy and died, before the replay of the first one was noted.
    let set = "update tenant set lapse_grace_days = 30, version = version + 1, policy_version = version + 1";
    assert_eq!(fixture.store().execute(set).unwrap(), 1);
    assert_eq!(fixture.ledger.replay_for_policy(&author).await.unwrap().customers, 1);
    assert_eq!(
        actions(&fixture).await,
        ["POLICY_CHANGED policy 1 by Kim", "POLICY_REPLAYED policy 1 by Kim", "POLICY_REPLAYED policy 2 by Kim"]
    );
    fixture.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn closings_that_differ_from_the_audit_trail_are_found() {
    let fixture = LedgerFixture::open(store(), "2026-03-10T00:00:00Z").await;
    fixture.record(vec![line("acme", json!({}))]).await;
    close(&fixture, "2026-01").await.unwrap();
    assert_eq!(fixture.store().tamper("update closing set actor = 'another actor'"), 1);
    let found = deltabook::ledger::verify::verify(&fixture.db, &TenantId::only(), || {}).await.unwrap().differences;
    let found: Vec<String> = found.into_iter().map(|it| it.what).collect();
    assert_eq!(found, ["the closing or reopening of 2026-01 differs from row 1 of the audit trail"]);
    assert_eq!(fixture.store().tamper("update closing set actor = 'Kim'"), 1);
    fixture.finish().await;
}
