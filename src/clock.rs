//! The only reader of the machine's clock. All other code gets a clock or an instant as an argument.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, NaiveDate, SubsecRound, Utc};
use tokio::sync::watch;

/// Source of the current time. Cheap to clone.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>);

impl Clock {
    /// Clock of the machine.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "the only reader of the machine's clock")]
    pub fn system() -> Self {
        Self(Arc::new(Utc::now))
    }

    /// Clock that takes the time from a function.
    #[must_use]
    pub fn of(now: impl Fn() -> DateTime<Utc> + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    /// Current instant in microseconds, the precision of the databases.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        (self.0)().trunc_subsecs(6)
    }

    /// Current date in UTC.
    #[must_use]
    pub fn today(&self) -> NaiveDate {
        self.now().date_naive()
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clock")
    }
}

/// Waits for a change, at most for a time: changes by other processes do not arrive here.
pub async fn changed_or_elapsed(changes: &mut watch::Receiver<()>, time: Duration) {
    let changed = async {
        if changes.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    // A timeout is not an error.
    let _is_changed = tokio::time::timeout(time, changed).await;
}
