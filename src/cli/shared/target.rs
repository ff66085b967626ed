//! What the questions share: a store or a server to ask, and a format for the answer.

use anyhow::{Context, bail};
use chrono::{DateTime, Utc};
use clap::{Args, ValueEnum};
use serde_json::{Map, Value};

use deltabook::access::identity::Identity;
use deltabook::clock::Clock;
use deltabook::codec::decode::parse_date;
use deltabook::codec::month::Month;
use deltabook::config::{KeyOptions, StoreOptions, TenantOption, local_actor};
use deltabook::domain::ids::{Currency, CustomerId, NameError, TenantId};
use deltabook::grpc::client::{AdminClient, Clients, FinanceClient, MovementClient};
use deltabook::grpc::v1;
use deltabook::grpc::wire::wire_enum::instant;
use deltabook::ledger::handle::Workload;
use deltabook::store::db::Db;
use deltabook::tenants::tenant_management;
use prost_types::Timestamp;
use secrecy::SecretString;
use tonic::transport::Endpoint;

use crate::cli::shared::output::{csv, to_stdout};
use crate::cli::shared::table::Table;
use crate::cli::shared::tls_client::{TrustOptions, is_confidential};

/// Whom to ask.
#[derive(Debug, Args)]
pub struct Whom {
    #[command(flatten)]
    store: StoreOptions,

    #[command(flatten)]
    tenant: TenantOption,

    /// Ask a running server instead of a store: 127.0.0.1:50051, or https://books.example.com:50051
    #[arg(long, env = "DELTABOOK_SERVER", value_name = "URL")]
    server: Option<String>,

    #[command(flatten)]
    trust: TrustOptions,

    #[command(flatten)]
    key: KeyOptions,
}

/// How an answer is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum AnswerFormat {
    /// Aligned columns, for people
    Table,
    /// Comma-separated, with a header
    Csv,
    /// A JSON array of objects; amounts are strings
    Json,
}

/// Whose MRR.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LevelArg {
    /// Each contract on its own
    Contract,
    /// Each customer as a whole
    Customer,
}

impl LevelArg {
    pub fn to_wire(self) -> i32 {
        let level = match self {
            Self::Contract => v1::Level::Contract,
            Self::Customer => v1::Level::Customer,
        };
        level.into()
    }
}

/// How a report sees the journal.
#[derive(Debug, Args)]
pub struct ViewArgs {
    /// Every change in its own month, although that was closed; without it, closed months stay as they were reported
    #[arg(long)]
    restated: bool,

    /// As the journal was known at this instant: 2026-01-05T00:00:00Z
    #[arg(long, value_name = "INSTANT", value_parser = instant_option)]
    as_known_at: Option<DateTime<Utc>>,
}

impl ViewArgs {
    pub fn view(&self) -> i32 {
        let view = if self.restated { v1::ReportView::Restated } else { v1::ReportView::AsReported };
        view.into()
    }

    pub fn as_known_at(&self) -> Option<Timestamp> {
        self.as_known_at.map(instant)
    }
}

impl Whom {
    /// Lists, explains and adds up movements.
    pub async fn movements(&self) -> anyhow::Result<MovementClient> {
        Ok(self.clients(Workload::Requests).await?.movements())
    }

    /// Overrides, closes months, and reads the audit trail.
    pub async fn finance(&self) -> anyhow::Result<FinanceClient> {
        Ok(self.clients(Workload::Requests).await?.finance())
    }

    /// Manages keys, the policy, exchange rates and deliveries.
    pub async fn admin(&self) -> anyhow::Result<AdminClient> {
        Ok(self.clients(Workload::Bulk).await?.admin())
    }

    async fn clients(&self, workload: Workload) -> anyhow::Result<Clients> {
        let Some(server) = &self.server else {
            return Ok(Clients::of_store(self.open().await?, Clock::system(), workload, self.local()));
        };
        let (endpoint, key) = self.reach(server)?;
        Clients::of_server(endpoint, key.as_ref()).await.with_context(|| unreachable(server))
    }

    /// Makes the store, if a store is to be asked and is not there.
    pub async fn make_store(&self) -> anyhow::Result<()> {
        if self.server.is_none() {
            Db::open(&self.store).await?.close().await;
        }
        Ok(())
    }

    /// The server, and the key for it, which does not leave this machine in the clear.
    fn reach(&self, server: &str) -> anyhow::Result<(Endpoint, Option<SecretString>)> {
        let (endpoint, key) = (self.trust.endpoint(server)?, self.key.read().map_err(anyhow::Error::msg)?);
        if key.is_some() && !is_confidential(&endpoint) {
            let address = server.trim_start_matches("http://");
            bail!("a key is not sent in the clear beyond this machine: ask https://{address}");
        }
        Ok((endpoint, key))
    }

