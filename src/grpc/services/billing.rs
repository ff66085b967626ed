//! `BillingService`: facts in, and what became of them.

use std::pin::Pin;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio_stream::Stream;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status, Streaming};

use crate::codec::decode::fact as read_fact;
use crate::codec::encode as raw;
use crate::codec::validation::{Violation, Violations};
use crate::domain::facts::fact::{Fact, FactKey};
use crate::domain::facts::void::Void;
use crate::domain::ids::{CustomerId, LineId, RequestId};
use crate::grpc::caller::{actor, identity};
use crate::grpc::limits::{MAX_FACTS, STREAM_READ_AHEAD};
use crate::grpc::services::stream_facts::stream_facts;
use crate::grpc::status::{fact_path, invalid_field, not_found};
use crate::grpc::stream_end::Ending;
use crate::grpc::v1;
use crate::grpc::wire::facts::{self, EncodeError, charge_to_wire, customer_to_wire, line_to_wire, order_to_wire};
use crate::grpc::wire::overrides;
use crate::grpc::wire::wire_enum::Mapped;
use crate::grpc::wire::{encode, movement};
use crate::ledger::command::{Mode, Recorded};
use crate::ledger::customer_view::{CustomerView, customer_view};
use crate::store::db::Db;
use crate::tenants::tenant_registry::TenantRegistry;

/// The service.
#[derive(Debug, Clone)]
pub struct Billing {
    pub(in crate::grpc) tenants: TenantRegistry,
    pub(in crate::grpc) db: Db,
    pub(in crate::grpc) ending: Ending,
    pub(in crate::grpc) stream_idle_time: Duration,
}

#[tonic::async_trait]
impl v1::billing_service_server::BillingService for Billing {
    #[tracing::instrument(skip_all, fields(request_id = request.get_ref().request_id, facts = request.get_ref().facts.len()))]
    async fn record_facts(
        &self,
        request: Request<v1::RecordFactsRequest>,
    ) -> Result<Response<v1::RecordFactsResponse>, Status> {
        let (caller, mut author) = (identity(&request)?, actor(&request)?);
        let v1::RecordFactsRequest { facts, request_id, validate_only } = request.into_inner();
        let mut violations = check_count(facts.len());
        if !request_id.is_empty()
            && let Err(problem) = RequestId::parse(&request_id)
        {
            violations.push(Violation { field: "request_id".to_owned(), description: problem.to_string() });
        }
        let mut read = Vec::with_capacity(facts.len());
        if violations.is_empty() {
            for (index, fact) in facts.into_iter().enumerate() {
                match decode_fact(fact, index) {
                    Ok(fact) => read.push(fact),
                    Err(wrong) => violations.extend(wrong),
                }
            }
        }
        if !violations.is_empty() {
            return Err(Violations::from(violations).into());
        }
        if !request_id.is_empty() {
            author.request_id = request_id.as_str().into();
        }
        let mode = if validate_only { Mode::Preview } else { Mode::Strict };
        let tenant = self.tenants.open(&caller.tenant_id).await?;
        let recorded = tenant.ledger.record(read.clone(), mode, &author).await?;
        Ok(Response::new(answer(&read, &recorded, request_id)))
    }

    type StreamFactsStream = Pin<Box<dyn Stream<Item = Result<v1::StreamFactsResponse, Status>> + Send>>;

    async fn stream_facts(
        &self,
        request: Request<Streaming<v1::StreamFactsRequest>>,
    ) -> Result<Response<Self::StreamFactsStream>, Status> {
        let (caller, author) = (identity(&request)?, actor(&request)?);
        let tenant = self.tenants.open(&caller.tenant_id).await?;
        let (answers, receiver) = mpsc::channel(STREAM_READ_AHEAD);
        let (request, ending) = (request.into_inner(), self.ending.clone().of(caller));
        tokio::spawn(stream_facts(tenant, author, request, answers, ending, self.stream_idle_time));
        Ok(Response::new(Box::pin(ReceiverStream::new(receiver))))
    }

    async fn get_customer(
        &self,
        request: Request<v1::GetCustomerRequest>,
    ) -> Result<Response<v1::GetCustomerResponse>, Status> {
        let caller = identity(&request)?;
        let id = CustomerId::parse(&request.into_inner().customer_id);
        let id = id.map_err(|problem| invalid_field("customer_id", problem))?;
        match customer_view(&self.db, &caller.tenant_id, &id).await? {
            Some(view) => Ok(Response::new(show_customer(&view)?)),
            None => Err(not_found(&format!("nothing is recorded for customer {id}"))),
        }
    }
}

