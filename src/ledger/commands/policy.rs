//! Changes a tenant's policy: every customer is replayed under it (R15), and differences are posted like any correction
//! (R16).

use tokio::task::JoinSet;

use crate::bug;
use crate::clock::Clock;
use crate::domain::actor::Actor;
use crate::domain::ids::{CustomerId, TenantId};
use crate::domain::journal::audit::{Action, AuditRecord, AuditSubject};
use crate::domain::journal::ledger_settings::LedgerSettings;
use crate::domain::policy::Policy;
use crate::ledger::commands::period::next_books_version;
use crate::ledger::error::RecordError;
use crate::ledger::handle::Ledger;
use crate::ledger::write::batch::WriterContext;
use crate::store::audit;
use crate::store::db::Db;
use crate::store::error::StoreError;
use crate::store::facts::customer;
use crate::store::tenants::tenant;

/// Number of customers that are replayed at the same time.
const PAGE: i64 = 256;

/// Result of replaying every customer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ReplayResult {
    pub customers: usize,
    /// Number of posted entries, reversals included.
    pub entries: usize,
}

impl Ledger {
    /// Sets the policy of the books and replays every customer under it. Runs in a task of its own, so that a caller that
    /// goes away does not end it; the next process finishes what a crash interrupts.
    pub async fn set_policy(&self, policy: Policy, reason: &str, actor: &Actor) -> Result<ReplayResult, RecordError> {
        let (ledger, reason, actor) = (self.clone(), reason.to_owned(), actor.clone());
        let work = tokio::spawn(async move {
            ledger.context.set_policy(policy, &reason, &actor, &ledger.clock).await?;
            ledger.replay_for_policy(&actor).await
        });
        work.await.map_err(|error| bug!("changing the policy panicked: {error}"))?
    }

    /// Replays every customer that was last replayed under an earlier policy, unless that is already done.
    pub async fn replay_for_policy(&self, actor: &Actor) -> Result<ReplayResult, RecordError> {
        let WriterContext { db, tenant_id, .. } = &self.context;
        // Two replays at the same time would each count a part of the customers.
        let _guard = self.replaying.lock().await;
        let mut replayed = ReplayResult::default();
        let Some(version) = self.policy_to_replay().await? else { return Ok(replayed) };
        let mut after = None;
        loop {
            let mut tx = db.read().await?;
            let page = customer::derived_before(&mut tx, tenant_id, version, after.as_ref(), PAGE).await?;
            tx.rollback().await?;
            let Some(last) = page.last() else { break };
            after = Some(last.clone());
            self.replay_page(page, &mut replayed).await?;
        }
        let mut tx = db.write().await?;
        let after = format!("{} customers, {} entries", replayed.customers, replayed.entries);
        let record = AuditRecord::new(Action::PolicyReplayed, AuditSubject::Policy(version), actor).after(after);
        audit::append(&mut tx, tenant_id, &[record], self.clock.now()).await?;
        tx.commit().await?;
        Ok(replayed)
    }

    /// Version of the policy under which customers are still to be replayed. Each change of the policy has its own version
    /// of the books; the audit trail records the end of its replay.
    pub async fn policy_to_replay(&self) -> Result<Option<i64>, StoreError> {
        let WriterContext { db, tenant_id, .. } = &self.context;
        let mut tx = db.read().await?;
        let version = tenant::books(&mut tx, tenant_id).await?.policy_version;
        let replay = audit::last_of(&mut tx, tenant_id, Action::PolicyReplayed, AuditSubject::Policy(version)).await?;
        tx.rollback().await?;
        Ok((version > 0 && replay.is_none()).then_some(version))
    }

    async fn replay_page(&self, page: Vec<CustomerId>, replayed: &mut ReplayResult) -> Result<(), RecordError> {
        let mut all = JoinSet::new();
        for customer_id in page {
            let ledger = self.clone();
            all.spawn(async move { ledger.replay_customer(customer_id).await });
        }
        while let Some(one) = all.join_next().await {
            let recorded = one.map_err(|error| bug!("replaying a customer panicked: {error}"))??;
            replayed.customers += 1;
            replayed.entries += recorded.new_entries;
        }
        Ok(())
    }
}

impl WriterContext {
    async fn set_policy(&self, policy: Policy, reason: &str, actor: &Actor, clock: &Clock) -> Result<(), StoreError> {
        let mut tx = self.db.write().await?;
        tenant::hold_alone(&mut tx, &self.tenant_id).await?;
        let now = clock.now();
        let books = tenant::books(&mut tx, &self.tenant_id).await?;
        if books.policy == policy {
            return tx.rollback().await;
        }
        let version = next_books_version(&books)?;
        tenant::change(&mut tx, &self.tenant_id, &LedgerSettings { version, policy_version: version, policy, ..books })
            .await?;
        let change = AuditRecord::new(Action::PolicyChanged, AuditSubject::Policy(version), actor)
            .before(describe_policy(&books.policy))
            .after(describe_policy(&policy))
            .reason(reason);
        audit::append(&mut tx, &self.tenant_id, &[change], now).await?;
        tx.commit().await?;
        self.cache.clear();
        Ok(())
    }
}

fn describe_policy(policy: &Policy) -> String {
    format!("time_zone {}, lapse_grace_days {}", policy.time_zone, policy.lapse_grace_days)
}

/// Reads the state of a tenant's books.
pub async fn read_books(db: &Db, tenant_id: &TenantId) -> Result<LedgerSettings, StoreError> {
    let mut tx = db.read().await?;
    tenant::books(&mut tx, tenant_id).await
}