    async fn open(&self) -> anyhow::Result<Db> {
        let db = Db::open_existing(&self.store).await?;
        check_tenant(&db, &self.tenant.tenant).await?;
        Ok(db)
    }

    fn local(&self) -> Identity {
        Identity::local(local_actor().actor, self.tenant.tenant.clone())
    }
}

/// Refuses a tenant that is not there.
pub async fn check_tenant(db: &Db, tenant_id: &TenantId) -> anyhow::Result<()> {
    if !tenant_management::is_there(db, tenant_id).await? {
        bail!("there is no tenant {tenant_id}; `deltabook tenants create {tenant_id}` makes it");
    }
    Ok(())
}

fn unreachable(server: &str) -> String {
    format!("cannot reach the server at {server}")
}

/// A date of an option, as it goes to the service.
pub fn date_option(text: &str) -> Result<String, &'static str> {
    parse_date(text).map(|date| date.to_string())
}

/// An instant of an option.
pub fn instant_option(text: &str) -> Result<DateTime<Utc>, &'static str> {
    let instant = DateTime::parse_from_rfc3339(text).map_err(|_| "is not an instant such as 2026-01-05T00:00:00Z")?;
    Ok(instant.to_utc())
}

/// A month of an option.
pub fn month_option(text: &str) -> Result<Month, &'static str> {
    Month::parse(text)
}

/// A currency of an option.
pub fn currency_option(text: &str) -> Result<String, NameError> {
    Currency::parse(text).map(|currency| currency.to_string())
}

/// An id of an option; all kinds of id have one form.
pub fn id_option(text: &str) -> Result<String, NameError> {
    CustomerId::parse(text).map(|id| id.to_string())
}

/// A refused question as an error: its message is made for people.
pub fn told(status: tonic::Status) -> anyhow::Error {
    let mut text = status.message().to_owned();
    // Of what happened on the way, tonic says no more than that something did.
    let mut cause = std::error::Error::source(&status).and_then(std::error::Error::source);
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    anyhow::anyhow!("{text}")
}

/// The word of an enum value on the wire, as files spell it.
pub fn word(name: &'static str, prefix: &str) -> &'static str {
    name.strip_prefix(prefix).unwrap_or(name)
}

pub fn level_word(level: v1::Level) -> &'static str {
    word(level.as_str_name(), "LEVEL_")
}

/// A cause in a few words.
pub fn cause_words(cause: &v1::Cause) -> String {
    let v1::Cause { line_id, change_order_id, date, subscription_id, .. } = cause;
    match cause.kind() {
        v1::CauseKind::LineStart => format!("start of {line_id}"),
        v1::CauseKind::TrialEnd => format!("trial end of {line_id}"),
        v1::CauseKind::PriceStep => format!("price step {date} of {line_id}"),
        v1::CauseKind::ChangeOrder => format!("change order {change_order_id}"),
        v1::CauseKind::NaturalEnd => format!("natural end of {line_id}"),
        v1::CauseKind::RenewalLink => format!("{line_id} renewed by {subscription_id}"),
        v1::CauseKind::Unspecified => String::new(),
    }
}

/// An answer as rows: a name for each column, and whether people see it.
pub struct Answer<const N: usize> {
    pub names: [&'static str; N],
    pub rows: Vec<[Value; N]>,
}

impl<const N: usize> Answer<N> {
    /// Writes CSV or JSON, or the table that `for_people` makes.
    pub fn write(self, format: AnswerFormat, for_people: impl FnOnce(&Self) -> Table) -> anyhow::Result<()> {
        to_stdout(|out| match format {
            AnswerFormat::Table if self.rows.is_empty() => writeln!(out, "nothing found"),
            AnswerFormat::Table => write!(out, "{}", for_people(&self)),
            AnswerFormat::Csv => csv(out, self.names, self.rows.iter().map(|row| row.each_ref().map(text))),
            AnswerFormat::Json => {
                let objects: Vec<Map<String, Value>> = self.objects().collect();
                serde_json::to_writer_pretty(&mut *out, &objects)?;
                writeln!(out)
            }
        })
    }

    /// The rows as JSON objects; what has no value is left out.
    pub fn objects(&self) -> impl Iterator<Item = Map<String, Value>> {
        self.rows.iter().map(|row| {
            let pairs = self.names.iter().zip(row).filter(|(_, value)| !value.is_null());
            pairs.map(|(name, value)| ((*name).to_owned(), value.clone())).collect()
        })
    }
}

/// A value as it stands in a cell.
pub fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(values) => values.iter().map(text).collect::<Vec<_>>().join("; "),
        other => other.to_string(),
    }
}

/// Empty text is no value.
pub fn value(text: impl Into<String>) -> Value {
    let text = text.into();
    if text.is_empty() { Value::Null } else { Value::String(text) }
}
