//! Exchange rates, and what reports make of them: numbers worked out by hand.

use chrono::NaiveDate;
use deltabook::codec::month::Month;
use deltabook::codec::periods::Periods;
use deltabook::domain::actor::Actor;
use deltabook::domain::ids::{Currency, RateSet, TenantId};
use deltabook::domain::journal::movement::Level;
use deltabook::domain::rate::{ExchangeRate, Rate};
use deltabook::grpc::v1;
use deltabook::ledger::commands::rates::{RateImport, RateImportError, import_rates};
use deltabook::reports::conversion::Conversion;
use deltabook::reports::scope::Scope;
use deltabook::reports::waterfall::{Period, Step, WaterfallQuery, waterfall};
use deltabook::store::reports::sums::View;
use serde_json::json;
use tonic::Code;
use tonic_types::StatusExt;

use super::store;
use crate::support::ledger::{LedgerFixture, line, quantity};
use crate::support::program::{Folder, ServerProcess, shown};
use crate::support::server::TestServer;

/// 100 USD from 10 January, 300 from 15 February; 50 EUR from 20 January to 1 March; 33.33 USD from 20 February.
const FACTS: &str = r#"{"subscription_line": {"line_id": "L1", "subscription_id": "S1", "customer_id": "acme", "item_id": "seats", "charge_kind": "RECURRING", "currency": "USD", "start_date": "2026-01-10", "price_steps": [{"quantity": "1", "unit_price": "100", "interval": {"unit": "MONTH", "count": 1}}]}}
{"change_order": {"change_order_id": "O1", "customer_id": "acme", "subscription_id": "S1", "type": "MODIFY_PRICING", "effective_date": "2026-02-15", "entries": [{"line_id": "L1", "quantity": "3"}]}}
{"subscription_line": {"line_id": "L1", "subscription_id": "S1", "customer_id": "globex", "item_id": "basic", "charge_kind": "RECURRING", "currency": "EUR", "start_date": "2026-01-20", "end_date": "2026-03-01", "price_steps": [{"quantity": "1", "unit_price": "50", "interval": {"unit": "MONTH", "count": 1}}]}}
{"subscription_line": {"line_id": "L1", "subscription_id": "S1", "customer_id": "initech", "item_id": "seats", "charge_kind": "RECURRING", "currency": "USD", "start_date": "2026-02-20", "price_steps": [{"quantity": "1", "unit_price": "33.33", "interval": {"unit": "MONTH", "count": 1}}]}}
"#;

const RATES: &str = "date,from,to,rate
2026-01-01,USD,EUR,0.9
2026-02-01,USD,EUR,0.80
2026-02-20,USD,EUR,0.7
2026-03-15,USD,EUR,1.1
";

/// On the store itself, and through a server on it.
fn both_ways(check: impl Fn(&Folder, &str)) {
    let with_a_book = || {
        let folder = Folder::with(&[("facts.jsonl", FACTS), ("ecb.csv", RATES)]).on(store());
        assert_eq!(folder.run("import facts.jsonl").code, Some(0));
        folder
    };
    check(&with_a_book(), "");
    let folder = with_a_book();
    let mut server = ServerProcess::start(&folder);
    check(&folder, &format!(" --server {}", server.url));
    server.terminate();
    assert_eq!(server.ended().0, Some(0));
}

const COLUMNS: [&str; 9] =
    ["start", "currency", "opening", "new", "upsell", "churn", "currency_effect", "closing", "downsell"];

