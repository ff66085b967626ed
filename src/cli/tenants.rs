//! `deltabook tenants`: the sets of books of a store.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use deltabook::clock::Clock;
use deltabook::config::{StoreOptions, local_actor};
use deltabook::domain::ids::TenantId;
use deltabook::grpc::v1;
use deltabook::store::db::Db;
use deltabook::tenants::tenant_management;

use crate::cli::shared::output::{note, to_stdout};
use crate::cli::shared::target::{Whom, told};

/// List the tenants of a store, each of whom has books of its own, or make one
#[derive(Debug, Args)]
#[command(after_help = "\
A store begins with the tenant `default`. The key that somebody asks with names the tenant.

Examples:
  deltabook tenants create acme
  deltabook keys create --tenant acme --role billing
  deltabook tenants policy --tenant acme --time-zone Europe/Berlin --lapse-grace-days 30 --reason 'as in our terms'
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
    /// Show the policy of the books, or set it: then every customer is derived anew under it
    Policy {
        #[command(flatten)]
        whom: Whom,

        /// The time zone in which instants have their date: an IANA name such as Europe/Berlin
        #[arg(long, value_name = "NAME", requires = "reason")]
        time_zone: Option<String>,

        /// Days that a natural end stays provisional, waiting for a late renewal (R11)
        #[arg(long, value_name = "DAYS", requires = "reason")]
        lapse_grace_days: Option<i32>,

        /// Why, for the audit trail
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
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
            let made = tenant_management::create(&db, &tenant, &local_actor(), Clock::system().now()).await;
            db.close().await;
            let is_new = made?;
            note(&if is_new { format!("made tenant {tenant}") } else { format!("tenant {tenant} is there already") });
        }
        What::Policy { whom, time_zone, lapse_grace_days, reason } => {
            let mut service = whom.admin().await?;
            let tenant = match reason {
                Some(reason) => {
                    let time_zone = time_zone.unwrap_or_default();
                    let request = v1::UpdateTenantPolicyRequest { time_zone, lapse_grace_days, reason };
                    let done = service.update_tenant_policy(request).await.map_err(told)?.into_inner();
                    let (customers, entries) = (done.customer_count, done.entry_count);
                    note(&format!("derived {customers} customers anew, which posted {entries} entries"));
                    done.tenant
                }
                None => service.get_tenant(v1::GetTenantRequest {}).await.map_err(told)?.into_inner().tenant,
            };
            let v1::Tenant { tenant_id, time_zone, lapse_grace_days } = tenant.unwrap_or_default();
            to_stdout(|out| {
                writeln!(out, "tenant {tenant_id}, time zone {time_zone}, lapse grace days {lapse_grace_days}")
            })?;
        }
        What::List { store } => {
            let db = Db::open_existing(&store).await?;
            let found = tenant_management::tenants(&db).await;
            db.close().await;
            let found = found?;
            to_stdout(|out| found.iter().try_for_each(|tenant| writeln!(out, "{tenant}")))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
