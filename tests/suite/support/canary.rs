//! Secrets that are recognised wherever they turn up. Every secret of the tests has [`CANARY`] in it; whatever a program
//! of ours says, its log at TRACE too, is looked through for it.

use std::io::{self, Write};
use std::sync::{LazyLock, Once, RwLock};

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;

/// In every secret, and in nothing else.
pub const CANARY: &str = "canary-4f1c";

/// The canary as it looks when it is encoded, wherever in a secret it stands.
static DISGUISES: LazyLock<Vec<String>> = LazyLock::new(|| {
    let bytes = CANARY.as_bytes();
    let mut disguises = vec![CANARY.to_owned(), hex(bytes)];
    let listed: Vec<String> = bytes.iter().map(u8::to_string).collect();
    disguises.push(listed.join(", "));
    for before in 0..3 {
        let encoded = STANDARD_NO_PAD.encode([&vec![0; before], bytes].concat());
        // Without the characters that also tell of what stands before and after.
        let whole = (bytes.len() + before) / 3 * 4;
        disguises.push(encoded[(before * 8).div_ceil(6)..whole].to_owned());
    }
    disguises
});

fn hex(bytes: &[u8]) -> String {
    let digits: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    digits.concat()
}

/// Secrets without a text of ours, such as keys that a library makes.
static OTHERS: RwLock<Vec<String>> = RwLock::new(Vec::new());

/// Looks for this from now on too.
pub fn also(secret: &str) {
    OTHERS.write().unwrap().push(secret.to_owned());
}

/// The line in which a secret stands, in whatever form.
pub fn found(text: &str) -> Option<&str> {
    let others = OTHERS.read().unwrap();
    text.lines().find(|line| DISGUISES.iter().chain(others.iter()).any(|secret| line.contains(secret.as_str())))
}

#[track_caller]
pub fn check(text: &str) {
    assert_eq!(found(text), None, "a secret is printed");
}

/// Looks through what is logged in this process too, by the libraries too, at TRACE.
pub fn watch() {
    static STARTED: Once = Once::new();
    STARTED.call_once(|| deltabook::telemetry::start_on(|| Watched, false, "trace"));
}

struct Watched;

impl Write for Watched {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if let Some(line) = found(&String::from_utf8_lossy(line)) {
            // Not a panic: that would end the task that logs, and perhaps no test.
            let _told = writeln!(io::stderr(), "a secret is logged: {line}");
            std::process::exit(1);
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn canary_is_found_in_each_encoding() {
    for before in ["", "a", "ab", "abc"] {
        let secret = format!("{before}{CANARY}-and-more");
        let bytes = secret.as_bytes();
        let base64 = STANDARD_NO_PAD.encode(bytes);
        for text in [secret.clone(), hex(bytes), base64, format!("{bytes:?}")] {
            assert!(found(&format!("first\nkey={text}")).is_some(), "{text}");
        }
    }
    assert_eq!(found("a bird of another kind: canary"), None);
}
