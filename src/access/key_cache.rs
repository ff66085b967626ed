//! Caches API keys for one second; concurrent look-ups share one query. A key revoked by another process is refused one
//! second later, one revoked by this process at once.

use std::num::NonZero;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use chrono::TimeDelta;
use lru::LruCache;
use tokio::sync::OnceCell;

use crate::access::identity::Identity;
use crate::access::key::PresentedKey;
use crate::clock::Clock;
use crate::domain::ids::KeyId;
use crate::store::access::api_key::{self, ApiKey, SecretHash};
use crate::store::db::Db;
use crate::store::error::StoreError;

/// Time for which an entry is used without a query.
const TIME_TO_LIVE: Duration = Duration::from_secs(1);
/// Capacity; the least recently used keys are evicted.
const CAPACITY: NonZero<usize> = NonZero::new(4_096).expect("is above 0");
/// Resolution of the time of last use.
const USE_RESOLUTION: TimeDelta = TimeDelta::minutes(1);

/// Rejection of a key.
#[derive(Debug, thiserror::Error)]
pub enum Rejection {
    #[error("the key is not known")]
    Wrong,
    /// Its secret is right.
    #[error("the key has expired")]
    Expired,
    /// Its secret is right.
    #[error("the key was revoked")]
    Revoked,
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// End of an identity's access.
#[derive(Debug, thiserror::Error)]
pub enum Ended {
    /// An anonymous identity, now that a key exists.
    #[error("a key is needed")]
    NeedsKey,
    #[error(transparent)]
    Rejected(#[from] Rejection),
}

/// Finds the identity behind a key. Cheap to clone.
#[derive(Debug, Clone)]
pub struct KeyCache(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    db: Db,
    clock: Clock,
    slots: Mutex<LruCache<KeyId, CacheEntry>>,
    /// Monotonic: keys are revoked, never deleted.
    has_keys: AtomicBool,
    emptiness: Mutex<SharedQuery<bool>>,
}

/// Cache entry of a key id.
#[derive(Debug)]
struct CacheEntry {
    read: SharedQuery<Option<CachedKey>>,
    /// Digest from the former entry, which never changes: a client that knows the secret may trigger a new query.
    earlier: Option<SecretHash>,
}

/// One query whose result concurrent readers share.
#[derive(Debug)]
struct SharedQuery<T> {
    until: Instant,
    value: Arc<OnceCell<T>>,
}

#[derive(Debug)]
struct CachedKey {
    key: ApiKey,
    identity: Identity,
    /// Set once its use was recorded since the query.
    is_noted: AtomicBool,
}

impl<T> SharedQuery<T> {
    fn new(now: Instant) -> Self {
        Self { until: now + TIME_TO_LIVE, value: Arc::default() }
    }
}

impl CacheEntry {
    fn hash(&self) -> Option<SecretHash> {
        let known = self.read.value.get().and_then(Option::as_ref);
        known.map(|known| known.key.secret_hash).or(self.earlier)
    }
}

impl KeyCache {
    #[must_use]
    pub fn new(db: Db, clock: Clock) -> Self {
        let (slots, emptiness) = (Mutex::new(LruCache::new(CAPACITY)), Mutex::new(SharedQuery::new(Instant::now())));
        Self(Arc::new(Shared { db, clock, slots, has_keys: AtomicBool::new(false), emptiness }))
    }

    /// Tells if any key exists, with the delay of the cache.
    pub async fn has_keys(&self) -> Result<bool, StoreError> {
        if self.0.has_keys.load(Ordering::Relaxed) {
            return Ok(true);
        }
        let value = {
            let (mut read, now) = (self.0.emptiness.lock().unwrap_or_else(PoisonError::into_inner), Instant::now());
            if read.until <= now {
                *read = SharedQuery::new(now);
            }
            Arc::clone(&read.value)
        };
        let found = *value.get_or_try_init(|| self.0.read_any()).await?;
        self.0.has_keys.fetch_or(found, Ordering::Relaxed);
        Ok(found)
    }

    /// Tells if the secret was valid before, without a query.
    #[must_use]
    pub fn remembers(&self, presented: &PresentedKey<'_>) -> bool {
        let hash = self.slots().get(&presented.key_id).and_then(CacheEntry::hash);
        hash.is_some_and(|hash| hash == presented.hash())
    }