#[test]
fn reports_are_converted_to_one_currency() {
    both_ways(|folder, target| {
        let output = folder.run(&format!("rates import ecb.csv --set ECB{target}"));
        assert_eq!((output.stderr.as_str(), output.code), ("4 rates added to ECB, 0 unchanged\n", Some(0)));
        let waterfall =
            |options: &str| shown(&folder.rows(&format!("waterfall {options} --in EUR --rates ECB{target}")), &COLUMNS);
        // January: 100 × 0.9 + 50. February: 200 × 0.8 at 15 February, 33.33 × 0.7 at the 20th; 100 USD lost 0.2 each and
        // 200 lost 0.1. March: 333.33 USD won 0.4 each.
        assert_eq!(
            waterfall("--from 2026-01 --to 2026-03"),
            [
                "2026-01-01 EUR 0 140 0 0 0 140 0",
                "2026-02-01 EUR 140 23.331 160 0 -40 283.331 0",
                "2026-03-01 EUR 283.331 0 0 -50 133.332 366.663 0",
            ]
        );
        assert_eq!(
            waterfall("--from 2026-01 --to 2026-01 --by quarter"),
            ["2026-01-01 EUR 0 163.331 160 -50 93.332 366.663 0"]
        );
        assert_eq!(
            waterfall("--from 2026-02-15 --to 2026-02-21 --by day"),
            [
                "2026-02-15 EUR 130 0 160 0 0 290 0",
                "2026-02-16 EUR 290 0 0 0 0 290 0",
                "2026-02-17 EUR 290 0 0 0 0 290 0",
                "2026-02-18 EUR 290 0 0 0 0 290 0",
                "2026-02-19 EUR 290 0 0 0 0 290 0",
                "2026-02-20 EUR 290 23.331 0 0 -30 283.331 0",
                "2026-02-21 EUR 283.331 0 0 0 0 283.331 0",
            ]
        );
        // At the rate of 5 February, which is that of the 1st: 0.8 for everything.
        assert_eq!(
            waterfall("--from 2026-01 --to 2026-03 --rate-date 2026-02-05"),
            [
                "2026-01-01 EUR 0 130 0 0 0 130 0",
                "2026-02-01 EUR 130 26.664 160 0 0 316.664 0",
                "2026-03-01 EUR 316.664 0 0 -50 0 266.664 0",
            ]
        );
        // The last rate holds.
        assert_eq!(waterfall("--from 2027-01 --to 2027-01"), ["2027-01-01 EUR 366.663 0 0 0 0 366.663 0"]);
        assert_eq!(
            waterfall("--from 2026-02 --to 2026-02 --group-by customer"),
            [
                "2026-02-01 EUR 90 0 160 0 -40 210 0",
                "2026-02-01 EUR 50 0 0 0 0 50 0",
                "2026-02-01 EUR 0 23.331 0 0 0 23.331 0",
            ]
        );
        let mrr = folder.rows(&format!("mrr --date 2026-02-28 --in EUR --rates ECB{target}"));
        assert_eq!(shown(&mrr, &["currency", "mrr", "arr"]), ["EUR 283.331 3399.972"]);
        let file = folder.ask(&format!("export waterfall --from 2026-02 --to 2026-02 --in EUR --rates ECB{target}"));
        assert_eq!(file.lines().nth(1), Some("2026-02-01,CUSTOMER,EUR,140,23.331,0,160,0,0,0,283.331,,-40"));
        let table = "\
month    currency  opening     new  reactivation  upsell  downsell  churn  ignored  currency effect  closing
-------- --------- -------- ------- ------------- ------- --------- ------ -------- ---------------- --------
2026-02  EUR        140.00  23.331          0.00  160.00      0.00   0.00     0.00           -40.00  283.331
";
        let command = format!("waterfall --from 2026-02 --to 2026-02 --in EUR --rates ECB{target}");
        assert_eq!(folder.ask(&command), table);
        assert!(folder.ask(&format!("{command} --chart")).contains("2026-02  currency effect   -40.00  "));
    });
}

