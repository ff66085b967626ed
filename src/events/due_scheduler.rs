//! Scheduler of due events: replays the customers whose next event has become due, which writes it to the outbox.

use tokio::task::JoinSet;

use crate::clock::Clock;
use crate::domain::ids::{CustomerId, TenantId};
use crate::ledger::error::RecordError;
use crate::ledger::handle::Ledger;
use crate::store::db::Db;
use crate::store::error::StoreError;
use crate::store::facts::customer;

/// Number of customers that are replayed at the same time.
const PAGE: i64 = 500;

/// Scheduler of one tenant's due events.
#[derive(Debug)]
pub struct DueScheduler {
    pub db: Db,
    pub tenant_id: TenantId,
    pub clock: Clock,
    pub ledger: Ledger,
}

impl DueScheduler {
    /// Writes every event that is due to the outbox, unless another process is doing so.
    pub async fn write_due_events(&self) -> Result<(), StoreError> {
        if self.due_customers().await?.is_empty() {
            return Ok(());
        }
        let Some(lock) = self.db.try_lock(&format!("reminder {}", self.tenant_id)).await? else { return Ok(()) };
        let written = self.replay_due_customers().await;
        lock.release().await;
        written
    }

    async fn replay_due_customers(&self) -> Result<(), StoreError> {
        // Read again under the lock: another process may have been faster.
        let mut due = self.due_customers().await?;
        while !due.is_empty() {
            let mut replays = JoinSet::new();
            for customer_id in due {
                let ledger = self.ledger.clone();
                replays.spawn(async move { ledger.replay_customer(customer_id).await });
            }
            for replayed in replays.join_all().await {
                match replayed {
                    Ok(_) => {}
                    Err(RecordError::ShuttingDown) => return Ok(()),
                    // The next round tries again.
                    Err(error) => {
                        tracing::warn!(tenant_id = %self.tenant_id, %error, "due event could not be written to the outbox");
                        return Ok(());
                    }
                }
            }
            due = self.due_customers().await?;
        }
        Ok(())
    }

    async fn due_customers(&self) -> Result<Vec<CustomerId>, StoreError> {
        let mut tx = self.db.read().await?;
        customer::due(&mut tx, &self.tenant_id, self.clock.now(), PAGE).await
    }
}
