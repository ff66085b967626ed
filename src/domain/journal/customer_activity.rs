//! A customer's MRR and activity (R8) as the journal gives them: the currencies of a customer at a moment, and the beginnings
//! and ends of activity, month by month.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use crate::domain::ids::Currency;
use crate::domain::journal::movement::ActivityChange;
use crate::domain::runs::runs;

/// The sum of some entries of a customer at CUSTOMER level.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ActivitySum {
    pub currency: Currency,
    /// The change that these entries stand for, and its effective date; None: they stand for none.
    pub change: Option<(NaiveDate, ActivityChange)>,
    /// In micro-units.
    pub delta: i128,
    /// A reversal counts as one less.
    pub movements: i64,
}

/// A customer's MRR and activity at a moment.
#[derive(Debug, Default)]
pub struct CustomerActivity {
    mrr: BTreeMap<Currency, i128>,
    /// The changes, with the number of their entries; one that was reversed has none.
    changes: BTreeMap<(NaiveDate, ActivityChange, Currency), i64>,
}

impl CustomerActivity {
    pub fn add(&mut self, sum: &ActivitySum) {
        let mrr = self.mrr.entry(sum.currency).or_default();
        // Never saturates: an i128 holds the sum of 2^43 amounts of the largest size, more than a journal has entries.
        *mrr = mrr.saturating_add(sum.delta);
        if let Some((date, change)) = sum.change {
            let entries = self.changes.entry((date, change, sum.currency)).or_default();
            // Never saturates: an i64 counts more entries than a journal has numbers.
            *entries = entries.saturating_add(sum.movements);
        }
    }

    /// The MRR in each currency in which there is or was any, in micro-units.
    #[must_use]
    pub fn mrr(&self) -> &BTreeMap<Currency, i128> {
        &self.mrr
    }

    /// True if the activity ever began.
    #[must_use]
    pub fn ever_began(&self) -> bool {
        self.changes.iter().any(|((_, change, _), entries)| *change == ActivityChange::Began && *entries > 0)
    }

    /// The currencies in which this is a customer: those with MRR; or without any, on a plan that became free, that of the
    /// last beginning, unless an end came since.
    #[must_use]
    pub fn currencies(&self) -> BTreeSet<Currency> {
        let paying: BTreeSet<Currency> =
            self.mrr.iter().filter(|(_, mrr)| **mrr > 0).map(|(currency, _)| *currency).collect();
        if !paying.is_empty() {
            return paying;
        }
        match self.changes.iter().rfind(|(_, entries)| **entries > 0) {
            Some(((_, ActivityChange::Began, currency), _)) => BTreeSet::from([*currency]),
            Some(((_, ActivityChange::Ended, _), _)) | None => BTreeSet::new(),
        }
    }
}

/// A sum of entries, and the span in which reports count them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PostedSum {
    /// The first date of the month in which they are posted (R16).
    pub month: NaiveDate,
    /// R11.
    pub provisional_until: Option<NaiveDate>,
    pub sum: ActivitySum,
}

/// The months at whose end a customer has a currency that was not one of theirs at the end of the month before (BEGAN), or
/// the other way round (ENDED). In each currency the two alternate.
pub type ActivityMonths = BTreeMap<(Currency, NaiveDate), ActivityChange>;

/// The months of change of a customer, by the first date from which reports see them so (None: always). Provisional entries
/// make them depend on the date of the report.
#[must_use]
pub fn activity_months(mut posted: Vec<PostedSum>) -> BTreeMap<Option<NaiveDate>, ActivityMonths> {
    posted.sort_by_key(|it| it.month);
    let dates: BTreeSet<Option<NaiveDate>> = posted.iter().map(|it| it.provisional_until).chain([None]).collect();
    dates.into_iter().map(|today| (today, activity_months_seen_on(today, &posted))).collect()
}

fn activity_months_seen_on(today: Option<NaiveDate>, by_month: &[PostedSum]) -> ActivityMonths {
    let mut activity = CustomerActivity::default();
    let (mut changes, mut before) = (ActivityMonths::new(), BTreeSet::new());
    for (first, of_month) in runs(by_month, |it| it.month) {
        let month = first.month;
        // What is never provisional is None, and so before every date.
        of_month.iter().filter(|it| it.provisional_until <= today).for_each(|it| activity.add(&it.sum));
        let after = activity.currencies();
        changes.extend(after.difference(&before).map(|currency| ((*currency, month), ActivityChange::Began)));
        changes.extend(before.difference(&after).map(|currency| ((*currency, month), ActivityChange::Ended)));
        before = after;
    }
    changes
}