pub(in crate::grpc) fn check_count(facts: usize) -> Vec<Violation> {
    if (1..=MAX_FACTS).contains(&facts) {
        return Vec::new();
    }
    vec![Violation { field: "facts".to_owned(), description: format!("needs 1 to {MAX_FACTS} facts, has {facts}") }]
}

pub(in crate::grpc) fn decode_fact(fact: v1::Fact, index: usize) -> Result<Fact, Violations> {
    let path = fact_path(index);
    match facts::from_wire(fact) {
        Some(raw) => read_fact(&raw, &format!("{path}.{}", raw.field())),
        None => Err(Violations::from(Violation {
            field: path,
            description: "is empty: needs a customer, subscription_line, change_order or charge".to_owned(),
        })),
    }
}

fn answer(facts: &[Fact], recorded: &Recorded, request_id: String) -> v1::RecordFactsResponse {
    let results = facts.iter().zip(&recorded.outcomes).map(|(fact, outcome)| {
        let key = fact.key();
        v1::FactResult {
            customer_id: fact.customer_id().to_string(),
            fact_kind: encode::fact_kind(key.kind()),
            fact_id: key.id(),
            revision: i64::try_from(fact.revision()).unwrap_or(i64::MAX),
            outcome: outcome.map_or(0, Mapped::number),
        }
    });
    v1::RecordFactsResponse {
        results: results.collect(),
        movements: recorded.entries.iter().map(movement::to_message).collect(),
        request_id,
        movement_count: to_i32(recorded.entry_count),
    }
}

fn show_customer(view: &CustomerView) -> Result<v1::GetCustomerResponse, EncodeError> {
    let facts = &view.facts;
    Ok(v1::GetCustomerResponse {
        customer: facts.customer.as_ref().map(|it| customer_to_wire(raw::customer(it))),
        subscription_lines: facts
            .lines
            .values()
            .map(|line| {
                Ok(v1::SubscriptionLineRecord {
                    state: Some(state(&FactKey::Line(line.line_id.clone()), &[], view)),
                    line: Some(line_to_wire(raw::line(line))?),
                })
            })
            .collect::<Result<_, EncodeError>>()?,
        change_orders: facts
            .orders
            .values()
            .map(|order| {
                let on_subscription = facts.lines.values().filter(|line| line.subscription_id == order.subscription_id);
                let lines: Vec<&LineId> = if order.entries.is_empty() {
                    on_subscription.map(|line| &line.line_id).collect()
                } else {
                    order.entries.iter().map(|entry| &entry.line_id).collect()
                };
                Ok(v1::ChangeOrderRecord {
                    state: Some(state(&FactKey::Order(order.change_order_id.clone()), &lines, view)),
                    change_order: Some(order_to_wire(raw::order(order))?),
                })
            })
            .collect::<Result<_, EncodeError>>()?,
        charges: facts.charges.values().map(|it| charge_to_wire(raw::charge(it))).collect::<Result<_, _>>()?,
        overrides: facts
            .overrides
            .values()
            .map(|over| v1::OverrideRecord {
                r#override: Some(overrides::to_wire(over, None)),
                state: Some(state(&FactKey::Override(over.target.clone()), &[], view)),
            })
            .collect(),
    })
}

/// A fact is void as a whole, or when it is void for each line that it is for.
fn state(key: &FactKey, lines: &[&LineId], view: &CustomerView) -> v1::FactState {
    let voids: Vec<&Void> = view.replay.voids.iter().filter(|void| void.fact == *key).collect();
    let is_void_for = |line: &&LineId| voids.iter().any(|void| void.line_id.as_ref() == Some(*line));
    let wholly =
        voids.iter().any(|void| void.line_id.is_none()) || (!lines.is_empty() && lines.iter().all(is_void_for));
    let status = if wholly { v1::FactStatus::Void } else { v1::FactStatus::InEffect };
    v1::FactState { status: status.into(), void_reasons: voids.into_iter().map(encode::void_reason).collect() }
}

pub(in crate::grpc) fn to_i32(count: usize) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}
