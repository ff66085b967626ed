//! What the demo shows, as text.

use std::fmt::Write as _;
use std::net::SocketAddr;

use anyhow::{Context, anyhow};
use deltabook::files::input::Input;
use deltabook::grpc::v1;
use deltabook::grpc::v1::billing_service_client::BillingServiceClient;
use deltabook::grpc::v1::movement_service_client::MovementServiceClient;
use deltabook::grpc::wire::facts::to_wire;
use tonic::transport::Channel;

use crate::cli::shared::months::StepArg;
use crate::cli::shared::target::told;
use crate::cli::waterfall::output;
use crate::cli::{explain, movements};

/// The facts, in the order of their arrival.
const BOOK: &str = include_str!("book.jsonl");
/// The movements that are shown: the latest up to the end of the book.
const LAST_DATE: &str = "2026-12-31";
const SHOWN: i32 = 16;
/// One contract of two grows the same item: at customer level that is more of it, not something new.
const EXPLAINED_CUSTOMER: &str = "pikestone-robotics";

/// What the demo tells.
pub struct Story {
    pub text: String,
    /// The id of the movement that is explained.
    pub explained: String,
}

/// Sends the book, asks about it, and tells what comes back.
pub async fn tell(channel: Channel, address: &SocketAddr) -> anyhow::Result<Story> {
    let mut billing = BillingServiceClient::new(channel.clone());
    let mut questions = MovementServiceClient::new(channel);
    let facts = book()?;
    let count = facts.len();
    let request = v1::RecordFactsRequest { facts, request_id: "demo".to_owned(), validate_only: false };
    let recorded = billing.record_facts(request).await.map_err(told)?.into_inner();

    let mut text = String::new();
    writeln!(
        text,
        "Sent {count} facts of 13 customers to {address}; they gave {} movements.\n",
        recorded.movement_count
    )?;

    writeln!(text, "The last movements of 2026, each customer as a whole")?;
    let filter = v1::MovementFilter {
        level: v1::Level::Customer.into(),
        effective_to: LAST_DATE.to_owned(),
        ..v1::MovementFilter::default()
    };
    let request = v1::ListMovementsRequest {
        filter: Some(filter),
        order_by: v1::MovementOrder::EffectiveDateDesc.into(),
        page_size: SHOWN,
        ..v1::ListMovementsRequest::default()
    };
    let mut last = questions.list_movements(request).await.map_err(told)?.into_inner().movements;
    last.reverse();
    writeln!(text, "{}", movements::table(&movements::answer(&last)))?;

    let id = explained(&mut questions).await?;
    writeln!(text, "Why movement {id} is what it is")?;
    let request = v1::ExplainMovementRequest { movement_id: id.clone() };
    let why = questions.explain_movement(request).await.map_err(told)?.into_inner();
    let mut explanation = Vec::new();
    explain::write_text(&mut explanation, &why)?;
    writeln!(text, "{}", String::from_utf8_lossy(&explanation))?;

    writeln!(text, "The waterfall of 2026")?;
    let request = v1::GetWaterfallRequest {
        level: v1::Level::Customer.into(),
        from_month: "2026-01".to_owned(),
        to_month: "2026-12".to_owned(),
        ..v1::GetWaterfallRequest::default()
    };
    let shown = output::Shown { by: StepArg::Month, has_groups: false };
    let found = questions.get_waterfall(request).await.map_err(told)?.into_inner();
    writeln!(text, "{}", output::table(&output::answer(&found, false), shown))?;
    Ok(Story { text, explained: id })
}

fn book() -> anyhow::Result<Vec<v1::Fact>> {
    Input::json(BOOK.as_bytes())?
        .readings()
        .map(|reading| {
            let reading = reading?;
            let line = reading.place.line;
            let raw = reading.raw().map_err(|wrong| anyhow!("line {line} of the book: {wrong:?}"))?;
            to_wire(raw).with_context(|| format!("line {line} of the book cannot be sent"))
        })
        .collect()
}

/// The id of the movement that is explained.
async fn explained(questions: &mut MovementServiceClient<Channel>) -> anyhow::Result<String> {
    let filter = v1::MovementFilter {
        level: v1::Level::Customer.into(),
        subcategories: vec![v1::ImpactSubcategory::QuantityIncrease.into()],
        customer_id: EXPLAINED_CUSTOMER.to_owned(),
        ..v1::MovementFilter::default()
    };
    let request = v1::ListMovementsRequest { filter: Some(filter), ..v1::ListMovementsRequest::default() };
    let found = questions.list_movements(request).await.map_err(told)?.into_inner().movements;
    let first = found.into_iter().next().context("the book shows no quantity increase")?;
    Ok(first.movement_id)
}

/// Commands for whoever wants to go on, while the server is up.
pub fn try_next(address: &SocketAddr, store: &str, id: &str) -> String {
    format!(
        "\
Try next: open http://{address}/ in a browser; or (gRPC on {address}, with reflection; the store is {store})
  deltabook movements --server http://{address} --customer {EXPLAINED_CUSTOMER}
  deltabook explain {id} --server http://{address}
  deltabook waterfall --server http://{address} --year 2026 --level contract
  deltabook verify --database-url {store}
  grpcurl -plaintext -d '{{\"customer_id\": \"{EXPLAINED_CUSTOMER}\"}}' {address} deltabook.v1.BillingService/GetCustomer

(`cargo run --` stands for `deltabook` where it is not installed.) The server stays up until Ctrl-C.
"
    )
}
