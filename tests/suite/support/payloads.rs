//! What was sent, compared with what was sent before: the files in `payloads/`, which the documentation quotes.

use std::path::{Path, PathBuf};

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/suite/sinks/payloads").join(name)
}

pub fn read(name: &str) -> String {
    std::fs::read_to_string(file(name)).unwrap()
}

/// The file has this text. With `DELTABOOK_WRITE_PAYLOADS=1` it is written instead: look at what changed.
pub fn assert_same(name: &str, text: &str) {
    let version = |version| format!(r#""name":"deltabook","version":"{version}""#);
    let text = text.replace(&version(env!("CARGO_PKG_VERSION")), &version("0.1.0"));
    if std::env::var_os("DELTABOOK_WRITE_PAYLOADS").is_some() {
        std::fs::write(file(name), &text).unwrap();
    }
    assert_eq!(read(name), text, "{name} is not what is sent; DELTABOOK_WRITE_PAYLOADS=1 writes it");
}
