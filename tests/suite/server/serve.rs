//! `deltabook serve` as an operator runs it: questions from elsewhere, a clean end, a store that is whole.

use deltabook::grpc::v1;
use deltabook::grpc::v1::billing_service_client::BillingServiceClient;
use serde_json::json;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

use super::super::reports::report_commands;
use super::store;
use crate::support::program::{Folder, ServerProcess};
use crate::support::server::line;

#[test]
fn server_answers_as_its_store() {
    let folder = report_commands::with_a_store();
    let mut questions: Vec<String> = Vec::new();
    for question in [
        "movements --all",
        "movements --limit 3 --by-date --level contract",
        "movements --category upsell --category churn --from 2025-04-01 --to 2026-01-15",
        "waterfall --year 2025",
        "waterfall --from 2025-12 --to 2026-02 --level contract --currency EUR",
        "mrr --date 2025-12-31 --customer acme",
    ] {
        questions.extend(["table", "csv", "json"].map(|format| format!("{question} --format {format}")));
    }
    questions.extend(["text", "json"].map(|format| format!("explain 4 --format {format}")));
    questions.push("explain 99".to_owned());
    questions.push("movements --customer a/b --from today".to_owned());
    let from_store: Vec<_> = questions.iter().map(|question| folder.run(question)).collect();

    let mut serving = ServerProcess::start(&folder);
    let elsewhere = Folder::new();
    for (question, expected) in questions.iter().zip(from_store) {
        let asked = format!("{question} --server {}", serving.url);
        assert_eq!(elsewhere.run(&asked), expected, "{question}");
    }
    assert!(elsewhere.names().is_empty());
    serving.terminate();
    assert_eq!(serving.ended(), (Some(0), "deltabook stopped\n".to_owned()));
}

async fn client(serving: &ServerProcess) -> BillingServiceClient<tonic::transport::Channel> {
    BillingServiceClient::connect(serving.url.clone()).await.unwrap()
}

// The connection lives on while a test waits for the server.
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn acknowledged_facts_are_stored_when_the_server_ends() {
    let folder = Folder::new().on(store());
    let mut serving = ServerProcess::start(&folder);
    let mut billing = client(&serving).await;
    for index in 0..20 {
        let facts = vec![line(&format!("customer-{index}"), "L1", json!({}))];
        let request = v1::RecordFactsRequest { facts, ..v1::RecordFactsRequest::default() };
        billing.record_facts(request).await.unwrap();
    }
    serving.terminate();
    drop(billing);
    assert_eq!(serving.ended(), (Some(0), "deltabook stopped\n".to_owned()));
    assert_eq!(folder.verified(), "20 customers, 20 facts, 40 journal entries");
}

// The connection lives on while a test waits for the server.
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn server_ends_while_a_stream_is_open() {
    let folder = Folder::new().on(store());
    let mut serving = ServerProcess::start(&folder);
    let mut billing = client(&serving).await;
    let (batches, sent) = mpsc::channel(4);
    let mut answers = {
        let first = v1::StreamFactsRequest { batch_number: 1, facts: vec![line("acme", "L1", json!({}))] };
        batches.send(first).await.unwrap();
        billing.stream_facts(ReceiverStream::new(sent)).await.unwrap().into_inner()
    };
    let answer = answers.message().await.unwrap().unwrap();
    assert_eq!((answer.batch_number, answer.recorded_count), (1, 1));
    let facts = (2..=500).map(|index| line("acme", &format!("L{index}"), json!({}))).collect();
    batches.send(v1::StreamFactsRequest { batch_number: 2, facts }).await.unwrap();
    let answer = answers.message().await.unwrap().unwrap();
    assert_eq!((answer.batch_number, answer.recorded_count), (2, 499));

    serving.terminate();
    // The client still holds its end open; the server closes the stream from its side.
    let refused = answers.message().await.unwrap_err();
    assert_eq!(refused.code(), tonic::Code::Unavailable, "{refused}");
    drop((batches, answers, billing));
    assert_eq!(serving.ended(), (Some(0), "deltabook stopped\n".to_owned()));
    assert_eq!(folder.verified(), "1 customers, 500 facts, 503 journal entries");
}
