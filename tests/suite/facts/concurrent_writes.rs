//! Many callers at once: on one customer, through two servers, and gone before their answer.

use std::collections::BTreeSet;
use std::time::Duration;

use chrono::{Days, NaiveDate};
use deltabook::grpc::v1;
use deltabook::grpc::v1::billing_service_client::BillingServiceClient;
use deltabook::ledger::verify::Verification;
use serde_json::json;
use tokio::task::JoinSet;
use tonic::transport::Channel;
use tonic::{Code, Status};

use super::store;
use crate::support::program::{Folder, ServerProcess};
use crate::support::server::{TestServer, line, order, verified};

const CALLERS: usize = 16;
/// Of each caller. Not more, as deciding one takes as long as the customer has orders.
const ORDERS: usize = 30;

type Client = BillingServiceClient<Channel>;

async fn record(client: &mut Client, facts: Vec<v1::Fact>) -> Result<v1::RecordFactsResponse, Status> {
    let request = v1::RecordFactsRequest { facts, ..Default::default() };
    client.record_facts(request).await.map(tonic::Response::into_inner)
}

/// Price changes of one line, each on a day of its own, the callers' days between each other.
fn price_change(caller: usize, number: usize) -> v1::Fact {
    let place = number * CALLERS + caller;
    let first = NaiveDate::from_ymd_opt(2026, 1, 1).unwrap();
    let date = first.checked_add_days(Days::new(u64::try_from(place).unwrap())).unwrap();
    let change = json!({
        "type": "MODIFY_PRICING",
        "effective_date": date.to_string(),
        "entries": [{ "line_id": "L1", "unit_price": (100 + place % 7).to_string() }],
    });
    order("acme", &format!("O{place}"), change)
}

/// Sends the orders of each caller one by one, through one of the clients, and again when a race is lost; gives the ids
/// of the movements in the answers.
async fn all_orders(clients: Vec<Client>, retries: usize) -> Vec<String> {
    let mut first = clients.first().unwrap().clone();
    record(&mut first, vec![line("acme", "L1", json!({}))]).await.unwrap();
    let mut callers = JoinSet::new();
    for (caller, mut client) in clients.into_iter().cycle().take(CALLERS).enumerate() {
        callers.spawn(async move {
            let mut printed = Vec::new();
            for number in 0..ORDERS {
                let mut lost = 0;
                let answer = loop {
                    match record(&mut client, vec![price_change(caller, number)]).await {
                        Ok(answer) => break answer,
                        Err(status) if lost < retries && status.code() == Code::Aborted => lost += 1,
                        Err(status) => panic!("after {lost} races: {status:?}"),
                    }
                };
                assert!(answer.results.iter().all(|it| it.outcome() == v1::FactOutcome::Recorded));
                printed.extend(answer.movements.into_iter().map(|it| it.movement_id));
            }
            printed
        });
    }
    callers.join_all().await.concat()
}

/// Each movement is in one answer; the first two are those of the line.
fn check_serial(printed: &[String], found: &Verification) {
    assert_eq!(found.differences, []);
    assert_eq!(found.facts, 1 + CALLERS * ORDERS);
    let different: BTreeSet<&String> = printed.iter().collect();
    assert_eq!((different.len(), printed.len() + 2), (printed.len(), found.entries));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_writes_to_one_customer_are_serial() {
    let server = TestServer::start(store()).await;
    let printed = all_orders(vec![server.billing.clone()], 0).await;
    check_serial(&printed, &server.finish().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_writes_of_two_servers_are_serial() {
    let folder = Folder::new().on(store());
    let servings = [ServerProcess::start(&folder), ServerProcess::start(&folder)];
    let mut clients = Vec::new();
    for serving in &servings {
        clients.push(Client::connect(serving.url.clone()).await.unwrap());
    }
    let printed = all_orders(clients, 1_000).await;
    check_serial(&printed, &verified(folder.store().url()).await);
}

const CANCELLED: usize = 5_000;
const CUSTOMERS: usize = 600;

/// A line and an order on it.
fn pair(number: usize) -> Vec<v1::Fact> {
    let customer = format!("customer-{}", number % CUSTOMERS);
    let subscription = format!("S{number}");
    let change = json!({"type": "TERMINATION", "subscription_id": subscription, "effective_date": "2026-06-01"});
    let line = line(&customer, &format!("L{number}"), json!({ "subscription_id": subscription }));
    vec![line, order(&customer, &format!("O{number}"), change)]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cancelled_write_is_stored_as_a_whole_or_not_at_all() {
    let mut server = TestServer::start(store()).await;
    let mut callers = JoinSet::new();
    for caller in 0..CALLERS {
        let mut client = server.billing.clone();
        callers.spawn(async move {
            for number in (caller..CANCELLED).step_by(CALLERS) {
                // Any time up to 5 ms, but the same in every run.
                let patience = Duration::from_micros(u64::try_from(number * 2_731 % 5_000).unwrap());
                let _gone = tokio::time::timeout(patience, record(&mut client, pair(number))).await;
            }
        });
    }
    callers.join_all().await;
    for number in CANCELLED..CANCELLED + 1_000 {
        record(&mut server.billing, pair(number)).await.unwrap();
    }
    assert_eq!(server.store.sessions_left_in_a_transaction(), 0);
    let mut found = 0;
    for number in 0..CUSTOMERS {
        let request = v1::GetCustomerRequest { customer_id: format!("customer-{number}") };
        let customer = server.billing.get_customer(request).await.unwrap().into_inner();
        let number = |id: &str| id[1..].to_owned();
        let lines = customer.subscription_lines.iter().map(|it| number(&it.line.as_ref().unwrap().line_id));
        let lines: BTreeSet<String> = lines.collect();
        let orders = customer.change_orders.iter().map(|it| number(&it.change_order.as_ref().unwrap().change_order_id));
        assert_eq!(lines, orders.collect());
        found += lines.len();
    }
    // Neither all nor none of the cancelled ones.
    assert!((1_001..1_000 + CANCELLED).contains(&found), "{found}");
    server.finish().await;
}
