//! From the configuration to an open sink.

use std::fmt;
use std::sync::Arc;

use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use toml::{Table, Value};

use crate::clock::Clock;
use crate::domain::ids::TenantId;
use crate::domain::journal::entry::Entry;
use crate::events::event_filter::Choice;
use crate::events::secret::ReadSecret;
use crate::events::sink::file::File;
use crate::events::sink::intilery::Intilery;
use crate::events::sink::kissmetrics::Kissmetrics;
use crate::events::sink::nats::Nats;
use crate::events::sink::segment::Segment;
use crate::events::sink::stdout::Stdout;
use crate::events::sink::webhook::Webhook;
use crate::events::sink::{Delivering, DeliveringEntries, Outgoing, Sink};
use crate::store::audit::entry::hex;

/// A sink, as the configuration describes it.
#[derive(Clone)]
pub struct SinkSettings {
    /// Of the operator's choosing; what was delivered is remembered under it.
    pub name: String,
    tenant_id: TenantId,
    choice: Choice,
    kind: Kind,
    described: String,
}

/// A sink that is open, and whose events it gets.
#[derive(Debug, Clone)]
pub struct OpenSink {
    pub tenant_id: TenantId,
    pub name: String,
    pub sink: Arc<dyn Sink>,
    /// Name, kind, and a digest of the settings: tells that they changed, and nothing of what may be secret in them.
    pub described: String,
}

#[derive(Clone)]
enum Kind {
    File(crate::events::sink::file::Settings),
    Stdout(crate::events::sink::stdout::Settings),
    Kissmetrics(crate::events::sink::kissmetrics::Settings),
    Segment(crate::events::sink::segment::Settings),
    Intilery(crate::events::sink::intilery::Settings),
    Nats(crate::events::sink::nats::Settings),
    Webhook(crate::events::sink::webhook::Settings),
}

/// A URL can be meant for us alone, or have a password in it that nobody has refused yet.
impl fmt::Debug for SinkSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SinkSettings").field("name", &self.name).finish_non_exhaustive()
    }
}

/// The settings that every sink has.
const COMMON: [&str; 4] = ["events", "since", "names", "properties"];
const MAX_NAME_CHARS: usize = 64;

/// Whether a sink can be called so.
#[must_use]
pub fn is_sink_name(name: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    !name.is_empty() && name.len() <= MAX_NAME_CHARS && name.chars().all(is_plain)
}

impl SinkSettings {
    /// Reads the table of a sink.
    ///
    /// # Errors
    /// What is wrong, with the name of the setting.
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
        let choice: Choice = settings(common)?;
        choice.check()?;
        let described = format!("sink {name}, {kind}, settings {digest}");
        let kind = match kind.as_str() {
            "file" => Kind::File(settings(own)?),
            "stdout" => Kind::Stdout(settings(own)?),
            "kissmetrics" => Kind::Kissmetrics(settings(own)?),
            "segment" => Kind::Segment(settings(own)?),
            "intilery" => Kind::Intilery(settings(own)?),
            "nats" => Kind::Nats(settings(own)?),
            "webhook" => Kind::Webhook(settings(own)?),
            _ => {
                return Err(format!(
                    "kind {kind:?} is none of file, stdout, kissmetrics, segment, intilery, nats, webhook"
                ));
            }
        };
        Ok(Self { name: name.to_owned(), tenant_id, choice, kind, described })
    }

    /// Opens it: reads its secrets, and makes sure that it can work.
    ///
    /// # Errors
    /// What is wrong.
    pub async fn open(self, read: ReadSecret<'_>, clock: Clock) -> Result<OpenSink, String> {
        let Self { name, tenant_id, choice, kind, described } = self;
        let sink: Arc<dyn Sink> = match kind {
            Kind::File(settings) => Arc::new(File::open(settings, choice, read, clock)?),
            Kind::Stdout(settings) => Arc::new(Stdout::open(settings, choice, read, clock)?),
            Kind::Kissmetrics(settings) => Arc::new(Kissmetrics::open(settings, choice, read, clock)?),
            Kind::Segment(settings) => Arc::new(Segment::open(settings, choice, read, clock)?),
            Kind::Intilery(settings) => Arc::new(Intilery::open(settings, choice, read, clock)?),
            Kind::Nats(settings) => Arc::new(Nats::open(settings, choice, read, clock, tenant_id.clone()).await?),
            Kind::Webhook(settings) => Arc::new(Webhook::open(settings, choice, read, clock)?),
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

/// A text where something else is wanted may be a secret that stands in the wrong place.
fn without_value(problem: &str) -> String {
    let expected = problem.rfind(", expected ").and_then(|at| problem.get(at..));
    match expected {
        Some(expected) if problem.starts_with("invalid type: string") => format!("it is a text{expected}"),
        Some(expected) if problem.starts_with("invalid value: string") => format!("it is not right{expected}"),
        _ => problem.to_owned(),
    }
}

macro_rules! sink {
    ($($name:ident $({ $more:ident })?),*) => {$(
        impl Sink for $name {
            fn choice(&self) -> &Choice {
                $name::choice(self)
            }

            fn deliver<'s>(&'s self, events: &'s [Outgoing]) -> Delivering<'s> {
                Box::pin($name::deliver(self, events))
            }

            $(sink!(@ $more);)?
        }
    )*};
    (@ needs_seconds) => {
        fn needs_seconds(&self) -> bool {
            true
        }
    };
    (@ journal) => {
        fn wants_journal(&self) -> bool {
            Nats::wants_journal(self)
        }

        fn deliver_entries<'s>(&'s self, entries: &'s [Arc<Entry>]) -> DeliveringEntries<'s> {
            Box::pin(async move { Nats::deliver_entries(self, entries).await.map_err(|failure| failure.reason) })
        }
    };
}

sink!(File, Stdout, Kissmetrics { needs_seconds }, Segment, Intilery, Nats { journal }, Webhook);
