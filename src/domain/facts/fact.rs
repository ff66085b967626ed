//! Facts: customers, subscription lines, change orders, charges and overrides.
//!
//! These types hold what has passed the checks at the edge; what can only be judged beside a customer's other facts
//! is in [`refusal`](crate::domain::facts::refusal).

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};

use crate::domain::facts::interval::Interval;
use crate::domain::ids::{ChangeOrderId, ChargeId, Currency, CustomerId, ItemId, LineId, SubscriptionId};
use crate::domain::journal::movement::{Cause, Levels, Subcategory};
use crate::domain::number::{Amount, Discount, Quantity};
use crate::domain::string_enum::string_enum;

pub use crate::domain::facts::fact_key::{FactKey, FactKind, OVERRIDE_OF};

/// The highest revision of a fact wins (R17). 0 is a fact that was never revised.
pub type Revision = u64;

/// Free names and values, for grouping in reports.
pub type Attributes = BTreeMap<String, String>;

string_enum! {
    /// The kind of charge of a line. Only recurring lines have MRR (R1).
    ChargeKind {
        Recurring = "RECURRING",
        OneTime = "ONE_TIME",
        Usage = "USAGE",
    }
}

string_enum! {
    /// The kinds of change order.
    ChangeOrderType {
        Activation = "ACTIVATION",
        ModifyPricing = "MODIFY_PRICING",
        Renewal = "RENEWAL",
        Suspension = "SUSPENSION",
        Reactivation = "REACTIVATION",
        Termination = "TERMINATION",
    }
}

string_enum! {
    /// The axis on which a change counts (R13); the sign of the amount picks the side.
    ModificationType {
        NewOrChurn = "NEW_OR_CHURN",
        UpsellOrDownsell = "UPSELL_OR_DOWNSELL",
        Ignored = "IGNORED",
    }
}

string_enum! {
    /// The outcome of a charge.
    ChargeStatus {
        Succeeded = "SUCCEEDED",
        Failed = "FAILED",
        Refunded = "REFUNDED",
    }
}

/// A customer, as event sinks and reports show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Customer {
    pub customer_id: CustomerId,
    pub revision: Revision,
    pub name: String,
    /// The person or account id that event sinks know; empty: the customer id.
    pub identity: String,
    pub attributes: Attributes,
}

/// The terms that a price step or an order's entry sets; what it does not name carries over (R4).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TermsChange {
    pub quantity: Option<Quantity>,
    pub unit_price: Option<Amount>,
    pub discount: Option<Discount>,
    pub interval: Option<Interval>,
    /// Only an order's entry can change the item.
    pub item_id: Option<ItemId>,
}

impl TermsChange {
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Terms from a date on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PriceStep {
    /// None: from the start of the line.
    pub start_date: Option<NaiveDate>,
    pub terms: TermsChange,
}

/// One item sold on a subscription.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubscriptionLine {
    pub line_id: LineId,
    pub revision: Revision,
    pub subscription_id: SubscriptionId,
    pub customer_id: CustomerId,
    pub item_id: ItemId,
    pub charge_kind: ChargeKind,
    pub currency: Currency,
    pub start_date: NaiveDate,
    /// The first date without the line; None: evergreen.
    pub end_date: Option<NaiveDate>,
    /// Up to this date MRR is 0 (R5).
    pub trial_end_date: Option<NaiveDate>,
    /// The line starts with an ACTIVATION, not by itself.
    pub pending_activation: bool,
    pub renews_subscription_id: Option<SubscriptionId>,
    /// Not empty, by date, no date twice; the first has a quantity, a unit price and an interval.
    pub price_steps: Vec<PriceStep>,
    pub attributes: Attributes,
}

/// A line that an order is for, and the terms that the order sets on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderEntry {
    pub line_id: LineId,
    pub terms: TermsChange,
}

/// A dated instruction on a subscription.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeOrder {
    pub change_order_id: ChangeOrderId,
    pub revision: Revision,
    pub customer_id: CustomerId,
    pub subscription_id: SubscriptionId,
    pub order_type: ChangeOrderType,
    pub effective_date: NaiveDate,
    /// A TERMINATION at the end of its date acts on the next one.
    pub end_of_day: bool,
    /// Empty: for all lines of the subscription.
    pub entries: Vec<OrderEntry>,
    /// RENEWAL: the new natural end; None: evergreen.
    pub renewal_end_date: Option<NaiveDate>,
    pub modification_type: Option<ModificationType>,
    pub voided: bool,
    pub memo: String,
}

