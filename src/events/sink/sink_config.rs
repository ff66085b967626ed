//! Reads the settings of a sink and opens it.

use std::fmt;
use std::sync::Arc;

use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use toml::{Table, Value};

use crate::clock::Clock;
use crate::domain::ids::TenantId;
use crate::domain::journal::entry::Entry;
use crate::events::event_filter::EventFilter;
use crate::events::secret::ReadSecret;
use crate::events::sink::file::{File, FileSettings};
use crate::events::sink::intilery::{Intilery, IntilerySettings};
use crate::events::sink::kissmetrics::{Kissmetrics, KissmetricsSettings};
use crate::events::sink::nats::{Nats, NatsSettings};
use crate::events::sink::segment::{Segment, SegmentSettings};
use crate::events::sink::stdout::{Stdout, StdoutSettings};
use crate::events::sink::webhook::{Webhook, WebhookSettings};
use crate::events::sink::{DeliveryFuture, JournalDeliveryFuture, OutgoingEvent, Sink};
use crate::store::audit::entry::hex;

/// Settings of a sink, checked but not opened.
#[derive(Clone)]
pub struct SinkSettings {
    /// Name chosen by the operator; the progress of the sink is stored under it.
    pub name: String,
    tenant_id: TenantId,
    filter: EventFilter,
    kind: KindSettings,
    described: String,
}

/// An open sink and the tenant whose events it gets.
#[derive(Debug, Clone)]
pub struct OpenSink {
    pub tenant_id: TenantId,
    pub name: String,
    pub sink: Arc<dyn Sink>,
    /// Name, kind, and a digest of the settings: shows that they changed, without secrets.
    pub described: String,
}

#[derive(Clone)]
enum KindSettings {
    File(FileSettings),
    Stdout(StdoutSettings),
    Kissmetrics(KissmetricsSettings),
    Segment(SegmentSettings),
    Intilery(IntilerySettings),
    Nats(NatsSettings),
    Webhook(WebhookSettings),
}

/// Shows only the name: a URL can be a secret, or have a password in it that is not checked yet.
impl fmt::Debug for SinkSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SinkSettings").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Names of the settings that every sink has.
const COMMON: [&str; 4] = ["events", "since", "names", "properties"];
const MAX_NAME_CHARS: usize = 64;

/// Tells whether a text is a valid name of a sink.
#[must_use]
pub fn is_sink_name(name: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    !name.is_empty() && name.len() <= MAX_NAME_CHARS && name.chars().all(is_plain)
}

impl SinkSettings {
    /// Reads the table of a sink.
    ///
    /// # Errors
    /// The first invalid setting, by name.
    pub fn read(name: &str, mut table: Table) -> Result<Self, String> {
        if !is_sink_name(name) {
            return Err(format!("a sink's name is 1 to {MAX_NAME_CHARS} letters, digits, - and _"));
        }
        let digest = digest(&table)?;
        let kind = match table.remove("kind") {
            Some(Value::String(kind)) => kind,
            Some(_) => return Err("kind is not a text".to_owned()),
            None => return Err("kind is missing".to_owned()),
        };
        let tenant_id = match table.remove("tenant") {
            None => TenantId::only(),
            Some(Value::String(id)) => TenantId::parse(&id).map_err(|problem| format!("tenant {problem}"))?,
            Some(_) => return Err("tenant is not a text".to_owned()),
        };
        let (common, own): (Table, Table) = table.into_iter().partition(|(key, _)| COMMON.contains(&key.as_str()));
        let filter: EventFilter = settings(common)?;
        filter.check()?;
        let described = format!("sink {name}, {kind}, settings {digest}");
        let kind = match kind.as_str() {
            "file" => KindSettings::File(settings(own)?),
            "stdout" => KindSettings::Stdout(settings(own)?),
            "kissmetrics" => KindSettings::Kissmetrics(settings(own)?),
            "segment" => KindSettings::Segment(settings(own)?),
            "intilery" => KindSettings::Intilery(settings(own)?),
            "nats" => KindSettings::Nats(settings(own)?),
            "webhook" => KindSettings::Webhook(settings(own)?),
            _ => {
                return Err(format!(
                    "kind {kind:?} is none of file, stdout, kissmetrics, segment, intilery, nats, webhook"
                ));
            }
        };
        Ok(Self { name: name.to_owned(), tenant_id, filter, kind, described })
    }

    /// Reads the secrets and opens the sink.
    ///
    /// # Errors
    /// A secret that cannot be read, or a sink that cannot be opened.
    pub async fn open(self, read: ReadSecret<'_>, clock: Clock) -> Result<OpenSink, String> {
        let Self { name, tenant_id, filter, kind, described } = self;
        let sink: Arc<dyn Sink> = match kind {
            KindSettings::File(settings) => Arc::new(File::open(settings, filter, read, clock)?),
            KindSettings::Stdout(settings) => Arc::new(Stdout::open(settings, filter, read, clock)?),
            KindSettings::Kissmetrics(settings) => Arc::new(Kissmetrics::open(settings, filter, read, clock)?),
            KindSettings::Segment(settings) => Arc::new(Segment::open(settings, filter, read, clock)?),
            KindSettings::Intilery(settings) => Arc::new(Intilery::open(settings, filter, read, clock)?),
            KindSettings::Nats(settings) => {
                Arc::new(Nats::open(settings, filter, read, clock, tenant_id.clone()).await?)
            }
            KindSettings::Webhook(settings) => Arc::new(Webhook::open(settings, filter, read, clock)?),
        };
        Ok(OpenSink { tenant_id, name, sink, described })
    }
}

fn digest(table: &Table) -> Result<String, String> {
    let text = serde_json::to_string(table).map_err(|error| error.to_string())?;
    Ok(hex(&Sha256::digest(text)))
}

fn settings<S: DeserializeOwned>(table: Table) -> Result<S, String> {
    serde_path_to_error::deserialize(Value::Table(table)).map_err(|error| {
        let (path, problem) = (error.path().to_string(), without_value(error.inner().message().trim()));
        if path == "." { problem } else { format!("{path}: {problem}") }
    })
}

/// Removes the value from an error: a text in the wrong place may be a secret.
fn without_value(problem: &str) -> String {
    let expected = problem.rfind(", expected ").and_then(|at| problem.get(at..));
    match expected {
        Some(expected) if problem.starts_with("invalid type: string") => format!("it is a text{expected}"),
        Some(expected) if problem.starts_with("invalid value: string") => format!("it is not valid{expected}"),
        _ => problem.to_owned(),
    }
}

macro_rules! sink {
    ($($name:ident $({ $more:ident })?),*) => {$(
        impl Sink for $name {
            fn filter(&self) -> &EventFilter {
                $name::filter(self)
            }

            fn deliver<'s>(&'s self, events: &'s [OutgoingEvent]) -> DeliveryFuture<'s> {
                Box::pin($name::deliver(self, events))
            }

            $(sink!(@ $more);)?
        }
    )*};
    (@ needs_unique_seconds) => {
        fn needs_unique_seconds(&self) -> bool {
            true
        }
    };
    (@ journal) => {
        fn accepts_journal(&self) -> bool {
            Nats::accepts_journal(self)
        }

        fn deliver_entries<'s>(&'s self, entries: &'s [Arc<Entry>]) -> JournalDeliveryFuture<'s> {
            Box::pin(async move { Nats::deliver_entries(self, entries).await.map_err(|failure| failure.reason) })
        }
    };
}

sink!(File, Stdout, Kissmetrics { needs_unique_seconds }, Segment, Intilery, Nats { journal }, Webhook);
