//! `FinanceService`: overrides, closed months, and the audit trail.

use std::collections::BTreeMap;

use tonic::{Request, Response, Status};

use crate::codec::decode::free_text;
use crate::codec::month::Month;
use crate::codec::validation::{Form, Violations};
use crate::domain::actor::Actor;
use crate::domain::ids::{CustomerId, RequestId};
use crate::grpc::caller::{actor, identity};
use crate::grpc::page_token::PageTokens;
use crate::grpc::status::invalid_field;
use crate::grpc::v1;
use crate::grpc::wire::audit;
use crate::grpc::wire::decode;
use crate::grpc::wire::overrides;
use crate::ledger::commands::period::{closed_months, list_closings};
use crate::ledger::verify::audit_trail::verify_audit_trail;
use crate::reports::audit::{audit_entries, audit_head};
use crate::reports::movements::{DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE};
use crate::reports::overrides::overrides as list_overrides;
use crate::store::db::Db;
use crate::store::facts::overrides::OverrideQuery;
use crate::store::tenants::closing::Closing;
use crate::tenants::tenant_registry::TenantRegistry;

/// The service.
#[derive(Debug, Clone)]
pub struct Finance {
    pub(in crate::grpc) db: Db,
    pub(in crate::grpc) tenants: TenantRegistry,
}

#[tonic::async_trait]
impl v1::finance_service_server::FinanceService for Finance {
    async fn override_modification_type(
        &self,
        request: Request<v1::OverrideModificationTypeRequest>,
    ) -> Result<Response<v1::OverrideModificationTypeResponse>, Status> {
        let (caller, author) = (identity(&request)?, actor(&request)?);
        let request = request.into_inner();
        let author = named(author, &request.request_id)?;
        let (requested, expected) = (overrides::set(&request)?, overrides::expected(request.expected_revision)?);
        let tenant = self.tenants.open(&caller.tenant_id).await?;
        let result = tenant.ledger.override_cause(requested, expected, request.validate_only, &author).await;
        let (over, outcome, effect) = overrides::answer(&result?)?;
        Ok(Response::new(v1::OverrideModificationTypeResponse {
            r#override: Some(over),
            outcome,
            effect: Some(effect),
        }))
    }

