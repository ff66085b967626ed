//! The filter language: what it lets through is what a plain reading of it lets through, on a real book.

use deltabook::grpc::v1;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::json;
use tonic::Code;
use tonic_types::StatusExt;

use super::super::overrides::override_service::{cause, of_order, set};
use super::store;
use crate::support::server::{TestServer, line, order};

/// Contracts that grow, shrink, pause, end and are named otherwise, by orders and by finance; facts that were corrected;
/// and a closed month, behind which something changed.
async fn with_a_book() -> TestServer {
    let mut server = TestServer::start(store()).await;
    let steps = json!([
        {"quantity": "3", "unit_price": "33.333333", "interval": {"unit": "MONTH", "count": 1}},
        {"start_date": "2026-05-15", "unit_price": "20"},
    ]);
    let price =
        |id: &str, price: &str| json!({"type": "MODIFY_PRICING", "entries": [{"line_id": id, "unit_price": price}]});
    let typed = |mut fields: serde_json::Value, date: &str, kind: &str| {
        let more = json!({"effective_date": date, "modification_type": kind});
        fields.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        fields
    };
    server
        .record(vec![
            line("acme", "L1", json!({})),
            line("acme", "L2", json!({"item_id": "support", "start_date": "2026-02-10", "price_steps": steps})),
            order("acme", "O1", price("L1", "130")),
            order("acme", "O2", typed(price("L1", "150"), "2026-04-01", "NEW_OR_CHURN")),
            order("acme", "O3", typed(price("L1", "90"), "2026-06-01", "IGNORED")),
            line("globex", "M1", json!({"currency": "EUR", "end_date": "2026-03-01"})),
            line("globex", "M2", json!({"currency": "EUR", "start_date": "2026-05-01", "subscription_id": "S2"})),
            line("initech", "N1", json!({"end_date": "2027-01-01"})),
            order("initech", "P1", json!({"type": "SUSPENSION", "effective_date": "2026-03-01"})),
            order("initech", "P2", json!({"type": "REACTIVATION", "effective_date": "2026-04-10"})),
            order("initech", "P3", json!({"type": "RENEWAL", "effective_date": "2027-01-01", "renewal_end_date": "2028-01-01", "modification_type": "IGNORED"})),
        ])
        .await
        .unwrap();
    // O3 keeps its own type; that of O2 is what finance says; a reactivation follows its suspension.
    let levels = vec![v1::Level::Contract.into(), v1::Level::Customer.into()];
    for (customer, order, kind) in
        [("acme", "O2", v1::ModificationType::Ignored), ("initech", "P1", v1::ModificationType::NewOrChurn)]
    {
        let request = v1::OverrideModificationTypeRequest { levels: levels.clone(), ..of_order(customer, order, kind) };
        set(&mut server, &request).await.unwrap();
    }
    for month in ["2026-01", "2026-02"] {
        let close = v1::ClosePeriodRequest { month: month.into(), ..Default::default() };
        server.finance.close_period(close).await.unwrap();
    }
    let late = line(
        "globex",
        "M3",
        json!({"currency": "EUR", "item_id": "extra", "start_date": "2026-02-01", "subscription_id": "S3"}),
    );
    server.record(vec![late]).await.unwrap();
    server
}

async fn filtered(server: &mut TestServer, expression: &str, page_size: i32) -> Vec<v1::Movement> {
    let mut request = v1::ListMovementsRequest {
        filter_expression: expression.into(),
        order_by: v1::MovementOrder::EffectiveDateDesc.into(),
        page_size,
        ..Default::default()
    };
    let mut found = Vec::new();
    loop {
        let page = server.movements.list_movements(request.clone()).await;
        let page = page.unwrap_or_else(|refused| panic!("{expression}: {refused}")).into_inner();
        found.extend(page.movements);
        request.page_token = page.next_page_token;
        if request.page_token.is_empty() {
            return found;
        }
    }
}

