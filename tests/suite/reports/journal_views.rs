//! "As reported", "restated" and "as known at": every report is what its entries come to, added up one by one.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use deltabook::codec::granularity::Granularity;
use deltabook::codec::month::Month;
use deltabook::codec::periods::Periods;
use deltabook::domain::actor::Actor;
use deltabook::domain::ids::{Currency, CustomerId, TenantId};
use deltabook::domain::journal::entry::Entry;
use deltabook::domain::journal::movement::{Category, Level, Subcategory};
use deltabook::domain::money::Money;
use deltabook::domain::policy::Policy;
use deltabook::reports::movements::movement_query::Selection;
use deltabook::reports::movements::movements;
use deltabook::reports::mrr::{MrrQuery, mrr};
use deltabook::reports::scope::Scope;
use deltabook::reports::waterfall::{Step, StepSum, WaterfallQuery, waterfall};
use deltabook::store::db::Db;
use deltabook::store::journal::movement_page::{MovementFilter, MovementOrder};
use deltabook::store::reports::sums::View;
use deltabook::store::tenants::tenant;
use serde_json::json;

use super::store;
use crate::support::ledger::{LedgerFixture, line, quantity};
use crate::support::store::Store;

pub(super) const NOW: &str = "2026-04-20T12:00:00Z";
/// Before anything was recorded, at each recording, between them, and now.
pub(super) const INSTANTS: [&str; 6] = [
    "2026-01-01T00:00:00Z",
    "2026-01-10T09:00:00Z",
    "2026-02-28T23:59:59.999999Z",
    "2026-03-15T09:00:00Z",
    "2026-04-02T08:59:59Z",
    NOW,
];

/// An attribute of lines; its name is none that a path could hold.
pub(super) const CHANNEL: &str = "sales.\"channel\"";

/// Two customers, with a contract that runs out provisionally and is renewed late, and with changes of months that were
/// closed when they were recorded.
pub(super) async fn with_adjustments(store: Store) -> LedgerFixture {
    let db = Db::open(store.url()).await.unwrap();
    let mut tx = db.write().await.unwrap();
    let policy = Policy { lapse_grace_days: 60, ..Policy::default() };
    tenant::ensure(&mut tx, &TenantId::only(), policy, instant(INSTANTS[0])).await.unwrap();
    tx.commit().await.unwrap();
    db.close().await;
    let fixture = LedgerFixture::open(store, INSTANTS[1]).await;
    let region = |revision: u32, region: &str| json!({"customer": {"customer_id": "acme", "revision": revision, "attributes": {"region": region}}});
    fixture.record(vec![region(0, "north"), region(1, "south")]).await;
    let ends = json!({"attributes": {CHANNEL: "direct"}, "currency": "EUR", "start_date": "2025-12-15", "end_date": "2026-03-01"});
    fixture.record(vec![line("acme", json!({})), line("globex", ends)]).await;
    fixture.at(INSTANTS[3]);
    for month in ["2025-12", "2026-01", "2026-02"] {
        close(&fixture, month).await;
    }
    let late = json!({"attributes": {CHANNEL: "partner's"}, "line_id": "L2", "item_id": "support", "start_date": "2026-01-20"});
    fixture.record(vec![quantity("acme", "O1", "2026-02-15", 3), line("acme", late)]).await;
    fixture.at("2026-04-01T12:00:00Z");
    close(&fixture, "2026-03").await;
    fixture.at("2026-04-02T09:00:00Z");
    let renewal = json!({"change_order": {"change_order_id": "R1", "customer_id": "globex", "subscription_id": "S1",
        "type": "RENEWAL", "effective_date": "2026-03-01", "renewal_end_date": "2027-03-01"}});
    fixture
        .record(vec![renewal, quantity("acme", "O2", "2026-02-20", 2), quantity("acme", "O3", "2026-04-01", 1)])
        .await;
    fixture.at(NOW);
    fixture
}

