//! `FinanceService`: overrides, closed months, and the audit trail.

use std::collections::BTreeMap;

use tonic::{Request, Response, Status};

use crate::codec::decode::free_text;
use crate::codec::month::Month;
use crate::codec::validation::{Form, Violation};
use crate::domain::actor::Actor;
use crate::domain::ids::{CustomerId, LineId};
use crate::grpc::caller::{author, who};
use crate::grpc::status::{invalid, invalid_field, overriding, period, report, shelf, store};
use crate::grpc::wire::audit;
use crate::grpc::wire::decode;
use crate::grpc::wire::overrides;
use crate::grpc::{page_token, v1};
use crate::ledger::commands::period::{closed_months, list_closings};
use crate::ledger::verify::audit_trail::verify_audit_trail;
use crate::reports::audit::{audit_entries, audit_head};
use crate::reports::movements::{DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE};
use crate::reports::overrides::overrides as list_overrides;
use crate::store::db::Db;
use crate::store::facts::overrides::{OverridePlace, OverrideQuery};
use crate::store::tenants::closing::Closing;
use crate::tenants::tenant_registry::TenantRegistry;

/// The service.
#[derive(Debug, Clone)]
pub struct Finance {
    pub(in crate::grpc) db: Db,
    pub(in crate::grpc) shelf: TenantRegistry,
}

