//! `deltabook deliveries`: state of the sinks, redelivery and dead letters.

pub(crate) mod output;

use std::process::ExitCode;

use clap::{Args, Subcommand};
use deltabook::grpc::client::AdminClient;
use deltabook::grpc::v1;

use crate::cli::deliveries::output::{delivery_records, delivery_table, sink_records, sink_table};
use crate::cli::shared::output::to_stdout;
use crate::cli::shared::target::{OutputFormat, Target, date_option, id_option, status_error};

/// Inspect, redrive and enable the delivery of events
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  deltabook deliveries list                                     the state of every sink
  deltabook deliveries list --sink crm                          deliveries waiting for a retry
  deltabook deliveries dead --sink crm                          dead deliveries and their reasons
  deltabook deliveries redrive --sink crm --dead                redrive them
  deltabook deliveries redrive --sink crm --from 2026-01-01 --to 2026-01-31 --customer acme
  deltabook deliveries enable --sink crm                        enable a sink that answered 410 Gone")]
pub struct DeliveriesArgs {
    #[command(subcommand)]
    command: DeliveriesCommand,
}

#[derive(Debug, Subcommand)]
enum DeliveriesCommand {
    /// List the sinks and their state, or the waiting deliveries of one sink
    #[command(after_help = "\
The lag is the age of the oldest undelivered event. A waiting delivery has failed and will be retried, or waits behind such a
delivery of the same customer.

Examples:
  deltabook deliveries list
  deltabook deliveries list --sink crm --limit 20
  deltabook deliveries list --format json --server 127.0.0.1:50051")]
    List {
        #[command(flatten)]
        query: QueryOptions,

        /// List the waiting deliveries of this sink
        #[arg(long, value_name = "NAME")]
        sink: Option<String>,

        #[command(flatten)]
        limit: LimitOption,
    },
    /// List dead deliveries: refused by the sink, or failed for days
    #[command(after_help = "\
Examples:
  deltabook deliveries dead --sink crm
  deltabook deliveries dead --sink crm --format csv > dead.csv")]
    Dead {
        #[command(flatten)]
        query: QueryOptions,

        #[command(flatten)]
        sink: SinkOption,

        #[command(flatten)]
        limit: LimitOption,
    },
    /// Redrive dead deliveries, or all events of a range of dates
    #[command(after_help = "\
Events keep their ids, so receivers can deduplicate. New events wait until the redrive is done. Only retained events can be
redriven (docs/events.md).

Examples:
  deltabook deliveries redrive --sink crm --dead
  deltabook deliveries redrive --sink crm --from 2026-01-01 --to 2026-01-31
  deltabook deliveries redrive --sink crm --dead --customer acme")]
    Redrive {
        #[command(flatten)]
        target: Target,

        #[command(flatten)]
        sink: SinkOption,

        /// Redrive dead deliveries
        #[arg(long, required_unless_present_any = ["from", "journal"], conflicts_with_all = ["from", "to"])]
        dead: bool,

        /// Redrive events from this date, YYYY-MM-DD
        #[arg(long, value_name = "DATE", value_parser = date_option, requires = "to")]
        from: Option<String>,

        /// Redrive events up to this date, YYYY-MM-DD
        #[arg(long, value_name = "DATE", value_parser = date_option, requires = "from")]
        to: Option<String>,

        /// Only this customer
        #[arg(long, value_name = "ID", value_parser = id_option)]
        customer: Option<String>,

        /// Redrive the journal from its beginning, for a sink of the journal
        #[arg(long, conflicts_with_all = ["dead", "from", "to", "customer"])]
        journal: bool,
    },
    /// Enable a sink that was disabled by 410 Gone, or paused
    #[command(after_help = "\
Examples:
  deltabook deliveries enable --sink crm")]
    Enable {
        #[command(flatten)]
        target: Target,

        #[command(flatten)]
        sink: SinkOption,
    },
}

#[derive(Debug, Args)]
struct QueryOptions {
    #[command(flatten)]
    target: Target,

    /// Output format

    #[arg(long, value_enum, default_value_t = OutputFormat::Table)]
    format: OutputFormat,
}

#[derive(Debug, Args)]
struct SinkOption {
    /// Name of the sink in the configuration
    #[arg(long = "sink", value_name = "NAME")]
    name: String,
}

#[derive(Debug, Args)]
struct LimitOption {
    /// Maximum number of deliveries
    #[arg(long = "limit", default_value_t = 50, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..))]
    count: u32,
}

/// Page size of requests.
const PAGE: i32 = 1_000;

pub async fn run(args: DeliveriesArgs) -> anyhow::Result<ExitCode> {
    match args.command {
        DeliveriesCommand::List { query, sink: None, .. } => {
            let answer = query
                .target
                .admin()
                .await?
                .list_sinks(v1::ListSinksRequest {})
                .await
                .map_err(status_error)?
                .into_inner();
            sink_records(&answer.sinks).write(query.format, |records| Ok(sink_table(records)))?;
        }
        DeliveriesCommand::List { query, sink: Some(sink), limit } => {
            list(query, sink, v1::DeliveryState::Waiting, limit).await?;
        }
        DeliveriesCommand::Dead { query, sink, limit } => {
            list(query, sink.name, v1::DeliveryState::Dead, limit).await?;
        }
        DeliveriesCommand::Redrive { target, sink, dead, from, to, customer, journal } => {
            let request = v1::RedriveDeliveriesRequest {
                sink: sink.name,
                dead,
                from_date: from.unwrap_or_default(),
                to_date: to.unwrap_or_default(),
                customer_id: customer.unwrap_or_default(),
                journal,
            };
            let answer = target.admin().await?.redrive_deliveries(request).await.map_err(status_error)?.into_inner();
            let count = answer.event_count;
            let plural = if count == 1 { "" } else { "s" };
            let what = if journal { "the journal".to_owned() } else { format!("{count} event{plural}") };
            to_stdout(|out| writeln!(out, "{what} will be delivered again"))?;
        }
        DeliveriesCommand::Enable { target, sink: SinkOption { name } } => {
            let request = v1::EnableSinkRequest { sink: name.clone() };
            let answer = target.admin().await?.enable_sink(request).await.map_err(status_error)?.into_inner();
            let became = if answer.was_disabled { "is enabled" } else { "was neither disabled nor paused" };
            to_stdout(|out| writeln!(out, "sink {name} {became}"))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn list(query: QueryOptions, sink: String, state: v1::DeliveryState, limit: LimitOption) -> anyhow::Result<()> {
    let mut service = query.target.admin().await?;
    let found = first_deliveries(&mut service, sink, state, limit.count).await?;
    delivery_records(&found).write(query.format, |records| Ok(delivery_table(records)))
}

async fn first_deliveries(
    service: &mut AdminClient,
    sink: String,
    state: v1::DeliveryState,
    count: u32,
) -> anyhow::Result<Vec<v1::Delivery>> {
    let page_size = i32::try_from(count).unwrap_or(PAGE).min(PAGE);
    let mut request = v1::ListDeliveriesRequest { sink, state: state.into(), page_size, page_token: String::new() };
    let wanted = usize::try_from(count)?;
    let mut found = Vec::new();
    while found.len() < wanted {
        let page = service.list_deliveries(request.clone()).await.map_err(status_error)?.into_inner();
        found.extend(page.deliveries);
        request.page_token = page.next_page_token;
        if request.page_token.is_empty() {
            break;
        }
    }
    found.truncate(wanted);
    Ok(found)
}
