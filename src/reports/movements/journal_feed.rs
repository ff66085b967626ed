//! One reader of the journal for all followers in this process. It polls for new entries once for all of them and keeps
//! the newest pages in memory; followers further behind query the store, a bounded number at a time, so that they
//! cannot exhaust its connections.

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

/// Interval of polling for entries of other processes.
const POLL: Duration = Duration::from_millis(200);
/// Minimum time between two polls.
const PAUSE: Duration = Duration::from_millis(10);
/// Pages in memory.
const PAGES: usize = 16;
/// Followers that may query the store at a time.
const READERS: usize = 2;

/// Opens followers of the journal. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Feed {
    shared: Arc<Shared>,
}

/// Follower of the journal from a position on.
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

/// Entries after a position, through the last of them.
#[derive(Debug)]
struct Page {
    after: Sequence,
    entries: Vec<Arc<Entry>>,
}

/// State shared with all followers.
#[derive(Debug, Clone, Default)]
struct News {
    /// Settled position: no entry can appear at or below it any more.
    settled: Sequence,
    failure: Option<Arc<ReportError>>,
}

impl Feed {
    /// Starts polling: soon after `committed` signals, and at an interval.
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

    /// Opens a follower after a position; 0 is before the first entry.
    #[must_use]
    pub fn after(&self, after: Sequence) -> Reader {
        let follower = Follower::new(self.shared.db.clone(), self.shared.tenant_id.clone(), after);
        Reader { shared: Arc::clone(&self.shared), news: self.shared.news.subscribe(), follower }
    }
}

impl Reader {
    /// Waits for the next entries.
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
            // Never closed: the follower holds the sender too.
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

    /// Looks up the entries after a position in memory.
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

/// Polls until the last follower and the feed are dropped.
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

/// Reads new entries into memory and publishes the settled position. Entries that came without followers, or beyond the
/// capacity, are left to followers that need them.
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
