//! The one place that asks the time. Everything else gets a clock, or an instant.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, NaiveDate, SubsecRound, Utc};
use tokio::sync::watch;

/// Tells the time; cheap to clone.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>);

impl Clock {
    /// The machine's clock.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "the one place that asks the time")]
    pub fn system() -> Self {
        Self(Arc::new(Utc::now))
    }

    /// A clock of one's own, such as one that can be set.
    #[must_use]
    pub fn told_by(now: impl Fn() -> DateTime<Utc> + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    /// Now, to the microsecond: databases keep no more.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        (self.0)().trunc_subsecs(6)
    }

    /// Today in UTC, the time zone of every tenant for now.
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

/// Until something is told, or a time has passed: whoever tells may be in another process, or never come.
pub async fn told_or_after(told: &mut watch::Receiver<()>, time: Duration) {
    let changed = async {
        if told.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    // Nothing new in time is no error.
    let _told = tokio::time::timeout(time, changed).await;
}
