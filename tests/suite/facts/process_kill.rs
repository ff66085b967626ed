//! `kill -9` in the middle of a stream of facts: what was acknowledged is there, nothing is there twice, and every event
//! arrives.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use deltabook::codec::envelope::Envelope;
use deltabook::domain::events::event::EventName;
use deltabook::domain::ids::TenantId;
use deltabook::grpc::v1;
use deltabook::grpc::v1::billing_service_client::BillingServiceClient;
use deltabook::store::db::Db;
use deltabook::store::events::outbox;
use serde_json::json;
use tokio::sync::mpsc;
use tokio_stream::StreamExt;
use tokio_stream::wrappers::ReceiverStream;

use super::store;
use crate::support::program::{CommandOutput, is_for_people};
use crate::support::server::{line, order, verified};
use crate::support::wait::{holds, until, until_blocking};

const KILLS: u64 = 50;
const FACTS_IN_A_BATCH: i32 = 20;

/// The server in a process of its own.
struct Server {
    child: Child,
    address: String,
}

impl Server {
    fn start(url: &str, config: &Path) -> Self {
        let (child, output) = start(&["serve", "--listen", "127.0.0.1:0"], url, config);
        let address = output.strip_prefix("deltabook listens on ").and_then(|rest| rest.split(',').next());
        let address = address.unwrap_or_else(|| panic!("the server output {output:?}")).to_owned();
        Self { child, address }
    }
}