    /// Finds the identity behind a key.
    pub async fn identify(&self, presented: &PresentedKey<'_>) -> Result<Identity, Rejection> {
        let value = self.entry(&presented.key_id);
        let known = value.get_or_try_init(|| self.0.read(&presented.key_id)).await?;
        let known = known.as_ref().filter(|known| known.key.secret_hash == presented.hash());
        let known = known.ok_or(Rejection::Wrong)?;
        self.check(known)?;
        self.note_use(known);
        Ok(known.identity.clone())
    }

    /// Waits until the identity's access ends.
    pub async fn ended(&self, identity: &Identity) -> Ended {
        loop {
            tokio::time::sleep(TIME_TO_LIVE).await;
            match self.check_again(identity).await {
                // A failed query ends no access.
                Ok(()) | Err(Ended::Rejected(Rejection::Store(_))) => {}
                Err(ended) => return ended,
            }
        }
    }

    /// Tells if the identity still has access.
    pub async fn check_again(&self, identity: &Identity) -> Result<(), Ended> {
        let Some(key_id) = &identity.key_id else {
            let is_needed = self.has_keys().await.map_err(Rejection::Store)?;
            return if is_needed { Err(Ended::NeedsKey) } else { Ok(()) };
        };
        let value = self.entry(key_id);
        let known = value.get_or_try_init(|| self.0.read(key_id)).await.map_err(Rejection::Store)?;
        Ok(self.check(known.as_ref().ok_or(Rejection::Wrong)?)?)
    }

    /// Drops the entry of a key that was changed.
    pub fn forget(&self, key_id: &KeyId) {
        self.slots().pop(key_id);
    }

    /// Records that a key exists.
    pub fn record_existence(&self) {
        self.0.has_keys.store(true, Ordering::Relaxed);
    }

    /// Rejects a revoked or expired key.
    fn check(&self, known: &CachedKey) -> Result<(), Rejection> {
        if known.key.revoked.is_some() {
            return Err(Rejection::Revoked);
        }
        if known.key.expires_at.is_some_and(|at| at <= self.0.clock.now()) {
            return Err(Rejection::Expired);
        }
        Ok(())
    }

    fn slots(&self) -> MutexGuard<'_, LruCache<KeyId, CacheEntry>> {
        self.0.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Entry of a key, renewed when it is too old.
    fn entry(&self, key_id: &KeyId) -> Arc<OnceCell<Option<CachedKey>>> {
        let (mut slots, now) = (self.slots(), Instant::now());
        let slot = slots.get_or_insert_mut_ref(key_id, || CacheEntry { read: SharedQuery::new(now), earlier: None });
        if slot.read.until <= now {
            *slot = CacheEntry { earlier: slot.hash(), read: SharedQuery::new(now) };
        }
        Arc::clone(&slot.read.value)
    }

    /// Records the use of a key off the request's path; a failure is made up for by the next use.
    fn note_use(&self, known: &CachedKey) {
        let now = self.0.clock.now();
        let Some(before) = now.checked_sub_signed(USE_RESOLUTION) else { return };
        let is_old = known.key.last_used_at.is_none_or(|at| at < before);
        if !is_old || known.is_noted.swap(true, Ordering::Relaxed) {
            return;
        }
        let (shared, key_id) = (Arc::clone(&self.0), known.key.key_id.clone());
        tokio::spawn(async move {
            let noted = async {
                let mut tx = shared.db.write().await?;
                api_key::note_use(&mut tx, &key_id, now, before).await?;
                tx.commit().await
            };
            if let Err(error) = noted.await {
                tracing::warn!(%error, %key_id, "the use of a key could not be noted");
            }
        });
    }
}

impl Shared {
    async fn read(&self, key_id: &KeyId) -> Result<Option<CachedKey>, StoreError> {
        let mut tx = self.db.read_soon().await?;
        let found = api_key::one(&mut tx, key_id).await?;
        tx.rollback().await?;
        let known = |key: ApiKey| CachedKey { identity: Identity::of_key(&key), key, is_noted: AtomicBool::new(false) };
        Ok(found.map(known))
    }

    async fn read_any(&self) -> Result<bool, StoreError> {
        let mut tx = self.db.read_soon().await?;
        let found = api_key::any(&mut tx).await?;
        tx.rollback().await?;
        Ok(found)
    }
}