    async fn clear_override(
        &self,
        request: Request<v1::ClearOverrideRequest>,
    ) -> Result<Response<v1::ClearOverrideResponse>, Status> {
        let (caller, author) = (identity(&request)?, actor(&request)?);
        let request = request.into_inner();
        let author = named(author, &request.request_id)?;
        let (requested, expected) = (overrides::cleared(&request)?, overrides::expected(request.expected_revision)?);
        let tenant = self.tenants.open(&caller.tenant_id).await?;
        let result = tenant.ledger.override_cause(requested, expected, request.validate_only, &author).await;
        let (over, outcome, effect) = overrides::answer(&result?)?;
        Ok(Response::new(v1::ClearOverrideResponse { r#override: Some(over), outcome, effect: Some(effect) }))
    }

    async fn list_overrides(
        &self,
        request: Request<v1::ListOverridesRequest>,
    ) -> Result<Response<v1::ListOverridesResponse>, Status> {
        let caller = identity(&request)?;
        let request = request.into_inner();
        let mut form = Form::at("");
        let customer_id = decode::optional(&mut form, "customer_id", &request.customer_id, CustomerId::parse);
        let query = OverrideQuery { customer_id, with_history: request.with_history };
        let query = form.finish(Some(query))?;
        let tokens = PageTokens::of(&caller.tenant_id, &query);
        let after = tokens.read(&request.page_token)?;
        let size = decode::page_size(request.page_size, DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE)?;
        let page = list_overrides(&self.db, &caller.tenant_id, &query, after.as_ref(), size).await?;
        Ok(Response::new(v1::ListOverridesResponse {
            overrides: page.overrides.iter().map(|it| overrides::to_wire(&it.over, Some(it))).collect(),
            next_page_token: tokens.write(page.next),
        }))
    }

    async fn close_period(
        &self,
        request: Request<v1::ClosePeriodRequest>,
    ) -> Result<Response<v1::ClosePeriodResponse>, Status> {
        let (caller, author) = (identity(&request)?, actor(&request)?);
        let request = request.into_inner();
        let author = named(author, &request.request_id)?;
        let (month, reason) = month_and_reason(&request.month, &request.reason, false)?;
        let tenant = self.tenants.open(&caller.tenant_id).await?;
        let closing = tenant.ledger.close_month(month, &reason, &author).await?;
        Ok(Response::new(v1::ClosePeriodResponse { period: Some(audit::period(&closing)) }))
    }

    async fn reopen_period(
        &self,
        request: Request<v1::ReopenPeriodRequest>,
    ) -> Result<Response<v1::ReopenPeriodResponse>, Status> {
        let (caller, author) = (identity(&request)?, actor(&request)?);
        let request = request.into_inner();
        let author = named(author, &request.request_id)?;
        let (month, reason) = month_and_reason(&request.month, &request.reason, true)?;
        let tenant = self.tenants.open(&caller.tenant_id).await?;
        let closing = tenant.ledger.reopen_month(month, &reason, &author).await?;
        Ok(Response::new(v1::ReopenPeriodResponse { period: Some(audit::period(&closing)) }))
    }

    async fn list_periods(
        &self,
        request: Request<v1::ListPeriodsRequest>,
    ) -> Result<Response<v1::ListPeriodsResponse>, Status> {
        let caller = identity(&request)?;
        let history = list_closings(&self.db, &caller.tenant_id).await?;
        let first_open = closed_months(&history).last().map(|month| month.next().to_string()).unwrap_or_default();
        let periods = if request.into_inner().with_history {
            history.iter().map(audit::period).collect()
        } else {
            let latest: BTreeMap<_, &Closing> = history.iter().map(|closing| (closing.month, closing)).collect();
            latest.into_values().map(audit::period).collect()
        };
        Ok(Response::new(v1::ListPeriodsResponse { periods, first_open_month: first_open }))
    }

    async fn list_audit_entries(
        &self,
        request: Request<v1::ListAuditEntriesRequest>,
    ) -> Result<Response<v1::ListAuditEntriesResponse>, Status> {
        let caller = identity(&request)?;
        let request = request.into_inner();
        let filter = audit::filter(&request)?;
        let tokens = PageTokens::of(&caller.tenant_id, &filter);
        let before = tokens.read(&request.page_token)?;
        let size = decode::page_size(request.page_size, DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE)?;
        let page = audit_entries(&self.db, &caller.tenant_id, &filter, before, size).await?;
        Ok(Response::new(v1::ListAuditEntriesResponse {
            entries: page.entries.iter().map(audit::entry).collect(),
            next_page_token: tokens.write(page.next),
        }))
    }

    async fn get_audit_head(
        &self,
        request: Request<v1::GetAuditHeadRequest>,
    ) -> Result<Response<v1::GetAuditHeadResponse>, Status> {
        let caller = identity(&request)?;
        let head = audit_head(&self.db, &caller.tenant_id).await?;
        Ok(Response::new(v1::GetAuditHeadResponse { head: Some(audit::head(&head)) }))
    }

    async fn verify_audit_trail(
        &self,
        request: Request<v1::VerifyAuditTrailRequest>,
    ) -> Result<Response<v1::VerifyAuditTrailResponse>, Status> {
        let caller = identity(&request)?;
        let kept = request.into_inner().expected.as_ref().map(audit::kept).transpose()?;
        let trail = verify_audit_trail(&self.db, &caller.tenant_id, kept.as_ref()).await;
        Ok(Response::new(audit::verified(&trail?)))
    }
}

/// By the request's own name for itself, where it has one.
fn named(author: Actor, request_id: &str) -> Result<Actor, Status> {
    if request_id.is_empty() {
        return Ok(author);
    }
    RequestId::parse(request_id).map_err(|problem| invalid_field("request_id", problem))?;
    Ok(Actor { request_id: request_id.into(), ..author })
}

fn month_and_reason(month: &str, reason: &str, is_required: bool) -> Result<(Month, String), Violations> {
    let mut form = Form::at("");
    let month = form.take("month", Month::parse(month));
    form.require(!is_required || !reason.trim().is_empty(), "reason", "is required");
    let reason = form.take("reason", free_text(reason));
    form.finish(month.zip(reason))
}
