//! Explanations of movements: lines, rules, overrides, history, events.

use deltabook::clock::Clock;
use deltabook::grpc::v1;
use serde_json::json;

use super::super::overrides::override_service::{cause, live, of_order, set};
use super::super::overrides::worked_examples::{Case, request};
use super::store;
use crate::support::server::{TestServer, line, order};

async fn explain(server: &mut TestServer, movement_id: &str) -> v1::ExplainMovementResponse {
    let request = v1::ExplainMovementRequest { movement_id: movement_id.into() };
    server.movements.explain_movement(request).await.unwrap().into_inner()
}

/// The lines of a movement with their causes.
fn lines(why: &v1::ExplainMovementResponse) -> Vec<String> {
    let cause = |it: &v1::LineChange| it.cause.as_ref().unwrap().change_order_id.clone();
    why.changes.iter().map(|it| format!("{} by {}", it.line_id, cause(it))).collect()
}

#[tokio::test]
async fn explanation_of_a_movement_lists_its_own_lines() {
    let mut server = TestServer::start(store()).await;
    let both = json!([{"line_id": "L1", "unit_price": "120"}, {"line_id": "L2", "unit_price": "120"}]);
    let switch =
        json!([{"line_id": "L1", "item_id": "plus"}, {"line_id": "L3", "item_id": "plus", "unit_price": "70"}]);
    let repriced = json!([{"line_id": "L1", "unit_price": "110"}]);
    server
        .record(vec![
            line("acme", "L1", json!({})),
            line("acme", "L2", json!({})),
            line("acme", "L3", json!({"item_id": "extra"})),
            order("acme", "O1", json!({"type": "MODIFY_PRICING", "entries": both})),
            // An item switch, and another order for the same line on the same date.
            order("acme", "O2", json!({"type": "MODIFY_PRICING", "effective_date": "2026-05-01", "entries": repriced})),
            order("acme", "O3", json!({"type": "MODIFY_PRICING", "effective_date": "2026-05-01", "entries": switch})),
        ])
        .await
        .unwrap();
    let levels = vec![v1::Level::Contract.into(), v1::Level::Customer.into()];
    let request =
        v1::OverrideModificationTypeRequest { levels, ..of_order("acme", "O1", v1::ModificationType::Ignored) };
    set(&mut server, &request).await.unwrap();
    // Relabelled at CUSTOMER level, each line has a movement of its own, and the two look the same.
    let mut found = Vec::new();
    for it in live(&mut server).await {
        if it.level() == v1::Level::Customer && it.effective_date != "2026-01-01" {
            let why = explain(&mut server, &it.movement_id).await;
            found.push(format!("{} {} {}: {}", it.effective_date, it.item_id, it.mrr_delta, lines(&why).join(", ")));
        }
    }
    found.sort();
    assert_eq!(
        found,
        [
            "2026-03-01 basic 20: L1 by O1",
            "2026-03-01 basic 20: L2 by O1",
            "2026-05-01 plus -40: L1 by O2, L1 by O3, L3 by O3",
        ]
    );
    server.finish().await;
}

/// A worked example with its overrides, on a day between its movements.
async fn with_case(number: &str) -> TestServer {
    let clock = Clock::of(|| "2026-04-01T12:00:00Z".parse().unwrap());
    let mut server = TestServer::start_at(store(), clock).await;
    let case = Case::load(number);
    server.record(case.facts).await.unwrap();
    for raw in &case.overrides {
        set(&mut server, &request(raw)).await.unwrap();
    }
    server
}

/// `2026-03-01 CONTRACT NEW_CONTRACT 50`.
fn named(it: &v1::Movement) -> String {
    let level = it.level().as_str_name().replace("LEVEL_", "");
    let name = it.subcategory().as_str_name().replace("IMPACT_SUBCATEGORY_", "");
    let amount = if it.renewed_mrr.is_empty() { &it.mrr_delta } else { &it.renewed_mrr };
    format!("{} {level} {name} {amount}", it.effective_date)
}

