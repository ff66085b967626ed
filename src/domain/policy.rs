//! The policy of a tenant.

use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeZone, Utc};
use chrono_tz::Tz;

/// A tenant's choices that the rules depend on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// Days that a natural end stays provisional, waiting for a late renewal (R11).
    pub lapse_grace_days: u16,
    /// In which instants have their date.
    pub time_zone: Tz,
}

impl Default for Policy {
    fn default() -> Self {
        Self { lapse_grace_days: 0, time_zone: Tz::UTC }
    }
}

impl Policy {
    /// The date of an instant where the tenant is.
    #[must_use]
    pub fn date_of(&self, instant: DateTime<Utc>) -> NaiveDate {
        instant.with_timezone(&self.time_zone).date_naive()
    }

    /// The first instant of a date where the tenant is.
    #[must_use]
    pub fn start_of(&self, date: NaiveDate) -> DateTime<Utc> {
        let midnight = date.and_time(NaiveTime::MIN);
        // Clocks are put forward at midnight in some places: the date then starts later.
        let mut hours = (0..24).filter_map(|hours| midnight.checked_add_signed(chrono::TimeDelta::hours(hours)));
        let first = hours.find_map(|time| self.time_zone.from_local_datetime(&time).earliest());
        // A date that a zone skipped whole (Apia, 2011-12-30) starts with that of UTC.
        first.map_or_else(|| midnight.and_utc(), |instant| instant.to_utc())
    }

    /// The first date that begins after an instant.
    #[must_use]
    pub fn next_date(&self, instant: DateTime<Utc>) -> NaiveDate {
        let date = self.date_of(instant);
        // Only the last date that can be written has no next one.
        date.checked_add_days(Days::new(1)).unwrap_or(date)
    }
}