impl ChangeOrder {
    /// The date at whose start the order acts.
    #[must_use]
    pub fn acts_on(&self) -> NaiveDate {
        // Only the last date that can be written, in the year 262142, has no next one.
        if self.end_of_day { self.effective_date.succ_opt().unwrap_or(NaiveDate::MAX) } else { self.effective_date }
    }

    /// The terms that the order sets on a line; None when the order is not for it.
    #[must_use]
    pub fn entry(&self, line_id: &LineId) -> Option<&OrderEntry> {
        self.entries.iter().find(|entry| entry.line_id == *line_id)
    }
}

/// A payment, its failure, or its refund.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Charge {
    pub charge_id: ChargeId,
    pub revision: Revision,
    pub customer_id: CustomerId,
    pub subscription_id: Option<SubscriptionId>,
    pub status: ChargeStatus,
    /// Not negative; a refund is shown negative by R18.
    pub amount: Amount,
    pub currency: Currency,
    pub description: String,
    pub occurred_at: DateTime<Utc>,
}

/// The target of an override: a change order, or one of the causes that have none.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OverrideTarget {
    ChangeOrder(ChangeOrderId),
    LineStart(LineId),
    PriceStep(LineId, NaiveDate),
    TrialEnd(LineId),
    NaturalEnd(LineId),
}

impl OverrideTarget {
    /// The target of an override of a cause; None for a renewal by link, which no override changes.
    #[must_use]
    pub fn of(cause: &Cause) -> Option<Self> {
        Some(match cause {
            Cause::ChangeOrder(order) => Self::ChangeOrder(order.clone()),
            Cause::LineStart(line) => Self::LineStart(line.clone()),
            Cause::TrialEnd(line) => Self::TrialEnd(line.clone()),
            Cause::PriceStep(line, date) => Self::PriceStep(line.clone(), *date),
            Cause::NaturalEnd(line) => Self::NaturalEnd(line.clone()),
            Cause::RenewalLink(..) => return None,
        })
    }

    /// The cause that it is for.
    #[must_use]
    pub fn cause(&self) -> Cause {
        match self {
            Self::ChangeOrder(order) => Cause::ChangeOrder(order.clone()),
            Self::LineStart(line) => Cause::LineStart(line.clone()),
            Self::PriceStep(line, date) => Cause::PriceStep(line.clone(), *date),
            Self::TrialEnd(line) => Cause::TrialEnd(line.clone()),
            Self::NaturalEnd(line) => Cause::NaturalEnd(line.clone()),
        }
    }
}

/// Finance's word on how a cause counts (R13).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Override {
    pub customer_id: CustomerId,
    pub target: OverrideTarget,
    pub revision: Revision,
    /// None: taken back, the cause is computed again.
    pub modification_type: Option<ModificationType>,
    /// The levels at which it holds; IGNORED holds at both whatever stands here.
    pub levels: Levels,
    pub subcategory: Option<Subcategory>,
    pub reason: String,
}

/// Anything that can be recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fact {
    Customer(Customer),
    Line(SubscriptionLine),
    Order(ChangeOrder),
    Charge(Charge),
    Override(Override),
}

impl Fact {
    #[must_use]
    pub fn customer_id(&self) -> &CustomerId {
        match self {
            Self::Customer(customer) => &customer.customer_id,
            Self::Line(line) => &line.customer_id,
            Self::Order(order) => &order.customer_id,
            Self::Charge(charge) => &charge.customer_id,
            Self::Override(over) => &over.customer_id,
        }
    }

    #[must_use]
    pub fn revision(&self) -> Revision {
        match self {
            Self::Customer(customer) => customer.revision,
            Self::Line(line) => line.revision,
            Self::Order(order) => order.revision,
            Self::Charge(charge) => charge.revision,
            Self::Override(over) => over.revision,
        }
    }

    #[must_use]
    pub fn key(&self) -> FactKey {
        match self {
            Self::Customer(_) => FactKey::Customer,
            Self::Line(line) => FactKey::Line(line.line_id.clone()),
            Self::Order(order) => FactKey::Order(order.change_order_id.clone()),
            Self::Charge(charge) => FactKey::Charge(charge.charge_id.clone()),
            Self::Override(over) => FactKey::Override(over.target.clone()),
        }
    }
}
