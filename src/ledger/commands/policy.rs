//! A tenant's policy, changed: every customer is derived anew under it (R15), and what differs is posted as any
//! correction (R16).

use tokio::task::JoinSet;

use crate::clock::Clock;
use crate::domain::actor::Actor;
use crate::domain::ids::{CustomerId, TenantId};
use crate::domain::journal::audit::{Action, NewAudit};
use crate::domain::journal::ledger_settings::Books;
use crate::domain::policy::Policy;
use crate::ledger::error::RecordError;
use crate::ledger::handle::Ledger;
use crate::ledger::write::batch::Desk;
use crate::store::audit;
use crate::store::db::Db;
use crate::store::error::StoreError;
use crate::store::facts::customer;
use crate::store::tenants::tenant;

/// Customers that are derived side by side.
const PAGE: i64 = 256;

/// What deriving every customer anew came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Replayed {
    pub customers: usize,
    /// Reversals and new ones.
    pub entries: usize,
}

impl Ledger {
    /// Sets the policy of the books, and derives every customer anew under it. In a task of its own: a caller who goes
    /// away does not end it; what a process that dies leaves undone, the next one does.
    pub async fn set_policy(&self, policy: Policy, reason: &str, author: &Actor) -> Result<Replayed, RecordError> {
        let (ledger, reason, author) = (self.clone(), reason.to_owned(), author.clone());
        let work = tokio::spawn(async move {
            ledger.desk.set_policy(policy, &reason, &author, &ledger.clock).await?;
            ledger.replay_for_policy(&author).await
        });
        work.await.map_err(|error| {
            tracing::error!(%error, "changing the policy panicked");
            RecordError::Failed
        })?
    }

    /// Derives every customer anew that was derived under an earlier policy than the one that is set now, unless that was
    /// done.
    pub async fn replay_for_policy(&self, author: &Actor) -> Result<Replayed, RecordError> {
        let Desk { db, tenant_id, .. } = &self.desk;
        // Two at once would each count a part.
        let _alone = self.replaying.lock().await;
        let mut replayed = Replayed::default();
        let Some(version) = self.policy_to_replay().await? else { return Ok(replayed) };
        let mut after = None;
        loop {
            let mut tx = db.read().await?;
            let page = customer::derived_before(&mut tx, tenant_id, version, after.as_ref(), PAGE).await?;
            tx.rollback().await?;
            let Some(last) = page.last() else { break };
            after = Some(last.clone());
            self.derive_all(page, &mut replayed).await?;
        }
        let mut tx = db.write().await?;
        let after = format!("{} customers, {} entries", replayed.customers, replayed.entries);
        audit::append(
            &mut tx,
            tenant_id,
            &[audited(Action::PolicyReplayed, version, "", &after, "", author)],
            self.clock.now(),
        )
        .await?;
        tx.commit().await?;
        Ok(replayed)
    }

    /// The version of a policy under which not everybody was derived yet. Every policy has a version of the books of its
    /// own; the audit trail has its replay once it came to its end.
    pub async fn policy_to_replay(&self) -> Result<Option<i64>, StoreError> {
        let Desk { db, tenant_id, .. } = &self.desk;
        let mut tx = db.read().await?;
        let version = tenant::books(&mut tx, tenant_id).await?.policy_version;
        let replay = audit::last_of(&mut tx, tenant_id, Action::PolicyReplayed, &subject(version)).await?;
        tx.rollback().await?;
        Ok((version > 0 && replay.is_none()).then_some(version))
    }

    async fn derive_all(&self, page: Vec<CustomerId>, replayed: &mut Replayed) -> Result<(), RecordError> {
        let mut all = JoinSet::new();
        for customer_id in page {
            let ledger = self.clone();
            all.spawn(async move { ledger.derive_again(customer_id).await });
        }
        while let Some(one) = all.join_next().await {
            let recorded = one.map_err(|_| RecordError::Failed)??;
            replayed.customers = replayed.customers.saturating_add(1);
            replayed.entries = replayed.entries.saturating_add(recorded.new_entries);
        }
        Ok(())
    }
}

impl Desk {
    async fn set_policy(&self, policy: Policy, reason: &str, author: &Actor, clock: &Clock) -> Result<(), StoreError> {
        let mut tx = self.db.write().await?;
        tenant::hold_alone(&mut tx, &self.tenant_id).await?;
        let now = clock.now();
        let books = tenant::books(&mut tx, &self.tenant_id).await?;
        if books.policy == policy {
            return tx.rollback().await;
        }
        let version = books.version.saturating_add(1);
        tenant::change(&mut tx, &self.tenant_id, &Books { version, policy_version: version, policy, ..books }).await?;
        let change = audited(Action::PolicyChanged, version, &shown(&books.policy), &shown(&policy), reason, author);
        audit::append(&mut tx, &self.tenant_id, &[change], now).await?;
        tx.commit().await?;
        self.cache.clear();
        Ok(())
    }
}

/// What the audit trail calls a policy.
fn subject(version: i64) -> String {
    format!("policy {version}")
}

fn audited(action: Action, version: i64, before: &str, after: &str, reason: &str, author: &Actor) -> NewAudit {
    NewAudit {
        author: author.clone(),
        action,
        customer_id: None,
        subject: subject(version),
        before: before.to_owned(),
        after: after.to_owned(),
        reason: reason.to_owned(),
    }
}

fn shown(policy: &Policy) -> String {
    format!("time_zone {}, lapse_grace_days {}", policy.time_zone, policy.lapse_grace_days)
}

/// The state of a tenant's books.
pub async fn books(db: &Db, tenant_id: &TenantId) -> Result<Books, StoreError> {
    let mut tx = db.read().await?;
    tenant::books(&mut tx, tenant_id).await
}
