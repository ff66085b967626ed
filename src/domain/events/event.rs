//! Lifecycle events for other systems (R18).

use chrono::{DateTime, NaiveDate, Utc};

use crate::domain::ids::{ChargeId, Currency, ItemId, SubscriptionId};
use crate::domain::journal::movement::{Category, Subcategory};
use crate::domain::money::Money;
use crate::domain::number::{Amount, Quantity};
use crate::domain::replay::trial::Trial;
use crate::domain::string_enum::string_enum;

string_enum! {
    /// The name of an event, as the receivers know it. On one date the events of a customer go out in this order.
    EventName {
        /// A customer's first fact was recorded. Only for sinks that ask for it.
        AccountCreated = "Account Created",
        TrialStarted = "Trial Started",
        TrialEnded = "Trial Ended",
        /// Only for sinks that ask for it: the product itself usually sends it.
        SignedUp = "Signed Up",
        Upgraded = "Upgraded",
        Downgraded = "Downgraded",
        Canceled = "Canceled",
        Billed = "Billed",
        Refunded = "Refunded",
    }
}

/// Something that happened to a customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LifecycleEvent {
    pub kind: EventKind,
    /// Due at the start of this date.
    pub date: NaiveDate,
    /// R11: due only from this date, but sent under its own.
    pub provisional_until: Option<NaiveDate>,
}

/// An event with its contents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EventKind {
    AccountCreated,
    TrialStarted(Trial),
    TrialEnded(Trial),
    SignedUp(PlanChange),
    Upgraded(PlanChange),
    Downgraded(PlanChange),
    Canceled(PlanChange),
    Billed(Bill),
    /// With a negative amount.
    Refunded(Bill),
}

/// The sum of the movements of a date, in one currency, for one customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanChange {
    pub currency: Currency,
    /// Together, of the movements that take part in the event.
    pub mrr_delta: Money,
    /// The customer's MRR in the currency at the end of the date.
    pub mrr_after: Money,
    /// The item that the customer is on at the end of the date; of several, the one that changed most; after a
    /// cancellation, the one that was left.
    pub plan: ItemId,
    /// Of the movement that changed most.
    pub subcategory: Subcategory,
    pub quantity_before: Quantity,
    pub quantity_after: Quantity,
    /// The contracts that changed, by id.
    pub subscriptions: Vec<SubscriptionId>,
    /// The memos of the change orders behind it; empty where there are none.
    pub reason: String,
}

/// A charge that succeeded, or was given back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bill {
    pub charge_id: ChargeId,
    pub subscription_id: Option<SubscriptionId>,
    pub currency: Currency,
    /// Negative where it was given back.
    pub amount: Amount,
    pub description: String,
    pub occurred_at: DateTime<Utc>,
}

impl LifecycleEvent {
    /// The first date on which it is due.
    #[must_use]
    pub fn due_on(&self) -> NaiveDate {
        self.provisional_until.map_or(self.date, |until| until.max(self.date))
    }

    /// Names the event among those of its customer. What has been sent once under this name is never sent again.
    #[must_use]
    pub fn key(&self) -> String {
        let name = self.kind.name().as_str();
        match &self.kind {
            EventKind::AccountCreated => name.to_owned(),
            EventKind::TrialStarted(trial) | EventKind::TrialEnded(trial) => format!("{name}/{}", trial.line_id),
            EventKind::SignedUp(change)
            | EventKind::Upgraded(change)
            | EventKind::Downgraded(change)
            | EventKind::Canceled(change) => format!("{name}/{}/{}", self.date, change.currency),
            EventKind::Billed(bill) | EventKind::Refunded(bill) => format!("{name}/{}", bill.charge_id),
        }
    }
}

impl EventKind {
    #[must_use]
    pub fn name(&self) -> EventName {
        match self {
            Self::AccountCreated => EventName::AccountCreated,
            Self::TrialStarted(_) => EventName::TrialStarted,
            Self::TrialEnded(_) => EventName::TrialEnded,
            Self::SignedUp(_) => EventName::SignedUp,
            Self::Upgraded(_) => EventName::Upgraded,
            Self::Downgraded(_) => EventName::Downgraded,
            Self::Canceled(_) => EventName::Canceled,
            Self::Billed(_) => EventName::Billed,
            Self::Refunded(_) => EventName::Refunded,
        }
    }

    /// None where no money is involved.
    #[must_use]
    pub fn currency(&self) -> Option<Currency> {
        self.currency_of().copied()
    }

    /// As [`EventKind::currency`], to be shown.
    #[must_use]
    pub fn currency_text(&self) -> Option<&str> {
        self.currency_of().map(Currency::as_str)
    }

    fn currency_of(&self) -> Option<&Currency> {
        match self {
            Self::AccountCreated => None,
            Self::TrialStarted(trial) | Self::TrialEnded(trial) => Some(&trial.currency),
            Self::Billed(bill) | Self::Refunded(bill) => Some(&bill.currency),
            Self::SignedUp(change) | Self::Upgraded(change) | Self::Downgraded(change) | Self::Canceled(change) => {
                Some(&change.currency)
            }
        }
    }

    /// Of an event that movements brought.
    #[must_use]
    pub fn change(&self) -> Option<&PlanChange> {
        match self {
            Self::SignedUp(change) | Self::Upgraded(change) | Self::Downgraded(change) | Self::Canceled(change) => {
                Some(change)
            }
            _ => None,
        }
    }

    /// Of an event that a line's trial brought.
    #[must_use]
    pub fn trial(&self) -> Option<&Trial> {
        match self {
            Self::TrialStarted(trial) | Self::TrialEnded(trial) => Some(trial),
            _ => None,
        }
    }

    /// Of an event that a charge brought.
    #[must_use]
    pub fn bill(&self) -> Option<&Bill> {
        match self {
            Self::Billed(bill) | Self::Refunded(bill) => Some(bill),
            _ => None,
        }
    }

    /// True if movements of this subcategory take part in the event.
    #[must_use]
    pub fn follows(&self, subcategory: Subcategory) -> bool {
        match self {
            Self::SignedUp(_) => subcategory == Subcategory::NewCustomer,
            Self::Upgraded(_) | Self::Downgraded(_) => {
                matches!(subcategory.category(), Category::Upsell | Category::Downsell)
            }
            Self::Canceled(_) => subcategory.category() == Category::Churn,
            _ => false,
        }
    }
}
