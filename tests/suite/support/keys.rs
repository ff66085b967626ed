//! Keys for tests: made in the store, as an operator does, and sent to a server.

use chrono::{DateTime, TimeDelta, Utc};
use deltabook::access::authenticator::Access;
use deltabook::access::key_management::{NewKey, create, revoke};
use deltabook::clock::Clock;
use deltabook::domain::actor::Actor;
use deltabook::domain::ids::{KeyId, KeyName, TenantId};
use deltabook::domain::role::Role;
use deltabook::store::db::Db;
use deltabook::tenants::tenant_management;
use secrecy::ExposeSecret;
use tonic::transport::Channel;
use tonic::{Request, Status};
use tonic_types::StatusExt;

use super::canary;

/// The store as an operator has it at hand, beside the server.
pub struct Operator {
    pub db: Db,
    pub now: DateTime<Utc>,
}

/// A key, whole.
#[derive(Clone)]
pub struct Key {
    pub id: KeyId,
    pub text: String,
}

/// Keys are required; each call comes from the address that it names.
pub const GUARDED: Access = Access { is_open_without_keys: false, is_behind_proxy: true, requests_per_key: None };

pub fn tenant(name: &str) -> TenantId {
    TenantId::parse(name).unwrap()
}

impl Operator {
    pub async fn at(url: &str) -> Self {
        Self { db: Db::open(url).await.unwrap(), now: Clock::system().now() }
    }

    pub async fn makes_tenant(&self, name: &str) {
        assert!(tenant_management::create(&self.db, &tenant(name), &Actor::service(), self.now).await.unwrap());
    }

    pub async fn makes(&self, tenant_id: &TenantId, role: Role) -> Key {
        self.makes_until(tenant_id, role, None).await
    }

    /// A key that has expired for a second.
    pub async fn makes_expired(&self, tenant_id: &TenantId, role: Role) -> Key {
        self.makes_until(tenant_id, role, Some(self.now - TimeDelta::seconds(1))).await
    }

    pub async fn makes_revoked(&self, tenant_id: &TenantId, role: Role) -> Key {
        let key = self.makes(tenant_id, role).await;
        self.revokes(tenant_id, &key).await;
        key
    }

    pub async fn revokes(&self, tenant_id: &TenantId, key: &Key) {
        assert!(revoke(&self.db, tenant_id, &key.id, &Actor::service(), self.now).await.unwrap().is_some());
    }

    async fn makes_until(&self, tenant_id: &TenantId, role: Role, expires_at: Option<DateTime<Utc>>) -> Key {
        let name = KeyName::parse(&role.as_str().to_lowercase()).unwrap();
        let before = self.now - TimeDelta::hours(1);
        let new = NewKey { name, role, expires_at };
        let (key, text) = create(&self.db, tenant_id, new, &Actor::service(), before).await.unwrap();
        let text = text.expose_secret().to_owned();
        keep_secret(&text);
        Key { id: key.key_id, text }
    }
}

/// Looks for the secret of a key in all output from now on.
pub fn keep_secret(key: &str) {
    canary::also(key.splitn(3, '_').nth(2).unwrap());
}

/// The message with a key.
pub fn with_key<T>(key: &str, message: T) -> Request<T> {
    let mut request = Request::new(message);
    request.metadata_mut().insert("authorization", format!("Bearer {key}").parse().unwrap());
    request
}

/// Calls a method with an empty message, from an address, and waits for the first word of the answer.
pub async fn call(channel: &Channel, path: &str, key: Option<&str>, address: &str) -> Result<(), Status> {
    let mut client = tonic::client::Grpc::new(channel.clone());
    client.ready().await.unwrap();
    let mut request = key.map_or_else(|| Request::new(()), |key| with_key(key, ()));
    request.metadata_mut().insert("x-forwarded-for", address.parse().unwrap());
    let codec = tonic_prost::ProstCodec::<(), ()>::default();
    client.server_streaming(request, path.parse().unwrap(), codec).await.map(drop)
}

/// The code and the reason of a refusal.
pub fn refusal(answer: Result<(), Status>) -> (tonic::Code, String) {
    let status = answer.unwrap_err();
    let reason = status.get_details_error_info().map(|info| info.reason).unwrap_or_default();
    (status.code(), reason)
}
