//! Events on the standard output, a line of JSON each: for a pipe, or to look at.

use std::fmt;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use serde::Deserialize;

use crate::clock::Clock;
use crate::events::event_filter::Choice;
use crate::events::secret::ReadSecret;
use crate::events::sink::{Outcome, Outgoing, payload};

/// There is nothing to set.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {}

/// The standard output.
pub struct Stdout {
    choice: Choice,
    out: Arc<Mutex<dyn Write + Send>>,
}

impl Stdout {
    /// # Errors
    /// What is wrong with the choice.
    pub fn open(_: Settings, choice: Choice, _: ReadSecret<'_>, _: Clock) -> Result<Self, String> {
        payload::check(&choice)?;
        Ok(Self { choice, out: Arc::new(Mutex::new(io::stdout())) })
    }

    /// Which events it gets.
    #[must_use]
    pub fn choice(&self) -> &Choice {
        &self.choice
    }

    /// All of them in one go: whoever reads them has them when this returns, or none of them is delivered.
    pub async fn deliver(&self, events: &[Outgoing]) -> Vec<Outcome> {
        let lines = payload::lines(events.iter().map(|event| &event.envelope), &self.choice);
        let out = Arc::clone(&self.out);
        // A reader may be slow.
        let written = tokio::task::spawn_blocking(move || write(&out, &lines)).await;
        let outcome = match written {
            Ok(Ok(())) => Outcome::Delivered,
            Ok(Err(error)) => failed(format!("standard output: {error}")),
            Err(error) => failed(format!("standard output: {error}")),
        };
        vec![outcome; events.len()]
    }
}

fn write(out: &Mutex<dyn Write + Send>, lines: &[u8]) -> io::Result<()> {
    let mut out = out.lock().unwrap_or_else(PoisonError::into_inner);
    out.write_all(lines)?;
    out.flush()
}

fn failed(reason: String) -> Outcome {
    Outcome::Failed { reason, retry_after: None }
}

impl fmt::Debug for Stdout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Stdout")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct BrokenPipe;

    impl Write for BrokenPipe {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::BrokenPipe.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn events() -> Vec<Outgoing> {
        let text = r#"{"id": "1", "event": "Billed", "date": "2026-03-01", "timestamp": "2026-03-01T00:00:00Z",
            "customer_id": "acme", "identity": "ann"}"#;
        let envelope = serde_json::from_str(text).unwrap();
        vec![Outgoing { sequence: 1, envelope, second: None }; 2]
    }

    #[tokio::test]
    async fn nothing_is_delivered_to_a_reader_that_has_gone() {
        let gone = Stdout { choice: Choice::default(), out: Arc::new(Mutex::new(BrokenPipe)) };
        let outcomes = gone.deliver(&events()).await;
        assert_eq!(outcomes, vec![failed("standard output: broken pipe".to_owned()); 2]);
    }

    #[tokio::test]
    async fn each_event_is_a_line() {
        let out = Arc::new(Mutex::new(Vec::new()));
        let sink = Stdout { choice: Choice::default(), out: out.clone() };
        assert_eq!(sink.deliver(&events()).await, vec![Outcome::Delivered; 2]);
        let line = events().first().unwrap().envelope.json();
        assert_eq!(String::from_utf8(out.lock().unwrap().clone()).unwrap(), format!("{line}\n{line}\n"));
    }
}
