//! `deltabook migrate`: the tables of a store.

use std::process::ExitCode;

use clap::Args;
use deltabook::config::StoreOptions;
use deltabook::store::db::{Db, shown};

use crate::cli::shared::output::note;

/// Create the tables of the store, or bring those of an older version up to date
///
/// `serve` and `import` do it by themselves. This is for those who do it apart, as a user of the database who may
/// change tables.
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