/// A process of its own, and the first line that it says.
fn start(arguments: &[&str], url: &str, config: &Path) -> (Child, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_deltabook"))
        .args(arguments)
        .args(["--database-url", url, "--config"])
        .arg(config)
        .stdin(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A slow machine makes it talk: what is of the log is left out.
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
    let output = lines.find(|line| is_for_people(&line.as_str())).unwrap_or_default();
    (child, output)
}

/// SIGKILL: no time to finish anything.
fn end(mut child: Child) {
    child.kill().unwrap();
    child.wait().unwrap();
}

/// A configuration with one file that gets every event.
fn to_file(folder: &Path, name: &str) -> PathBuf {
    let events = EventName::ALL.iter().map(|name| format!("{:?}", name.as_str())).collect::<Vec<_>>().join(", ");
    let path = folder.join(format!("{name}.jsonl"));
    let config = folder.join(format!("{name}.toml"));
    fs::write(
        &config,
        format!("[sinks.{name}]\nkind = \"file\"\npath = \"{}\"\nevents = [{events}]\n", path.display()),
    )
    .unwrap();
    config
}

/// Everything that the outbox has arrived in the file, each customer's events in their order.
async fn check_arrived(url: &str, config: &Path) {
    let mut drain = Command::new(env!("CARGO_BIN_EXE_deltabook"));
    drain.args(["relay", "--drain", "--database-url", url, "--config"]).arg(config);
    // The database takes a moment to notice that the process that served the sink is gone.
    until_blocking(|| {
        let output = CommandOutput::of(drain.output().unwrap());
        holds((output.stderr.as_str(), output.code) == ("", Some(0)), output)
    });
    let db = Db::open_existing(url).await.unwrap();
    let mut tx = db.read().await.unwrap();
    let outbox = outbox::between(&mut tx, &TenantId::only(), 0, i64::MAX, i64::MAX).await.unwrap();
    tx.rollback().await.unwrap();
    db.close().await;
    assert!(outbox.len() > 100, "only {} events", outbox.len());
    let places: HashMap<String, i64> = outbox.into_iter().map(|it| (it.envelope.id, it.sequence)).collect();

    let file = fs::read_to_string(config.with_extension("jsonl")).unwrap();
    let mut arrived: HashSet<String> = HashSet::new();
    let mut last: HashMap<String, i64> = HashMap::new();
    // What a kill kept from being noted comes again, in one piece.
    let (mut pieces, mut is_repeating) = (0, false);
    for row in file.lines() {
        let event: Envelope = serde_json::from_str(row).unwrap();
        let place = *places.get(&event.id).unwrap();
        if !arrived.insert(event.id) {
            pieces += u64::from(!is_repeating);
            is_repeating = true;
            continue;
        }
        is_repeating = false;
        let before = last.insert(event.customer_id.clone(), place);
        assert!(before.is_none_or(|before| before < place), "{} is out of order", event.customer_id);
    }
    assert_eq!(arrived.len(), places.len(), "every event has arrived");
    assert!(pieces <= KILLS, "events came again {pieces} times");
}

/// Lines and price changes of a few customers: each batch touches several, and later ones correct earlier ones.
fn batch(number: i64) -> v1::StreamFactsRequest {
    let facts = (0..i64::from(FACTS_IN_A_BATCH) / 2).flat_map(|place| {
        let customer = format!("customer-{}", (number + place) / 4);
        let (line_id, subscription) = (format!("L{number}-{place}"), format!("S{number}-{place}"));
        let start = format!("2026-{:02}-01", 1 + (number + place) % 12);
        let about = json!({ "subscription_id": subscription, "start_date": start });
        let change = json!({
            "type": "MODIFY_PRICING",
            "subscription_id": subscription,
            "effective_date": "2027-01-15",
            "entries": [{ "line_id": line_id, "unit_price": (50 + place).to_string() }],
        });
        [line(&customer, &line_id, about), order(&customer, &format!("O{number}-{place}"), change)]
    });
    v1::StreamFactsRequest { batch_number: number, facts: facts.collect() }
}

/// Streams batches and notes what is acknowledged, for ever: a stream that ends is begun again, as clients do.
async fn stream(address: String, acknowledged: Arc<AtomicI64>) {
    loop {
        // From the last acknowledged batch: the client cannot know whether the next one was recorded.
        let first = acknowledged.load(Ordering::SeqCst).max(1);
        stream_from(&address, first, &acknowledged).await;
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Streams batches from `first` on, until the stream ends.
async fn stream_from(address: &str, first: i64, acknowledged: &AtomicI64) {
    let Ok(mut client) = BillingServiceClient::connect(format!("http://{address}")).await else { return };
    let (sender, receiver) = mpsc::channel(2);
    let sending = tokio::spawn(async move {
        for number in first.. {
            if sender.send(batch(number)).await.is_err() {
                break;
            }
        }
    });
    let Ok(answers) = client.stream_facts(ReceiverStream::new(receiver)).await else { return };
    let mut answers = answers.into_inner();
    while let Some(Ok(answer)) = answers.next().await {
        assert_eq!(answer.refusals, []);
        assert_eq!(answer.recorded_count + answer.unchanged_count, FACTS_IN_A_BATCH);
        if answer.batch_number <= acknowledged.load(Ordering::SeqCst) {
            assert_eq!(answer.unchanged_count, FACTS_IN_A_BATCH, "batch {} was lost", answer.batch_number);
        }
        acknowledged.fetch_max(answer.batch_number, Ordering::SeqCst);
    }
    sending.abort();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn acknowledged_facts_survive_fifty_process_kills() {
    let store = store();
    let folder = tempfile::tempdir().unwrap();
    let (by_server, by_relay) = (to_file(folder.path(), "by-server"), to_file(folder.path(), "by-relay"));
    let acknowledged = Arc::new(AtomicI64::new(0));
    for kill in 0..KILLS {
        let server = Server::start(store.url(), &by_server);
        let (relay, output) = start(&["relay"], store.url(), &by_relay);
        assert!(output.starts_with("deltabook delivers to by-relay"), "{output}");
        let before = acknowledged.load(Ordering::SeqCst).max(1);
        let streaming = tokio::spawn(stream(server.address.clone(), Arc::clone(&acknowledged)));
        // Anywhere from the first bytes to many batches: every other time behind two new answers.
        if kill % 2 == 1 {
            let now = || acknowledged.load(Ordering::SeqCst);
            until(async || holds(now() >= before + 2, now())).await;
        }
        tokio::time::sleep(Duration::from_millis(10 + (kill * 37) % 150)).await;
        end(server.child);
        end(relay);
        streaming.abort();
        assert!(streaming.await.is_err_and(|ended| ended.is_cancelled()), "a batch was lost or doubled");
    }
    let acknowledged = acknowledged.load(Ordering::SeqCst);
    assert!(acknowledged >= 10, "only {acknowledged} batches went through: the kills met nothing");
    let found = verified(store.url()).await;
    assert_eq!(found.differences, []);
    let facts = i64::try_from(found.facts).unwrap();
    let acknowledged_facts = acknowledged * i64::from(FACTS_IN_A_BATCH);
    for config in [&by_server, &by_relay] {
        check_arrived(store.url(), config).await;
    }
    assert!(facts >= acknowledged_facts, "{facts} facts are there, {acknowledged_facts} were acknowledged");
}
