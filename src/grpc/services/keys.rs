//! Keys, as `AdminService` makes, lists and revokes them.

use std::fmt;

use chrono::{DateTime, Datelike, SubsecRound, Utc};
use prost_types::Timestamp;
use secrecy::ExposeSecret;
use tonic::Status;

use crate::access::identity::Identity;
use crate::access::key::PREFIX;
use crate::access::key_management::{self, DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE, NewKey};
use crate::codec::validation::{Form, Violations};
use crate::domain::actor::Actor;
use crate::domain::ids::{KeyId, KeyName};
use crate::domain::role::Role;
use crate::grpc::page_token::PageTokens;
use crate::grpc::services::admin::Admin;
use crate::grpc::status::{invalid_field, not_found};
use crate::grpc::v1;
use crate::grpc::wire::decode;
use crate::grpc::wire::timestamp::instant;
use crate::grpc::wire::wire_enum::Mapped;
use crate::store::access::api_key::ApiKey;

pub(in crate::grpc) async fn create(
    admin: &Admin,
    caller: &Identity,
    author: &Actor,
    request: v1::CreateKeyRequest,
) -> Result<v1::CreateKeyResponse, Status> {
    let now = admin.clock.now();
    let new = new_key(&request, now)?;
    let (key, text) = key_management::create(&admin.db, &caller.tenant_id, new, author, now).await?;
    admin.keys.record_existence();
    Ok(v1::CreateKeyResponse { key: Some(shown(&key)), secret: text.expose_secret().to_owned() })
}

pub(in crate::grpc) async fn list(
    admin: &Admin,
    caller: &Identity,
    request: v1::ListKeysRequest,
) -> Result<v1::ListKeysResponse, Status> {
    let size = decode::page_size(request.page_size, DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE)?;
    let tokens = PageTokens::of(&caller.tenant_id, "keys");
    let after = tokens.read(&request.page_token)?;
    let page = key_management::keys(&admin.db, &caller.tenant_id, after.as_ref(), size).await?;
    Ok(v1::ListKeysResponse { keys: page.keys.iter().map(shown).collect(), next_page_token: tokens.write(page.next) })
}

pub(in crate::grpc) async fn revoke(
    admin: &Admin,
    caller: &Identity,
    author: &Actor,
    request: v1::RevokeKeyRequest,
) -> Result<v1::RevokeKeyResponse, Status> {
    if request.key_id.contains(PREFIX) {
        return Err(invalid_field("key_id", "is a key, and not the id of one: the middle part"));
    }
    let key_id = KeyId::parse(&request.key_id).map_err(|problem| invalid_field("key_id", problem))?;
    let revoked = key_management::revoke(&admin.db, &caller.tenant_id, &key_id, author, admin.clock.now()).await;
    // Also when the answer was lost: it may be revoked.
    admin.keys.forget(&key_id);
    let key = revoked?;
    let key = key.ok_or_else(|| not_found(&format!("there is no key {key_id}")))?;
    Ok(v1::RevokeKeyResponse { key: Some(shown(&key)) })
}

fn new_key(request: &v1::CreateKeyRequest, now: DateTime<Utc>) -> Result<NewKey, Violations> {
    let mut form = Form::at("");
    form.require(!request.name.contains(PREFIX), "name", "looks like a key: everybody can read it");
    let name = form.take("name", KeyName::parse(&request.name));
    let role = form.take("role", Role::required(request.role));
    let expires_at = request.expires_at.map(|at| form.take("expires_at", to_come(at, now)));
    let new = name.zip(role).map(|(name, role)| NewKey { name, role, expires_at: expires_at.flatten() });
    form.finish(new)
}

/// The last year of an instant, as of dates.
const LAST_YEAR: i32 = 9_999;

fn to_come(at: Timestamp, now: DateTime<Utc>) -> Result<DateTime<Utc>, &'static str> {
    let at = u32::try_from(at.nanos).ok().and_then(|nanos| DateTime::from_timestamp(at.seconds, nanos));
    let at = at.filter(|at| at.year() <= LAST_YEAR).ok_or("is not an instant up to the year 9999")?;
    let at = at.trunc_subsecs(6);
    if at > now { Ok(at) } else { Err("is not to come") }
}

fn shown(key: &ApiKey) -> v1::Key {
    let (revoked_at, revoked_by) = key.revoked.clone().unzip();
    v1::Key {
        key_id: key.key_id.to_string(),
        name: key.name.to_string(),
        role: key.role.number(),
        created_at: Some(instant(key.created_at)),
        created_by: key.created_by.clone(),
        expires_at: key.expires_at.map(instant),
        revoked_at: revoked_at.map(instant),
        revoked_by: revoked_by.unwrap_or_default(),
        last_used_at: key.last_used_at.map(instant),
    }
}

/// The answer has a key in it that nobody is to see but who asked for it.
impl fmt::Debug for v1::CreateKeyResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CreateKeyResponse").field("key", &self.key).finish_non_exhaustive()
    }
}