#[test]
fn missing_exchange_rate_is_reported() {
    both_ways(|folder, target| {
        folder.run(&format!("rates import ecb.csv --set ECB{target}"));
        let missing = |options: &str, what: &str| {
            let expected = format!("error: rate set {what}: neither of that date nor of an earlier one\n");
            folder.refuses(&format!("{options}{target}"), &expected);
        };
        let year = "waterfall --year 2026 --in";
        missing(&format!("{year} GBP --rates ECB"), "ECB has no rate from USD to GBP for 2026-01-10");
        missing(
            &format!("{year} EUR --rates ECB --rate-date 2025-12-31"),
            "ECB has no rate from USD to EUR for 2025-12-31",
        );
        // None is inverted.
        missing("mrr --date 2026-02-28 --in USD --rates ECB", "ECB has no rate from EUR to USD for 2026-02-28");
        missing(&format!("{year} EUR --rates other"), "other has no rate from USD to EUR for 2026-01-10");
        // Nothing is nothing, and a currency is worth 1 of itself.
        let of_globex = folder.rows(&format!("{year} EUR --rates other --customer globex --by year{target}"));
        assert_eq!(shown(&of_globex, &COLUMNS), ["2026-01-01 EUR 0 50 0 -50 0 0 0"]);
    });
}

#[test]
fn exchange_rates_are_added_and_never_changed() {
    both_ways(|folder, target| {
        let import = |file: &str, rows: &str| {
            folder.write(file, rows);
            let output = folder.run(&format!("rates import {file} --set ECB{target}"));
            (output.stderr, output.code)
        };
        let ok = |text: &str| (text.to_owned(), Some(0));
        assert_eq!(import("a.csv", RATES), ok("4 rates added to ECB, 0 unchanged\n"));
        assert_eq!(import("a.csv", RATES), ok("0 rates added to ECB, 4 unchanged\n"));
        // Columns in another order, as Excel writes them; one is new, and one is repeated.
        let mixed = "\u{feff}rate,to,from,date\r\n0.7,EUR,USD,2026-02-20\r\n150,JPY,EUR,2026-01-01\r\n150.0,JPY,EUR,2026-01-01\r\n";
        assert_eq!(import("b.csv", mixed), ok("1 rates added to ECB, 2 unchanged\n"));
        // One wrong row and nothing is imported.
        let conflicts = "date,from,to,rate\n2026-04-01,USD,EUR,0.6\n2026-02-20,USD,EUR,0.71\n2026-01-01,EUR,JPY,149\n";
        let output = "\
c.csv:3: ECB has 0.7 from USD to EUR on 2026-02-20 already, and not 0.71; rates are never changed: a correction is another set
c.csv:4: ECB has 150 from EUR to JPY on 2026-01-01 already, and not 149; rates are never changed: a correction is another set
2 errors: nothing was imported
";
        assert_eq!(import("c.csv", conflicts), (output.to_owned(), Some(1)));
        let wrong = "date,from,to,rate\n2026-04-31,USD,EUR,0.6\n2026-04-01,usd,EUR,0\n2026-04-01,EUR,EUR,1\n2026-04-02,USD,EUR,1,5\n2026-04-03,USD,EUR,1\n2026-04-03,USD,EUR,2\n";
        let output = "\
d.csv:2: date: is not a date such as 2026-01-31
d.csv:3: from: is not a currency: three capital letters (ISO 4217)
d.csv:3: rate: is not above 0
d.csv:4: to: is from_currency: a currency is always worth 1 of itself
d.csv:5: has 5 fields, the header has 4
d.csv:7: rate: differs from the rate on line 6
6 errors: nothing was imported
";
        assert_eq!(import("d.csv", wrong), (output.to_owned(), Some(1)));
        let listed = folder.rows(&format!("rates list --set ECB{target}"));
        assert_eq!(
            shown(&listed, &["date", "from", "to", "rate"]),
            [
                "2026-01-01 EUR JPY 150",
                "2026-01-01 USD EUR 0.9",
                "2026-02-01 USD EUR 0.8",
                "2026-02-20 USD EUR 0.7",
                "2026-03-15 USD EUR 1.1",
            ]
        );
        let sets = folder.rows(&format!("rates list{target}"));
        assert_eq!(shown(&sets, &["rate_set", "rates", "first_date", "last_date"]), ["ECB 5 2026-01-01 2026-03-15"]);
        let audit = folder.rows(&format!("audit list{target}"));
        let imports: Vec<_> = audit.iter().filter(|row| row["action"] == "RATES_IMPORTED").collect();
        assert_eq!(imports.len(), 2);
        assert_eq!(imports[1]["subject"], "rate set ECB");
        assert!(imports[1]["after"].starts_with("4 rates from 2026-01-01 to 2026-03-15, digest "));
        assert_eq!(folder.run(&format!("audit verify{target}")).code, Some(0));
        for change in ["update exchange_rate set rate = '2'", "delete from exchange_rate"] {
            let refused = folder.store().execute(change).unwrap_err().to_string();
            assert!(refused.contains("rows of exchange_rate are never changed or deleted"), "{refused}");
        }
    });
}

