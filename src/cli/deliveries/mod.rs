//! `deltabook deliveries`: how far events have come, and what to do about those that did not arrive.

pub(crate) mod output;

use std::process::ExitCode;

use clap::{Args, Subcommand};
use deltabook::grpc::client::AdminClient;
use deltabook::grpc::v1;

use crate::cli::deliveries::output::{deliveries_answer, deliveries_table, sinks_answer, sinks_table};
use crate::cli::shared::output::to_stdout;
use crate::cli::shared::target::{AnswerFormat, Whom, date_option, id_option, told};

/// Show how far events have come at each sink, and send again those that did not arrive
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  deltabook deliveries list                                     every sink, and how far it has come
  deltabook deliveries list --sink crm                          what waits for another attempt
  deltabook deliveries dead --sink crm                          what was given up, and why
  deltabook deliveries redrive --sink crm --dead                send that again
  deltabook deliveries redrive --sink crm --from 2026-01-01 --to 2026-01-31 --customer acme
  deltabook deliveries enable --sink crm                        after its receiver wanted nothing any more")]
pub struct DeliveriesArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// List the sinks, and how far each has come; of one sink: what waits there
    #[command(after_help = "\
lag is the age of the oldest event that a sink has yet to take. What waits was tried and failed, or waits behind such an
event of the same customer.

Examples:
  deltabook deliveries list
  deltabook deliveries list --sink crm --limit 20
  deltabook deliveries list --format json --server 127.0.0.1:50051")]
    List {
        #[command(flatten)]
        asked: Asked,

        /// What waits at this sink, instead of the sinks
        #[arg(long, value_name = "NAME")]
        sink: Option<String>,

        #[command(flatten)]
        limit: Limit,
    },
    /// List what a sink was given up to get: it refused it, or failed for days
    #[command(after_help = "\
Examples:
  deltabook deliveries dead --sink crm
  deltabook deliveries dead --sink crm --format csv > dead.csv")]
    Dead {
        #[command(flatten)]
        asked: Asked,

        #[command(flatten)]
        sink: SinkName,

        #[command(flatten)]
        limit: Limit,
    },
    /// Send events to a sink again: what was given up, or everything of some dates
    #[command(after_help = "\
Events keep their ids, so that a receiver can tell a repeat. New events wait meanwhile. Only events that are still kept
can be sent again (docs/events.md).

Examples:
  deltabook deliveries redrive --sink crm --dead
  deltabook deliveries redrive --sink crm --from 2026-01-01 --to 2026-01-31
  deltabook deliveries redrive --sink crm --dead --customer acme")]
    Redrive {
        #[command(flatten)]
        whom: Whom,

        #[command(flatten)]
        sink: SinkName,

        /// What was given up
        #[arg(long, required_unless_present_any = ["from", "journal"], conflicts_with_all = ["from", "to"])]
        dead: bool,

        /// Everything from this date (YYYY-MM-DD) on
        #[arg(long, value_name = "DATE", value_parser = date_option, requires = "to")]
        from: Option<String>,

        /// Everything up to this date
        #[arg(long, value_name = "DATE", value_parser = date_option, requires = "from")]
        to: Option<String>,

        /// Only of this customer
        #[arg(long, value_name = "ID", value_parser = id_option)]
        customer: Option<String>,

        /// Instead of events, the journal from its beginning, for a sink that gets it
        #[arg(long, conflicts_with_all = ["dead", "from", "to", "customer"])]
        journal: bool,
    },
    /// Let a sink have events again whose receiver wanted none any more (410 Gone)
    #[command(after_help = "\
Examples:
  deltabook deliveries enable --sink crm")]
    Enable {
        #[command(flatten)]
        whom: Whom,

        #[command(flatten)]
        sink: SinkName,
    },
}

#[derive(Debug, Args)]
struct Asked {
    #[command(flatten)]
    whom: Whom,

    #[arg(long, value_enum, default_value_t = AnswerFormat::Table)]
    format: AnswerFormat,
}

#[derive(Debug, Args)]
struct SinkName {
    /// The sink, as the configuration names it
    #[arg(long = "sink", value_name = "NAME")]
    name: String,
}

#[derive(Debug, Args)]
struct Limit {
    /// How many deliveries, at most; the first ones
    #[arg(long = "limit", default_value_t = 50, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..))]
    count: u32,
}

/// Deliveries that are asked for at once.
const PAGE: i32 = 1_000;

pub async fn run(args: DeliveriesArgs) -> anyhow::Result<ExitCode> {
    match args.what {
        What::List { asked, sink: None, .. } => {
            let answer =
                asked.whom.admin().await?.list_sinks(v1::ListSinksRequest {}).await.map_err(told)?.into_inner();
            sinks_answer(&answer.sinks).write(asked.format, sinks_table)?;
        }
        What::List { asked, sink: Some(sink), limit } => {
            list(asked, sink, v1::DeliveryState::Waiting, limit).await?;
        }
        What::Dead { asked, sink, limit } => list(asked, sink.name, v1::DeliveryState::Dead, limit).await?,
        What::Redrive { whom, sink, dead, from, to, customer, journal } => {
            let request = v1::RedriveDeliveriesRequest {
                sink: sink.name,
                dead,
                from_date: from.unwrap_or_default(),
                to_date: to.unwrap_or_default(),
                customer_id: customer.unwrap_or_default(),
                journal,
            };
            let answer = whom.admin().await?.redrive_deliveries(request).await.map_err(told)?.into_inner();
            let count = answer.event_count;
            let plural = if count == 1 { "" } else { "s" };
            let what = if journal { "the journal is".to_owned() } else { format!("{count} event{plural}") };
            to_stdout(|out| writeln!(out, "{what} to be delivered again"))?;
        }
        What::Enable { whom, sink: SinkName { name } } => {
            let request = v1::EnableSinkRequest { sink: name.clone() };
            let answer = whom.admin().await?.enable_sink(request).await.map_err(told)?.into_inner();
            let became = if answer.was_disabled { "has events again" } else { "was neither disabled nor paused" };
            to_stdout(|out| writeln!(out, "sink {name} {became}"))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn list(asked: Asked, sink: String, state: v1::DeliveryState, limit: Limit) -> anyhow::Result<()> {
    let mut service = asked.whom.admin().await?;
    let found = first_deliveries(&mut service, sink, state, limit.count).await?;
    deliveries_answer(&found).write(asked.format, deliveries_table)
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
        let page = service.list_deliveries(request.clone()).await.map_err(told)?.into_inner();
        found.extend(page.deliveries);
        request.page_token = page.next_page_token;
        if request.page_token.is_empty() {
            break;
        }
    }
    found.truncate(wanted);
    Ok(found)
}
