//! Keys and tenants as an operator looks after them, at the command line.

use crate::support::keys::keep_secret;
use crate::support::program::{CommandOutput, Folder, ServerProcess, rows};
use crate::support::wait::{holds, until_blocking};

const FACTS: &str = r#"{"subscription_line": {"customer_id": "brightwater", "subscription_id": "S", "line_id": "L",
 "item_id": "seats", "charge_kind": "RECURRING", "currency": "USD", "start_date": "2026-01-01",
 "price_steps": [{"quantity": "1", "unit_price": "30", "interval": {"unit": "MONTH", "count": 1}}]}}"#;

fn facts() -> String {
    FACTS.replace('\n', "")
}

/// The key that was made, alone on stdout, so that it can be put where it belongs.
fn made(folder: &Folder, options: &str) -> String {
    let output = folder.run(&format!("keys create {options}"));
    let key = output.stdout.strip_suffix('\n').unwrap().to_owned();
    assert!(key.starts_with("dbk_") && !key.contains('\n') && output.code == Some(0), "{output:?}");
    let secret = key.splitn(3, '_').nth(2).unwrap();
    assert!(output.stderr.contains("it is not shown again") && !output.stderr.contains(secret), "{}", output.stderr);
    keep_secret(&key);
    key
}

#[test]
fn serve_command_requires_tls_and_keys_beyond_loopback() {
    let folder = Folder::new();
    folder.refuses(
        "serve --listen 0.0.0.0:0",
        "error: listening on 0.0.0.0:0 requires TLS: pass --tls-certificate and --tls-key, or --behind-tls-proxy if a proxy terminates TLS\n",
    );
    assert!(folder.names().is_empty());
    let tls = "--tls-certificate server.pem --tls-key server.key --listen 0.0.0.0:0";
    let behind_proxy = ["0.0.0.0:0", "127.0.0.1:0", "[::1]:0"].map(|it| format!("--behind-tls-proxy --listen {it}"));
    for options in behind_proxy.iter().map(String::as_str).chain([tls]) {
        let address = options.rsplit(' ').next().unwrap();
        folder.refuses(
            &format!("serve {options}"),
            &format!(
                "error: serving {address} requires an API key, and none exists; create one with `deltabook keys create`\n"
            ),
        );
    }
    made(&folder, "--role reader");
    let mut serving = ServerProcess::start_with(&folder, "--behind-tls-proxy");
    let elsewhere = Folder::new();
    let asked = format!("mrr --server {}", serving.url);
    elsewhere.refuses(&asked, "error: a key is needed: send it as `authorization: Bearer KEY`\n");
    serving.terminate();
    assert_eq!(serving.ended().0, Some(0));
}