/// The explanation of each live movement from a date on, in the order of the journal.
async fn printed(
    server: &mut TestServer,
    from: &str,
    tell: impl Fn(&v1::ExplainMovementResponse) -> Vec<String>,
) -> Vec<String> {
    let mut printed = Vec::new();
    for it in live(server).await.iter().filter(|it| it.effective_date.as_str() >= from) {
        let why = explain(server, &it.movement_id).await;
        printed.extend(tell(&why).into_iter().map(|text| format!("{}: {text}", named(it))));
    }
    printed.sort();
    printed
}

/// The other level's movements, each with its sentence.
fn of_other_level(why: &v1::ExplainMovementResponse) -> Vec<String> {
    let amount = |it: &v1::Movement| named(it).split_once(' ').unwrap().1.to_owned();
    let each = why.other_level.iter().map(|it| {
        let movement = it.movement.as_ref().map_or("none".to_owned(), amount);
        format!("{movement}. {}", it.comparison)
    });
    each.collect()
}

fn of_finance(why: &v1::ExplainMovementResponse) -> Vec<String> {
    why.overrides.iter().map(|it| it.statement.clone()).collect()
}

#[tokio::test]
async fn explanation_compares_the_levels() {
    let mut server = with_case("18").await;
    let more_seats =
        "For the customer it is a Quantity Increase of 50 USD, not New, because acme was active already (R8).";
    let fewer_seats = "The contract S1 ends, but the customer stays, with 50 USD a month: for the customer it is a \
                       Quantity Decrease of -100 USD (R8).";
    assert_eq!(
        printed(&mut server, "2026-01-01", of_other_level).await,
        [
            "2026-01-01 CONTRACT NEW_CONTRACT 100: CUSTOMER NEW_CUSTOMER 100. Both begin: acme was never active before (R8).".to_owned(),
            "2026-01-01 CUSTOMER NEW_CUSTOMER 100: CONTRACT NEW_CONTRACT 100. Both begin: acme was never active before (R8).".to_owned(),
            format!("2026-03-01 CONTRACT NEW_CONTRACT 50: CUSTOMER QUANTITY_INCREASE 50. {more_seats}"),
            format!("2026-03-01 CUSTOMER QUANTITY_INCREASE 50: CONTRACT NEW_CONTRACT 50. {more_seats}"),
            format!("2026-09-01 CONTRACT CONTRACT_CHURN -100: CUSTOMER QUANTITY_DECREASE -100. {fewer_seats}"),
            format!("2026-09-01 CUSTOMER QUANTITY_DECREASE -100: CONTRACT CONTRACT_CHURN -100. {fewer_seats}"),
        ]
    );
    server.finish().await;

    // One contract goes as another comes: the customer has one movement of both.
    let mut server = with_case("19").await;
    let swap = "a Price Increase of 20 USD, together with the other changes of basic on that date";
    let ends = format!(
        "The contract S1 ends, but the customer stays, with 120 USD a month: for the customer it is {swap} (R8)."
    );
    let begins = format!("For the customer it is {swap}, not New, because acme was active already (R8).");
    assert_eq!(
        printed(&mut server, "2026-05-01", of_other_level).await,
        [
            format!("2026-05-01 CONTRACT CONTRACT_CHURN -100: CUSTOMER PRICE_INCREASE 20. {ends}"),
            format!("2026-05-01 CONTRACT NEW_CONTRACT 120: CUSTOMER PRICE_INCREASE 20. {begins}"),
            format!("2026-05-01 CUSTOMER PRICE_INCREASE 20: CONTRACT CONTRACT_CHURN -100. {ends}"),
            format!("2026-05-01 CUSTOMER PRICE_INCREASE 20: CONTRACT NEW_CONTRACT 120. {begins}"),
        ]
    );
    server.finish().await;

    // A plan switch is the same for both.
    let mut server = with_case("20").await;
    assert_eq!(
        printed(&mut server, "2026-04-01", of_other_level).await,
        [
            "2026-04-01 CONTRACT PRICE_INCREASE 50: CUSTOMER PRICE_INCREASE 50. Both levels say the same (R8).",
            "2026-04-01 CUSTOMER PRICE_INCREASE 50: CONTRACT PRICE_INCREASE 50. Both levels say the same (R8).",
        ]
    );
    server.finish().await;
}

