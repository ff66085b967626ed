//! `deltabook serve` on a file.

use std::fs;
use std::net::TcpListener;

use crate::support::program::{Folder, ServerProcess};

#[test]
fn store_is_a_single_file_after_the_server_ends() {
    let folder = Folder::new();
    let fact = r#"{"customer": {"customer_id": "acme", "name": "Acme Ltd"}}"#;
    folder.write("facts.jsonl", fact);
    let mut serving = ServerProcess::start(&folder);
    // Beside a server, so that it is not the import that leaves the file alone.
    assert_eq!(folder.run("import facts.jsonl").code, Some(0));
    assert!(folder.names().len() > 2, "{:?}", folder.names());
    serving.terminate();
    assert_eq!(serving.ended(), (Some(0), "deltabook stopped\n".to_owned()));
    assert_eq!(folder.names(), ["deltabook.db", "facts.jsonl"]);
    let copy = Folder::new();
    fs::copy(folder.path("deltabook.db"), copy.path("deltabook.db")).unwrap();
    assert_eq!(copy.verified(), "1 customers, 1 facts, 0 journal entries");
}

#[test]
fn serve_command_fails_without_its_store_or_port() {
    let folder = Folder::new();
    let output = folder.run("serve --listen 127.0.0.1:0 --database-url no/such/folder.db");
    assert!(output.stderr.contains("error: cannot open the store no/such/folder.db: "), "{}", output.stderr);
    assert_eq!(output.code, Some(1));
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let output = folder.run(&format!("serve --listen {address}"));
    assert!(output.stderr.starts_with(&format!("error: cannot listen on {address}: ")), "{}", output.stderr);
    assert_eq!((output.code, folder.names().len()), (Some(1), 0));
}
