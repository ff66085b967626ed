//! One reader of the journal for everybody in this process who follows it. It finds out what is new, once for all, and
//! keeps the newest pages in memory; who is further behind reads the store, a few at a time, so that no number of
//! followers can keep others from the store.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use tokio::sync::{Semaphore, watch};

use crate::clock::changed_or_elapsed;
use crate::domain::ids::TenantId;
use crate::domain::journal::entry::{Entry, Sequence};
use crate::reports::error::ReportError;
use crate::reports::movements::journal_reader::Follower;
use crate::store::db::Db;
use crate::store::journal::sequence::{self, Numbered};

/// How often to look for what other processes have committed.
const POLL: Duration = Duration::from_millis(200);
/// The shortest time between two looks.
const PAUSE: Duration = Duration::from_millis(10);
/// Pages in memory.
const PAGES: usize = 16;
/// Followers who may read the store at a time.
const READERS: usize = 2;

/// Gives readers of the journal. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Feed {
    shared: Arc<Shared>,
}

/// Who follows the journal from a place on.
#[derive(Debug)]
pub struct Reader {
    shared: Arc<Shared>,
    news: watch::Receiver<News>,
    follower: Follower,
}

#[derive(Debug)]
struct Shared {
    db: Db,
    tenant_id: TenantId,
    recent: Mutex<VecDeque<Page>>,
    readers: Semaphore,
    news: watch::Sender<News>,
}

/// All entries behind a place, through the last one of them.
#[derive(Debug)]
struct Page {
    after: Sequence,
    entries: Vec<Arc<Entry>>,
}

/// What all readers are told.
#[derive(Debug, Clone, Default)]
struct News {
    /// No entry can appear any more up to this number.
    settled: Sequence,
    failure: Option<Arc<ReportError>>,
}

impl Feed {
    /// Begins to look for new entries: soon after `committed` is told of some, and every now and then.
    #[must_use]
    pub fn start(db: Db, tenant_id: TenantId, committed: watch::Receiver<()>) -> Self {
        let shared = Arc::new(Shared {
            db,
            tenant_id,
            recent: Mutex::new(VecDeque::with_capacity(PAGES)),
            readers: Semaphore::new(READERS),
            news: watch::Sender::default(),
        });
        tokio::spawn(look_out(Arc::downgrade(&shared), committed));
        Self { shared }
    }

    /// A reader who begins behind a place; 0 is before the first entry.
    #[must_use]
    pub fn after(&self, after: Sequence) -> Reader {
        let follower = Follower::new(self.shared.db.clone(), self.shared.tenant_id.clone(), after);
        Reader { shared: Arc::clone(&self.shared), news: self.shared.news.subscribe(), follower }
    }
}

impl Reader {
    /// The next entries; waits until there are some.
    pub async fn next(&mut self) -> Result<Vec<Arc<Entry>>, Arc<ReportError>> {
        loop {
            let News { settled, failure } = self.news.borrow_and_update().clone();
            if let Some(failure) = failure {
                return Err(failure);
            }
            let entries = self.through(settled).await?;
            if !entries.is_empty() {
                return Ok(entries);
            }
            // Never closed: the reader holds the sender too.
            let _changed = self.news.changed().await;
        }
    }

    async fn through(&mut self, settled: Sequence) -> Result<Vec<Arc<Entry>>, ReportError> {
        if settled <= self.follower.after() {
            return Ok(Vec::new());
        }
        if let Some(entries) = self.shared.recent_after(self.follower.after()) {
            self.follower.pass(&entries);
            return Ok(entries);
        }
        // Never closed.
        let _turn = self.shared.readers.acquire().await.ok();
        self.follower.through(settled).await
    }
}

impl Shared {
    fn recent(&self) -> MutexGuard<'_, VecDeque<Page>> {
        self.recent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What follows a place, if it is in memory.
    fn recent_after(&self, after: Sequence) -> Option<Vec<Arc<Entry>>> {
        let recent = self.recent();
        let has_next = |page: &&Page| page.entries.last().is_some_and(|last| last.sequence > after);
        let page = recent.iter().find(has_next).filter(|page| page.after <= after)?;
        Some(page.entries.iter().filter(|entry| entry.sequence > after).cloned().collect())
    }

    fn remember(&self, page: Page) {
        let mut recent = self.recent();
        if recent.len() == PAGES {
            recent.pop_front();
        }
        recent.push_back(page);
    }
}

/// Looks for new entries until nobody can ask for them any more.
async fn look_out(shared: Weak<Shared>, mut committed: watch::Receiver<()>) {
    let mut reader: Option<Follower> = None;
    while let Some(shared) = shared.upgrade() {
        committed.mark_unchanged();
        if shared.news.receiver_count() > 0 || shared.news.borrow().failure.is_some() {
            let news = match look(&shared, &mut reader).await {
                Ok(settled) => News { settled, failure: None },
                Err(error) => News { settled: 0, failure: Some(Arc::new(error)) },
            };
            shared.news.send_if_modified(|told| {
                let is_new = told.settled != news.settled || told.failure.is_some() != news.failure.is_some();
                *told = news;
                is_new
            });
        } else {
            reader = None;
        }
        drop(shared);
        tokio::time::sleep(PAUSE).await;
        changed_or_elapsed(&mut committed, POLL).await;
    }
}

/// Reads what is new into memory, and says how far everything is settled. What came while nobody followed, or more than
/// there is room for, is left to those who need it.
async fn look(shared: &Shared, reader: &mut Option<Follower>) -> Result<Sequence, ReportError> {
    let settled = sequence::settled(&shared.db, Numbered::Journal).await?;
    let mut follower =
        reader.take().unwrap_or_else(|| Follower::new(shared.db.clone(), shared.tenant_id.clone(), settled));
    for _ in 0..PAGES {
        let after = follower.after();
        let entries = follower.through(settled).await?;
        if entries.is_empty() {
            *reader = Some(follower);
            break;
        }
        shared.remember(Page { after, entries });
    }
    Ok(settled)
}
