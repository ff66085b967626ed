//! Output of the demo.

use std::fmt::Write as _;
use std::net::SocketAddr;

use anyhow::{Context, anyhow};
use deltabook::files::input::Input;
use deltabook::grpc::v1;
use deltabook::grpc::v1::billing_service_client::BillingServiceClient;
use deltabook::grpc::v1::movement_service_client::MovementServiceClient;
use deltabook::grpc::wire::facts::to_wire;
use tonic::transport::Channel;

use crate::cli::shared::months::GranularityArg;
use crate::cli::shared::target::status_error;
use crate::cli::waterfall::output;
use crate::cli::{explain, movements};

/// Sample facts, in order of arrival.
const SAMPLE_FACTS: &str = include_str!("book.jsonl");
/// The list shows the latest movements up to this date, the end of the sample data.
const LAST_DATE: &str = "2026-12-31";
const LIST_LENGTH: i32 = 16;
/// A second contract adds seats of the same item: at customer level a Quantity Increase, not New.
const EXPLAINED_CUSTOMER: &str = "pikestone-robotics";

/// Output of the demo.
pub struct Tour {
    pub text: String,
    /// Id of the explained movement.
    pub explained: String,
}

/// Records the sample data and renders the reports.
pub async fn run(channel: Channel, address: &SocketAddr) -> anyhow::Result<Tour> {
    let mut billing = BillingServiceClient::new(channel.clone());
    let mut questions = MovementServiceClient::new(channel);
    let facts = sample_facts()?;
    let count = facts.len();
    let request = v1::RecordFactsRequest { facts, request_id: "demo".to_owned(), validate_only: false };
    let recorded = billing.record_facts(request).await.map_err(status_error)?.into_inner();

    let mut text = String::new();
    writeln!(
        text,
        "Sent {count} facts of 13 customers to {address}, which derived {} movements.\n",
        recorded.movement_count
    )?;

    writeln!(text, "The last movements of 2026 at customer level")?;
    let filter = v1::MovementFilter {
        level: v1::Level::Customer.into(),
        effective_to: LAST_DATE.to_owned(),
        ..v1::MovementFilter::default()
    };
    let request = v1::ListMovementsRequest {
        filter: Some(filter),
        order_by: v1::MovementOrder::EffectiveDateDesc.into(),
        page_size: LIST_LENGTH,
        ..v1::ListMovementsRequest::default()
    };
    let mut last = questions.list_movements(request).await.map_err(status_error)?.into_inner().movements;
    last.reverse();
    writeln!(text, "{}", movements::table(&last)?)?;

    let id = find_explained(&mut questions).await?;
    writeln!(text, "Explanation of movement {id}")?;
    let request = v1::ExplainMovementRequest { movement_id: id.clone() };
    let why = questions.explain_movement(request).await.map_err(status_error)?.into_inner();
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
    let shown = output::TableLayout { by: GranularityArg::Month, has_groups: false };
    let found = questions.get_waterfall(request).await.map_err(status_error)?.into_inner();
    writeln!(text, "{}", output::table(&output::records(&found, false), shown)?)?;
    Ok(Tour { text, explained: id })
}

fn sample_facts() -> anyhow::Result<Vec<v1::Fact>> {
    Input::json(SAMPLE_FACTS.as_bytes())?
        .parsed_facts()
        .map(|reading| {
            let reading = reading?;
            let line = reading.place.line;
            let raw = reading.raw().map_err(|wrong| anyhow!("line {line} of the sample data: {wrong:?}"))?;
            to_wire(raw).with_context(|| format!("line {line} of the sample data cannot be sent"))
        })
        .collect()
}

/// Id of the movement to explain.
async fn find_explained(questions: &mut MovementServiceClient<Channel>) -> anyhow::Result<String> {
    let filter = v1::MovementFilter {
        level: v1::Level::Customer.into(),
        subcategories: vec![v1::ImpactSubcategory::QuantityIncrease.into()],
        customer_id: EXPLAINED_CUSTOMER.to_owned(),
        ..v1::MovementFilter::default()
    };
    let request = v1::ListMovementsRequest { filter: Some(filter), ..v1::ListMovementsRequest::default() };
    let found = questions.list_movements(request).await.map_err(status_error)?.into_inner().movements;
    let first = found.into_iter().next().context("the sample data has no quantity increase")?;
    Ok(first.movement_id)
}

/// Commands to try while the server runs.
pub fn next_commands(address: &SocketAddr, store: &str, id: &str) -> String {
    format!(
        "\
Try next: open http://{address}/ in a browser; or (gRPC on {address}, with reflection; the store is {store})
  deltabook movements --server http://{address} --customer {EXPLAINED_CUSTOMER}
  deltabook explain {id} --server http://{address}
  deltabook waterfall --server http://{address} --year 2026 --level contract
  deltabook verify --database-url {store}
  grpcurl -plaintext -d '{{\"customer_id\": \"{EXPLAINED_CUSTOMER}\"}}' {address} deltabook.v1.BillingService/GetCustomer

(Use `cargo run --` for `deltabook` if it is not installed.) The server runs until Ctrl-C.
"
    )
}
