//! R18: movements, trials and charges → lifecycle events.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};

use super::fact::{Charge, ChargeStatus};
use super::ids::{ChargeId, Currency, LineId};
use super::money::{Money, OutOfRange};
use super::movement::{Category, Level, Movement, Subcategory};
use super::number::Amount;
use super::replay::{Replay, Trial};

/// Something that another system may want to act on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LifecycleEvent {
    pub kind: EventKind,
    pub currency: Currency,
    /// Due at the start of this date.
    pub date: NaiveDate,
    /// R11: due only from this date, but told under its own.
    pub provisional_until: Option<NaiveDate>,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EventKind {
    /// Only for sinks that ask for it.
    SignedUp {
        mrr_delta: Money,
    },
    Upgraded {
        mrr_delta: Money,
    },
    Downgraded {
        mrr_delta: Money,
    },
    Canceled {
        mrr_delta: Money,
    },
    TrialStarted {
        line_id: LineId,
    },
    TrialEnded {
        line_id: LineId,
    },
    Billed {
        charge_id: ChargeId,
        amount: Amount,
        occurred_at: DateTime<Utc>,
    },
    /// With a negative amount.
    Refunded {
        charge_id: ChargeId,
        amount: Amount,
        occurred_at: DateTime<Utc>,
    },
}

impl EventKind {
    /// The event's name, as the receivers know it.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::SignedUp { .. } => "Signed Up",
            Self::Upgraded { .. } => "Upgraded",
            Self::Downgraded { .. } => "Downgraded",
            Self::Canceled { .. } => "Canceled",
            Self::TrialStarted { .. } => "Trial Started",
            Self::TrialEnded { .. } => "Trial Ended",
            Self::Billed { .. } => "Billed",
            Self::Refunded { .. } => "Refunded",
        }
    }

    /// The change of MRR of a lifecycle event.
    #[must_use]
    pub fn mrr_delta(&self) -> Option<Money> {
        match self {
            Self::SignedUp { mrr_delta }
            | Self::Upgraded { mrr_delta }
            | Self::Downgraded { mrr_delta }
            | Self::Canceled { mrr_delta } => Some(*mrr_delta),
            Self::TrialStarted { .. } | Self::TrialEnded { .. } | Self::Billed { .. } | Self::Refunded { .. } => None,
        }
    }

    /// The amount of a charge or refund.
    #[must_use]
    pub fn amount(&self) -> Option<Amount> {
        match self {
            Self::Billed { amount, .. } | Self::Refunded { amount, .. } => Some(*amount),
            Self::SignedUp { .. }
            | Self::Upgraded { .. }
            | Self::Downgraded { .. }
            | Self::Canceled { .. }
            | Self::TrialStarted { .. }
            | Self::TrialEnded { .. } => None,
        }
    }

    /// Whether movements of this subcategory take part in the event.
    #[must_use]
    pub fn follows(&self, subcategory: Subcategory) -> bool {
        match self {
            Self::SignedUp { .. } => subcategory == Subcategory::NewCustomer,
            Self::Upgraded { .. } | Self::Downgraded { .. } => {
                matches!(subcategory.category(), Category::Upsell | Category::Downsell)
            }
            Self::Canceled { .. } => subcategory.category() == Category::Churn,
            Self::TrialStarted { .. } | Self::TrialEnded { .. } | Self::Billed { .. } | Self::Refunded { .. } => false,
        }
    }

    /// Of events of one date: lifecycle, then Billed, then Refunded.
    fn rank(&self) -> u8 {
        match self {
            Self::TrialStarted { .. } => 0,
            Self::TrialEnded { .. } => 1,
            Self::SignedUp { .. } => 2,
            Self::Upgraded { .. } => 3,
            Self::Downgraded { .. } => 4,
            Self::Canceled { .. } => 5,
            Self::Billed { .. } => 6,
            Self::Refunded { .. } => 7,
        }
    }
}

/// What a date's movements come to, in one currency.
#[derive(Default)]
struct DateSums {
    new_customer: Option<Money>,
    impact: Money,
    churn: Option<Money>,
    provisional_until: Option<NaiveDate>,
}

/// The events of a customer, in the order in which they go out.
///
/// # Errors
/// [`OutOfRange`] when a sum does not fit.
pub fn lifecycle<'c>(
    replay: &Replay,
    charges: impl IntoIterator<Item = &'c Charge>,
) -> Result<Vec<LifecycleEvent>, OutOfRange> {
    let mut events = movement_events(&replay.movements)?;
    events.extend(replay.trials.iter().flat_map(trial_events));
    events.extend(charges.into_iter().filter_map(charge_event));
    events.sort_by_key(|event| (event.date, event.kind.rank(), event.currency));
    Ok(events)
}

fn movement_events(movements: &[Movement]) -> Result<Vec<LifecycleEvent>, OutOfRange> {
    let mut dates: BTreeMap<(NaiveDate, Currency), DateSums> = BTreeMap::new();
    for movement in movements.iter().filter(|movement| movement.level == Level::Customer) {
        let sums = dates.entry((movement.effective_date, movement.currency)).or_default();
        let add = |sum: Option<Money>| sum.unwrap_or_default().checked_add(movement.delta).map(Some);
        match (movement.category, movement.subcategory) {
            (Category::Upsell | Category::Downsell, _) => sums.impact = sums.impact.checked_add(movement.delta)?,
            (Category::Churn, _) => sums.churn = add(sums.churn)?,
            (Category::New, Subcategory::NewCustomer) => sums.new_customer = add(sums.new_customer)?,
            (Category::New | Category::Renewal | Category::Ignored, _) => continue,
        }
        sums.provisional_until = sums.provisional_until.max(movement.provisional_until);
    }
    let mut events = Vec::new();
    for ((date, currency), sums) in dates {
        let mut push = |kind| {
            events.push(LifecycleEvent { kind, currency, date, provisional_until: sums.provisional_until });
        };
        if let Some(mrr_delta) = sums.new_customer {
            push(EventKind::SignedUp { mrr_delta });
        }
        if sums.impact.is_positive() {
            push(EventKind::Upgraded { mrr_delta: sums.impact });
        }
        if sums.impact.is_negative() {
            push(EventKind::Downgraded { mrr_delta: sums.impact });
        }
        if let Some(mrr_delta) = sums.churn {
            push(EventKind::Canceled { mrr_delta });
        }
    }
    Ok(events)
}

fn trial_events(trial: &Trial) -> [LifecycleEvent; 2] {
    let event = |kind, date| LifecycleEvent { kind, currency: trial.currency, date, provisional_until: None };
    [
        event(EventKind::TrialStarted { line_id: trial.line_id.clone() }, trial.starts_on),
        event(EventKind::TrialEnded { line_id: trial.line_id.clone() }, trial.ends_on),
    ]
}

fn charge_event(charge: &Charge) -> Option<LifecycleEvent> {
    let (charge_id, occurred_at) = (charge.charge_id.clone(), charge.occurred_at);
    let kind = match charge.status {
        ChargeStatus::Succeeded => EventKind::Billed { charge_id, amount: charge.amount, occurred_at },
        ChargeStatus::Refunded => EventKind::Refunded { charge_id, amount: charge.amount.negated(), occurred_at },
        ChargeStatus::Failed => return None,
    };
    let date = charge.occurred_at.date_naive();
    Some(LifecycleEvent { kind, currency: charge.currency, date, provisional_until: None })
}