fn exchange_rate(date: &str, from: &str, to: &str, rate: &str) -> v1::ExchangeRate {
    let [date, from_currency, to_currency, rate] = [date, from, to, rate].map(str::to_owned);
    v1::ExchangeRate { date, from_currency, to_currency, rate }
}

#[tokio::test]
async fn exchange_rate_violations_are_reported_by_field() {
    let mut server = TestServer::start(store()).await;
    let rates = vec![exchange_rate("2026-01-01", "USD", "EUR", "0.9"), exchange_rate("", "USD", "", "-1")];
    let request = v1::ImportExchangeRatesRequest { rate_set: String::new(), rates };
    let refused = server.admin.import_exchange_rates(request).await.unwrap_err();
    let fields = |status: &tonic::Status| -> Vec<String> {
        let details = status.get_details_bad_request().unwrap();
        details.field_violations.into_iter().map(|it| format!("{} {}", it.field, it.description)).collect()
    };
    assert_eq!(
        fields(&refused),
        [
            "rate_set is required",
            "rates[1].date is required",
            "rates[1].to_currency is required",
            "rates[1].rate is not above 0",
        ]
    );
    let many = vec![exchange_rate("2026-01-01", "USD", "EUR", "0.9"); 50_001];
    let request = v1::ImportExchangeRatesRequest { rate_set: "ECB".into(), rates: many };
    let refused = server.admin.import_exchange_rates(request).await.unwrap_err();
    assert_eq!(fields(&refused), ["rates has more than 50000 entries"]);

    let group = |kind: v1::GroupKind, attribute: &str, max_groups| {
        Some(v1::Grouping { kind: kind.into(), attribute: attribute.into(), max_groups })
    };
    let conversion = |to: &str, rate_set: &str, date: &str| {
        Some(v1::Conversion { to_currency: to.into(), rate_set: rate_set.into(), constant_date: date.into() })
    };
    let year = v1::GetWaterfallRequest {
        from_month: "2026-01".into(),
        to_month: "2026-12".into(),
        ..v1::GetWaterfallRequest::default()
    };
    let by_day = |from: &str, to: &str| v1::GetWaterfallRequest {
        granularity: v1::Granularity::Day.into(),
        from_date: from.into(),
        to_date: to.into(),
        ..v1::GetWaterfallRequest::default()
    };
    let wrong = [
        (
            v1::GetWaterfallRequest { from_date: "2026-01-01".into(), to_date: "2026-01-02".into(), ..year.clone() },
            vec!["from_date excludes from_month and to_month"],
        ),
        (by_day("2026-01-02", "2026-01-01"), vec!["to_date is before from_date"]),
        (by_day("2026-01-01", ""), vec!["to_date is required"]),
        (by_day("2020-01-01", "2022-09-27"), vec!["to_date is more than 1000 days from from_date"]),
        (
            v1::GetWaterfallRequest { conversion: conversion("eur", "", "2026"), ..year.clone() },
            vec![
                "conversion.to_currency is not a currency: three capital letters (ISO 4217)",
                "conversion.rate_set is required",
                "conversion.constant_date is not a date such as 2026-01-31",
            ],
        ),
        (
            v1::GetWaterfallRequest { group_by: group(v1::GroupKind::LineAttribute, "", 0), ..year.clone() },
            vec![
                "group_by.kind is LINE_ATTRIBUTE: movements of CUSTOMER level are of no line",
                "group_by.attribute is required",
            ],
        ),
        (
            v1::GetWaterfallRequest { group_by: group(v1::GroupKind::Item, "x", 1_001), ..year.clone() },
            vec![
                "group_by.max_groups is not from 0 to 1000",
                "group_by.attribute is given without a kind that has one",
            ],
        ),
        (
            v1::GetWaterfallRequest {
                group_by: group(v1::GroupKind::Item, "", 1_000),
                ..by_day("2026-01-01", "2026-03-02")
            },
            vec!["group_by.max_groups times the periods is more than 60000"],
        ),
    ];
    for (request, expected) in wrong {
        let refused = server.movements.get_waterfall(request).await.unwrap_err();
        assert_eq!(
            (refused.code(), fields(&refused)),
            (Code::InvalidArgument, expected.iter().map(ToString::to_string).collect())
        );
    }
    let request = v1::GetMrrRequest { group_by: group(v1::GroupKind::Subcategory, "", 0), ..Default::default() };
    let refused = server.movements.get_mrr(request).await.unwrap_err();
    assert_eq!(fields(&refused), ["group_by.kind is SUBCATEGORY: movements have one, MRR has none"]);
    server.finish().await;
}