#[tokio::test]
async fn explanation_covers_changes_that_cancel_at_customer_level() {
    let mut server = TestServer::start(store()).await;
    let ends = json!({"end_date": "2026-05-01"});
    let begins = json!({"subscription_id": "S2", "start_date": "2026-05-01", "end_date": "2027-05-01"});
    let support = json!({"item_id": "support", "end_date": "2027-05-01"});
    server
        .record(vec![line("acme", "L1", ends), line("acme", "L2", begins), line("acme", "L3", support)])
        .await
        .unwrap();
    let nothing = "For the customer, all changes of basic on 2026-05-01 add up to 0 (R7).";
    assert_eq!(
        printed(&mut server, "2026-05-01", of_other_level).await[..2],
        [
            format!("2026-05-01 CONTRACT ITEM_REMOVAL -100: none. {nothing}"),
            format!("2026-05-01 CONTRACT NEW_CONTRACT 100: none. {nothing}"),
        ]
    );
    server.finish().await;
}

#[tokio::test]
async fn explanation_shows_the_override_and_the_computed_result() {
    let mut server = with_case("36").await;
    assert_eq!(
        printed(&mut server, "2026-02-01", of_finance).await,
        [
            "2026-02-01 CONTRACT ADD_ON 50: Finance counts start of L2 as UPSELL_OR_DOWNSELL: without it this would be a New Contract of 50 USD.",
            "2026-02-01 CUSTOMER ADD_ON 50: Finance counts start of L2 as UPSELL_OR_DOWNSELL at CONTRACT level only: this movement is computed.",
            "2026-08-01 CONTRACT IGNORED 10: Finance counts price step 2026-08-01 of L2 as IGNORED: without it this would be a Price Increase of 10 USD.",
            "2026-08-01 CUSTOMER IGNORED 10: Finance counts price step 2026-08-01 of L2 as IGNORED: without it this would be a Price Increase of 10 USD.",
        ]
    );
    let only = "The modification type UPSELL_OR_DOWNSELL that finance set holds for the contract only; for the customer it \
                is computed: an Add-on of 50 USD (R13).";
    let both = "Both levels have their name from the modification type IGNORED that finance set (R13).";
    assert_eq!(
        printed(&mut server, "2026-02-01", of_other_level).await,
        [
            format!("2026-02-01 CONTRACT ADD_ON 50: CUSTOMER ADD_ON 50. {only}"),
            format!("2026-02-01 CUSTOMER ADD_ON 50: CONTRACT ADD_ON 50. {only}"),
            format!("2026-08-01 CONTRACT IGNORED 10: CUSTOMER IGNORED 10. {both}"),
            format!("2026-08-01 CUSTOMER IGNORED 10: CONTRACT IGNORED 10. {both}"),
        ]
    );
    server.finish().await;

    let mut server = with_case("50").await;
    let counts = "Finance counts change order O1 as NEW_OR_CHURN";
    assert_eq!(
        printed(&mut server, "2027-01-01", of_finance).await,
        [
            format!(
                "2027-01-01 CONTRACT PRICE_INCREASE 20: {counts} at CUSTOMER level only: this movement is computed."
            ),
            format!("2027-01-01 CONTRACT RENEWAL 100: {counts}; a Renewal keeps its name all the same."),
            format!("2027-01-01 CONTRACT RENEWAL 50: {counts}; a Renewal keeps its name all the same."),
            format!(
                "2027-01-01 CUSTOMER NEW_CUSTOMER 20: {counts}: without it this would be a Price Increase of 20 USD."
            ),
            format!("2027-01-01 CUSTOMER RENEWAL 150: {counts}; a Renewal keeps its name all the same."),
        ]
    );
    let one = "For the customer, all renewals of seats on 2027-01-01 are one, of 150 USD (R7, R9).";
    let of_2027 = printed(&mut server, "2027-01-01", of_other_level).await;
    assert_eq!(
        of_2027[1..3],
        [
            format!("2027-01-01 CONTRACT RENEWAL 100: CUSTOMER RENEWAL 150. {one}"),
            format!("2027-01-01 CONTRACT RENEWAL 50: CUSTOMER RENEWAL 150. {one}"),
        ]
    );
    server.finish().await;
}

