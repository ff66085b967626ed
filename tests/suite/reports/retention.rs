//! What was kept, against values worked out by hand.

use deltabook::codec::month::Month;
use deltabook::domain::actor::Actor;
use deltabook::domain::ids::TenantId;
use deltabook::domain::journal::movement::Level;
use deltabook::grpc::v1;
use deltabook::reports::retention::{Kept, retention};
use deltabook::reports::scope::{MonthsQuery, Scope};
use deltabook::store::reports::sums::View;
use serde_json::{Value, json};
use tonic::Code;
use tonic_types::StatusExt;

use super::store;
use crate::support::ledger;
use crate::support::ledger::LedgerFixture;
use crate::support::program::{Folder, rows, shown};
use crate::support::server::{TestServer, line, order};

fn steps(monthly: &[(&str, &str)]) -> Value {
    let step = |(start, price): &(&str, &str)| match *start {
        "" => json!({"quantity": "1", "unit_price": price, "interval": {"unit": "MONTH", "count": 1}}),
        start => json!({"start_date": start, "unit_price": price}),
    };
    Value::Array(monthly.iter().map(step).collect())
}

fn price(monthly: &str) -> Value {
    steps(&[("", monthly)])
}

/// | customer | USD on 1 January 2026         | what happens                                                        |
/// |----------|-------------------------------|---------------------------------------------------------------------|
/// | acme     | 150, of two items             | +15 in January: a price                                             |
/// | globex   | 200, until 1 February         | renewed on that day, flat                                           |
/// | initech  | 60, of two items, to 1 March  | no renewal                                                          |
/// | hooli    | 90                            | terminated in January, back in March with 70                        |
/// | umbrella | 30, and 10 EUR                | −6 USD in February; the 10 EUR end in March, the customer stays     |
/// | stark    |                               | new in January with 120, free from March: still a customer          |
/// | wayne    |                               | comes in February with 80, and leaves in February                   |
async fn with_a_book() -> TestServer {
    let mut server = TestServer::start(store()).await;
    let early = |fields: Value| {
        let mut line = json!({"start_date": "2025-02-01"});
        line.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        line
    };
    let facts = vec![
        line("acme", "L1", early(json!({"price_steps": steps(&[("", "100"), ("2026-01-10", "115")])}))),
        line("acme", "L2", early(json!({"item_id": "support", "price_steps": price("50")}))),
        line("globex", "L1", early(json!({"end_date": "2026-02-01", "price_steps": price("200")}))),
        order(
            "globex",
            "R1",
            json!({"type": "RENEWAL", "effective_date": "2026-02-01", "renewal_end_date": "2027-02-01"}),
        ),
        line("initech", "L1", early(json!({"end_date": "2026-03-01", "price_steps": price("40")}))),
        line(
            "initech",
            "L2",
            early(json!({"item_id": "support", "end_date": "2026-03-01", "price_steps": price("20")})),
        ),
        line("hooli", "L1", early(json!({"price_steps": price("90")}))),
        order("hooli", "T1", json!({"type": "TERMINATION", "effective_date": "2026-01-15"})),
        line("hooli", "L2", json!({"subscription_id": "S2", "start_date": "2026-03-10", "price_steps": price("70")})),
        line("umbrella", "L1", early(json!({"price_steps": steps(&[("", "30"), ("2026-02-14", "24")])}))),
        line(
            "umbrella",
            "L2",
            early(json!({"subscription_id": "S2", "item_id": "eu", "currency": "EUR", "price_steps": price("10")})),
        ),
        order(
            "umbrella",
            "T1",
            json!({"type": "TERMINATION", "subscription_id": "S2", "effective_date": "2026-03-20"}),
        ),
        line(
            "stark",
            "L1",
            json!({"start_date": "2026-01-20", "price_steps": steps(&[("", "120"), ("2026-03-15", "0")])}),
        ),
        line("wayne", "L1", json!({"start_date": "2026-02-05", "price_steps": price("80")})),
        order("wayne", "T1", json!({"type": "TERMINATION", "effective_date": "2026-02-20"})),
    ];
    server.record(facts).await.unwrap();
    server
}

