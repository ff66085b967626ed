//! Waterfalls and MRR by group: each group is what its entries come to, and all of them together are the whole.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use deltabook::codec::granularity::Granularity;
use deltabook::codec::periods::Periods;
use deltabook::domain::actor::Actor;
use deltabook::domain::ids::{Currency, CustomerId, LineId, RateSet, TenantId};
use deltabook::domain::journal::entry::Entry;
use deltabook::domain::journal::movement::Level;
use deltabook::domain::money::Money;
use deltabook::domain::rate::{ExchangeRate, Rate};
use deltabook::ledger::commands::rates::import_rates;
use deltabook::reports::conversion::Conversion;
use deltabook::reports::groups::{Group, GroupBy};
use deltabook::reports::mrr::{CurrencyMrr, MrrQuery, mrr};
use deltabook::reports::scope::Scope;
use deltabook::reports::waterfall::{Period, Step, Waterfall, WaterfallQuery, waterfall};
use deltabook::store::db::Db;
use deltabook::store::reports::group_sums::Grouping;
use deltabook::store::reports::sums::View;
use serde_json::json;

use super::journal_views::{
    CHANNEL, INSTANTS, NOW, columns, counted_on, date, entries, in_scope, instant, shown, sum, with_adjustments,
};
use super::store;
use crate::support::ledger::LedgerFixture;
use crate::support::program::{Folder, shown as cells};

const GRANULARITIES: [Granularity; 4] = [Granularity::Day, Granularity::Month, Granularity::Quarter, Granularity::Year];

/// A way to divide, and to which group an entry belongs.
type Division = (Grouping, fn(&Entry) -> String);

fn groupings(level: Level) -> Vec<Division> {
    let region = |entry: &Entry| match entry.movement.customer_id.as_str() {
        "acme" => "south".to_owned(),
        _ => String::new(),
    };
    let channel = |entry: &Entry| {
        let line = entry.movement.line_id.as_ref().map(LineId::as_str);
        match (entry.movement.customer_id.as_str(), line) {
            ("acme", Some("L2")) => "partner's".to_owned(),
            ("globex", Some("L1")) => "direct".to_owned(),
            _ => String::new(),
        }
    };
    let mut groupings: Vec<Division> = vec![
        (Grouping::Item, |entry| entry.movement.item_id.to_string()),
        (Grouping::Customer, |entry| entry.movement.customer_id.to_string()),
        (Grouping::CustomerAttribute("region".to_owned()), region),
    ];
    if level == Level::Contract {
        groupings.push((Grouping::LineAttribute(CHANNEL.to_owned()), channel));
    }
    groupings
}

fn some_scopes() -> Vec<Scope> {
    let mut scopes = Vec::new();
    for level in [Level::Contract, Level::Customer] {
        for view in [View::AsReported, View::Restated] {
            for known_at in [None, Some(instant(INSTANTS[3]))] {
                scopes.push(Scope { level, currency: None, customer: None, view, known_at });
            }
        }
    }
    let acme = CustomerId::parse("acme").unwrap();
    let only = scopes.iter().map(|scope| Scope { customer: Some(acme.clone()), ..scope.clone() }).collect::<Vec<_>>();
    scopes.extend(only);
    scopes
}

