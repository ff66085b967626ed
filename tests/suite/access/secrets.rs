//! Each secret of a configuration is a canary, used in ways that work and ways that fail: it is printed nowhere.
//! [`Folder`] searches the output of each program that it starts, its log at TRACE too.

use std::collections::BTreeSet;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::support::canary::{self, CANARY};
use crate::support::certificates::Authority;
use crate::support::nats::Server;
use crate::support::postgres;
use crate::support::program::{CommandOutput, Folder, ServerProcess};
use crate::support::sinks::receiver::{Answer, Receiver, nobody};
use crate::support::store::{self, Store};
use crate::support::wait::{holds, until};

const FACTS: &str = r#"{"subscription_line": {"customer_id": "acme", "subscription_id": "S1", "line_id": "L1", "item_id": "seats", "charge_kind": "RECURRING", "currency": "USD", "start_date": "2026-01-01", "price_steps": [{"quantity": "10", "unit_price": "30", "interval": {"unit": "MONTH", "count": 1}}]}}
{"change_order": {"customer_id": "acme", "subscription_id": "S1", "change_order_id": "O1", "type": "MODIFY_PRICING", "effective_date": "2026-02-01", "entries": [{"line_id": "L1", "quantity": "14"}]}}
"#;

/// The example of the NATS library's documentation. Its key is a secret by itself: no text of ours could stand in it.
const CREDENTIALS: &str = "-----BEGIN NATS USER JWT-----\neyJ0eXAiOiJqd3QiLCJhbGciOiJlZDI1NTE5.e30.c2ln\n\
    ------END NATS USER JWT------\n\n-----BEGIN USER NKEY SEED-----\n\
    SUAIO3FHUX5PNV2LQIIP7TZ3N4L7TX3W53MQGEIVYFIGA635OZCKEYHFLM\n------END USER NKEY SEED------\n";

/// Every kind of sink with every kind of secret; of two that are alike, one is let in and one is not.
fn config(receiver: &str, nats: &str, nobody: &str) -> String {
    format!(
        r#"
        [sinks.webhook]
        kind = "webhook"
        url = "{receiver}/{CANARY}?key={CANARY}"
        secrets = [{{ env = "WEBHOOK_SECRET" }}]
        allow_http = true
        allow_private = true
        [sinks.webhook-nobody]
        kind = "webhook"
        url = "{nobody}/{CANARY}"
        secrets = [{{ file = "webhook.key" }}]
        allow_http = true
        allow_private = true
        [sinks.segment]
        kind = "segment"
        write_key = {{ env = "SEGMENT_KEY" }}
        endpoint = "{receiver}"
        [sinks.kissmetrics]
        kind = "kissmetrics"
        api_key = {{ file = "kissmetrics.key" }}
        endpoint = "{receiver}"
        [sinks.intilery]
        kind = "intilery"
        auth_token = {{ env = "INTILERY_TOKEN" }}
        client = "acme"
        endpoint = "{receiver}"
        [sinks.nats]
        kind = "nats"
        url = "{nats}"
        user = "us"
        password = {{ env = "NATS_PASSWORD" }}
        journal = true
        [sinks.nats-wrong-password]
        kind = "nats"
        url = "{nats}"
        user = "us"
        password = {{ env = "SEGMENT_KEY" }}
        [sinks.nats-token]
        kind = "nats"
        url = "{nats}"
        token = {{ env = "NATS_TOKEN" }}
        [sinks.nats-credentials]
        kind = "nats"
        url = "{nats}"
        credentials = {{ file = "nats.creds" }}
        "#
    )
}

fn secret(of: &str) -> String {
    format!("{of}-{CANARY}-secret")
}

fn webhook_secret() -> String {
    format!("whsec_{}", STANDARD.encode(format!("{CANARY}-long-enough-to-sign-with")))
}

