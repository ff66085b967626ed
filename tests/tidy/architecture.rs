//! The rooms import one way, and each secret has one keeper.

use super::files::source;

/// Every room, and the rooms of the crate that it may name.
const MAY_IMPORT: [(&str, &[&str]); 19] = [
    ("domain", &[]),
    ("bug", &["domain"]),
    ("clock", &[]),
    ("config", &["clock", "domain", "events", "store"]),
    ("telemetry", &[]),
    ("codec", &["domain"]),
    ("files", &["domain", "codec"]),
    ("store", &["domain", "codec"]),
    ("access", &["clock", "domain", "store"]),
    ("ledger", &["clock", "domain", "codec", "store"]),
    ("reports", &["clock", "domain", "codec", "store"]),
    ("events", &["clock", "domain", "codec", "ledger", "store"]),
    ("tenants", &["clock", "domain", "events", "ledger", "reports", "store"]),
    ("net", &["clock"]),
    ("grpc", &["access", "tenants", "clock", "domain", "events", "codec", "ledger", "net", "reports", "store"]),
    ("console", &["access", "clock", "domain", "codec", "grpc"]),
    ("service", &["access", "tenants", "clock", "console", "domain", "events", "grpc", "ledger", "net", "store"]),
    (
        "cli",
        &[
            "access",
            "tenants",
            "clock",
            "config",
            "domain",
            "events",
            "files",
            "codec",
            "grpc",
            "ledger",
            "net",
            "reports",
            "service",
            "store",
            "telemetry",
        ],
    ),
    ("main", &["cli", "telemetry"]),
];

#[test]
fn rooms_import_one_way() {
    let mut wrong = Vec::new();
    for file in source() {
        let own = file.room();
        if own == "lib" {
            continue;
        }
        let allowed = MAY_IMPORT.iter().find(|(name, _)| *name == own);
        let Some((_, allowed)) = allowed else {
            wrong.push(format!("{} is in no known room", file.path));
            continue;
        };
        let code = file.code();
        for (other, _) in MAY_IMPORT {
            let names = |prefix: &str| code.contains(&format!("{prefix}::{other}::"));
            // Any room but the domain can report an internal error.
            let is_allowed = allowed.contains(&other) || (other == "bug" && own != "domain");
            if other != own && !is_allowed && (names("crate") || names("deltabook")) {
                wrong.push(format!("{} imports {other}", file.path));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn each_secret_has_one_keeper() {
    let keepers: [(&str, &[&str]); 7] = [
        ("sqlx::", &["store"]),
        ("tonic::include_proto!", &["grpc"]),
        ("std::env::", &["config"]),
        ("Utc::now", &["clock"]),
        ("SystemTime::now", &["clock"]),
        ("f64", &[]),
        ("f32", &[]),
    ];
    let mut wrong = Vec::new();
    for file in source() {
        let code = file.code();
        for (secret, rooms) in keepers {
            if code.contains(secret) && !rooms.contains(&file.room()) {
                wrong.push(format!("{} names {secret}", file.path));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_domain_is_pure() {
    for file in source().iter().filter(|file| file.room() == "domain") {
        let code = file.code();
        for foreign in ["async ", "serde", "tokio", "tonic", "std::fs", "std::io", "tracing", "println!"] {
            assert!(!code.contains(foreign), "{} names {foreign}", file.path);
        }
    }
}