#[test]
fn key_commands_create_list_and_revoke() {
    let folder = Folder::with(&[("facts.jsonl", &facts())]);
    let reader = made(&folder, "--role reader --name month-end --expires 2999-12-31");
    assert!(folder.run("import facts.jsonl").stderr.contains("1 facts recorded"));
    let mut serving = ServerProcess::start(&folder);
    let elsewhere = Folder::with(&[("key", &format!("{reader}\n"))]);
    let asked = format!("mrr --date 2026-06-30 --format csv --server {}", serving.url);
    assert_eq!(elsewhere.ask(&format!("{asked} --key-file key")), "date,currency,mrr,arr\n2026-06-30,USD,30,360\n");
    elsewhere.refuses(
        "mrr --key-file key --server books.example.com:50051",
        "error: the API key would be sent unencrypted to another machine; use https://books.example.com:50051\n",
    );
    let mut command = elsewhere.command(&asked);
    command.env("DELTABOOK_KEY", &reader);
    let output = CommandOutput::of(command.output().unwrap());
    assert_eq!((output.stderr.as_str(), output.code), ("", Some(0)));
    elsewhere.refuses(
        &format!("keys list --key-file key --server {}", serving.url),
        "error: a key with the role READER may not do this; it takes ADMIN\n",
    );

    let listed = folder.ask("keys list --format csv");
    let row = rows(&listed).remove(0);
    let value = |column: &str| row[column].as_str();
    assert_eq!((value("name"), value("role"), value("expires_at")), ("month-end", "READER", "2999-12-31T00:00:00Z"));
    assert!(value("created_by").starts_with("local "), "{row:?}");
    let (id, secret) = reader.strip_prefix("dbk_").unwrap().split_once('_').unwrap();
    assert_eq!((value("key_id"), listed.contains(secret)), (id, false));
    let output = folder.run(&format!("keys revoke {id}"));
    assert_eq!((output.stderr, output.code), (format!("revoked key {id}\n"), Some(0)));
    folder.refuses("keys revoke nobody", "error: there is no key nobody\n");
    // The server finds out soon.
    let asked = format!("{asked} --key-file key");
    until_blocking(|| holds(elsewhere.run(&asked).code != Some(0), "the key is still worth something"));
    elsewhere.refuses(&asked, "error: the key was revoked\n");
    serving.terminate();
    assert_eq!(serving.ended().0, Some(0));
}

#[test]
fn tenant_commands_create_before_use() {
    let folder = Folder::with(&[("facts.jsonl", &facts())]);
    assert_eq!(folder.run("tenants create acme").stderr, "created tenant acme\n");
    assert_eq!(folder.run("tenants create acme").stderr, "tenant acme already exists\n");
    assert!(folder.run("import facts.jsonl --tenant acme").stderr.contains("1 facts recorded"));
    assert!(folder.run("keys create --role admin").stdout.starts_with("dbk_"));
    assert_eq!(folder.ask("tenants list"), "acme\ndefault\n");
    assert_eq!(folder.rows("movements --all --tenant acme").len(), 2);
    assert_eq!(folder.rows("movements --all").len(), 0);
    assert_eq!(folder.ask("verify --tenant acme"), "1 customers, 1 facts, 2 journal entries: no difference\n");
    let none = "error: there is no tenant nobody; create it with `deltabook tenants create nobody`\n";
    for command in
        ["movements", "verify", "import facts.jsonl", "deliveries list", "keys list", "keys create --role admin"]
    {
        folder.refuses(&format!("{command} --tenant nobody"), none);
    }
}

#[test]
fn sink_receives_the_events_of_its_tenant() {
    let charge = r#"{"charge": {"charge_id": "C", "customer_id": "brightwater", "status": "SUCCEEDED", "amount": "30",
        "currency": "USD", "occurred_at": "2026-02-01T12:00:00Z"}}"#;
    let ours = format!("{}\n{}", facts(), charge.replace('\n', ""));
    let theirs = ours.replace("brightwater", "their-customer");
    let config = "[sinks.ours]\nkind = \"file\"\npath = \"ours.jsonl\"\n\
        [sinks.theirs]\nkind = \"file\"\npath = \"theirs.jsonl\"\ntenant = \"acme\"\n";
    let folder = Folder::with(&[("ours", &ours), ("theirs", &theirs), ("deltabook.toml", config)]);
    folder.run("import ours");
    let missing = folder.run("relay --drain --config deltabook.toml");
    assert!(missing.stderr.contains("there is no tenant acme"), "{}", missing.stderr);
    folder.run("tenants create acme");
    folder.run("import theirs --tenant acme");
    assert_eq!(folder.run("relay --drain --config deltabook.toml").code, Some(0));
    let delivered = |file: &str| std::fs::read_to_string(folder.path(file)).unwrap();
    assert!(delivered("ours.jsonl").contains("brightwater") && !delivered("ours.jsonl").contains("their-customer"));
    assert!(delivered("theirs.jsonl").contains("their-customer") && !delivered("theirs.jsonl").contains("brightwater"));
}