#[tokio::test]
async fn exchange_rates_and_sets_are_listed_by_page() {
    let mut server = TestServer::start(store()).await;
    for set in ["b", "a", "c"] {
        let rates = (1..=5).map(|day| exchange_rate(&format!("2026-01-0{day}"), "USD", "EUR", "0.9"));
        let request = v1::ImportExchangeRatesRequest { rate_set: set.into(), rates: rates.collect() };
        server.admin.import_exchange_rates(request).await.unwrap();
    }
    let mut request = v1::ListRateSetsRequest { page_size: 2, ..Default::default() };
    let first = server.admin.list_rate_sets(request.clone()).await.unwrap().into_inner();
    request.page_token = first.next_page_token;
    let second = server.admin.list_rate_sets(request).await.unwrap().into_inner();
    let names: Vec<String> = first.rate_sets.into_iter().chain(second.rate_sets).map(|it| it.name).collect();
    assert_eq!((names, second.next_page_token), (vec!["a".into(), "b".into(), "c".into()], String::new()));
    let mut request = v1::ListExchangeRatesRequest { rate_set: "b".into(), page_size: 3, ..Default::default() };
    let first = server.admin.list_exchange_rates(request.clone()).await.unwrap().into_inner();
    request.page_token.clone_from(&first.next_page_token);
    let second = server.admin.list_exchange_rates(request.clone()).await.unwrap().into_inner();
    let dates: Vec<String> = first.rates.into_iter().chain(second.rates).map(|it| it.date).collect();
    assert_eq!(dates, ["2026-01-01", "2026-01-02", "2026-01-03", "2026-01-04", "2026-01-05"]);
    request.rate_set = "a".into();
    assert_eq!(server.admin.list_exchange_rates(request).await.unwrap_err().code(), Code::InvalidArgument);
    server.finish().await;
}

fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn usd_to_eur(date_: &str, rate: &str) -> ExchangeRate {
    let currency = |text| Currency::parse(text).unwrap();
    ExchangeRate { from: currency("USD"), to: currency("EUR"), date: date(date_), rate: Rate::parse(rate).unwrap() }
}

fn in_short(it: &Period) -> String {
    let amount = |step| it.steps.get(&step).map(|sum| sum.amount).unwrap_or_default();
    let adjusted = it.adjustments.as_ref().map(|it| it.amount.to_string()).unwrap_or_default();
    let (new, upsell, effect) = (amount(Step::New), amount(Step::Upsell), it.currency_effect.unwrap());
    format!("{} +{new} +{upsell} ~{effect} {} ({adjusted})", it.opening, it.closing)
}

