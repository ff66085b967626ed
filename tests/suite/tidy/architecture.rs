//! The rooms import one way, and each secret has one keeper.

use std::fs;
use std::path::{Path, PathBuf};

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// The code of a file, without its tests and comments.
fn code(file: &Path) -> String {
    let text = fs::read_to_string(file).unwrap();
    let code = text.split("#[cfg(test)]\nmod tests").next().unwrap();
    code.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

fn room(file: &Path) -> String {
    let inside = file.strip_prefix(source()).unwrap();
    let first = inside.components().next().unwrap().as_os_str().to_str().unwrap();
    first.trim_end_matches(".rs").to_owned()
}

/// Every room, and the rooms of the crate that it may name.
const MAY_IMPORT: [(&str, &[&str]); 19] = [
    ("domain", &[]),
    ("bug", &[]),
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
    for file in files(&source()) {
        let own = room(&file);
        if own == "lib" {
            continue;
        }
        let allowed = MAY_IMPORT.iter().find(|(name, _)| *name == own);
        let Some((_, allowed)) = allowed else {
            wrong.push(format!("{} is in no known room", file.display()));
            continue;
        };
        let code = code(&file);
        for (other, _) in MAY_IMPORT {
            let names = |prefix: &str| code.contains(&format!("{prefix}::{other}::"));
            // Any room but the domain can report an internal error.
            let is_allowed = allowed.contains(&other) || (other == "bug" && own != "domain");
            if other != own && !is_allowed && (names("crate") || names("deltabook")) {
                wrong.push(format!("{} imports {other}", file.display()));
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
    for file in files(&source()) {
        let code = code(&file);
        for (secret, rooms) in keepers {
            if code.contains(secret) && !rooms.contains(&room(&file).as_str()) {
                wrong.push(format!("{} names {secret}", file.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_domain_is_pure() {
    for file in files(&source().join("domain")) {
        let code = code(&file);
        for foreign in ["async ", "serde", "tokio", "tonic", "std::fs", "std::io", "tracing", "println!"] {
            assert!(!code.contains(foreign), "{} names {foreign}", file.display());
        }
    }
}

#[test]
fn rooms_stay_small() {
    for file in files(&source()) {
        let lines = fs::read_to_string(&file).unwrap().lines().count();
        assert!(lines <= 500, "{} has {lines} lines: a file that may be two", file.display());
    }
}
