//! `MovementService`: questions about the journal.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tonic::{Request, Response, Status};

use crate::clock::Clock;
use crate::codec::month::Month;
use crate::codec::periods::Periods;
use crate::codec::tabular::table_writer::Format;
use crate::codec::validation::{Form, Violations};
use crate::grpc::caller::identity;
use crate::grpc::limits::MAX_EXPORTS;
use crate::grpc::page_token::PageTokens;
use crate::grpc::services::export::{self, Chunks};
use crate::grpc::services::watch_movements::{Watch, watch};
use crate::grpc::status::{invalid_field, not_found, too_many_exports};
use crate::grpc::stream_end::Ending;
use crate::grpc::v1;
use crate::grpc::wire::cohorts as triangles;
use crate::grpc::wire::decode;
use crate::grpc::wire::decode::ScopeFields;
use crate::grpc::wire::explain::explanation;
use crate::grpc::wire::grouping::conversion;
use crate::grpc::wire::movement;
use crate::grpc::wire::periods::{Bounds, periods};
use crate::grpc::wire::retention as kept;
use crate::grpc::wire::waterfall as falls;
use crate::reports::conversion::Conversion;
use crate::reports::explain::explain;
use crate::reports::export::Export;
use crate::reports::movements::{DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE, movements};
use crate::reports::mrr::mrr;
use crate::reports::retention::cohorts::cohorts;
use crate::reports::retention::retention;
use crate::reports::scheduled::scheduled;
use crate::reports::scope::MonthsQuery;
use crate::reports::waterfall::{WaterfallQuery, waterfall};
use crate::store::db::Db;
use crate::tenants::tenant_registry::TenantRegistry;

/// The service.
#[derive(Debug, Clone)]
pub struct Movements {
    pub(in crate::grpc) db: Db,
    pub(in crate::grpc) clock: Clock,
    pub(in crate::grpc) tenants: TenantRegistry,
    pub(in crate::grpc) ending: Ending,
    exports: Arc<Semaphore>,
}

impl Movements {
    pub(in crate::grpc) fn new(db: Db, clock: Clock, tenants: TenantRegistry, ending: Ending) -> Self {
        Self { db, clock, tenants, ending, exports: Arc::new(Semaphore::new(MAX_EXPORTS)) }
    }

    /// A place for one more export.
    fn place(&self) -> Result<OwnedSemaphorePermit, Status> {
        self.exports.clone().try_acquire_owned().map_err(|_| too_many_exports())
    }
}

#[tonic::async_trait]
impl v1::movement_service_server::MovementService for Movements {
    async fn list_movements(
        &self,
        request: Request<v1::ListMovementsRequest>,
    ) -> Result<Response<v1::ListMovementsResponse>, Status> {
        let caller = identity(&request)?;
        let request = request.into_inner();
        let selection = decode::selection(&request.filter.unwrap_or_default(), &request.filter_expression)?;
        let order = decode::order(request.order_by)?;
        let size = decode::page_size(request.page_size, DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE)?;
        let tokens = PageTokens::of(&caller.tenant_id, (&selection, order));
        let after = tokens.read(&request.page_token)?;
        let page = movements(&self.db, &caller.tenant_id, &selection, order, after, size).await?;
        Ok(Response::new(v1::ListMovementsResponse {
            movements: page.entries.iter().map(movement::to_message).collect(),
            next_page_token: tokens.write(page.next),
        }))
    }

    async fn explain_movement(
        &self,
        request: Request<v1::ExplainMovementRequest>,
    ) -> Result<Response<v1::ExplainMovementResponse>, Status> {
        let caller = identity(&request)?;
        let sequence = decode::movement_id("movement_id", &request.into_inner().movement_id)?;
        let found = explain(&self.db, &caller.tenant_id, sequence, self.clock.now()).await?;
        let it = found.ok_or_else(|| not_found(&format!("there is no movement {sequence}")))?;
        Ok(Response::new(explanation(&it)?))
    }

    async fn get_waterfall(
        &self,
        request: Request<v1::GetWaterfallRequest>,
    ) -> Result<Response<v1::GetWaterfallResponse>, Status> {
        let caller = identity(&request)?;
        let now = self.clock.now();
        let (query, with_subcategories) = falls::query(request.get_ref(), now)?;
        let found = waterfall(&self.db, &caller.tenant_id, &query, now).await?;
        Ok(Response::new(falls::waterfalls(&found, with_subcategories)))
    }

    async fn get_retention(
        &self,
        request: Request<v1::GetRetentionRequest>,
    ) -> Result<Response<v1::GetRetentionResponse>, Status> {
        let caller = identity(&request)?;
        let now = self.clock.now();
        let request = request.into_inner();
        let fields = ScopeFields {
            level: request.level,
            currency: &request.currency,
            customer_id: "",
            view: request.view,
            as_known_at: request.as_known_at,
        };
        let months = (request.from_month.as_str(), request.to_month.as_str());
        let query = months_query(months, &fields, now)?;
        let found = retention(&self.db, &caller.tenant_id, &query, now).await?;
        Ok(Response::new(v1::GetRetentionResponse { retentions: found.iter().map(kept::retention).collect() }))
    }

