//! Finds out whose events have become due, and has them written to the outbox.

use tokio::task::JoinSet;

use crate::clock::Clock;
use crate::domain::ids::{CustomerId, TenantId};
use crate::ledger::error::RecordError;
use crate::ledger::handle::Ledger;
use crate::store::db::Db;
use crate::store::error::StoreError;
use crate::store::facts::customer;

/// Customers that are reminded of at once.
const PAGE: i64 = 500;

/// Reminds the ledger of the customers whose next event is due.
#[derive(Debug)]
pub struct Reminder {
    pub db: Db,
    pub tenant_id: TenantId,
    pub clock: Clock,
    pub ledger: Ledger,
}

impl Reminder {
    /// Reminds of everybody. When somebody else does so, of nobody.
    pub async fn remind_all(&self) -> Result<(), StoreError> {
        if self.due().await?.is_empty() {
            return Ok(());
        }
        let Some(lock) = self.db.try_lock(&format!("reminder {}", self.tenant_id)).await? else { return Ok(()) };
        let reminded = self.remind_each().await;
        lock.release().await;
        reminded
    }

    async fn remind_each(&self) -> Result<(), StoreError> {
        // Others may have been faster.
        let mut due = self.due().await?;
        while !due.is_empty() {
            let mut reminders = JoinSet::new();
            for customer_id in due {
                let ledger = self.ledger.clone();
                reminders.spawn(async move { ledger.derive_again(customer_id).await });
            }
            for reminded in reminders.join_all().await {
                match reminded {
                    Ok(_) => {}
                    Err(RecordError::ShuttingDown) => return Ok(()),
                    // Tried again the next time.
                    Err(error) => {
                        tracing::warn!(%error, "an event that is due could not be written");
                        return Ok(());
                    }
                }
            }
            due = self.due().await?;
        }
        Ok(())
    }

    async fn due(&self) -> Result<Vec<CustomerId>, StoreError> {
        let mut tx = self.db.read().await?;
        customer::due(&mut tx, &self.tenant_id, self.clock.now(), PAGE).await
    }
}
