//! Every kind of record in the audit trail, in full, and the hash of the trail that they give. Trails are kept for years:
//! the same action must give the same row and the same hash in every version.

#![expect(clippy::indexing_slicing, reason = "fields of the facts of this test")]

use deltabook::access::key_management::{NewKey, create, revoke};
use deltabook::codec::decode;
use deltabook::codec::month::Month;
use deltabook::domain::actor::Actor;
use deltabook::domain::facts::fact::{Fact, Override};
use deltabook::domain::ids::{Currency, CustomerId, KeyName, RateSet, TenantId};
use deltabook::domain::policy::Policy;
use deltabook::domain::rate::{ExchangeRate, Rate};
use deltabook::domain::role::Role;
use deltabook::events::redrive::{RedriveScope, enable, redrive};
use deltabook::events::sink::DeliveryOutcome;
use deltabook::ledger::command::Mode;
use deltabook::ledger::commands::rates::import_rates;
use deltabook::ledger::verify::audit_trail::verify_audit_trail;
use deltabook::store::audit;
use deltabook::store::events::redrive::Range;
use deltabook::tenants::configuration_audit::note;
use deltabook::tenants::tenant_management;
use deltabook::tenants::tenant_runtime::Sending;
use serde_json::{Value, json};

use super::store;
use crate::support::ledger::{LedgerFixture, ScriptedSink, fact, line, order};

const TRAIL: &str = include_str!("audit_records.txt");

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_actions_give_the_same_audit_trail() {
    let fixture = LedgerFixture::open(store(), "2026-02-10T00:00:00Z").await;
    let actor = Actor::new("key 7 (Kim)", "request-1");
    record_facts(&fixture, &actor).await;
    override_and_clear(&fixture, &actor).await;
    let month = Month::parse("2026-01").unwrap();
    fixture.ledger.close_month(month, "January is done", &actor).await.unwrap();
    fixture.ledger.reopen_month(month, "a late invoice", &actor).await.unwrap();
    let policy = Policy { lapse_grace_days: 10, ..Policy::default() };
    fixture.ledger.set_policy(policy, "as in the contract", &actor).await.unwrap();
    import_some_rates(&fixture, &actor).await;
    redrive_and_enable(&fixture, &actor).await;
    let other = TenantId::parse("other").unwrap();
    let (db, now) = (&fixture.db, fixture.clock.now());
    assert!(tenant_management::create(db, &other, &actor, now).await.unwrap());
    note(db, "serve", "tls on", &Sending::default(), &actor, now).await.unwrap();
    note(db, "serve", "", &Sending::default(), &actor, now).await.unwrap();
    let of_default = trail(&fixture, &TenantId::only()).await;
    let of_other = trail(&fixture, &other).await;
    assert_eq!(format!("{of_default}\n{of_other}"), TRAIL);

    let name = KeyName::parse("import").unwrap();
    let new = NewKey { name, role: Role::Billing, expires_at: Some("2027-01-01T00:00:00Z".parse().unwrap()) };
    let (key, _) = create(db, &other, new, &actor, now).await.unwrap();
    revoke(db, &other, &key.key_id, &actor, now).await.unwrap();
    let of_keys = trail(&fixture, &other).await;
    let last: Vec<&str> = of_keys.lines().rev().skip(1).take(2).collect();
    let id = key.key_id.to_string();
    let shown = "name import, role BILLING, expires 2027-01-01T00:00:00+00:00";
    let by = "| | key 7 (Kim) | request-1";
    let revoked = format!("5 KEY_REVOKED | | {id} | {shown} | {by}");
    let created = format!("4 KEY_CREATED | | {id} | | {shown} {by}");
    assert_eq!(last, [revoked, created]);
    fixture.finish().await;
}

