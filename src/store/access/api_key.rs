//! API keys, without their secrets.

use std::fmt;

use chrono::{DateTime, Utc};
use subtle::ConstantTimeEq;

use crate::domain::ids::{KeyId, KeyName, TenantId};
use crate::domain::role::Role;
use crate::store::db::{Instant, Tx, on};
use crate::store::error::StoreError;
use crate::store::sql::Statement;

/// Digest of a secret. Compared in constant time.
#[derive(Clone, Copy)]
pub struct SecretHash(pub [u8; 32]);

impl PartialEq for SecretHash {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for SecretHash {}

impl fmt::Debug for SecretHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretHash")
    }
}

/// API key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    pub key_id: KeyId,
    pub tenant_id: TenantId,
    pub name: KeyName,
    pub role: Role,
    pub secret_hash: SecretHash,
    pub created_at: DateTime<Utc>,
    pub created_by: String,
    pub expires_at: Option<DateTime<Utc>>,
    /// Instant and actor of the revocation.
    pub revoked: Option<(DateTime<Utc>, String)>,
    pub last_used_at: Option<DateTime<Utc>>,
}

#[derive(sqlx::FromRow)]
struct ApiKeyRow {
    key_id: String,
    tenant_id: String,
    name: String,
    role: String,
    secret_hash: Vec<u8>,
    created_at: Instant,
    created_by: String,
    expires_at: Option<Instant>,
    revoked_at: Option<Instant>,
    revoked_by: Option<String>,
    last_used_at: Option<Instant>,
}

impl ApiKeyRow {
    fn parse(self) -> Result<ApiKey, StoreError> {
        let corrupt = |column, problem: &str| StoreError::corrupt("api_key", &self.key_id, column, problem);
        let hash = self.secret_hash.as_slice().try_into();
        Ok(ApiKey {
            key_id: KeyId::parse(&self.key_id).map_err(|problem| corrupt("key_id", &problem.to_string()))?,
            tenant_id: TenantId::parse(&self.tenant_id).map_err(|it| corrupt("tenant_id", &it.to_string()))?,
            name: KeyName::parse(&self.name).map_err(|problem| corrupt("name", &problem.to_string()))?,
            role: Role::parse(&self.role).ok_or_else(|| corrupt("role", "is not known"))?,
            secret_hash: SecretHash(hash.map_err(|_| corrupt("secret_hash", "is no SHA-256"))?),
            created_at: self.created_at.0,
            created_by: self.created_by.clone(),
            expires_at: self.expires_at.map(|at| at.0),
            revoked: self.revoked_at.map(|at| at.0).zip(self.revoked_by.clone()),
            last_used_at: self.last_used_at.map(|at| at.0),
        })
    }
}

static INSERT: Statement = Statement::new(
    "insert into api_key (key_id, tenant_id, name, role, secret_hash, created_at, created_by, expires_at)
    values ($1, $2, $3, $4, $5, $6, $7, $8)",
);

/// Inserts a new key.
pub async fn insert(tx: &mut Tx, key: &ApiKey) -> Result<(), StoreError> {
    let statement = INSERT.on(tx);
    on!(tx, connection => {
        sqlx::query(statement)
            .bind(key.key_id.as_str())
            .bind(key.tenant_id.as_str())
            .bind(key.name.as_str())
            .bind(key.role.as_str())
            .bind(key.secret_hash.0.as_slice())
            .bind(Instant(key.created_at))
            .bind(&key.created_by)
            .bind(key.expires_at.map(Instant))
            .execute(connection)
            .await?;
    });
    Ok(())
}

static ONE: Statement = Statement::new(
    "select key_id, tenant_id, name, role, secret_hash, created_at, created_by, expires_at, revoked_at, revoked_by,
        last_used_at
    from api_key where key_id = $1",
);

/// Finds the key of an id, of any tenant.
pub async fn one(tx: &mut Tx, key_id: &KeyId) -> Result<Option<ApiKey>, StoreError> {
    let statement = ONE.on(tx);
    let row: Option<ApiKeyRow> = on!(tx, connection => {
        sqlx::query_as(statement).bind(key_id.as_str()).fetch_optional(connection).await?
    });
    row.map(ApiKeyRow::parse).transpose()
}

static PAGE: Statement = Statement::new(
    "select key_id, tenant_id, name, role, secret_hash, created_at, created_by, expires_at, revoked_at, revoked_by,
        last_used_at
    from api_key where tenant_id = $1 and key_id > $2 order by key_id limit $3",
);

/// Lists the next keys of a tenant after one (None: from the first), in the order of their creation.
pub async fn page(
    tx: &mut Tx,
    tenant: &TenantId,
    after: Option<&KeyId>,
    limit: i64,
) -> Result<Vec<ApiKey>, StoreError> {
    let statement = PAGE.on(tx);
    let after = after.map_or("", KeyId::as_str);
    let rows: Vec<ApiKeyRow> = on!(tx, connection => {
        sqlx::query_as(statement).bind(tenant.as_str()).bind(after).bind(limit).fetch_all(connection).await?
    });
    rows.into_iter().map(ApiKeyRow::parse).collect()
}

static ANY: Statement = Statement::new("select exists (select 1 from api_key)");

/// Tells if any key exists, of any tenant.
pub async fn any(tx: &mut Tx) -> Result<bool, StoreError> {
    let statement = ANY.on(tx);
    Ok(on!(tx, connection => sqlx::query_scalar(statement).fetch_one(connection).await?))
}

static REVOKE: Statement = Statement::new(
    "update api_key set revoked_at = $3, revoked_by = $4 where tenant_id = $1 and key_id = $2 and revoked_at is null",
);

/// Revokes a key; false if there is none, or it is revoked already.
pub async fn revoke(
    tx: &mut Tx,
    tenant: &TenantId,
    key_id: &KeyId,
    by: &str,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let statement = REVOKE.on(tx);
    let revoked = on!(tx, connection => {
        sqlx::query(statement)
            .bind(tenant.as_str())
            .bind(key_id.as_str())
            .bind(Instant(now))
            .bind(by)
            .execute(connection)
            .await?
            .rows_affected()
    });
    Ok(revoked == 1)
}

static NOTE_USE: Statement = Statement::new(
    "update api_key set last_used_at = $2 where key_id = $1 and (last_used_at is null or last_used_at < $3)",
);

/// Records the use of a key, unless a use after `before` is recorded already.
pub async fn note_use(
    tx: &mut Tx,
    key_id: &KeyId,
    now: DateTime<Utc>,
    before: DateTime<Utc>,
) -> Result<(), StoreError> {
    let statement = NOTE_USE.on(tx);
    on!(tx, connection => {
        sqlx::query(statement)
            .bind(key_id.as_str())
            .bind(Instant(now))
            .bind(Instant(before))
            .execute(connection)
            .await?;
    });
    Ok(())
}