#[tokio::test]
async fn retention_does_not_count_an_ended_discount_as_a_lapse() {
    let mut server = TestServer::start(store()).await;
    let until_february = |fields: Value| {
        let mut line = json!({"start_date": "2025-02-01", "end_date": "2026-02-01"});
        line.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        line
    };
    let facts = vec![
        line("acme", "L1", json!({"start_date": "2025-02-01", "price_steps": price("100")})),
        // More MRR from then on.
        line("acme", "D1", until_february(json!({"item_id": "discount", "price_steps": price("-30")}))),
        // A contract that ends with its discount: 50 - 8.
        line("acme", "L2", until_february(json!({"subscription_id": "S2", "price_steps": price("50")}))),
        line(
            "acme",
            "D2",
            until_february(json!({"subscription_id": "S2", "item_id": "discount", "price_steps": price("-8")})),
        ),
    ];
    server.record(facts).await.unwrap();
    for view in [v1::ReportView::AsReported, v1::ReportView::Restated] {
        let request = v1::GetRetentionRequest {
            from_month: "2026-02".to_owned(),
            to_month: "2026-02".to_owned(),
            view: view.into(),
            ..v1::GetRetentionRequest::default()
        };
        let found = server.movements.get_retention(request).await.unwrap().into_inner().retentions;
        let span = found[0].span.clone().unwrap();
        assert_eq!((span.opening.as_str(), span.closing.as_str(), span.lapsed_mrr.as_str()), ("112", "100", "42"));
    }
    server.finish().await;
}

/// A period as `opening closing | NRR GRR logo-churn quick renewal | renewed lapsed | ARPA | at-start +new -churned at-end`;
/// a dash is nothing to compare with.
fn printed(it: &v1::RetentionPeriod) -> String {
    let or_dash = |text: &str| if text.is_empty() { "-".to_owned() } else { text.to_owned() };
    let ratios =
        [&it.net_revenue_retention, &it.gross_revenue_retention, &it.logo_churn, &it.quick_ratio, &it.renewal_rate];
    let ratios = ratios.map(|ratio| or_dash(ratio)).join(" ");
    let v1::RetentionPeriod { opening, closing, renewed_mrr, lapsed_mrr, .. } = it;
    let (start, new, churned, end) =
        (it.customers_at_start, it.customers_new, it.customers_churned, it.customers_at_end);
    let arpa = or_dash(&it.arpa);
    format!("{opening} {closing} | {ratios} | {renewed_mrr} {lapsed_mrr} | {arpa} | {start} +{new} -{churned} {end}")
}

fn question(level: v1::Level) -> v1::GetRetentionRequest {
    v1::GetRetentionRequest {
        level: level.into(),
        from_month: "2026-01".into(),
        to_month: "2026-03".into(),
        ..Default::default()
    }
}

