//! Target of a command (a store or a server), common option parsers, and output of records.

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
pub use deltabook::grpc::wire::movement::cause_words;
use deltabook::grpc::wire::timestamp::instant;
use deltabook::grpc::wire::wire_enum::WireEnum;
use deltabook::ledger::handle::Workload;
use deltabook::store::db::Db;
use deltabook::tenants::tenant_management;
use prost_types::Timestamp;
use secrecy::SecretString;
use tonic::transport::Endpoint;

use crate::cli::shared::output::{csv, to_stdout};
use crate::cli::shared::table::{Table, amount, parse_money};
use crate::cli::shared::tls_client::{TlsClientOptions, is_confidential};

/// The store or the server that a command uses.
#[derive(Debug, Args)]
pub struct Target {
    #[command(flatten)]
    store: StoreOptions,

    #[command(flatten)]
    tenant: TenantOption,

    /// Use a running server instead of a store: 127.0.0.1:50051, or https://books.example.com:50051
    #[arg(long, env = "DELTABOOK_SERVER", value_name = "URL")]
    server: Option<String>,

    #[command(flatten)]
    tls: TlsClientOptions,

    #[command(flatten)]
    key: KeyOptions,
}

/// Output format of records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum OutputFormat {
    /// Aligned columns
    Table,
    /// CSV with a header
    Csv,
    /// JSON array of objects; amounts are strings
    Json,
}

/// Level of movements.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LevelArg {
    /// Each contract by itself
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

/// View of the journal in a report.
#[derive(Debug, Args)]
pub struct ViewArgs {
    /// Restated: count every change in its effective month, even if closed [default: as reported]
    #[arg(long)]
    restated: bool,

    /// Use the journal as known at this instant, for example 2026-01-05T00:00:00Z
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

impl Target {
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
            return Ok(Clients::of_store(self.open().await?, Clock::system(), workload, self.local_identity()));
        };
        let (endpoint, key) = self.endpoint(server)?;
        Clients::of_server(endpoint, key.as_ref()).await.with_context(|| unreachable_message(server))
    }

    /// Creates the store, unless the target is a server or the store exists.
    pub async fn create_store(&self) -> anyhow::Result<()> {
        if self.server.is_none() {
            Db::open(&self.store).await?.close().await;
        }
        Ok(())
    }

    /// Endpoint and key of the server; refuses to send a key unencrypted to another machine.
    fn endpoint(&self, server: &str) -> anyhow::Result<(Endpoint, Option<SecretString>)> {
        let (endpoint, key) = (self.tls.endpoint(server)?, self.key.read().map_err(anyhow::Error::msg)?);
        if key.is_some() && !is_confidential(&endpoint) {
            let address = server.trim_start_matches("http://");
            bail!("the API key would be sent unencrypted to another machine; use https://{address}");
        }
        Ok((endpoint, key))
    }

    async fn open(&self) -> anyhow::Result<Db> {
        let db = Db::open_existing(&self.store).await?;
        check_tenant(&db, &self.tenant.tenant).await?;
        Ok(db)
    }

    fn local_identity(&self) -> Identity {
        Identity::local(local_actor().name, self.tenant.tenant.clone())
    }
}

/// Fails if the tenant does not exist.
pub async fn check_tenant(db: &Db, tenant_id: &TenantId) -> anyhow::Result<()> {
    if !tenant_management::is_there(db, tenant_id).await? {
        bail!("there is no tenant {tenant_id}; create it with `deltabook tenants create {tenant_id}`");
    }
    Ok(())
}

fn unreachable_message(server: &str) -> String {
    format!("cannot reach the server at {server}")
}

/// Parses a date option, into wire format.
pub fn date_option(text: &str) -> Result<String, &'static str> {
    parse_date(text).map(|date| date.to_string())
}

/// Parses an instant option.
pub fn instant_option(text: &str) -> Result<DateTime<Utc>, &'static str> {
    let instant = DateTime::parse_from_rfc3339(text).map_err(|_| "is not an instant such as 2026-01-05T00:00:00Z")?;
    Ok(instant.to_utc())
}

/// Parses a month option.
pub fn month_option(text: &str) -> Result<Month, &'static str> {
    Month::parse(text)
}

/// Parses a currency option.
pub fn currency_option(text: &str) -> Result<String, NameError> {
    Currency::parse(text).map(|currency| currency.to_string())
}

/// Parses an id option; all kinds of ids have one format.
pub fn id_option(text: &str) -> Result<String, NameError> {
    CustomerId::parse(text).map(|id| id.to_string())
}

/// The error of a failed call: the message of the status and its transport causes.
pub fn status_error(status: tonic::Status) -> anyhow::Error {
    let mut text = status.message().to_owned();
    // The message of a transport error names no cause; its sources do.
    let mut cause = std::error::Error::source(&status).and_then(std::error::Error::source);
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    anyhow::anyhow!("{text}")
}

pub fn level_word(level: v1::Level) -> &'static str {
    level.short_name()
}

/// Records with named columns.
pub struct Records<const N: usize> {
    pub names: [&'static str; N],
    pub rows: Vec<[Value; N]>,
}

impl<const N: usize> Records<N> {
    /// Writes CSV, JSON or the table.
    pub fn write(
        self,
        format: OutputFormat,
        to_table: impl FnOnce(&Self) -> anyhow::Result<Table>,
    ) -> anyhow::Result<()> {
        if format == OutputFormat::Table && !self.rows.is_empty() {
            let table = to_table(&self)?;
            return to_stdout(|out| write!(out, "{table}"));
        }
        to_stdout(|out| match format {
            OutputFormat::Table => writeln!(out, "no results"),
            OutputFormat::Csv => csv(out, self.names, self.rows.iter().map(|row| row.each_ref().map(text))),
            OutputFormat::Json => {
                let objects: Vec<Map<String, Value>> = self.objects().collect();
                serde_json::to_writer_pretty(&mut *out, &objects)?;
                writeln!(out)
            }
        })
    }

    /// The rows as JSON objects without null fields.
    pub fn objects(&self) -> impl Iterator<Item = Map<String, Value>> {
        self.rows.iter().map(|row| {
            let pairs = self.names.iter().zip(row).filter(|(_, value)| !value.is_null());
            pairs.map(|(name, value)| ((*name).to_owned(), value.clone())).collect()
        })
    }
}

/// The text of a value in a cell.
pub fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(values) => values.iter().map(text).collect::<Vec<_>>().join("; "),
        other => other.to_string(),
    }
}

/// An amount as the text of a cell.
pub fn amount_cell(value: &Value) -> anyhow::Result<String> {
    Ok(amount(parse_money(&text(value))?))
}

/// An amount as the text of a cell, empty for null.
pub fn optional_amount_cell(value: &Value) -> anyhow::Result<String> {
    if value.is_null() { Ok(String::new()) } else { amount_cell(value) }
}

/// A text value, null if empty.
pub fn value(text: impl Into<String>) -> Value {
    let text = text.into();
    if text.is_empty() { Value::Null } else { Value::String(text) }
}
