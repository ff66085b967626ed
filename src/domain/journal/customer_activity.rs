//! What the journal makes of a customer: in which currencies they are one at a moment, and when they came and left, month
//! by month.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use crate::domain::ids::Currency;

/// Whether a customer became active, or is active no more (R8).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Turn {
    Came,
    Left,
}

/// What some entries at CUSTOMER level come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    pub currency: Currency,
    /// Of entries that say that the customer came or left; None: of all the others.
    pub turn: Option<(NaiveDate, Turn)>,
    /// In micro-units.
    pub delta: i128,
    /// A reversal counts as one less.
    pub movements: i64,
}

/// A customer at a moment.
#[derive(Debug, Default)]
pub struct Account {
    mrr: BTreeMap<Currency, i128>,
    /// When they came and left, and how many entries say so; one that was reversed counts as none.
    turns: BTreeMap<(NaiveDate, Turn, Currency), i64>,
}

impl Account {
    pub fn take(&mut self, part: &Part) {
        let mrr = self.mrr.entry(part.currency).or_default();
        *mrr = mrr.saturating_add(part.delta);
        if let Some((date, turn)) = part.turn {
            let entries = self.turns.entry((date, turn, part.currency)).or_default();
            *entries = entries.saturating_add(part.movements);
        }
    }

    /// The MRR in each currency in which there is or was any, in micro-units.
    #[must_use]
    pub fn mrr(&self) -> &BTreeMap<Currency, i128> {
        &self.mrr
    }

    /// Whether they ever came.
    #[must_use]
    pub fn has_come(&self) -> bool {
        self.turns.iter().any(|((_, turn, _), entries)| *turn == Turn::Came && *entries > 0)
    }

    /// The currencies in which this is a customer: those with MRR; or without any, on a plan that became free, that in
    /// which the customer came last, unless they left since.
    #[must_use]
    pub fn currencies(&self) -> BTreeSet<Currency> {
        let paying: BTreeSet<Currency> =
            self.mrr.iter().filter(|(_, mrr)| **mrr > 0).map(|(currency, _)| *currency).collect();
        if !paying.is_empty() {
            return paying;
        }
        match self.turns.iter().rfind(|(_, entries)| **entries > 0) {
            Some(((_, Turn::Came, currency), _)) => BTreeSet::from([*currency]),
            Some(((_, Turn::Left, _), _)) | None => BTreeSet::new(),
        }
    }
}

/// A part, and when reports count it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Posted {
    /// The first date of the month in which it is posted (R16).
    pub month: NaiveDate,
    /// R11.
    pub provisional_until: Option<NaiveDate>,
    pub part: Part,
}

/// The months at whose end somebody is a customer of a currency who was none at the end of the month before (came), or
/// the other way round (left). In each currency they take turns.
pub type Turns = BTreeMap<(Currency, NaiveDate), Turn>;

/// The turns of a customer, by the first date from which reports see them so (None: they always do). What is provisional
/// makes them depend on the date of the report.
#[must_use]
pub fn turns(mut posted: Vec<Posted>) -> BTreeMap<Option<NaiveDate>, Turns> {
    posted.sort_by_key(|it| it.month);
    let dates: BTreeSet<Option<NaiveDate>> = posted.iter().map(|it| it.provisional_until).chain([None]).collect();
    dates.into_iter().map(|today| (today, turns_as_seen(&posted, today))).collect()
}

fn turns_as_seen(by_month: &[Posted], today: Option<NaiveDate>) -> Turns {
    let mut account = Account::default();
    let (mut turns, mut before) = (Turns::new(), BTreeSet::new());
    for posted in by_month.chunk_by(|a, b| a.month == b.month) {
        // What is never provisional is None, and so before every date.
        posted.iter().filter(|it| it.provisional_until <= today).for_each(|it| account.take(&it.part));
        let after = account.currencies();
        let month = posted.first().map(|it| it.month).unwrap_or_default();
        turns.extend(after.difference(&before).map(|currency| ((*currency, month), Turn::Came)));
        turns.extend(before.difference(&after).map(|currency| ((*currency, month), Turn::Left)));
        before = after;
    }
    turns
}
