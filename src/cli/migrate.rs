//! `deltabook migrate`: creates or updates the tables of a store.

use std::process::ExitCode;

use clap::Args;
use deltabook::config::StoreOptions;
use deltabook::store::db::{Db, shown};

use crate::cli::shared::output::note;

/// Create the tables of a store, or update those of an older version
///
/// `serve` and `import` also do this at start. Use `migrate` to run it separately, as a database user with the right
/// to change tables.
#[derive(Debug, Args)]
pub struct MigrateArgs {
    #[command(flatten)]
    store: StoreOptions,
}

pub async fn run(args: MigrateArgs) -> anyhow::Result<ExitCode> {
    let db = Db::open(&args.store).await?;
    db.close().await;
    note(&format!("the store {} is up to date", shown(&args.store.database_url)));
    Ok(ExitCode::SUCCESS)
}