#[tonic::async_trait]
impl v1::finance_service_server::FinanceService for Finance {
    async fn override_modification_type(
        &self,
        request: Request<v1::OverrideModificationTypeRequest>,
    ) -> Result<Response<v1::OverrideModificationTypeResponse>, Status> {
        let (who, author) = (who(&request)?, author(&request)?);
        let request = request.into_inner();
        let author = named(author, &request.request_id)?;
        let (wish, expected) = (overrides::set(&request)?, overrides::expected(request.expected_revision)?);
        let books = self.shelf.books(&who.tenant_id).await.map_err(shelf)?;
        let done = books.ledger.override_cause(wish, expected, request.validate_only, &author).await;
        let (over, outcome, effect) = overrides::answer(&done.map_err(overriding)?)?;
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
        let (who, author) = (who(&request)?, author(&request)?);
        let request = request.into_inner();
        let author = named(author, &request.request_id)?;
        let (wish, expected) = (overrides::cleared(&request)?, overrides::expected(request.expected_revision)?);
        let books = self.shelf.books(&who.tenant_id).await.map_err(shelf)?;
        let done = books.ledger.override_cause(wish, expected, request.validate_only, &author).await;
        let (over, outcome, effect) = overrides::answer(&done.map_err(overriding)?)?;
        Ok(Response::new(v1::ClearOverrideResponse { r#override: Some(over), outcome, effect: Some(effect) }))
    }

    async fn list_overrides(
        &self,
        request: Request<v1::ListOverridesRequest>,
    ) -> Result<Response<v1::ListOverridesResponse>, Status> {
        let who = who(&request)?;
        let request = request.into_inner();
        let mut form = Form::at("");
        let customer_id = decode::optional(&mut form, "customer_id", &request.customer_id, CustomerId::parse);
        let query = OverrideQuery { customer_id, with_history: request.with_history };
        let query = form.finish(Some(query)).map_err(invalid)?;
        let question = format!("{} {query:?}", who.tenant_id);
        let after = match request.page_token.as_str() {
            "" => None,
            token => Some(override_place(token, &question).ok_or_else(foreign_token)?),
        };
        let size = decode::page_size(request.page_size, DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE)?;
        let page = list_overrides(&self.db, &who.tenant_id, &query, after.as_ref(), size).await;
        let page = page.map_err(|error| report(&error))?;
        Ok(Response::new(v1::ListOverridesResponse {
            overrides: page.overrides.iter().map(|it| overrides::to_wire(&it.over, Some(it))).collect(),
            next_page_token: page.next.map(|place| override_token(&place, &question)).unwrap_or_default(),
        }))
    }

    async fn close_period(
        &self,
        request: Request<v1::ClosePeriodRequest>,
    ) -> Result<Response<v1::ClosePeriodResponse>, Status> {
        let (who, author) = (who(&request)?, author(&request)?);
        let request = request.into_inner();
        let author = named(author, &request.request_id)?;
        let (month, reason) = month_and_reason(&request.month, &request.reason, false).map_err(invalid)?;
        let books = self.shelf.books(&who.tenant_id).await.map_err(shelf)?;
        let closing = books.ledger.close_month(month, &reason, &author).await.map_err(|error| period(&error))?;
        Ok(Response::new(v1::ClosePeriodResponse { period: Some(audit::period(&closing)) }))
    }

    async fn reopen_period(
        &self,
        request: Request<v1::ReopenPeriodRequest>,
    ) -> Result<Response<v1::ReopenPeriodResponse>, Status> {
        let (who, author) = (who(&request)?, author(&request)?);
        let request = request.into_inner();
        let author = named(author, &request.request_id)?;
        let (month, reason) = month_and_reason(&request.month, &request.reason, true).map_err(invalid)?;
        let books = self.shelf.books(&who.tenant_id).await.map_err(shelf)?;
        let closing = books.ledger.reopen_month(month, &reason, &author).await.map_err(|error| period(&error))?;
        Ok(Response::new(v1::ReopenPeriodResponse { period: Some(audit::period(&closing)) }))
    }

    async fn list_periods(
        &self,
        request: Request<v1::ListPeriodsRequest>,
    ) -> Result<Response<v1::ListPeriodsResponse>, Status> {
        let who = who(&request)?;
        let history = list_closings(&self.db, &who.tenant_id).await.map_err(|error| store(&error))?;
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
        let who = who(&request)?;
        let request = request.into_inner();
        let filter = audit::filter(&request).map_err(invalid)?;
        let question = format!("{} {filter:?}", who.tenant_id);
        let before = match request.page_token.as_str() {
            "" => None,
            token => {
                let place = page_token::read_text(token, &question).and_then(|place| place.parse().ok());
                Some(place.ok_or_else(foreign_token)?)
            }
        };
        let size = decode::page_size(request.page_size, DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE)?;
        let page = audit_entries(&self.db, &who.tenant_id, &filter, before, size).await;
        let page = page.map_err(|error| report(&error))?;
        let token = |place: i64| page_token::write_text(&place.to_string(), &question);
        Ok(Response::new(v1::ListAuditEntriesResponse {
            entries: page.entries.iter().map(audit::entry).collect(),
            next_page_token: page.next.map(token).unwrap_or_default(),
        }))
    }

    async fn get_audit_head(
        &self,
        request: Request<v1::GetAuditHeadRequest>,
    ) -> Result<Response<v1::GetAuditHeadResponse>, Status> {
        let who = who(&request)?;
        let head = audit_head(&self.db, &who.tenant_id).await.map_err(|error| report(&error))?;
        Ok(Response::new(v1::GetAuditHeadResponse { head: Some(audit::head(&head)) }))
    }

    async fn verify_audit_trail(
        &self,
        request: Request<v1::VerifyAuditTrailRequest>,
    ) -> Result<Response<v1::VerifyAuditTrailResponse>, Status> {
        let who = who(&request)?;
        let kept = request.into_inner().expected.as_ref().map(audit::kept).transpose().map_err(invalid)?;
        let trail = verify_audit_trail(&self.db, &who.tenant_id, kept.as_ref()).await;
        Ok(Response::new(audit::verified(&trail.map_err(|error| store(&error))?)))
    }
}

/// By the request's own name for itself, where it has one.
fn named(author: Actor, request_id: &str) -> Result<Actor, Status> {
    if request_id.is_empty() {
        return Ok(author);
    }
    LineId::parse(request_id).map_err(|problem| invalid_field("request_id", problem))?;
    Ok(Actor { request_id: request_id.into(), ..author })
}

fn foreign_token() -> Status {
    invalid_field("page_token", "is not a token that this question gave")
}

fn override_token(place: &OverridePlace, question: &str) -> String {
    // No id has white space in it.
    let OverridePlace { customer_id, fact_id, revision } = place;
    page_token::write_text(&format!("{customer_id} {revision} {fact_id}"), question)
}

fn override_place(token: &str, question: &str) -> Option<OverridePlace> {
    let place = page_token::read_text(token, question)?;
    let (customer_id, rest) = place.split_once(' ')?;
    let (revision, fact_id) = rest.split_once(' ')?;
    let (customer_id, fact_id) = (customer_id.to_owned(), fact_id.to_owned());
    Some(OverridePlace { customer_id, fact_id, revision: revision.parse().ok()? })
}

fn month_and_reason(month: &str, reason: &str, is_required: bool) -> Result<(Month, String), Vec<Violation>> {
    let mut form = Form::at("");
    let month = form.take("month", Month::parse(month));
    form.require(!is_required || !reason.trim().is_empty(), "reason", "is required");
    let reason = form.take("reason", free_text(reason));
    form.finish(month.zip(reason))
}
