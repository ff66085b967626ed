//! `AdminService`: keys; the policy; exchange rates; how far events have come, and what can be done about those that did not arrive.

use std::fmt::Display;

use tonic::{Request, Response, Status};

use crate::access::key_cache::KeyCache;
use crate::clock::Clock;
use crate::codec::decode::parse_date;
use crate::codec::validation::{Form, Violations};
use crate::domain::ids::CustomerId;
use crate::events::redrive::{RedriveScope, enable, redrive};
use crate::events::sink::sink_config::is_sink_name;
use crate::grpc::caller::{actor, identity};
use crate::grpc::page_token::PageTokens;
use crate::grpc::services::keys;
use crate::grpc::services::rates;
use crate::grpc::services::tenant;
use crate::grpc::status::{invalid_field, not_found};
use crate::grpc::v1;
use crate::grpc::wire::decode;
use crate::grpc::wire::encode;
use crate::reports::deliveries::{DEFAULT_PAGE_SIZE, DeliveryQuery, MAX_PAGE_SIZE, deliveries, sinks};
use crate::store::db::Db;
use crate::store::events::redrive::Range;
use crate::tenants::tenant_registry::TenantRegistry;

/// The service.
#[derive(Debug, Clone)]
pub struct Admin {
    pub(in crate::grpc) db: Db,
    pub(in crate::grpc) clock: Clock,
    pub(in crate::grpc) keys: KeyCache,
    pub(in crate::grpc) tenants: TenantRegistry,
}

#[tonic::async_trait]
impl v1::admin_service_server::AdminService for Admin {
    async fn create_key(
        &self,
        request: Request<v1::CreateKeyRequest>,
    ) -> Result<Response<v1::CreateKeyResponse>, Status> {
        let (caller, author) = (identity(&request)?, actor(&request)?);
        keys::create(self, &caller, &author, request.into_inner()).await.map(Response::new)
    }

    async fn list_keys(&self, request: Request<v1::ListKeysRequest>) -> Result<Response<v1::ListKeysResponse>, Status> {
        keys::list(self, &identity(&request)?, request.into_inner()).await.map(Response::new)
    }

    async fn revoke_key(
        &self,
        request: Request<v1::RevokeKeyRequest>,
    ) -> Result<Response<v1::RevokeKeyResponse>, Status> {
        let (caller, author) = (identity(&request)?, actor(&request)?);
        keys::revoke(self, &caller, &author, request.into_inner()).await.map(Response::new)
    }

    async fn list_sinks(
        &self,
        request: Request<v1::ListSinksRequest>,
    ) -> Result<Response<v1::ListSinksResponse>, Status> {
        let caller = identity(&request)?;
        let sinks = sinks(&self.db, &caller.tenant_id).await?;
        let now = self.clock.now();
        Ok(Response::new(v1::ListSinksResponse { sinks: sinks.iter().map(|it| encode::sink(it, now)).collect() }))
    }

    async fn list_deliveries(
        &self,
        request: Request<v1::ListDeliveriesRequest>,
    ) -> Result<Response<v1::ListDeliveriesResponse>, Status> {
        let caller = identity(&request)?;
        let request = request.into_inner();
        let is_dead = match v1::DeliveryState::try_from(request.state) {
            Ok(v1::DeliveryState::Unspecified | v1::DeliveryState::Waiting) => false,
            Ok(v1::DeliveryState::Dead) => true,
            Err(_) => return Err(invalid_field("state", "is not a known state")),
        };
        let query = DeliveryQuery { sink: sink_name(request.sink)?, is_dead };
        let size = decode::page_size(request.page_size, DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE)?;
        let tokens = PageTokens::of(&caller.tenant_id, &query);
        let after = tokens.read(&request.page_token)?.unwrap_or(0);
        let page =
            deliveries(&self.db, &caller.tenant_id, &query, after, size).await?.ok_or_else(|| no_sink(&query.sink))?;
        Ok(Response::new(v1::ListDeliveriesResponse {
            deliveries: page.deliveries.iter().map(encode::delivery).collect(),
            next_page_token: tokens.write(page.next),
        }))
    }