async fn close(fixture: &LedgerFixture, month: &str) {
    let month = Month::parse(month).unwrap();
    fixture.ledger.close_month(month, "", &Actor::new("finance", "")).await.unwrap();
}

pub(super) fn instant(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

pub(super) fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

pub(super) async fn entries(db: &Db) -> Vec<Entry> {
    entries_of(db, &TenantId::only()).await
}

pub(super) async fn entries_of(db: &Db, tenant_id: &TenantId) -> Vec<Entry> {
    let (filter, order) = (MovementFilter::default(), MovementOrder::Journal);
    let page = movements(db, tenant_id, &Selection::new(filter, None), order, None, 1_000).await.unwrap();
    assert_eq!(page.next, None);
    page.entries
}

/// Every way to ask.
fn scopes() -> Vec<Scope> {
    let customers = [None, Some(CustomerId::parse("acme").unwrap()), Some(CustomerId::parse("globex").unwrap())];
    let mut scopes = Vec::new();
    for level in [Level::Contract, Level::Customer] {
        for currency in [None, Some(Currency::parse("EUR").unwrap())] {
            for customer in &customers {
                for view in [View::AsReported, View::Restated] {
                    for known_at in INSTANTS.iter().map(|text| Some(instant(text))).chain([None]) {
                        scopes.push(Scope { level, currency, customer: customer.clone(), view, known_at });
                    }
                }
            }
        }
    }
    scopes
}

/// The entries that a scope is about.
pub(super) fn in_scope<'e>(entries: &'e [Entry], scope: &Scope) -> impl Iterator<Item = &'e Entry> {
    let (scope, now) = (scope.clone(), instant(NOW));
    let known_at = scope.known_at.unwrap_or(now);
    entries.iter().filter(move |entry| {
        let it = &entry.movement;
        it.level == scope.level
            && scope.currency.is_none_or(|currency| currency == it.currency)
            && scope.customer.as_ref().is_none_or(|customer| *customer == it.customer_id)
            && entry.recorded_at <= known_at
            && it.provisional_until.is_none_or(|date| date <= known_at.date_naive())
    })
}

pub(super) fn counted_on(entry: &Entry, view: View) -> NaiveDate {
    if view == View::Restated { entry.movement.effective_date } else { entry.posting_date }
}

fn column(entry: &Entry) -> Option<Step> {
    let it = &entry.movement;
    Some(match it.category {
        Category::New if it.subcategory == Subcategory::Reactivation => Step::Reactivation,
        Category::New => Step::New,
        Category::Upsell => Step::Upsell,
        Category::Downsell => Step::Downsell,
        Category::Churn => Step::Churn,
        Category::Ignored => Step::Ignored,
        Category::Renewal => return None,
    })
}

pub(super) fn sum<'e>(entries: impl Iterator<Item = &'e Entry>) -> Money {
    entries.fold(Money::ZERO, |sum, entry| sum.checked_add(entry.movement.delta).unwrap())
}

pub(super) type Columns = BTreeMap<Step, StepSum>;

pub(super) fn columns<'e>(entries: impl Iterator<Item = &'e Entry>) -> Columns {
    let mut columns = Columns::new();
    for entry in entries {
        let Some(step) = column(entry) else { continue };
        let sum = columns.entry(step).or_default();
        sum.amount = sum.amount.checked_add(entry.movement.delta).unwrap();
        sum.movements += if entry.reverses.is_none() { 1 } else { -1 };
    }
    columns
}

/// Columns in which nothing is left are as good as none.
pub(super) fn shown(columns: &Columns) -> Columns {
    columns.iter().filter(|(_, sum)| **sum != StepSum::default()).map(|(step, sum)| (*step, *sum)).collect()
}