#[tokio::test]
async fn each_waterfall_group_is_the_sum_of_its_entries() {
    let fixture = with_adjustments(store()).await;
    let entries = entries(&fixture.db).await;
    let tenant = TenantId::only();
    let mut groups = 0;
    for scope in some_scopes() {
        for (granularity, (grouping, group_of)) in
            GRANULARITIES.into_iter().flat_map(|it| groupings(scope.level).into_iter().map(move |by| (it, by)))
        {
            let periods = Periods::of(granularity, (date("2026-02-10"), date("2026-05-31")));
            let group_by = Some(GroupBy { grouping: grouping.clone(), most: 100 });
            let query = WaterfallQuery { group_by, ..WaterfallQuery::plain(scope.clone(), periods) };
            let found = waterfall(&fixture.db, &tenant, &query, instant(NOW)).await.unwrap();
            for it in &found {
                let Group::Named(name) = &it.group else { panic!("{:?}", it.group) };
                groups += 1;
                let of = || {
                    in_scope(&entries, &scope)
                        .filter(|entry| entry.movement.currency == it.currency && group_of(entry) == *name)
                };
                for period in &it.periods {
                    let dates = period.start..period.end;
                    let within = || of().filter(|entry| dates.contains(&counted_on(entry, scope.view)));
                    let before = of().filter(|entry| counted_on(entry, scope.view) < period.start);
                    assert_eq!(period.opening, sum(before), "{scope:?} {grouping:?} {name} {}", period.start);
                    assert_eq!(shown(&period.steps), shown(&columns(within())), "{scope:?} {grouping:?} {name}");
                    assert_eq!(period.closing, period.opening.checked_add(sum(within())).unwrap());
                }
            }
            adds_up(&fixture.db, &tenant, &query, instant(NOW)).await;
        }
        let by_mrr = scope.clone();
        for (grouping, group_of) in groupings(scope.level) {
            let group_by = Some(GroupBy { grouping, most: 100 });
            let on = date("2026-03-17");
            let query = MrrQuery { scope: by_mrr.clone(), date: Some(on), conversion: None, group_by };
            let mut expected: BTreeMap<(Currency, String), Money> = BTreeMap::new();
            for entry in in_scope(&entries, &scope).filter(|it| counted_on(it, scope.view) <= on) {
                let mrr = expected.entry((entry.movement.currency, group_of(entry))).or_default();
                *mrr = mrr.checked_add(entry.movement.delta).unwrap();
            }
            expected.retain(|_, mrr| !mrr.is_zero());
            let found = mrr(&fixture.db, &tenant, &query, instant(NOW)).await.unwrap().totals;
            let named = |it: CurrencyMrr| match it.group {
                Group::Named(name) => ((it.currency, name), it.mrr),
                other => panic!("{other:?}"),
            };
            assert_eq!(found.into_iter().map(named).collect::<BTreeMap<_, _>>(), expected, "{query:?}");
        }
    }
    assert!(groups > 400, "{groups}");
    fixture.finish().await;
}

/// The amounts of a period that add up, each by its name.
fn amounts(it: &Period) -> BTreeMap<String, Money> {
    let mut amounts = BTreeMap::new();
    let mut add = |name: String, amount: Money| amounts.insert(name, amount);
    add("opening".into(), it.opening);
    add("closing".into(), it.closing);
    add("effect".into(), it.currency_effect.unwrap_or_default());
    for step in Step::ALL {
        let sum = it.steps.get(&step).copied().unwrap_or_default();
        add(format!("{step:?}"), sum.amount);
        add(format!("{step:?} count"), Money::from_micros(sum.movements));
        let adjusted = it.adjustments.as_ref().and_then(|it| it.steps.get(&step)).copied().unwrap_or_default();
        add(format!("{step:?} adjusted"), adjusted.amount);
    }
    for (subcategory, sum) in &it.subcategories {
        add(format!("{subcategory}"), sum.amount);
        add(format!("{subcategory} count"), Money::from_micros(sum.movements));
    }
    amounts.retain(|_, amount| !amount.is_zero());
    amounts
}

/// opening + columns + currency effect = closing, and a closing is the next opening.
fn assert_identities(found: &[Waterfall]) {
    for it in found {
        for period in &it.periods {
            let effect = period.currency_effect.unwrap_or_default();
            let steps = period.steps.values().map(|sum| sum.amount);
            let total = steps.chain([effect]).try_fold(period.opening, Money::checked_add).unwrap();
            assert_eq!(total, period.closing, "{it:?}");
            let finer = period.subcategories.values().map(|sum| sum.amount).chain([effect]);
            assert_eq!(finer.fold(period.opening, |sum, it| sum.checked_add(it).unwrap()), period.closing, "{it:?}");
        }
        let mut next = it.periods.iter().skip(1);
        assert!(it.periods.iter().zip(&mut next).all(|(a, b)| (a.closing, a.end) == (b.opening, b.start)));
    }
}

/// However it is divided, and however few groups are shown, the groups together are the whole.
async fn adds_up(db: &Db, tenant: &TenantId, query: &WaterfallQuery, now: chrono::DateTime<chrono::Utc>) {
    let undivided = WaterfallQuery { group_by: None, ..query.clone() };
    let whole = waterfall(db, tenant, &undivided, now).await.unwrap();
    assert_identities(&whole);
    for most in [100, 1] {
        let group_by = query.group_by.clone().map(|it| GroupBy { most, ..it });
        let divided = WaterfallQuery { group_by, ..query.clone() };
        let groups = waterfall(db, tenant, &divided, now).await.unwrap();
        assert_identities(&groups);
        for of_currency in &whole {
            let parts = groups.iter().filter(|it| it.currency == of_currency.currency);
            let named = parts.clone().filter(|it| matches!(it.group, Group::Named(_))).count();
            assert!(named <= most && parts.clone().filter(|it| it.group == Group::Rest).count() <= 1);
            for (place, period) in of_currency.periods.iter().enumerate() {
                let mut together: BTreeMap<String, Money> = BTreeMap::new();
                for (name, amount) in parts.clone().flat_map(|it| amounts(it.periods.get(place).unwrap())) {
                    let total = together.entry(name).or_default();
                    *total = total.checked_add(amount).unwrap();
                }
                together.retain(|_, amount| !amount.is_zero());
                assert_eq!(together, amounts(period), "{divided:?} {}", period.start);
            }
        }
    }
}