/// New facts, a revision, a revision that comes late, and orders that are voided and revised.
async fn record_facts(fixture: &LedgerFixture, actor: &Actor) {
    let revision = |fields: Value, number: u32| {
        let mut fields = fields;
        fields["revision"] = number.into();
        fields
    };
    let order = |fields: Value| order("acme", "O1", "2026-01-15", fields);
    let set = json!({"entries": [{"line_id": "L1", "quantity": "3"}], "memo": "three seats"});
    for fact_json in [
        line("acme", json!({})),
        line("acme", revision(json!({"item_id": "team"}), 2)),
        line("acme", revision(json!({"item_id": "plus"}), 1)),
        order(set.clone()),
        order(revision(json!({"entries": set["entries"], "memo": "four"}), 1)),
        order(revision(json!({"entries": set["entries"], "memo": "a mistake", "voided": true}), 2)),
        order(revision(json!({"entries": set["entries"], "memo": "still one", "voided": true}), 3)),
        line("globex", json!({})),
    ] {
        fixture.ledger.record(vec![fact(fact_json)], Mode::Strict, actor).await.unwrap();
    }
}

async fn override_and_clear(fixture: &LedgerFixture, actor: &Actor) {
    let json = json!({"override": {"customer_id": "globex", "line_start": "L1",
        "modification_type": "IGNORED", "reason": "a test account"}});
    let Fact::Override(requested) = decode::fact(&serde_json::from_value(json).unwrap(), "fact").unwrap() else {
        panic!("not an override")
    };
    let cleared = Override { modification_type: None, reason: "a real one".to_owned(), ..requested.clone() };
    fixture.ledger.override_cause(requested, None, false, actor).await.unwrap();
    fixture.ledger.override_cause(cleared, Some(1), false, actor).await.unwrap();
}

async fn import_some_rates(fixture: &LedgerFixture, actor: &Actor) {
    let rate = |date: &str, rate: &str| ExchangeRate {
        from: Currency::parse("USD").unwrap(),
        to: Currency::parse("EUR").unwrap(),
        date: date.parse().unwrap(),
        rate: Rate::parse(rate).unwrap(),
    };
    let rates = [rate("2026-01-02", "0.8"), rate("2026-01-01", "0.85")];
    let (set, tenant) = (RateSet::parse("ECB").unwrap(), TenantId::only());
    import_rates(&fixture.db, &tenant, &set, &rates, actor, fixture.clock.now()).await.unwrap();
}

/// A sink that disables itself, is sent events again, and enabled.
async fn redrive_and_enable(fixture: &LedgerFixture, actor: &Actor) {
    let sink = ScriptedSink::new();
    sink.answers(|_| DeliveryOutcome::Disabled { reason: "gone".to_owned() });
    fixture.drain(&sink).await;
    let (db, tenant, now) = (&fixture.db, TenantId::only(), fixture.clock.now());
    let acme = CustomerId::parse("acme").unwrap();
    let (from, to) = ("2026-01-01".parse().unwrap(), "2026-01-31".parse().unwrap());
    for scope in [
        RedriveScope::Dead(None),
        RedriveScope::Dead(Some(acme)),
        RedriveScope::Dates(Range { from, to, customer: None }),
        RedriveScope::Journal,
    ] {
        redrive(db, &tenant, "sink", &scope, actor, now).await.unwrap();
    }
    assert_eq!(enable(db, &tenant, "sink", actor, now).await.unwrap(), Some(true));
}

/// The rows of a trail, one a line, and its head.
async fn trail(fixture: &LedgerFixture, tenant: &TenantId) -> String {
    let mut tx = fixture.db.read().await.unwrap();
    let rows = audit::after(&mut tx, tenant, 0, i64::MAX).await.unwrap();
    tx.rollback().await.unwrap();
    let row = |it: &audit::AuditEntry| {
        let texts = [&it.customer_id, &it.subject, &it.before, &it.after, &it.reason, &it.actor, &it.request_id];
        let mut line = format!("{} {}", it.sequence, it.action);
        for text in texts {
            line.push_str(" |");
            if !text.is_empty() {
                line.push(' ');
                line.push_str(text);
            }
        }
        line + "\n"
    };
    let verified = verify_audit_trail(&fixture.db, tenant, None).await.unwrap();
    assert_eq!(verified.defect, None);
    let head = verified.head.unwrap();
    format!("{}head of {tenant}: {}\n", rows.iter().map(row).collect::<String>(), head.hash)
}
