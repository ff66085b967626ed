//! The retention triangle, against values worked out by hand.

use deltabook::grpc::v1;
use serde_json::{Value, json};
use tonic::Code;
use tonic_types::StatusExt;

use super::store;
use crate::support::program::{Folder, rows, shown};
use crate::support::server::{TestServer, line, order};

fn steps(monthly: &[(&str, &str)]) -> Value {
    let step = |(start, price): &(&str, &str)| match *start {
        "" => json!({"quantity": "1", "unit_price": price, "interval": {"unit": "MONTH", "count": 1}}),
        start => json!({"start_date": start, "unit_price": price}),
    };
    json!({"price_steps": monthly.iter().map(step).collect::<Vec<_>>()})
}

fn since(date: &str, fields: Value) -> Value {
    with("start_date", date, fields)
}

fn with(field: &str, text: &str, mut fields: Value) -> Value {
    fields.as_object_mut().unwrap().insert(field.to_owned(), text.into());
    fields
}

/// | customer | what happens                                                                          |
/// |----------|---------------------------------------------------------------------------------------|
/// | old      | 100 since 2025: in no cohort                                                          |
/// | ann      | 100 from January, 150 from March                                                      |
/// | bob      | 50 from January, leaves in February, comes back with 80 in April                      |
/// | cat      | 30 and 10 from February, both free from April: without MRR, and still a customer      |
/// | dan      | 70 from 30 April                                                                      |
async fn with_a_book() -> TestServer {
    let mut server = TestServer::start(store()).await;
    let back = with("subscription_id", "S2", since("2026-04-03", steps(&[("", "80")])));
    let support = with("item_id", "support", since("2026-02-01", steps(&[("", "10"), ("2026-04-01", "0")])));
    let facts = vec![
        line("old", "L1", since("2025-06-01", json!({}))),
        line("ann", "L1", since("2026-01-05", steps(&[("", "100"), ("2026-03-01", "150")]))),
        line("bob", "L1", since("2026-01-20", steps(&[("", "50")]))),
        order("bob", "T1", json!({"type": "TERMINATION", "effective_date": "2026-02-10"})),
        line("bob", "L2", back),
        line("cat", "L1", since("2026-02-01", steps(&[("", "30"), ("2026-04-01", "0")]))),
        line("cat", "L2", support),
        line("dan", "L1", since("2026-04-30", steps(&[("", "70")]))),
    ];
    server.record(facts).await.unwrap();
    server
}

/// Each cohort as `start–end: value (retention) …`.
fn printed(triangle: &v1::CohortTriangle) -> Vec<String> {
    let cell = |it: &v1::CohortCell| format!("{} ({})", it.value, it.retention);
    let cells = |it: &v1::Cohort| it.cells.iter().map(cell).collect::<Vec<_>>().join(" ");
    triangle.cohorts.iter().map(|it| format!("{}–{}: {}", it.start, it.end, cells(it))).collect()
}

#[tokio::test]
async fn cohort_triangle_has_the_values_worked_out_by_hand() {
    let mut server = with_a_book().await;
    let months = |measure: v1::CohortMeasure| v1::GetCohortsRequest {
        measure: measure.into(),
        from_month: "2026-01".into(),
        to_month: "2026-04".into(),
        ..Default::default()
    };
    // Ann and bob: 100 + 50; then 100; then 150; then 150 + 80 = 230, of 150.
    let mrr = [
        "2026-01-01–2026-02-01: 150 (1.000000) 100 (0.666667) 150 (1.000000) 230 (1.533333)",
        "2026-02-01–2026-03-01: 40 (1.000000) 40 (1.000000) 0 (0.000000)",
        "2026-03-01–2026-04-01: 0 () 0 ()",
        "2026-04-01–2026-05-01: 70 (1.000000)",
    ];
    // Bob is away at the end of February and of March; cat pays nothing and is one all the same.
    let customers = [
        "2026-01-01–2026-02-01: 2 (1.000000) 1 (0.500000) 1 (0.500000) 2 (1.000000)",
        "2026-02-01–2026-03-01: 1 (1.000000) 1 (1.000000) 1 (1.000000)",
        "2026-03-01–2026-04-01: 0 () 0 ()",
        "2026-04-01–2026-05-01: 1 (1.000000)",
    ];
    // January to March: 150 + 40 at the end of March, 230 + 0 at the end of June.
    let quarters = ["2026-01-01–2026-04-01: 190 (1.000000) 230 (1.210526)", "2026-04-01–2026-07-01: 70 (1.000000)"];
    let by_quarter = v1::GetCohortsRequest {
        granularity: v1::Granularity::Quarter.into(),
        from_month: "2026-02".into(),
        view: v1::ReportView::Restated.into(),
        ..months(v1::CohortMeasure::Unspecified)
    };
    for (request, expected) in [
        (months(v1::CohortMeasure::Mrr), &mrr[..]),
        (months(v1::CohortMeasure::Customers), &customers[..]),
        (by_quarter, &quarters[..]),
    ] {
        let answer = server.movements.get_cohorts(request.clone()).await.unwrap().into_inner();
        assert_eq!(answer.triangles.iter().map(|it| it.currency.as_str()).collect::<Vec<_>>(), ["USD"]);
        assert_eq!(printed(&answer.triangles[0]), expected, "{request:?}");
        let in_euros = v1::GetCohortsRequest { currency: "EUR".into(), ..request };
        assert_eq!(server.movements.get_cohorts(in_euros).await.unwrap().into_inner().triangles, []);
    }
    let too_many = v1::GetCohortsRequest { from_month: "2016-04".into(), ..months(v1::CohortMeasure::Mrr) };
    let refused = server.movements.get_cohorts(too_many).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    let violation = &refused.get_details_bad_request().unwrap().field_violations[0];
    assert_eq!(
        (violation.field.as_str(), violation.description.as_str()),
        ("to_month", "is more than 120 periods from from_month")
    );
    server.finish().await;
}

#[test]
fn cohort_command_shows_the_triangle() {
    let facts = r#"{"subscription_line": {"line_id": "L1", "subscription_id": "S1", "customer_id": "acme", "item_id": "seats", "charge_kind": "RECURRING", "currency": "USD", "start_date": "2025-01-01", "price_steps": [{"quantity": "10", "unit_price": "100", "interval": {"unit": "MONTH", "count": 1}}]}}
{"subscription_line": {"line_id": "L1", "subscription_id": "S1", "customer_id": "globex", "item_id": "seats", "charge_kind": "RECURRING", "currency": "USD", "start_date": "2025-01-01", "end_date": "2025-02-01", "price_steps": [{"quantity": "5", "unit_price": "100", "interval": {"unit": "MONTH", "count": 1}}]}}
"#;
    let folder = Folder::with(&[("facts.jsonl", facts)]).on(store());
    folder.run("import facts.jsonl");
    let months = "--from 2025-01 --to 2025-03";
    let triangle = "\
cohort start  cohort end  currency       MRR         1         2
------------- ----------- --------- --------- --------- ---------
2025-01-01    2025-02-01  USD       1,500.00  0.666667  0.666667
2025-02-01    2025-03-01  USD           0.00
2025-03-01    2025-04-01  USD           0.00
";
    assert_eq!(folder.ask(&format!("cohorts {months}")), triangle);
    let csv = rows(&folder.ask(&format!("cohorts {months} --by quarter --measure customers --format csv")));
    assert_eq!(shown(&csv, &["start", "end", "period", "value", "retention"]), ["2025-01-01 2025-04-01 0 1 1.000000"]);
}
