//! The tenant's policy, as `AdminService` shows and sets it.

use tonic::Status;

use crate::access::identity::Identity;
use crate::codec::decode::free_text;
use crate::codec::validation::{Form, Violations};
use crate::domain::actor::Actor;
use crate::domain::ids::TenantId;
use crate::domain::policy::Policy;
use crate::grpc::services::admin::Admin;
use crate::grpc::v1;
use crate::ledger::commands::policy::read_books;

pub(in crate::grpc) async fn get(admin: &Admin, caller: &Identity) -> Result<v1::GetTenantResponse, Status> {
    let books = read_books(&admin.db, &caller.tenant_id).await?;
    Ok(v1::GetTenantResponse { tenant: Some(shown(&caller.tenant_id, &books.policy)) })
}

pub(in crate::grpc) async fn update_policy(
    admin: &Admin,
    caller: &Identity,
    author: &Actor,
    request: &v1::UpdateTenantPolicyRequest,
) -> Result<v1::UpdateTenantPolicyResponse, Status> {
    let earlier = read_books(&admin.db, &caller.tenant_id).await?.policy;
    let (policy, reason) = read(request, earlier)?;
    let open = admin.tenants.open(&caller.tenant_id).await?;
    let replayed = open.ledger.set_policy(policy, &reason, author).await?;
    // Somebody else may have set another one meanwhile.
    let set = read_books(&admin.db, &caller.tenant_id).await?.policy;
    Ok(v1::UpdateTenantPolicyResponse {
        tenant: Some(shown(&caller.tenant_id, &set)),
        customer_count: i64::try_from(replayed.customers).unwrap_or(i64::MAX),
        entry_count: i64::try_from(replayed.entries).unwrap_or(i64::MAX),
    })
}

fn read(request: &v1::UpdateTenantPolicyRequest, earlier: Policy) -> Result<(Policy, String), Violations> {
    let mut form = Form::at("");
    let mut policy = earlier;
    if !request.time_zone.is_empty() {
        let zone = request.time_zone.parse().map_err(|_| "is not the name of a time zone, such as Europe/Berlin");
        policy.time_zone = form.take("time_zone", zone).unwrap_or(policy.time_zone);
    }
    if let Some(days) = request.lapse_grace_days {
        let days = u16::try_from(days).map_err(|_| "is not from 0 to 65535");
        policy.lapse_grace_days = form.take("lapse_grace_days", days).unwrap_or(policy.lapse_grace_days);
    }
    form.require(!request.reason.trim().is_empty(), "reason", "is required");
    let reason = form.take("reason", free_text(&request.reason));
    form.finish(reason.map(|reason| (policy, reason)))
}

fn shown(tenant_id: &TenantId, policy: &Policy) -> v1::Tenant {
    v1::Tenant {
        tenant_id: tenant_id.to_string(),
        time_zone: policy.time_zone.name().to_owned(),
        lapse_grace_days: policy.lapse_grace_days.into(),
    }
}
