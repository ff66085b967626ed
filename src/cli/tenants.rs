//! `deltabook tenants`: the sets of books of a store.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use deltabook::books::tenants;
use deltabook::clock::Clock;
use deltabook::config::{StoreOptions, local_author};
use deltabook::domain::ids::TenantId;
use deltabook::store::db::Db;

use super::output::{note, to_stdout};

/// List the tenants of a store, each of whom has books of its own, or make one
#[derive(Debug, Args)]
#[command(after_help = "\
A store begins with the tenant `default`. The key that somebody asks with names the tenant.

Examples:
  deltabook tenants create acme
  deltabook keys create --tenant acme --role billing
  deltabook tenants list")]
pub struct TenantsArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Make a tenant, with books that are empty; the store too, if it is not there
    Create {
        /// Its id: 1 to 128 visible characters
        #[arg(value_name = "ID", value_parser = TenantId::parse)]
        tenant: TenantId,

        #[command(flatten)]
        store: StoreOptions,
    },
    /// List the tenants, by id
    List {
        #[command(flatten)]
        store: StoreOptions,
    },
}

pub async fn run(args: TenantsArgs) -> anyhow::Result<ExitCode> {
    match args.what {
        What::Create { tenant, store } => {
            let db = Db::open(&store).await?;
            let made = tenants::create(&db, &tenant, &local_author(), Clock::system().now()).await;
            db.close().await;
            let is_new = made?;
            note(&if is_new { format!("made tenant {tenant}") } else { format!("tenant {tenant} is there already") });
        }
        What::List { store } => {
            let db = Db::open_existing(&store).await?;
            let found = tenants::tenants(&db).await;
            db.close().await;
            let found = found?;
            to_stdout(|out| found.iter().try_for_each(|tenant| writeln!(out, "{tenant}")))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