/// A folder with every secret in its place, in the environment of each command too.
fn folder(store: Store, authority: &Authority) -> Folder {
    let server = authority.issue();
    let folder = Folder::with(&[
        ("facts.jsonl", FACTS),
        ("nats.creds", CREDENTIALS),
        ("kissmetrics.key", &secret("kissmetrics")),
        ("webhook.key", &webhook_secret()),
        ("server.pem", &server.certificate),
        ("server.key", &server.key),
        ("ca.pem", &authority.certificate()),
    ]);
    let mut folder = folder.on(store);
    for (name, value) in [
        ("WEBHOOK_SECRET", webhook_secret()),
        ("SEGMENT_KEY", secret("segment")),
        ("INTILERY_TOKEN", secret("intilery")),
        ("NATS_PASSWORD", secret("nats")),
        ("NATS_TOKEN", secret("token")),
    ] {
        folder.set(name, value);
    }
    canary::also(server.key.lines().nth(1).unwrap());
    canary::also("SUAIO3FHUX5PNV2LQIIP7TZ3N4L7TX3W53MQGEIVYFIGA635OZCKEYHFLM");
    folder
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn secrets_are_not_printed_when_sinks_fail() {
    let mut nats = Server::not_started(&format!("authorization {{ user: us, password: \"{}\" }}", secret("nats")));
    nats.start();
    // The first answers are of every kind, and repeat a secret.
    let answers = [401, 403, 400, 410, 500, 302, 429].map(|status| Answer::Body(status, CANARY.repeat(10)));
    let receiver = Receiver::start(answers.into_iter().chain([Answer::HangUp])).await;
    let authority = Authority::new();
    let folder = folder(store::postgres(), &authority);
    folder.write("deltabook.toml", &config(&receiver.url, &nats.url(), &nobody().await));

    let tls = "--tls-certificate server.pem --tls-key server.key";
    let mut serving = ServerProcess::start_with(&folder, &format!("--config deltabook.toml {tls}"));
    let port = serving.url.rsplit(':').next().unwrap();
    let server = format!("--server https://localhost:{port} --ca-file ca.pem");
    assert_eq!(folder.run("import facts.jsonl").code, Some(0));
    let sinks = || -> Vec<Value> {
        serde_json::from_str(&folder.ask(&format!("deliveries list --format json {server}"))).unwrap()
    };
    until(async || {
        let sinks = sinks();
        holds(sinks.iter().all(is_tried), sinks)
    })
    .await;
    let names: BTreeSet<String> = sinks().iter().map(|sink| sink["sink"].as_str().unwrap().to_owned()).collect();
    assert_eq!(names.len(), 9, "{names:?}");
    for name in &names {
        for question in ["list", "dead", "enable", "redrive --dead"] {
            assert_eq!(
                folder.run(&format!("deliveries {question} --sink {name} {server}")).code,
                Some(0),
                "{question}"
            );
        }
    }
    for question in
        ["movements --all", "explain 1", "explain 99", "waterfall --year 2026", "mrr", "deliveries list --sink no"]
    {
        folder.run(&format!("{question} {server}"));
        folder.run(question);
    }
    serving.terminate();
    assert_eq!(serving.ended().0, Some(0));
    folder.run("relay --drain --config deltabook.toml");
    folder.verified();
    let stored = postgres::dump(folder.store().url());
    assert!(stored.contains("acme") && stored.contains("webhook-nobody"), "{stored}");
    canary::check(&stored);
}

/// Whether it has taken everything, or has given a reason.
fn is_tried(sink: &Value) -> bool {
    let number = |name: &str| sink[name].as_i64().unwrap();
    let is_done = number("last_position") > 0 && number("position") == number("last_position");
    is_done || number("waiting_count") + number("dead_count") + number("failures") > 0
}

#[test]
fn secrets_are_not_printed_for_an_invalid_configuration() {
    let folder = folder(store::sqlite(), &Authority::new());
    let segment = "kind = \"segment\"\nwrite_key = ";
    let nats = "kind = \"nats\"\nurl = \"nats://127.0.0.1:1\"\n";
    let webhook = "kind = \"webhook\"\nurl = \"https://example.com\"\nsecrets = ";
    let keyed = "kind = \"segment\"\nwrite_key = { env = \"SEGMENT_KEY\" }\n";
    for wrong in [
        format!("{segment}\"{CANARY}\""),
        format!("{segment}\"{CANARY}"),
        format!("{segment}{CANARY}"),
        format!("{segment}[\"{CANARY}\"]"),
        format!("{segment}{{ env = \"{CANARY}\" }}"),
        format!("{segment}{{ file = \"{CANARY}\" }}"),
        format!("{segment}{{ env = \"SEGMENT_KEY\", file = \"{CANARY}\" }}"),
        format!("{segment}{{ key = \"{CANARY}\" }}"),
        format!("{keyed}endpoint = \"https://user:{CANARY}@example.com\""),
        format!("{keyed}endpoint = \"https://example.com/?key={CANARY}\""),
        format!("{keyed}endpoint = \"{CANARY}\""),
        format!("{keyed}group = \"{CANARY}\""),
        format!("{keyed}timeouts = \"{CANARY}\""),
        format!("{keyed}timeouts = {{ total_seconds = \"{CANARY}\" }}"),
        format!("{keyed}events = \"{CANARY}\""),
        format!("{nats}password = \"{CANARY}\"\nuser = \"us\""),
        format!("{nats}token = \"{CANARY}\""),
        format!("{nats}credentials = \"{CANARY}\""),
        format!("{nats}credentials = {{ env = \"NATS_TOKEN\" }}"),
        format!("{nats}user = \"us\"\npassword = {{ env = \"NATS_PASSWORD\" }}\ntoken = {{ env = \"NATS_TOKEN\" }}"),
        format!("kind = \"nats\"\nurl = \"nats://us:{CANARY}@127.0.0.1:1\""),
        format!("kind = \"nats\"\nurl = \"us:{CANARY}@127.0.0.1:1\""),
        format!("kind = \"nats\"\nurl = \"https://us:{CANARY}@127.0.0.1\""),
        format!("{webhook}\"{CANARY}\""),
        format!("{webhook}[\"{CANARY}\"]"),
        format!("{webhook}[{{ env = \"SEGMENT_KEY\" }}]"),
        format!(
            "kind = \"webhook\"\nurl = \"https://us:{CANARY}@example.com\"\nsecrets = [{{ env = \"WEBHOOK_SECRET\" }}]"
        ),
        format!("kind = \"webhook\"\nurl = \"{CANARY}\"\nsecrets = [{{ env = \"WEBHOOK_SECRET\" }}]"),
        format!("kind = \"webhook\"\nurl = \"http://127.0.0.1/{CANARY}\"\nsecrets = [{{ env = \"WEBHOOK_SECRET\" }}]"),
        "kind = \"intilery\"\nclient = \"acme\"\nauth_token = { file = \"nats.creds\" }".to_owned(),
        "kind = \"kissmetrics\"\napi_key = { file = \"/nowhere\" }".to_owned(),
    ] {
        folder.write("wrong.toml", &format!("[sinks.a]\n{wrong}\n"));
        let output = folder.run("serve --listen 127.0.0.1:0 --config wrong.toml");
        assert_eq!(output.code, Some(1), "{wrong}: {output:?}");
        assert!(output.stderr.starts_with("error: "), "{wrong}: {}", output.stderr);
    }
}

#[test]
fn secrets_are_not_printed_for_an_invalid_option() {
    let mut folder = folder(store::sqlite(), &Authority::new());
    for url in [
        format!("postgres://us:{CANARY}@127.0.0.1:1/books"),
        format!("postgres://us:{CANARY}@127.0.0.1:port/books"),
        format!("postgres://us:a/{CANARY}@127.0.0.1:1/books"),
        format!("postgres://us:a#{CANARY}@127.0.0.1:1/books"),
        format!("postgres://us:a?{CANARY}@127.0.0.1:1/books"),
        format!("postgres://127.0.0.1:1/books?password={CANARY}"),
        format!("postgres://127.0.0.1:1/books?pasword={CANARY}"),
        format!("postgresql:/us:{CANARY}@127.0.0.1:1/books"),
        format!("POSTGRES://us:{CANARY}@127.0.0.1:1/books"),
        format!("us:{CANARY}@127.0.0.1"),
        format!("host=127.0.0.1 user=us password={CANARY}"),
        format!("mysql://us:{CANARY}@127.0.0.1/books"),
        format!("sqlite://us:{CANARY}@127.0.0.1/books"),
    ] {
        folder.set("DATABASE_URL", url.clone());
        for command in ["serve --listen 127.0.0.1:0", "migrate", "mrr", "verify", "import facts.jsonl", "relay"] {
            let output = folder.run(command);
            assert_eq!((output.stdout.as_str(), output.code), ("", Some(1)), "{command} on {url}: {output:?}");
        }
        for command in ["help", "serve --help", "import --help", "mrr --help", "relay --help", "mrr --nonsense"] {
            folder.run(command);
        }
    }
    assert_eq!(folder.names().iter().find(|name| name.contains(CANARY)), None);
    let server = format!("mrr --server https://us:{CANARY}@127.0.0.1:1");
    folder.refuses(&server, "error: the address of a server cannot contain a user or a password\n");
    for files in [
        "--tls-certificate server.key --tls-key server.key",
        "--tls-certificate server.pem --tls-key server.pem",
        "--tls-certificate server.pem --tls-key nats.creds",
        "--tls-certificate server.pem --tls-key server.key --tls-client-ca server.key",
    ] {
        let output = folder.run(&format!("serve --listen 127.0.0.1:0 {files}"));
        assert!(output.code == Some(1) && output.stderr.starts_with("error: TLS: "), "{output:?}");
    }
    let client =
        "mrr --server https://127.0.0.1:1 --ca-file server.key --client-certificate server.key --client-key nats.creds";
    assert_eq!(folder.run(client).code, Some(1));
}

#[test]
fn printed_secret_fails_its_test() {
    let output = Folder::new().command(&format!("mrr --server {CANARY}.invalid")).output().unwrap();
    assert!(std::panic::catch_unwind(|| CommandOutput::of(output)).is_err());
}