#[tokio::test]
async fn waterfall_of_each_view_is_the_sum_of_its_entries() {
    let fixture = with_adjustments(store()).await;
    let entries = entries(&fixture.db).await;
    let adjustments = entries.iter().filter(|entry| entry.is_adjustment()).count();
    assert!(adjustments > 5, "{adjustments}");
    let granularities = [Granularity::Day, Granularity::Month, Granularity::Quarter, Granularity::Year];
    for (scope, granularity) in
        granularities.into_iter().flat_map(|it| scopes().into_iter().map(move |scope| (scope, it)))
    {
        let periods = Periods::of(granularity, (date("2026-02-10"), date("2026-05-31")));
        let query = WaterfallQuery::plain(scope.clone(), periods);
        let last = periods.last();
        let found = waterfall(&fixture.db, &TenantId::only(), &query, instant(NOW)).await.unwrap();
        let of = |currency: Currency| in_scope(&entries, &scope).filter(move |it| it.movement.currency == currency);
        let mut seen = 0;
        for it in &found {
            assert_eq!(
                it.periods.len(),
                match granularity {
                    Granularity::Day => 19 + 31 + 30 + 31,
                    Granularity::Month => 4,
                    Granularity::Quarter => 2,
                    Granularity::Year => 1,
                }
            );
            for period in &it.periods {
                let (start, end) = (period.start, period.end);
                let before = of(it.currency).filter(|entry| counted_on(entry, scope.view) < start);
                let within = || of(it.currency).filter(|entry| (start..end).contains(&counted_on(entry, scope.view)));
                assert_eq!(period.opening, sum(before), "{scope:?} {start}");
                assert_eq!(shown(&period.steps), shown(&columns(within())), "{scope:?} {start}");
                assert_eq!(period.closing, period.opening.checked_add(sum(within())).unwrap(), "{scope:?} {start}");
                let adjusted =
                    columns(within().filter(|entry| scope.view == View::AsReported && entry.is_adjustment()));
                let (amount, steps) =
                    period.adjustments.as_ref().map(|it| (it.amount, it.steps.clone())).unwrap_or_default();
                assert_eq!(shown(&steps), shown(&adjusted), "{scope:?} {start}");
                let total = adjusted.values().fold(Money::ZERO, |sum, step| sum.checked_add(step.amount).unwrap());
                assert_eq!(amount, total, "{scope:?} {start}");
            }
            seen += of(it.currency).filter(|entry| counted_on(entry, scope.view) <= last).count();
        }
        let due = in_scope(&entries, &scope).filter(|entry| counted_on(entry, scope.view) <= last);
        // What is missing has cancelled out.
        if found.is_empty() {
            assert_eq!(sum(due), Money::ZERO, "{scope:?}");
        } else {
            assert!(seen > 0, "{scope:?}");
        }
    }
    fixture.finish().await;
}

#[tokio::test]
async fn mrr_of_each_view_is_the_sum_of_its_entries() {
    let fixture = with_adjustments(store()).await;
    let entries = entries(&fixture.db).await;
    for scope in scopes() {
        let of = |date| MrrQuery { scope: scope.clone(), date, conversion: None, group_by: None };
        for on in ["2025-12-31", "2026-01-31", "2026-02-19", "2026-03-01", "2026-04-30", "2030-01-01"] {
            let found = mrr(&fixture.db, &TenantId::only(), &of(Some(date(on))), instant(NOW)).await.unwrap();
            for text in ["EUR", "USD"] {
                let currency = Currency::parse(text).unwrap();
                let expected = sum(in_scope(&entries, &scope)
                    .filter(|it| it.movement.currency == currency && counted_on(it, scope.view) <= date(on)));
                let shown = found.totals.iter().find(|it| it.currency == currency).map(|it| it.mrr);
                assert_eq!(shown.unwrap_or_default(), expected, "{scope:?} {on} {text}");
            }
        }
        let found = mrr(&fixture.db, &TenantId::only(), &of(None), instant(NOW)).await.unwrap();
        assert_eq!(found.date, scope.known_at.unwrap_or(instant(NOW)).date_naive());
    }
    fixture.finish().await;
}