    async fn get_cohorts(
        &self,
        request: Request<v1::GetCohortsRequest>,
    ) -> Result<Response<v1::GetCohortsResponse>, Status> {
        let caller = identity(&request)?;
        let now = self.clock.now();
        let query = triangles::query(&request.into_inner(), now)?;
        let found = cohorts(&self.db, &caller.tenant_id, &query, now).await?;
        Ok(Response::new(v1::GetCohortsResponse { triangles: found.iter().map(triangles::triangle).collect() }))
    }

    async fn list_scheduled_movements(
        &self,
        request: Request<v1::ListScheduledMovementsRequest>,
    ) -> Result<Response<v1::ListScheduledMovementsResponse>, Status> {
        let caller = identity(&request)?;
        let request = request.into_inner();
        let filter = decode::scheduled(&request)?;
        let size = decode::page_size(request.page_size, DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE)?;
        // The question is the same tomorrow: today is not in it.
        let tokens = PageTokens::of(&caller.tenant_id, ("scheduled", &filter));
        let after = tokens.read(&request.page_token)?;
        let found = scheduled(&self.db, &caller.tenant_id, &filter, after, size, self.clock.now()).await?;
        Ok(Response::new(v1::ListScheduledMovementsResponse {
            today: found.today.to_string(),
            movements: found.page.entries.iter().map(movement::to_message).collect(),
            next_page_token: tokens.write(found.page.next),
        }))
    }

    type WatchMovementsStream = Watch;

    async fn watch_movements(&self, request: Request<v1::WatchMovementsRequest>) -> Result<Response<Watch>, Status> {
        let caller = identity(&request)?;
        let after = match request.into_inner().after_movement_id.as_str() {
            "" => 0,
            id => decode::movement_id("after_movement_id", id)?,
        };
        let tenant = self.tenants.open(&caller.tenant_id).await?;
        Ok(Response::new(watch(tenant, after, self.ending.clone().of(caller))))
    }

    type ExportMovementsStream = Chunks;

    async fn export_movements(&self, request: Request<v1::ExportMovementsRequest>) -> Result<Response<Chunks>, Status> {
        let caller = identity(&request)?;
        let request = request.into_inner();
        let selection = decode::selection(&request.filter.unwrap_or_default(), &request.filter_expression)?;
        let (order, format) = (decode::order(request.order_by)?, export::format(request.format)?);
        let place = self.place()?;
        let export = Export::movements(&self.db, caller.tenant_id.clone(), selection, order, format).await?;
        Ok(Response::new(export::stream(export, place, self.ending.clone().of(caller))))
    }

    type ExportMrrStream = Chunks;

    async fn export_mrr(&self, request: Request<v1::ExportReportRequest>) -> Result<Response<Chunks>, Status> {
        let caller = identity(&request)?;
        let (now, place) = (self.clock.now(), self.place()?);
        let (query, conversion, format) = report_query(&request.into_inner(), now)?;
        if conversion.is_some() {
            return Err(invalid_field(
                "conversion",
                "is not for MRR per customer, which is in the currencies of its lines",
            ));
        }
        let export = Export::mrr(&self.db, caller.tenant_id.clone(), query, format, now).await?;
        Ok(Response::new(export::stream(export, place, self.ending.clone().of(caller))))
    }

    type ExportWaterfallStream = Chunks;

    async fn export_waterfall(&self, request: Request<v1::ExportReportRequest>) -> Result<Response<Chunks>, Status> {
        let caller = identity(&request)?;
        let (now, place) = (self.clock.now(), self.place()?);
        let (MonthsQuery { scope, first, last }, conversion, format) = report_query(&request.into_inner(), now)?;
        let query = WaterfallQuery { scope, periods: Periods::months(first, last), conversion, group_by: None };
        let export = Export::waterfall(&self.db, caller.tenant_id.clone(), query, format, now).await?;
        Ok(Response::new(export::stream(export, place, self.ending.clone().of(caller))))
    }

    async fn get_mrr(&self, request: Request<v1::GetMrrRequest>) -> Result<Response<v1::GetMrrResponse>, Status> {
        let caller = identity(&request)?;
        let now = self.clock.now();
        let query = falls::mrr_query(request.get_ref(), now)?;
        let found = mrr(&self.db, &caller.tenant_id, &query, now).await?;
        Ok(Response::new(falls::mrr(&found)))
    }
}

/// The months of a report.
fn months_query(months: (&str, &str), fields: &ScopeFields<'_>, now: DateTime<Utc>) -> Result<MonthsQuery, Violations> {
    let mut form = Form::at("");
    let bounds = Bounds { months, dates: ("", ""), granularity: v1::Granularity::Month.into() };
    let periods = periods(&mut form, &bounds);
    let scope = decode::scope(&mut form, fields, now);
    let months = periods.map(|it| (Month::of(it.first()), Month::of(it.last())));
    form.finish(months.map(|(first, last)| MonthsQuery { scope, first, last }))
}

/// The months of an export.
fn report_query(
    request: &v1::ExportReportRequest,
    now: DateTime<Utc>,
) -> Result<(MonthsQuery, Option<Conversion>, Format), Status> {
    let fields = ScopeFields {
        level: request.level,
        currency: &request.currency,
        customer_id: &request.customer_id,
        view: request.view,
        as_known_at: request.as_known_at,
    };
    let months = (request.from_month.as_str(), request.to_month.as_str());
    let query = months_query(months, &fields, now)?;
    let mut form = Form::at("");
    let conversion = conversion(&mut form, request.conversion.as_ref());
    let conversion = form.finish(Some(conversion))?;
    Ok((query, conversion, export::format(request.format)?))
}