fn ids(movements: &[v1::Movement]) -> Vec<&str> {
    movements.iter().map(|it| it.movement_id.as_str()).collect()
}

fn number(text: &str) -> rust_decimal::Decimal {
    text.parse().unwrap_or_else(|_| panic!("{text:?} is not a number"))
}

/// A condition in the language, and what it says in plain code.
type Plain = (&'static str, fn(&v1::Movement, &[v1::Movement]) -> bool);

fn is_reversed(it: &v1::Movement, all: &[v1::Movement]) -> bool {
    all.iter().any(|other| other.reverses_movement_id == it.movement_id)
}

/// What needs nothing but the movement and the journal.
const TERMS: [Plain; 38] = [
    ("level = CUSTOMER", |it, _| it.level() == v1::Level::Customer),
    ("level!=LEVEL_CUSTOMER", |it, _| it.level() == v1::Level::Contract),
    ("category = CHURN", |it, _| it.category() == v1::ImpactCategory::Churn),
    ("category = \"IMPACT_CATEGORY_NEW\"", |it, _| it.category() == v1::ImpactCategory::New),
    ("category != 'UPSELL'", |it, _| it.category() != v1::ImpactCategory::Upsell),
    ("subcategory = PRICE_INCREASE", |it, _| it.subcategory() == v1::ImpactSubcategory::PriceIncrease),
    ("subcategory != NEW_CUSTOMER", |it, _| it.subcategory() != v1::ImpactSubcategory::NewCustomer),
    ("effective_date >= 2026-03-01", |it, _| it.effective_date.as_str() >= "2026-03-01"),
    ("effective_date < 2026-05-15", |it, _| it.effective_date.as_str() < "2026-05-15"),
    ("effective_date > \"2026-02-01\"", |it, _| it.effective_date.as_str() > "2026-02-01"),
    ("effective_date <= 2026-04-01", |it, _| it.effective_date.as_str() <= "2026-04-01"),
    ("effective_date = 2026-01-01", |it, _| it.effective_date == "2026-01-01"),
    ("posting_date = 2026-03-01", |it, _| it.posting_date == "2026-03-01"),
    ("posting_date < 2026-03-01", |it, _| it.posting_date.as_str() < "2026-03-01"),
    ("recorded_at > 2020-01-01T00:00:00+01:00", |_, _| true),
    ("customer_id = acme", |it, _| it.customer_id == "acme"),
    ("customer_id != \"globex\"", |it, _| it.customer_id != "globex"),
    ("subscription_id = S1", |it, _| it.subscription_id == "S1"),
    ("subscription_id:*", |it, _| !it.subscription_id.is_empty()),
    ("line_id != L1", |it, _| it.line_id != "L1"),
    ("item_id = support", |it, _| it.item_id == "support"),
    ("currency = EUR", |it, _| it.currency == "EUR"),
    ("mrr_delta < -99.99", |it, _| number(&it.mrr_delta) < number("-99.99")),
    ("mrr_delta = 99.999999", |it, _| number(&it.mrr_delta) == number("99.999999")),
    ("mrr_delta > 99.9999985", |it, _| number(&it.mrr_delta) > number("99.9999985")),
    ("mrr_before >= 100.0", |it, _| number(&it.mrr_before) >= number("100")),
    ("mrr_after <= 0", |it, _| number(&it.mrr_after) <= number("0")),
    ("quantity_after = 3", |it, _| number(&it.quantity_after) == number("3")),
    ("quantity_before < 1", |it, _| number(&it.quantity_before) < number("1")),
    ("price_effect:*", |it, _| !it.price_effect.is_empty()),
    ("price_effect <= 20", |it, _| !it.price_effect.is_empty() && number(&it.price_effect) <= number("20")),
    ("renewed_mrr > 50", |it, _| !it.renewed_mrr.is_empty() && number(&it.renewed_mrr) > number("50")),
    ("causes.kind:CHANGE_ORDER", |it, _| it.causes.iter().any(|it| it.kind() == v1::CauseKind::ChangeOrder)),
    ("causes.change_order_id:O2", |it, _| it.causes.iter().any(|it| it.change_order_id == "O2")),
    ("rules:R13", |it, _| it.rules.contains(&13)),
    ("prior_period_adjustment", |it, _| it.prior_period_adjustment),
    ("reversal", |it, _| !it.reverses_movement_id.is_empty()),
    ("live", |it, all| it.reverses_movement_id.is_empty() && !is_reversed(it, all)),
];

#[tokio::test]
async fn each_filter_condition_selects_as_documented() {
    let mut server = with_a_book().await;
    let all = filtered(&mut server, "", 1_000).await;
    for (expression, holds) in TERMS {
        for denied in [false, true] {
            let text = if denied { format!("NOT {expression}") } else { expression.to_owned() };
            let expected: Vec<v1::Movement> = all.iter().filter(|it| holds(it, &all) != denied).cloned().collect();
            assert_eq!(ids(&filtered(&mut server, &text, 1_000).await), ids(&expected), "{text}");
        }
    }
    // The book has something for nearly each of them, and something against it.
    let decides = |(_, holds): &&Plain| all.iter().any(|it| holds(it, &all)) && !all.iter().all(|it| holds(it, &all));
    assert!(TERMS.iter().filter(decides).count() >= 36, "the book is too plain");
    server.finish().await;
}

/// A combination of conditions, as a tree.
#[derive(Debug, Clone)]
enum Tree {
    Term(Plain),
    Not(Box<Tree>, bool),
    And(Box<Tree>, Box<Tree>, bool),
    Or(Box<Tree>, Box<Tree>),
}

impl Tree {
    /// As text, with parentheses only where the language needs them.
    fn text(&self) -> String {
        let inner = |it: &Self, tightness: u8| {
            let own = match it {
                Self::And(..) => 1,
                Self::Or(..) => 2,
                Self::Not(..) => 3,
                Self::Term(_) => 4,
            };
            if own < tightness { format!("({})", it.text()) } else { it.text() }
        };
        match self {
            Self::Term((text, _)) => (*text).to_owned(),
            Self::Not(it, true) => format!("-{}", inner(it, 4)),
            Self::Not(it, false) => format!("NOT {}", inner(it, 3)),
            Self::And(left, right, true) => format!("{} {}", inner(left, 1), inner(right, 1)),
            Self::And(left, right, false) => format!("{} AND {}", inner(left, 1), inner(right, 1)),
            Self::Or(left, right) => format!("{} OR {}", inner(left, 2), inner(right, 2)),
        }
    }

    fn holds(&self, it: &v1::Movement, all: &[v1::Movement]) -> bool {
        match self {
            Self::Term((_, holds)) => holds(it, all),
            Self::Not(inner, _) => !inner.holds(it, all),
            Self::And(left, right, _) => left.holds(it, all) && right.holds(it, all),
            Self::Or(left, right) => left.holds(it, all) || right.holds(it, all),
        }
    }
}

fn trees() -> impl Strategy<Value = Tree> {
    let term = proptest::sample::select(&TERMS[..]).prop_map(Tree::Term);
    term.prop_recursive(5, 24, 2, |inner| {
        prop_oneof![
            (inner.clone(), any::<bool>()).prop_map(|(it, minus)| Tree::Not(Box::new(it), minus)),
            (inner.clone(), inner.clone(), any::<bool>()).prop_map(|(left, right, plain)| Tree::And(
                Box::new(left),
                Box::new(right),
                plain
            )),
            (inner.clone(), inner).prop_map(|(left, right)| Tree::Or(Box::new(left), Box::new(right))),
        ]
    })
}

#[tokio::test]
async fn combined_filters_select_as_documented_on_each_page() {
    let mut server = with_a_book().await;
    let all = filtered(&mut server, "", 1_000).await;
    let mut runner = TestRunner::deterministic();
    let mut some = 0;
    for turn in 0..150 {
        let tree = trees().new_tree(&mut runner).unwrap().current();
        let expected: Vec<v1::Movement> = all.iter().filter(|it| tree.holds(it, &all)).cloned().collect();
        let page_size = [3, 7, 1_000][turn % 3];
        let found = filtered(&mut server, &tree.text(), page_size).await;
        assert_eq!(ids(&found), ids(&expected), "{} in pages of {page_size}", tree.text());
        some += usize::from(!expected.is_empty() && expected.len() < all.len());
    }
    assert!(some >= 60, "only {some} of them choose");
    server.finish().await;
}

#[tokio::test]
async fn filter_overridden_selects_overrides_of_finance_alone() {
    let mut server = with_a_book().await;
    let shown = |found: &[v1::Movement]| -> Vec<String> {
        let show = |it: &v1::Movement| {
            let level = it.level().as_str_name().replace("LEVEL_", "");
            let name = it.subcategory().as_str_name().replace("IMPACT_SUBCATEGORY_", "");
            format!("{} {} {level} {name}", it.effective_date, it.causes[0].change_order_id)
        };
        let mut shown: Vec<String> = found.iter().map(show).collect();
        shown.sort();
        shown
    };
    let found = filtered(&mut server, "overridden", 1_000).await;
    assert_eq!(
        shown(&found),
        [
            "2026-03-01 P1 CONTRACT CONTRACT_CHURN",
            "2026-03-01 P1 CUSTOMER CUSTOMER_CHURN",
            "2026-04-01 O2 CONTRACT IGNORED",
            "2026-04-01 O2 CUSTOMER IGNORED",
            "2026-04-10 P2 CONTRACT NEW_CONTRACT",
            "2026-04-10 P2 CUSTOMER NEW_CUSTOMER",
        ]
    );
    let own = filtered(&mut server, "live rules:13 NOT overridden", 1_000).await;
    assert_eq!(shown(&own), ["2026-06-01 O3 CONTRACT IGNORED", "2026-06-01 O3 CUSTOMER IGNORED"]);
    // Taken back, nothing of it is in force.
    let clear = v1::ClearOverrideRequest {
        customer_id: "acme".into(),
        cause: Some(cause(v1::CauseKind::ChangeOrder, "O2")),
        reason: "a mistake".into(),
        ..Default::default()
    };
    server.finance.clear_override(clear).await.unwrap();
    assert_eq!(filtered(&mut server, "overridden AND customer_id = acme", 1_000).await, []);
    assert_eq!(filtered(&mut server, "overridden = true", 1).await.len(), 4);
    server.finish().await;
}

#[tokio::test]
async fn filter_fields_and_expression_are_combined_with_and() {
    let mut server = with_a_book().await;
    let filter = v1::MovementFilter {
        categories: vec![v1::ImpactCategory::New.into(), v1::ImpactCategory::Churn.into()],
        posting_from: "2026-02-01".into(),
        ..Default::default()
    };
    let expression = "(category = CHURN OR category = UPSELL) posting_date < 2027-01-01 live";
    let request = v1::ListMovementsRequest {
        filter: Some(filter.clone()),
        filter_expression: expression.into(),
        ..Default::default()
    };
    let listed = server.list(request).await;
    let by_expression = "category = CHURN posting_date >= 2026-02-01 posting_date < 2027-01-01 live";
    let mut expected = filtered(&mut server, by_expression, 1_000).await;
    expected.sort_by_key(|it| it.movement_id.parse::<i64>().unwrap());
    assert_eq!(listed, expected);
    // Initech pauses as a churn, at both levels; a contract of globex ends, and globex stays.
    assert_eq!(listed.len(), 3);
    let request =
        v1::ExportMovementsRequest { filter: Some(filter), filter_expression: expression.into(), ..Default::default() };
    let mut stream = server.movements.export_movements(request).await.unwrap().into_inner();
    let mut file = Vec::new();
    while let Some(chunk) = stream.message().await.unwrap() {
        file.extend(chunk.data);
    }
    let rows = csv::Reader::from_reader(file.as_slice()).into_records().map(|row| row.unwrap()[0].to_owned());
    assert_eq!(rows.collect::<Vec<_>>(), ids(&listed));
    server.finish().await;
}

#[tokio::test]
async fn filtered_page_ends_at_its_scan_limit_and_the_next_continues() {
    let mut server = TestServer::start(store()).await;
    let first = chrono::NaiveDate::from_ymd_opt(2020, 1, 1).unwrap();
    let steps: Vec<serde_json::Value> = (0..1_000)
        .map(|day| {
            let date = first + chrono::Days::new(day);
            json!({"start_date": date.to_string(), "quantity": "1", "unit_price": (100 + day).to_string(),
                "interval": {"unit": "MONTH", "count": 1}})
        })
        .collect();
    for number in 0..11 {
        let fields = json!({"start_date": "2020-01-01", "price_steps": steps});
        server.record(vec![line(&format!("c{number:02}"), "L1", fields)]).await.unwrap();
    }
    // 22,000 entries, of which the last 2,000 are of the last customer; the database does not find them by this.
    let mut request = v1::ListMovementsRequest {
        filter_expression: "NOT (customer_id != c10 OR mrr_after < 1098)".into(),
        ..Default::default()
    };
    let not_pushed_down = "mrr_after >= 1098 AND movement_id > 20000";
    for expression in [request.filter_expression.clone(), not_pushed_down.to_owned()] {
        request.filter_expression = expression;
        let page = server.movements.list_movements(request.clone()).await.unwrap().into_inner();
        let is_short = request.filter_expression == not_pushed_down;
        assert_eq!(page.movements.len(), if is_short { 0 } else { 4 }, "{}", request.filter_expression);
        assert_eq!(!page.next_page_token.is_empty(), is_short, "{}", request.filter_expression);
        if is_short {
            request.page_token = page.next_page_token;
            let page = server.movements.list_movements(request.clone()).await.unwrap().into_inner();
            assert_eq!((page.movements.len(), page.next_page_token.as_str()), (4, ""));
            // The token is of this question only.
            request.filter_expression = "mrr_after >= 1098".into();
            assert_eq!(
                server.movements.list_movements(request.clone()).await.unwrap_err().code(),
                Code::InvalidArgument
            );
        }
    }
    server.finish().await;
}

#[tokio::test]
async fn filter_mistakes_are_reported_with_their_positions() {
    let mut server = TestServer::start(store()).await;
    let request = v1::ListMovementsRequest {
        filter: Some(v1::MovementFilter { currency: "usd".into(), ..Default::default() }),
        filter_expression: "category = CHRUN AND (mrr_delta < 1e3 or effective_date > \"2026-02-30\"".into(),
        ..Default::default()
    };
    let refused = server.movements.list_movements(request).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    let violations = refused.get_details_bad_request().unwrap().field_violations;
    let shown: Vec<String> = violations.iter().map(|it| format!("{} {}", it.field, it.description)).collect();
    assert_eq!(
        shown,
        [
            "filter.currency is not a currency: three capital letters (ISO 4217)",
            "filter_expression at character 12: `CHRUN` is not one of NEW, UPSELL, DOWNSELL, CHURN, RENEWAL, IGNORED",
            "filter_expression at character 22: this parenthesis is not closed",
            "filter_expression at character 35: `1e3` is not a decimal number: digits with at most one point, such as 1299.90",
            "filter_expression at character 39: `or` is written OR",
            "filter_expression at character 59: `2026-02-30` is not a date such as 2026-01-31",
        ]
    );
    server.finish().await;
}
