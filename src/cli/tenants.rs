//! `deltabook tenants`: tenants of a store and their policies.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use deltabook::clock::Clock;
use deltabook::config::{StoreOptions, local_actor};
use deltabook::domain::ids::TenantId;
use deltabook::grpc::v1;
use deltabook::store::db::Db;
use deltabook::tenants::tenant_management;

use crate::cli::shared::output::{note, to_stdout};
use crate::cli::shared::target::{Target, status_error};

/// Create and list tenants, and set their policy
#[derive(Debug, Args)]
#[command(after_help = "\
Each tenant has separate books. A new store has the tenant `default`. Over the network, the API key determines the tenant.

Examples:
  deltabook tenants create acme
  deltabook keys create --tenant acme --role billing
  deltabook tenants policy --tenant acme --time-zone Europe/Berlin --lapse-grace-days 30 --reason 'as in our terms'
  deltabook tenants list")]
pub struct TenantsArgs {
    #[command(subcommand)]
    command: TenantsCommand,
}

#[derive(Debug, Subcommand)]
enum TenantsCommand {
    /// Create a tenant, and the store if it does not exist
    Create {
        /// Id of the tenant, 1 to 128 visible characters
        #[arg(value_name = "ID", value_parser = TenantId::parse)]
        tenant: TenantId,

        #[command(flatten)]
        store: StoreOptions,
    },
    /// Show the policy of a tenant, or set it and derive every customer again
    Policy {
        #[command(flatten)]
        target: Target,

        /// Time zone that assigns dates to instants, an IANA name such as Europe/Berlin
        #[arg(long, value_name = "NAME", requires = "reason")]
        time_zone: Option<String>,

        /// Days for which a natural end stays provisional, waiting for a late renewal (R11)
        #[arg(long, value_name = "DAYS", requires = "reason")]
        lapse_grace_days: Option<i32>,

        /// Reason, for the audit trail
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
    },
    /// List tenants by id
    List {
        #[command(flatten)]
        store: StoreOptions,
    },
}

pub async fn run(args: TenantsArgs) -> anyhow::Result<ExitCode> {
    match args.command {
        TenantsCommand::Create { tenant, store } => {
            let db = Db::open(&store).await?;
            let made = tenant_management::create(&db, &tenant, &local_actor(), Clock::system().now()).await;
            db.close().await;
            let is_new = made?;
            note(&if is_new { format!("created tenant {tenant}") } else { format!("tenant {tenant} already exists") });
        }
        TenantsCommand::Policy { target, time_zone, lapse_grace_days, reason } => {
            let mut service = target.admin().await?;
            let tenant = match reason {
                Some(reason) => {
                    let time_zone = time_zone.unwrap_or_default();
                    let request = v1::UpdateTenantPolicyRequest { time_zone, lapse_grace_days, reason };
                    let done = service.update_tenant_policy(request).await.map_err(status_error)?.into_inner();
                    let (customers, entries) = (done.customer_count, done.entry_count);
                    note(&format!("derived {customers} customers again, posted {entries} journal entries"));
                    done.tenant
                }
                None => service.get_tenant(v1::GetTenantRequest {}).await.map_err(status_error)?.into_inner().tenant,
            };
            let v1::Tenant { tenant_id, time_zone, lapse_grace_days } = tenant.unwrap_or_default();
            to_stdout(|out| {
                writeln!(out, "tenant {tenant_id}, time zone {time_zone}, lapse grace days {lapse_grace_days}")
            })?;
        }
        TenantsCommand::List { store } => {
            let db = Db::open_existing(&store).await?;
            let found = tenant_management::tenants(&db).await;
            db.close().await;
            let found = found?;
            to_stdout(|out| found.iter().try_for_each(|tenant| writeln!(out, "{tenant}")))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