/// 100 USD from 10 January; January is closed; then it becomes known that it was 200 from 20 January on.
#[tokio::test]
async fn adjustments_have_the_exchange_rate_of_the_date_they_count_on() {
    let fixture = LedgerFixture::open(store(), "2026-01-15T09:00:00Z").await;
    let (tenant, set, author) = (TenantId::only(), RateSet::parse("ECB").unwrap(), Actor::service());
    fixture.record(vec![line("acme", json!({"start_date": "2026-01-10"}))]).await;
    fixture.at("2026-02-03T09:00:00Z");
    let rates = [usd_to_eur("2026-01-01", "0.9"), usd_to_eur("2026-01-20", "0.85"), usd_to_eur("2026-02-01", "0.8")];
    let imported = import_rates(&fixture.db, &tenant, &set, &rates, &author, fixture.clock.now()).await.unwrap();
    assert_eq!(imported, RateImport { added: 3, unchanged: 0 });
    fixture.ledger.close_month(Month::parse("2026-01").unwrap(), "", &author).await.unwrap();
    fixture.at("2026-02-05T09:00:00Z");
    fixture.record(vec![quantity("acme", "O1", "2026-01-20", 2)]).await;
    fixture.at("2026-02-10T09:00:00Z");
    let later = [usd_to_eur("2026-02-10", "0.5"), usd_to_eur("2026-01-01", "0.91")];
    let conflict = import_rates(&fixture.db, &tenant, &set, &later, &author, fixture.clock.now()).await.unwrap_err();
    assert!(
        matches!(conflict, RateImportError::Conflicts { conflicts, .. } if conflicts.len() == 1 && conflicts[0].index == 1)
    );
    import_rates(&fixture.db, &tenant, &set, &later[..1], &author, fixture.clock.now()).await.unwrap();

    let before = Some("2026-02-04T00:00:00Z".parse().unwrap());
    for (view, known_at, constant, expected) in [
        // 100 × 0.9, and 100 × (0.85 − 0.9). Posted on 1 February: 100 × 0.8; 100 × (0.5 − 0.85) + 100 × (0.5 − 0.8).
        (View::AsReported, None, None, ["0 +90 +0 ~-5 85 ()", "85 +0 +80 ~-65 100 (80)"]),
        // On 20 January: 100 × 0.85. In February 200 × (0.5 − 0.85).
        (View::Restated, None, None, ["0 +90 +85 ~-5 170 ()", "170 +0 +0 ~-70 100 ()"]),
        // Before the order came: 100 × (0.5 − 0.85).
        (View::AsReported, before, None, ["0 +90 +0 ~-5 85 ()", "85 +0 +0 ~-35 50 ()"]),
        (View::Restated, before, None, ["0 +90 +0 ~-5 85 ()", "85 +0 +0 ~-35 50 ()"]),
        (View::AsReported, None, Some(date("2026-01-01")), ["0 +90 +0 ~0 90 ()", "90 +0 +90 ~0 180 (90)"]),
        (View::Restated, None, Some(date("2026-03-01")), ["0 +50 +50 ~0 100 ()", "100 +0 +0 ~0 100 ()"]),
    ] {
        let scope = Scope { level: Level::Customer, currency: None, customer: None, view, known_at };
        let [first, last] = ["2026-01", "2026-02"].map(|month| Month::parse(month).unwrap());
        let conversion = Conversion { to: Currency::parse("EUR").unwrap(), rate_set: set.clone(), constant };
        let query = WaterfallQuery {
            conversion: Some(conversion),
            ..WaterfallQuery::plain(scope, Periods::months(first, last))
        };
        let found = waterfall(&fixture.db, &tenant, &query, fixture.clock.now()).await.unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!(
            found[0].periods.iter().map(in_short).collect::<Vec<_>>(),
            expected,
            "{view:?} {known_at:?} {constant:?}"
        );
    }
    fixture.finish().await;
}