#[tokio::test]
async fn retention_ratios_are_those_worked_out_by_hand() {
    let mut server = with_a_book().await;
    // January: opening 150 + 200 + 60 + 90 + 30 = 530; new 120 (stark), upsell 15 (acme), churn −90 (hooli);
    //   closing 530 + 120 + 15 − 90 = 575.
    //   NRR (530 + 15 − 90) / 530 = 455 / 530; GRR (530 − 90) / 530 = 440 / 530; quick (120 + 15) / 90.
    //   Five customers, one leaves and one comes: 1 / 5; ARPA 575 / 5. No term ends.
    let january = "530 575 | 0.858491 0.830189 0.200000 1.500000 - | 0 0 | 115 | 5 +1 -1 5";
    // February: new 80, churn −80 (wayne, no customer at either end), downsell −6 (umbrella); closing 575 − 6 = 569.
    //   NRR = GRR = (575 − 86) / 575 = 489 / 575; quick 80 / 86; globex renews 200 of 200; ARPA 569 / 5.
    let february = "575 569 | 0.850435 0.850435 0.000000 0.930233 1.000000 | 200 0 | 113.8 | 5 +0 -0 5";
    // March: churn −60 (initech: two movements, one customer), downsell −120 (stark, free from then on,
    //   still a customer), reactivation 70 (hooli); closing 569 − 60 − 120 + 70 = 459.
    //   NRR = GRR = (569 − 180) / 569 = 389 / 569; quick 70 / 180; nothing of 60 is renewed; ARPA 459 / 5.
    let march = "569 459 | 0.683656 0.683656 0.200000 0.388889 0.000000 | 0 60 | 91.8 | 5 +1 -1 5";
    // All: new 200, reactivation 70, upsell 15, lost 90 + 86 + 180 = 356; 530 + 285 − 356 = 459.
    //   NRR (530 + 15 − 356) / 530 = 189 / 530; GRR 174 / 530; quick 285 / 356; renewed 200 of 260.
    //   Of the five of the start only initech is gone, for hooli came back; stark is new.
    let all = "530 459 | 0.356604 0.328302 0.200000 0.800562 0.769231 | 200 60 | 91.8 | 5 +1 -1 5";

    for level in [v1::Level::Unspecified, v1::Level::Customer, v1::Level::Contract] {
        let answer = server.movements.get_retention(question(level)).await.unwrap().into_inner();
        let [euro, dollar] = answer.retentions.as_slice() else { panic!("{answer:?}") };
        assert_eq!((euro.currency.as_str(), dollar.currency.as_str()), ("EUR", "USD"));
        // Hooli's new contract is New at CONTRACT level, and counts in the quick ratio as the reactivation does.
        assert_eq!(dollar.periods.iter().map(printed).collect::<Vec<_>>(), [january, february, march], "{level:?}");
        assert_eq!(printed(dollar.span.as_ref().unwrap()), all);
        // Euros have a customer of their own, and lose it although the customer stays.
        let kept = "10 10 | 1.000000 1.000000 0.000000 - - | 0 0 | 10 | 1 +0 -0 1";
        let lost = "10 0 | 0.000000 0.000000 1.000000 0.000000 - | 0 0 | - | 1 +0 -1 0";
        assert_eq!(euro.periods.iter().map(printed).collect::<Vec<_>>(), [kept, kept, lost]);
        assert_eq!(printed(euro.span.as_ref().unwrap()), lost);
        let span = dollar.span.as_ref().unwrap();
        assert_eq!((span.start.as_str(), span.end.as_str()), ("2026-01-01", "2026-04-01"));
    }
    let one = v1::GetRetentionRequest { currency: "USD".into(), ..question(v1::Level::Customer) };
    let answer = server.movements.get_retention(one).await.unwrap().into_inner();
    assert_eq!(answer.retentions.iter().map(|it| printed(it.span.as_ref().unwrap())).collect::<Vec<_>>(), [all]);
    server.finish().await;
}

#[tokio::test]
async fn retention_months_are_validated() {
    let mut server = TestServer::start(store()).await;
    for (from, to, field) in [("2026-02", "2026-01", "to_month"), ("", "2026-01", "from_month")] {
        let request = v1::GetRetentionRequest { from_month: from.into(), to_month: to.into(), ..Default::default() };
        let refused = server.movements.get_retention(request).await.unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument);
        assert_eq!(refused.get_details_bad_request().unwrap().field_violations[0].field, field);
    }
    server.finish().await;
}

#[tokio::test]
async fn retention_counts_adjustments_in_their_posting_month() {
    let fixture = LedgerFixture::open(store(), "2026-01-25T12:00:00Z").await;
    let fifty = json!({"price_steps": price("50")});
    let thirty = json!({"start_date": "2025-12-01", "price_steps": price("30")});
    let terminated = json!({"type": "TERMINATION"});
    fixture
        .record(vec![
            ledger::line("acme", json!({})),
            ledger::line("globex", fifty),
            ledger::line("initech", thirty),
            ledger::order("initech", "T1", "2026-01-20", terminated),
        ])
        .await;
    fixture.at("2026-02-05T12:00:00Z");
    for month in ["2025-12", "2026-01"] {
        fixture.ledger.close_month(Month::parse(month).unwrap(), "", &Actor::new("finance", "")).await.unwrap();
    }
    // Globex began only in February, and initech never left.
    let later = json!({"revision": 1, "start_date": "2026-02-03", "price_steps": price("50")});
    let voided = json!({"revision": 1, "type": "TERMINATION", "voided": true});
    fixture.record(vec![ledger::line("globex", later), ledger::order("initech", "T1", "2026-01-20", voided)]).await;
    fixture.at("2026-03-05T12:00:00Z");

    // As reported, January stays: opening 30, new 150, churn −30. In February −50 and +50 of globex are New, and +30 of
    //   initech is Churn: 150 + 30 = 180, GRR 180 / 150 held at 1, nothing lost to compare with; initech is a customer
    //   again, and globex one throughout.
    let reported =
        ["30 150 0.000000 0.000000 1.000000 5.000000 1 +2 -1 2", "150 180 1.200000 1.000000 0.000000 - 2 +1 -0 3"];
    // Restated, January has acme as its only new customer: 30 + 100. February has globex: 130 + 50.
    let restated = ["30 130 1.000000 1.000000 0.000000 - 1 +1 -0 2", "130 180 1.000000 1.000000 0.000000 - 2 +1 -0 3"];
    // On 1 February it was not known.
    let before =
        ["30 150 0.000000 0.000000 1.000000 5.000000 1 +2 -1 2", "150 150 1.000000 1.000000 0.000000 - 2 +0 -0 2"];
    let known_at = Some("2026-02-01T00:00:00Z".parse().unwrap());
    for (view, known_at, expected) in
        [(View::AsReported, None, reported), (View::Restated, None, restated), (View::AsReported, known_at, before)]
    {
        let scope = Scope { level: Level::Customer, currency: None, customer: None, view, known_at };
        let [first, last] = ["2026-01", "2026-02"].map(|month| Month::parse(month).unwrap());
        let query = MonthsQuery { scope, first, last };
        let found = retention(&fixture.db, &TenantId::only(), &query, fixture.clock.now()).await.unwrap();
        let months: Vec<String> = found[0].periods.iter().map(in_short).collect();
        assert_eq!(months, expected, "{view:?} {known_at:?}");
    }
    fixture.finish().await;
}