#[tokio::test]
async fn movements_behind_a_waterfall_amount_are_listed() {
    let fixture = with_adjustments(store()).await;
    let entries = entries(&fixture.db).await;
    let (from, to) = (date("2026-03-01"), date("2026-03-31"));
    let acme = CustomerId::parse("acme").unwrap();
    for (adjustments_only, customer_id) in [(false, None), (true, None), (true, Some(acme))] {
        let filter = MovementFilter {
            level: Some(Level::Customer),
            posting_from: Some(from),
            posting_to: Some(to),
            adjustments_only,
            customer_id: customer_id.clone(),
            ..MovementFilter::default()
        };
        let order = MovementOrder::EffectiveDate;
        let listed =
            movements(&fixture.db, &TenantId::only(), &Selection::new(filter.clone(), None), order, None, 1_000)
                .await
                .unwrap()
                .entries;
        let mut expected: Vec<Entry> = entries
            .iter()
            .filter(|it| it.movement.level == Level::Customer && (from..=to).contains(&it.posting_date))
            .filter(|it| it.is_adjustment() || !adjustments_only)
            .filter(|it| customer_id.as_ref().is_none_or(|customer| *customer == it.movement.customer_id))
            .cloned()
            .collect();
        expected.sort_by_key(|it| (it.movement.effective_date, it.sequence));
        assert!(!expected.is_empty());
        assert_eq!(listed, expected);
    }
    fixture.finish().await;
}

/// Every order gives the entries that the filter lets through, sorted, however small the pages.
#[tokio::test]
async fn pages_of_each_order_are_the_same_movements() {
    let fixture = with_adjustments(store()).await;
    let entries = entries(&fixture.db).await;
    let range = |from, to| (Some(date(from)), Some(date(to)));
    let ranges = [
        (None, None),
        range("2026-02-15", "2026-03-31"),
        (Some(date("2026-03-01")), None),
        range("2026-03-02", "2026-03-01"),
    ];
    for (effective, posting) in ranges.iter().flat_map(|a| ranges.iter().map(move |b| (*a, *b))) {
        let filter = MovementFilter {
            effective_from: effective.0,
            effective_to: effective.1,
            posting_from: posting.0,
            posting_to: posting.1,
            ..MovementFilter::default()
        };
        let within = |on: NaiveDate, (from, to): (Option<NaiveDate>, Option<NaiveDate>)| {
            from.is_none_or(|from| on >= from) && to.is_none_or(|to| on <= to)
        };
        let wanted = entries
            .iter()
            .filter(|it| within(it.movement.effective_date, effective) && within(it.posting_date, posting));
        let wanted: Vec<Entry> = wanted.cloned().collect();
        for (order, descending) in [
            (MovementOrder::Journal, MovementOrder::JournalDescending),
            (MovementOrder::EffectiveDate, MovementOrder::EffectiveDateDescending),
            (MovementOrder::PostingDate, MovementOrder::PostingDateDescending),
        ] {
            let mut expected = wanted.clone();
            expected.sort_by_key(|it| match order {
                MovementOrder::EffectiveDate => (Some(it.movement.effective_date), it.sequence),
                MovementOrder::PostingDate => (Some(it.posting_date), it.sequence),
                _ => (None, it.sequence),
            });
            assert_eq!(walked(&fixture.db, &filter, order).await, expected, "{order:?} {filter:?}");
            expected.reverse();
            assert_eq!(walked(&fixture.db, &filter, descending).await, expected, "{descending:?} {filter:?}");
        }
    }
    fixture.finish().await;
}

async fn walked(db: &Db, filter: &MovementFilter, order: MovementOrder) -> Vec<Entry> {
    let (mut all, mut after) = (Vec::new(), None);
    let selection = Selection::new(filter.clone(), None);
    loop {
        let page = movements(db, &TenantId::only(), &selection, order, after, 3).await.unwrap();
        all.extend(page.entries);
        after = page.next;
        if after.is_none() {
            return all;
        }
    }
}