/// Rates that do not come out even, some of them on dates on which something happens.
const RATES: [&str; 8] =
    ["0.9234567891", "1.1", "0.0000003333", "151.3333333333", "0.5", "1", "0.8765432109", "2.0000000001"];

fn some_rates(seed: usize) -> Vec<ExchangeRate> {
    let dates = ["1900-01-01", "2024-02-28", "2024-03-01", "2024-03-20", "2025-01-01", "2026-02-20", "2026-03-15"];
    let mut rates = Vec::new();
    for (place, text) in dates.into_iter().enumerate() {
        for (number, (from, to)) in
            [("USD", "EUR"), ("EUR", "JPY"), ("USD", "JPY"), ("GBP", "EUR"), ("GBP", "JPY")].into_iter().enumerate()
        {
            let [from, to] = [from, to].map(|it| Currency::parse(it).unwrap());
            let rate = Rate::parse(RATES.iter().cycle().nth(seed + 3 * place + number).unwrap()).unwrap();
            rates.push(ExchangeRate { from, to, date: date(text), rate });
        }
    }
    rates
}

/// What entries come to at these rates at the end of a date, from nothing: rounded once, half to even.
fn worth<'e>(entries: impl Iterator<Item = &'e Entry>, rates: &[ExchangeRate], to: Currency, on: NaiveDate) -> i128 {
    let rate_of = |from: Currency| {
        let last = rates.iter().filter(|it| it.from == from && it.to == to && it.date <= on).max_by_key(|it| it.date);
        let text = if from == to { "1".to_owned() } else { last.unwrap().rate.to_string() };
        let (whole, decimals) = text.split_once('.').unwrap_or((&text, ""));
        format!("{whole}{decimals:0<10}").parse::<i128>().unwrap()
    };
    let exact: i128 = entries.map(|it| i128::from(it.movement.delta.micros()) * rate_of(it.movement.currency)).sum();
    let one = 10_000_000_000;
    let (floor, rest) = (exact.div_euclid(one), exact.rem_euclid(one) * 2);
    match rest.cmp(&one) {
        std::cmp::Ordering::Less => floor,
        std::cmp::Ordering::Equal => floor + floor.rem_euclid(2),
        std::cmp::Ordering::Greater => floor + 1,
    }
}

/// Converted by rates of every kind: the identities to the last digit, each closing what its entries are worth, at a
/// constant rate no currency effect, and groups that add up.
pub async fn check_converted(db: &Db, tenant: &TenantId, seed: usize, now: chrono::DateTime<chrono::Utc>) {
    let rate_set = RateSet::parse(&format!("set-{seed}")).unwrap();
    let rates = some_rates(seed);
    import_rates(db, tenant, &rate_set, &rates, &Actor::service(), now).await.unwrap();
    let all = super::journal_views::entries_of(db, tenant).await;
    let (level, view) = match seed % 4 {
        0 => (Level::Contract, View::AsReported),
        1 => (Level::Customer, View::Restated),
        2 => (Level::Contract, View::Restated),
        _ => (Level::Customer, View::AsReported),
    };
    let scope = Scope { level, currency: None, customer: None, view, known_at: None };
    let granularity = GRANULARITIES.into_iter().cycle().nth(seed / 4).unwrap();
    let (to, constant) = if seed.is_multiple_of(3) { ("EUR", Some(date("2024-03-19"))) } else { ("JPY", None) };
    let to = Currency::parse(to).unwrap();
    let conversion = Conversion { to, rate_set, constant };
    let periods = Periods::of(granularity, (date("2024-02-20"), date("2024-06-15")));
    let plain = WaterfallQuery::plain(scope.clone(), periods);
    let query = WaterfallQuery { conversion: Some(conversion.clone()), ..plain };
    let today = now.date_naive();
    let counted = |last: NaiveDate| {
        all.iter().filter(move |it| {
            let movement = &it.movement;
            movement.level == level
                && movement.provisional_until.is_none_or(|date| date <= today)
                && counted_on(it, view) <= last
        })
    };
    for it in waterfall(db, tenant, &query, now).await.unwrap() {
        assert_eq!((it.currency, &it.group), (to, &Group::Whole));
        // Of many days, some.
        for period in it.periods.iter().step_by(it.periods.len().div_ceil(10)) {
            let last = period.end.pred_opt().unwrap();
            let expected = worth(counted(last), &rates, to, constant.unwrap_or(last));
            assert_eq!(i128::from(period.closing.micros()), expected, "{query:?} {last}");
            if constant.is_some() {
                assert_eq!(period.currency_effect, Some(Money::ZERO));
            }
            let at = MrrQuery {
                scope: scope.clone(),
                date: Some(last),
                conversion: Some(conversion.clone()),
                group_by: None,
            };
            let totals = mrr(db, tenant, &at, now).await.unwrap().totals;
            assert_eq!(totals.iter().map(|it| (it.currency, it.mrr)).collect::<Vec<_>>(), [(to, period.closing)]);
        }
    }
    for (grouping, _) in groupings(level) {
        let divided = WaterfallQuery { group_by: Some(GroupBy { grouping, most: 100 }), ..query.clone() };
        adds_up(db, tenant, &divided, now).await;
    }
}

