//! `deltabook keys`: API keys of a server.

use std::process::ExitCode;

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use clap::{Args, Subcommand, ValueEnum};
use deltabook::domain::ids::{KeyId, KeyName};
use deltabook::grpc::v1;
use deltabook::grpc::wire::wire_enum::WireEnum;
use prost_types::Timestamp;

use crate::cli::deliveries::output::instant;
use crate::cli::shared::output::{note, to_stdout};
use crate::cli::shared::table::{Table, left};
use crate::cli::shared::target::{OutputFormat, Records, Target, status_error, text, value};

/// Create, list and revoke API keys
#[derive(Debug, Args)]
#[command(after_help = "\
Once a key exists, the server requires a key with every request. docs/access.md lists the methods of each role.

Examples:
  deltabook keys create --role admin
  deltabook keys create --role billing --tenant acme --name billing-prod --expires 2027-12-31 > billing.key
  deltabook keys list --tenant acme
  deltabook keys revoke 019a3c5e1f2b8d4c6e0f7a91
  deltabook mrr --server 127.0.0.1:50051 --key-file billing.key")]
pub struct KeysArgs {
    #[command(subcommand)]
    command: KeysCommand,
}

#[derive(Debug, Subcommand)]
enum KeysCommand {
    /// Create a key and print it to stdout, once: only its hash is stored
    Create {
        #[command(flatten)]
        target: Target,

        /// Role of the key
        #[arg(long, value_enum)]
        role: RoleArg,

        /// Name of the key, 1 to 128 visible characters [default: the role]
        #[arg(long, value_name = "NAME", value_parser = KeyName::parse)]
        name: Option<KeyName>,

        /// Expiry: a date (00:00 UTC) such as 2027-12-31, or an instant such as 2027-12-31T12:00:00Z
        /// [default: never]
        #[arg(long, value_name = "INSTANT", value_parser = instant_option, verbatim_doc_comment)]
        expires: Option<DateTime<Utc>>,
    },
    /// List keys, oldest first, without their secrets
    List {
        #[command(flatten)]
        target: Target,

        /// Output format

        #[arg(long, value_enum, default_value_t = OutputFormat::Table)]
        format: OutputFormat,
    },
    /// Revoke a key, permanently
    Revoke {
        /// Id of the key, from `keys list`
        #[arg(value_name = "ID", value_parser = KeyId::parse)]
        id: KeyId,

        #[command(flatten)]
        target: Target,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum RoleArg {
    Billing,
    Finance,
    Reader,
    Admin,
}

impl RoleArg {
    fn to_wire(self) -> v1::Role {
        match self {
            Self::Billing => v1::Role::Billing,
            Self::Finance => v1::Role::Finance,
            Self::Reader => v1::Role::Reader,
            Self::Admin => v1::Role::Admin,
        }
    }
}

fn instant_option(text: &str) -> Result<DateTime<Utc>, &'static str> {
    let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").map(|date| date.and_time(NaiveTime::MIN).and_utc());
    let instant = date.or_else(|_| DateTime::parse_from_rfc3339(text).map(|instant| instant.to_utc()));
    instant.map_err(|_| "is neither a date such as 2027-12-31 nor an instant such as 2027-12-31T12:00:00Z")
}

pub async fn run(args: KeysArgs) -> anyhow::Result<ExitCode> {
    match args.command {
        KeysCommand::Create { target, role, name, expires } => {
            let role = role.to_wire();
            let name = name.map_or_else(|| role_word(role).to_lowercase(), |name| name.to_string());
            let expires_at = expires.map(|at| Timestamp { seconds: at.timestamp(), nanos: 0 });
            target.create_store().await?;
            let request = v1::CreateKeyRequest { name, role: role.into(), expires_at };
            let made = target.admin().await?.create_key(request).await.map_err(status_error)?.into_inner();
            let key = made.key.unwrap_or_default();
            note(&format!(
                "created key {} ({}), role {}; store it now, it is not shown again",
                key.key_id,
                key.name,
                role_word(role)
            ));
            to_stdout(|out| writeln!(out, "{}", made.secret))?;
        }
        KeysCommand::List { target, format } => list(&target).await?.write(format, |records| Ok(table(records)))?,
        KeysCommand::Revoke { target, id } => {
            let request = v1::RevokeKeyRequest { key_id: id.to_string() };
            target.admin().await?.revoke_key(request).await.map_err(status_error)?.into_inner();
            note(&format!("revoked key {id}"));
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn list(target: &Target) -> anyhow::Result<Records<9>> {
    let mut service = target.admin().await?;
    let mut request = v1::ListKeysRequest { page_size: PAGE, page_token: String::new() };
    let mut rows = Vec::new();
    loop {
        let page = service.list_keys(request.clone()).await.map_err(status_error)?.into_inner();
        rows.extend(page.keys.iter().map(row));
        request.page_token = page.next_page_token;
        if request.page_token.is_empty() {
            let names = [
                "key_id",
                "name",
                "role",
                "created_at",
                "created_by",
                "expires_at",
                "revoked_at",
                "revoked_by",
                "last_used_at",
            ];
            return Ok(Records { names, rows });
        }
    }
}

/// Page size of requests.
const PAGE: i32 = 1_000;

fn row(key: &v1::Key) -> [serde_json::Value; 9] {
    [
        value(&key.key_id),
        value(&key.name),
        value(role_word(key.role())),
        instant(key.created_at.as_ref()),
        value(&key.created_by),
        instant(key.expires_at.as_ref()),
        instant(key.revoked_at.as_ref()),
        value(&key.revoked_by),
        instant(key.last_used_at.as_ref()),
    ]
}

fn table(records: &Records<9>) -> Table {
    let mut table = Table::new(
        ["id", "name", "role", "created", "created by", "expires", "revoked", "revoked by", "last used"].map(left),
    );
    for row in &records.rows {
        table.row(row.each_ref().map(text));
    }
    table
}

fn role_word(role: v1::Role) -> &'static str {
    role.short_name()
}