#[tokio::test]
async fn explanation_lists_withdrawn_overrides_and_reversals_as_history() {
    let mut server = with_case("43").await;
    let all = server.list(v1::ListMovementsRequest::default()).await;
    let of_order = |it: &&v1::Movement| it.causes[0].change_order_id == "O1" && it.level() == v1::Level::Contract;
    let posted: Vec<String> = all.iter().filter(of_order).map(|it| it.movement_id.clone()).collect();
    let [first, reversal, second] = &posted[..] else { panic!("{posted:?}") };
    let why = explain(&mut server, second).await;
    assert_eq!(
        of_finance(&why),
        [
            "Finance counts change order O1 as UPSELL_OR_DOWNSELL: without it this would be Ignored, an amount of 50 USD."
        ]
    );
    let over = &why.overrides[0];
    assert_eq!((over.in_force, over.revision, over.reason.as_str()), (true, 1, "agreed with the auditor"));
    assert!(!over.actor.is_empty() && over.recorded_at.is_some(), "{over:?}");
    for gone in [first, reversal] {
        let why = explain(&mut server, gone).await;
        assert_eq!(why.replaced_by_movement_ids, [second.as_str()]);
        assert_eq!((why.other_level.len(), why.events.len()), (0, 0));
        let output = "Finance counts change order O1 as UPSELL_OR_DOWNSELL; this movement holds no longer.";
        assert_eq!(of_finance(&why), [output]);
    }
    let clear = v1::ClearOverrideRequest {
        customer_id: "acme".into(),
        cause: Some(cause(v1::CauseKind::ChangeOrder, "O1")),
        reason: "a mistake".into(),
        ..Default::default()
    };
    server.finance.clear_override(clear).await.unwrap();
    let found = printed(&mut server, "2026-02-01", of_finance).await;
    let back = "What finance had said of change order O1 was taken back.";
    let counted = "Change order O1 counted as UPSELL_OR_DOWNSELL; that was taken back by revision 2.";
    let expected = ["CONTRACT", "CUSTOMER"]
        .map(|level| [counted, back].map(|text| format!("2026-02-01 {level} IGNORED 50: {text}")));
    assert_eq!(found, expected.concat());
    server.finish().await;
}

#[tokio::test]
async fn explanation_of_a_reactivation_shows_the_override_of_its_suspension() {
    let mut server = TestServer::start(store()).await;
    server
        .record(vec![
            line("acme", "L1", json!({})),
            order("acme", "O1", json!({"type": "SUSPENSION"})),
            order("acme", "O2", json!({"type": "REACTIVATION", "effective_date": "2026-04-01"})),
        ])
        .await
        .unwrap();
    set(&mut server, &of_order("acme", "O1", v1::ModificationType::NewOrChurn)).await.unwrap();
    let counts = "Finance counts change order O1 as NEW_OR_CHURN";
    let without = "without it this would be Ignored, an amount of 0 USD.";
    assert_eq!(
        printed(&mut server, "2026-03-01", of_finance).await,
        [
            format!("2026-03-01 CONTRACT CONTRACT_CHURN -100: {counts}: {without}"),
            format!(
                "2026-03-01 CUSTOMER CUSTOMER_CHURN -100: {counts} at CONTRACT level only: this movement is computed."
            ),
            format!("2026-04-01 CONTRACT NEW_CONTRACT 100: {counts}: {without}"),
        ]
    );
    server.finish().await;
}

#[tokio::test]
async fn explanation_shows_the_delivery_state_of_events() {
    let mut server = with_case("18").await;
    let tell = |why: &v1::ExplainMovementResponse| -> Vec<String> {
        why.events.iter().map(|it| format!("{} {} {}", it.name, it.state().as_str_name(), it.due_on)).collect()
    };
    assert_eq!(
        printed(&mut server, "2026-01-02", tell).await,
        [
            "2026-03-01 CUSTOMER QUANTITY_INCREASE 50: Upgraded EVENT_STATE_SENT 2026-03-01",
            "2026-09-01 CUSTOMER QUANTITY_DECREASE -100: Downgraded EVENT_STATE_SCHEDULED 2026-09-01",
        ]
    );
    server.finish().await;
}