fn in_short(it: &Kept) -> String {
    let ratios = [it.net_revenue_retention, it.gross_revenue_retention, it.logo_churn, it.quick_ratio];
    let ratios = ratios.map(|ratio| ratio.map_or("-".to_owned(), |it| it.to_string())).join(" ");
    let (customers, at_end) = (it.customers, it.customers_at_end);
    let (start, new, churned) = (customers.at_start, customers.new, customers.churned);
    format!("{} {} {ratios} {start} +{new} -{churned} {at_end}", it.opening, it.closing)
}

#[test]
fn retention_command_prints_the_same() {
    let facts = r#"{"subscription_line": {"line_id": "L1", "subscription_id": "S1", "customer_id": "acme", "item_id": "seats", "charge_kind": "RECURRING", "currency": "USD", "start_date": "2025-01-01", "price_steps": [{"quantity": "10", "unit_price": "100", "interval": {"unit": "MONTH", "count": 1}}]}}
{"subscription_line": {"line_id": "L1", "subscription_id": "S1", "customer_id": "globex", "item_id": "seats", "charge_kind": "RECURRING", "currency": "USD", "start_date": "2025-01-01", "end_date": "2025-02-01", "price_steps": [{"quantity": "5", "unit_price": "100", "interval": {"unit": "MONTH", "count": 1}}]}}
"#;
    let folder = Folder::with(&[("facts.jsonl", facts)]).on(store());
    folder.run("import facts.jsonl");
    let months = "--from 2025-01 --to 2025-02";
    let table = "\
start       end         currency   opening       NRR       GRR  logo churn  quick ratio  renewal rate      ARPA  customers  new  churned  at end
----------- ----------- --------- --------- --------- --------- ----------- ------------ ------------- --------- ---------- ---- -------- -------
2025-01-01  2025-02-01  USD           0.00                                                               750.00          0    2        0       2
2025-02-01  2025-03-01  USD       1,500.00  0.666667  0.666667    0.500000     0.000000      0.000000  1,000.00          2    0        1       1
2025-01-01  2025-03-01  USD           0.00                                     3.000000      0.000000  1,000.00          0    1        0       1
";
    assert_eq!(folder.ask(&format!("retention {months}")), table);
    let csv = rows(&folder.ask(&format!("retention {months} --format csv")));
    let columns = ["start", "closing", "net_revenue_retention", "lapsed_mrr", "customers_churned_count"];
    assert_eq!(
        shown(&csv, &columns),
        ["2025-01-01 1500 - 0 0", "2025-02-01 1000 0.666667 500 1", "2025-01-01 1000 - 500 0"]
    );
    let json: Value = serde_json::from_str(&folder.ask(&format!("retention {months} --format json"))).unwrap();
    assert_eq!((&json[1]["renewal_rate"], &json[1]["customers_new_count"]), (&json!("0.000000"), &json!(0)));
}
