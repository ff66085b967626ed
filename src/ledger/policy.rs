//! A tenant's policy, changed: every customer is derived anew under it (R15), and what differs is posted as any
//! correction (R16).

use chrono::{DateTime, Utc};
use tokio::task::JoinSet;

use super::batch::Desk;
use super::error::RecordError;
use super::writers::Ledger;
use crate::domain::audit::{Action, NewAudit};
use crate::domain::author::Author;
use crate::domain::books::Books;
use crate::domain::ids::{CustomerId, TenantId};
use crate::domain::policy::Policy;
use crate::store::db::{Db, Tx};
use crate::store::error::StoreError;
use crate::store::{audit, customer, tenant};

/// What the audit trail calls it.
const POLICY: &str = "policy";
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
    pub async fn set_policy(&self, policy: Policy, reason: &str, author: &Author) -> Result<Replayed, RecordError> {
        let (ledger, reason, author) = (self.clone(), reason.to_owned(), author.clone());
        let work = tokio::spawn(async move {
            let now = ledger.clock.now();
            ledger.desk.set_policy(policy, &reason, &author, now).await?;
            ledger.replay_for_policy().await
        });
        work.await.map_err(|error| {
            tracing::error!(%error, "changing the policy panicked");
            RecordError::Failed
        })?
    }

    /// Derives every customer anew that was derived under an earlier policy.
    pub async fn replay_for_policy(&self) -> Result<Replayed, RecordError> {
        let Desk { db, tenant_id, .. } = &self.desk;
        let mut tx = db.read().await?;
        let version = tenant::books(&mut tx, tenant_id).await?.policy_version;
        let is_done = version == 0 || is_replayed(&mut tx, tenant_id).await?;
        tx.rollback().await?;
        let mut replayed = Replayed::default();
        if is_done {
            return Ok(replayed);
        }
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
            &[audited(Action::PolicyReplayed, "", &after, "", &Author::service())],
            self.clock.now(),
        )
        .await?;
        tx.commit().await?;
        Ok(replayed)
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
    async fn set_policy(
        &self,
        policy: Policy,
        reason: &str,
        author: &Author,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let mut tx = self.db.write().await?;
        tenant::hold_alone(&mut tx).await?;
        let books = tenant::books(&mut tx, &self.tenant_id).await?;
        if books.policy == policy {
            return tx.rollback().await;
        }
        let version = books.version.saturating_add(1);
        tenant::change(&mut tx, &self.tenant_id, &Books { version, policy_version: version, policy, ..books }).await?;
        let change = audited(Action::PolicyChanged, &shown(&books.policy), &shown(&policy), reason, author);
        audit::append(&mut tx, &self.tenant_id, &[change], now).await?;
        tx.commit().await?;
        self.cache.clear();
        Ok(())
    }
}

fn audited(action: Action, before: &str, after: &str, reason: &str, author: &Author) -> NewAudit {
    NewAudit {
        author: author.clone(),
        action,
        customer_id: None,
        subject: POLICY.to_owned(),
        before: before.to_owned(),
        after: after.to_owned(),
        reason: reason.to_owned(),
    }
}

fn shown(policy: &Policy) -> String {
    format!("time_zone {}, lapse_grace_days {}", policy.time_zone, policy.lapse_grace_days)
}

/// Whether the last change of the policy was followed by a replay that came to its end.
async fn is_replayed(tx: &mut Tx, tenant_id: &TenantId) -> Result<bool, StoreError> {
    let mut last = [0_i64; 2];
    for (last, action) in last.iter_mut().zip([Action::PolicyChanged, Action::PolicyReplayed]) {
        *last = audit::last_of(tx, tenant_id, action, POLICY).await?.map_or(0, |row| row.sequence);
    }
    let [changed, replayed] = last;
    Ok(replayed > changed)
}

/// The state of a tenant's books.
pub async fn books(db: &Db, tenant_id: &TenantId) -> Result<Books, StoreError> {
    let mut tx = db.read().await?;
    tenant::books(&mut tx, tenant_id).await
}
