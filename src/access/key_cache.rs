//! The keys at hand: what the store says of a key is kept for a second, and read by one for everybody who waits for it.
//! So a key that another process takes back is worth nothing a second later; one that this process takes back, at once.

use std::num::NonZero;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use chrono::TimeDelta;
use lru::LruCache;
use tokio::sync::OnceCell;

use crate::access::identity::Identity;
use crate::access::key::Presented;
use crate::clock::Clock;
use crate::domain::ids::KeyId;
use crate::store::access::api_key::{self, ApiKey, SecretHash};
use crate::store::db::Db;
use crate::store::error::StoreError;

/// How long what the store said is believed.
const FRESH: Duration = Duration::from_secs(1);
/// Keys at hand; those used last stay.
const AT_HAND: NonZero<usize> = NonZero::new(4_096).expect("is above 0");
/// How exactly it is known when a key was used last.
const USE: TimeDelta = TimeDelta::minutes(1);

/// Why a key is worth nothing.
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

/// Why somebody who was let in would be let in no more.
#[derive(Debug, thiserror::Error)]
pub enum Ended {
    /// Who needed no key: there is one now.
    #[error("a key is needed")]
    NeedsKey,
    #[error(transparent)]
    Rejected(#[from] Rejection),
}

/// Tells whose a key is. Cheap to clone.
#[derive(Debug, Clone)]
pub struct KeyCache(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    db: Db,
    clock: Clock,
    slots: Mutex<LruCache<KeyId, Slot>>,
    /// Once there was a key, there always was one.
    has_keys: AtomicBool,
    emptiness: Mutex<Read<bool>>,
}

/// What is known of a key id.
#[derive(Debug)]
struct Slot {
    read: Read<Option<CustomerState>>,
    /// The digest that it had before, which never changes: whoever knows the secret may have the store asked again.
    earlier: Option<SecretHash>,
}

/// Something that is read from the store, once for all who want it at the same time.
#[derive(Debug)]
struct Read<T> {
    until: Instant,
    value: Arc<OnceCell<T>>,
}

#[derive(Debug)]
struct CustomerState {
    key: ApiKey,
    identity: Identity,
    /// Whether its use was noted since it was read.
    is_noted: AtomicBool,
}

impl<T> Read<T> {
    fn new(now: Instant) -> Self {
        Self { until: now + FRESH, value: Arc::default() }
    }
}

impl Slot {
    fn hash(&self) -> Option<SecretHash> {
        let known = self.read.value.get().and_then(Option::as_ref);
        known.map(|known| known.key.secret_hash).or(self.earlier)
    }
}

impl KeyCache {
    #[must_use]
    pub fn new(db: Db, clock: Clock) -> Self {
        let (slots, emptiness) = (Mutex::new(LruCache::new(AT_HAND)), Mutex::new(Read::new(Instant::now())));
        Self(Arc::new(Shared { db, clock, slots, has_keys: AtomicBool::new(false), emptiness }))
    }

    /// Whether there ever was a key, as of a second ago.
    pub async fn has_keys(&self) -> Result<bool, StoreError> {
        if self.0.has_keys.load(Ordering::Relaxed) {
            return Ok(true);
        }
        let value = {
            let (mut read, now) = (self.0.emptiness.lock().unwrap_or_else(PoisonError::into_inner), Instant::now());
            if read.until <= now {
                *read = Read::new(now);
            }
            Arc::clone(&read.value)
        };
        let found = *value.get_or_try_init(|| self.0.read_any()).await?;
        self.0.has_keys.fetch_or(found, Ordering::Relaxed);
        Ok(found)
    }

    /// Whether the secret is one that was found right before, without a look into the store.
    #[must_use]
    pub fn remembers(&self, presented: &Presented<'_>) -> bool {
        let hash = self.slots().get(&presented.key_id).and_then(Slot::hash);
        hash.is_some_and(|hash| hash == presented.hash())
    }

    /// Who asks with a key.
    pub async fn identify(&self, presented: &Presented<'_>) -> Result<Identity, Rejection> {
        let value = self.at_hand(&presented.key_id);
        let known = value.get_or_try_init(|| self.0.read(&presented.key_id)).await?;
        let known = known.as_ref().filter(|known| known.key.secret_hash == presented.hash());
        let known = known.ok_or(Rejection::Wrong)?;
        self.check(known)?;
        self.note_use(known);
        Ok(known.identity.clone())
    }

    /// Waits until somebody who was let in would be let in no more.
    pub async fn ended(&self, identity: &Identity) -> Ended {
        loop {
            tokio::time::sleep(FRESH).await;
            match self.check_again(identity).await {
                // While the store cannot be asked, nothing is known to have ended.
                Ok(()) | Err(Ended::Rejected(Rejection::Store(_))) => {}
                Err(ended) => return ended,
            }
        }
    }

    /// Whether somebody who was let in would be let in still.
    pub async fn check_again(&self, identity: &Identity) -> Result<(), Ended> {
        let Some(key_id) = &identity.key_id else {
            let is_needed = self.has_keys().await.map_err(Rejection::Store)?;
            return if is_needed { Err(Ended::NeedsKey) } else { Ok(()) };
        };
        let value = self.at_hand(key_id);
        let known = value.get_or_try_init(|| self.0.read(key_id)).await.map_err(Rejection::Store)?;
        Ok(self.check(known.as_ref().ok_or(Rejection::Wrong)?)?)
    }

    /// What was known of a key is not believed any more: it was changed.
    pub fn forget(&self, key_id: &KeyId) {
        self.slots().pop(key_id);
    }

    /// There are keys now.
    pub fn noticed_a_key(&self) {
        self.0.has_keys.store(true, Ordering::Relaxed);
    }

    /// Whether a key whose secret is right is worth something.
    fn check(&self, known: &CustomerState) -> Result<(), Rejection> {
        if known.key.revoked.is_some() {
            return Err(Rejection::Revoked);
        }
        if known.key.expires_at.is_some_and(|at| at <= self.0.clock.now()) {
            return Err(Rejection::Expired);
        }
        Ok(())
    }

    fn slots(&self) -> MutexGuard<'_, LruCache<KeyId, Slot>> {
        self.0.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the store says, or will have said when it was asked.
    fn at_hand(&self, key_id: &KeyId) -> Arc<OnceCell<Option<CustomerState>>> {
        let (mut slots, now) = (self.slots(), Instant::now());
        let slot = slots.get_or_insert_mut_ref(key_id, || Slot { read: Read::new(now), earlier: None });
        if slot.read.until <= now {
            *slot = Slot { earlier: slot.hash(), read: Read::new(now) };
        }
        Arc::clone(&slot.read.value)
    }

    /// Off the request's path; what is not noted this time is noted the next time.
    fn note_use(&self, known: &CustomerState) {
        let now = self.0.clock.now();
        let Some(before) = now.checked_sub_signed(USE) else { return };
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
    async fn read(&self, key_id: &KeyId) -> Result<Option<CustomerState>, StoreError> {
        let mut tx = self.db.read_soon().await?;
        let found = api_key::one(&mut tx, key_id).await?;
        tx.rollback().await?;
        let known =
            |key: ApiKey| CustomerState { identity: Identity::of_key(&key), key, is_noted: AtomicBool::new(false) };
        Ok(found.map(known))
    }

    async fn read_any(&self) -> Result<bool, StoreError> {
        let mut tx = self.db.read_soon().await?;
        let found = api_key::any(&mut tx).await?;
        tx.rollback().await?;
        Ok(found)
    }
}
