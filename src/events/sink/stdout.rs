//! Writes events to the standard output, a line of JSON each.

use std::fmt;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use serde::Deserialize;

use crate::clock::Clock;
use crate::events::event_filter::EventFilter;
use crate::events::secret::ReadSecret;
use crate::events::sink::{DeliveryOutcome, OutgoingEvent, payload};

/// Settings of the sink: none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StdoutSettings {}

/// Sink that writes to the standard output.
pub struct Stdout {
    filter: EventFilter,
    out: Arc<Mutex<dyn Write + Send>>,
}

impl Stdout {
    /// Opens the sink.
    ///
    /// # Errors
    /// An invalid filter.
    pub fn open(_: StdoutSettings, filter: EventFilter, _: ReadSecret<'_>, _: Clock) -> Result<Self, String> {
        payload::check(&filter)?;
        Ok(Self { filter, out: Arc::new(Mutex::new(io::stdout())) })
    }

    /// Filter of the events that the sink gets.
    #[must_use]
    pub fn filter(&self) -> &EventFilter {
        &self.filter
    }

    /// Writes all events in one go: either the reader has all of them when this returns, or none counts as delivered.
    pub async fn deliver(&self, events: &[OutgoingEvent]) -> Vec<DeliveryOutcome> {
        let lines = match payload::lines(events.iter().map(|event| &event.envelope), &self.filter) {
            Ok(lines) => lines,
            Err(bug) => return vec![failed(bug.to_string()); events.len()],
        };
        let out = Arc::clone(&self.out);
        // A slow reader must not block the async threads.
        let written = tokio::task::spawn_blocking(move || write(&out, &lines)).await;
        let outcome = match written {
            Ok(Ok(())) => DeliveryOutcome::Delivered,
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

fn failed(reason: String) -> DeliveryOutcome {
    DeliveryOutcome::Failed { reason, retry_after: None }
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

    fn events() -> Vec<OutgoingEvent> {
        let text = r#"{"id": "1", "event": "Billed", "date": "2026-03-01", "timestamp": "2026-03-01T00:00:00Z",
            "customer_id": "acme", "identity": "ann"}"#;
        let envelope = serde_json::from_str(text).unwrap();
        vec![OutgoingEvent { sequence: 1, envelope, second: None }; 2]
    }

    #[tokio::test]
    async fn fails_when_the_reader_is_gone() {
        let gone = Stdout { filter: EventFilter::default(), out: Arc::new(Mutex::new(BrokenPipe)) };
        let outcomes = gone.deliver(&events()).await;
        assert_eq!(outcomes, vec![failed("standard output: broken pipe".to_owned()); 2]);
    }

    #[tokio::test]
    async fn writes_a_line_for_each_event() {
        let out = Arc::new(Mutex::new(Vec::new()));
        let sink = Stdout { filter: EventFilter::default(), out: out.clone() };
        assert_eq!(sink.deliver(&events()).await, vec![DeliveryOutcome::Delivered; 2]);
        let line = events().first().unwrap().envelope.json();
        assert_eq!(String::from_utf8(out.lock().unwrap().clone()).unwrap(), format!("{line}\n{line}\n"));
    }
}