#[tokio::test]
async fn converted_waterfall_groups_add_up_exactly() {
    let fixture: LedgerFixture = with_adjustments(store()).await;
    for seed in 0..24 {
        check_converted(&fixture.db, &TenantId::only(), seed, instant(NOW)).await;
    }
    fixture.finish().await;
}

#[test]
fn waterfall_command_shows_groups() {
    let fact = |customer: &str, line: &str, item: &str, price: &str, channel: &str| {
        json!({"subscription_line": {"line_id": line, "subscription_id": "S1", "customer_id": customer, "item_id": item,
            "charge_kind": "RECURRING", "currency": "USD", "start_date": "2026-01-05", "attributes": {"channel": channel},
            "price_steps": [{"quantity": "1", "unit_price": price, "interval": {"unit": "MONTH", "count": 1}}]}})
    };
    let facts = [
        json!({"customer": {"customer_id": "acme", "name": "Acme", "attributes": {"region": "north"}}}),
        json!({"customer": {"customer_id": "initech", "name": "Initech", "attributes": {"region": "north"}}}),
        fact("acme", "L1", "seats", "100", "web"),
        fact("acme", "L2", "support", "20", ""),
        fact("globex", "L1", "seats", "50", "partner"),
        fact("initech", "L1", "seats", "5", "web"),
    ];
    let lines = facts.map(|fact| fact.to_string()).join("\n");
    let folder = Folder::with(&[("facts.jsonl", &lines)]).on(store());
    folder.run("import facts.jsonl");
    let columns = ["group", "rest", "new", "upsell", "closing", "new_count"];
    let by =
        |what: &str| cells(&folder.rows(&format!("waterfall --from 2026-01 --to 2026-01 --group-by {what}")), &columns);
    assert_eq!(by("item"), ["seats - 155 0 155 3", "support - 20 0 20 1"]);
    assert_eq!(by("customer"), ["acme - 120 0 120 2", "globex - 50 0 50 1", "initech - 5 0 5 1"]);
    assert_eq!(by("customer --max-groups 1"), ["acme - 120 0 120 2", "- true 55 0 55 2"]);
    assert_eq!(by("customer.region"), ["north - 125 0 125 3", "- - 50 0 50 1"]);
    assert_eq!(by("line.channel --level contract"), ["web - 105 0 105 2", "partner - 50 0 50 1", "- - 20 0 20 1"]);
    let table = "\
date        currency  group      MRR       ARR
----------- --------- ------- ------- ---------
2026-01-31  USD       acme    120.00  1,440.00
2026-01-31  USD       (rest)   55.00    660.00
";
    assert_eq!(folder.ask("mrr --date 2026-01-31 --group-by customer --max-groups 1"), table);
    let table = "\
month    currency  subcategory   amount  movements
-------- --------- ------------- ------- ----------
2026-01  USD       OPENING         0.00
2026-01  USD       NEW_CUSTOMER  175.00          4
2026-01  USD       CLOSING       175.00
";
    assert_eq!(folder.ask("waterfall --from 2026-01 --to 2026-01 --group-by subcategory"), table);
    let output = folder.run("waterfall --year 2026 --group-by line.channel");
    assert_eq!(output.stderr, "error: group_by.kind: is LINE_ATTRIBUTE: movements of CUSTOMER level are of no line\n");
}