    async fn redrive_deliveries(
        &self,
        request: Request<v1::RedriveDeliveriesRequest>,
    ) -> Result<Response<v1::RedriveDeliveriesResponse>, Status> {
        let (caller, author) = (identity(&request)?, actor(&request)?);
        let request = request.into_inner();
        let again = again(&request)?;
        let sink = sink_name(request.sink)?;
        let count = redrive(&self.db, &caller.tenant_id, &sink, &again, &author, self.clock.now())
            .await?
            .ok_or_else(|| no_sink(&sink))?;
        Ok(Response::new(v1::RedriveDeliveriesResponse { event_count: i64::try_from(count).unwrap_or(i64::MAX) }))
    }

    async fn enable_sink(
        &self,
        request: Request<v1::EnableSinkRequest>,
    ) -> Result<Response<v1::EnableSinkResponse>, Status> {
        let (caller, author) = (identity(&request)?, actor(&request)?);
        let sink = sink_name(request.into_inner().sink)?;
        let was_disabled = enable(&self.db, &caller.tenant_id, &sink, &author, self.clock.now())
            .await?
            .ok_or_else(|| no_sink(&sink))?;
        Ok(Response::new(v1::EnableSinkResponse { was_disabled }))
    }

    async fn get_tenant(
        &self,
        request: Request<v1::GetTenantRequest>,
    ) -> Result<Response<v1::GetTenantResponse>, Status> {
        tenant::get(self, &identity(&request)?).await.map(Response::new)
    }

    async fn update_tenant_policy(
        &self,
        request: Request<v1::UpdateTenantPolicyRequest>,
    ) -> Result<Response<v1::UpdateTenantPolicyResponse>, Status> {
        let (caller, author) = (identity(&request)?, actor(&request)?);
        tenant::update_policy(self, &caller, &author, request.get_ref()).await.map(Response::new)
    }

    async fn import_exchange_rates(
        &self,
        request: Request<v1::ImportExchangeRatesRequest>,
    ) -> Result<Response<v1::ImportExchangeRatesResponse>, Status> {
        let (caller, author) = (identity(&request)?, actor(&request)?);
        rates::import(self, &caller, &author, request.get_ref()).await.map(Response::new)
    }

    async fn list_rate_sets(
        &self,
        request: Request<v1::ListRateSetsRequest>,
    ) -> Result<Response<v1::ListRateSetsResponse>, Status> {
        rates::list_sets(self, &identity(&request)?, request.get_ref()).await.map(Response::new)
    }

    async fn list_exchange_rates(
        &self,
        request: Request<v1::ListExchangeRatesRequest>,
    ) -> Result<Response<v1::ListExchangeRatesResponse>, Status> {
        rates::list(self, &identity(&request)?, request.get_ref()).await.map(Response::new)
    }
}

fn sink_name(name: String) -> Result<String, Status> {
    match name.as_str() {
        "" => Err(invalid_field("sink", "is required")),
        text if is_sink_name(text) => Ok(name),
        _ => Err(invalid_field("sink", "is not the name of a sink")),
    }
}

fn no_sink(name: impl Display) -> Status {
    not_found(&format!("no sink {name} was ever served"))
}

fn again(request: &v1::RedriveDeliveriesRequest) -> Result<RedriveScope, Violations> {
    let mut form = Form::at("");
    form.require(!request.sink.is_empty(), "sink", "is required");
    let customer = decode::optional(&mut form, "customer_id", &request.customer_id, CustomerId::parse);
    let has_dates = !(request.from_date.is_empty() && request.to_date.is_empty());
    if request.journal {
        let is_alone = !has_dates && !request.dead && customer.is_none();
        form.require(is_alone, "journal", "excludes dead, from_date, to_date and customer_id");
        return form.finish(Some(RedriveScope::Journal));
    }
    if request.dead {
        form.require(!has_dates, "dead", "excludes from_date and to_date");
        return form.finish(Some(RedriveScope::Dead(customer)));
    }
    let from = form.take("from_date", parse_date(&request.from_date));
    let to = form.take("to_date", parse_date(&request.to_date));
    if let (Some(from), Some(to)) = (from, to) {
        form.require(from <= to, "to_date", "is before from_date");
    }
    let range = from.zip(to).map(|(from, to)| Range { from, to, customer });
    form.finish(range.map(RedriveScope::Dates))
}
