//! What was sent, compared with what was sent before: the files in `payloads/`, which the documentation quotes.

use std::path::{Path, PathBuf};

use crate::support::golden;

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/suite/sinks/payloads").join(name)
}

pub fn read(name: &str) -> String {
    std::fs::read_to_string(file(name)).unwrap()
}

/// The file has this text.
#[track_caller]
pub fn assert_same(name: &str, text: &str) {
    let version = |version| format!(r#""name":"deltabook","version":"{version}""#);
    let text = text.replace(&version(env!("CARGO_PKG_VERSION")), &version("0.1.0"));
    golden::check(&file(name), &text);
}
