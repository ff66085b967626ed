//! What the rules give: classified changes of MRR.

use chrono::NaiveDate;

use crate::domain::ids::{ChangeOrderId, Currency, CustomerId, ItemId, LineId, SubscriptionId};
use crate::domain::money::{Money, OutOfRange};
use crate::domain::number::Quantity;
use crate::domain::rule::RuleSet;
use crate::domain::string_enum::spelling;

spelling! {
    /// Whose MRR a movement is about.
    Level {
        /// One subscription, or a chain of subscriptions linked by renewal.
        Contract = "CONTRACT",
        /// All of a customer's subscriptions together.
        Customer = "CUSTOMER",
    }
}

/// A set of levels, not empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Levels {
    Contract,
    Customer,
    Both,
}

impl Levels {
    /// The set of these levels; None for none.
    #[must_use]
    pub fn of(levels: &[Level]) -> Option<Self> {
        match (levels.contains(&Level::Contract), levels.contains(&Level::Customer)) {
            (true, true) => Some(Self::Both),
            (true, false) => Some(Self::Contract),
            (false, true) => Some(Self::Customer),
            (false, false) => None,
        }
    }

    #[must_use]
    pub fn contains(self, level: Level) -> bool {
        self.as_slice().contains(&level)
    }

    #[must_use]
    pub fn as_slice(self) -> &'static [Level] {
        match self {
            Self::Contract => &[Level::Contract],
            Self::Customer => &[Level::Customer],
            Self::Both => Level::ALL,
        }
    }
}

spelling! {
    /// What a movement counts as.
    Category {
        New = "NEW",
        Upsell = "UPSELL",
        Downsell = "DOWNSELL",
        Churn = "CHURN",
        Renewal = "RENEWAL",
        Ignored = "IGNORED",
    }
}

spelling! {
    /// The finer kind of a category.
    Subcategory {
        NewContract = "NEW_CONTRACT",
        NewCustomer = "NEW_CUSTOMER",
        Reactivation = "REACTIVATION",
        PriceIncrease = "PRICE_INCREASE",
        QuantityIncrease = "QUANTITY_INCREASE",
        AddOn = "ADD_ON",
        PriceDecrease = "PRICE_DECREASE",
        QuantityDecrease = "QUANTITY_DECREASE",
        ItemRemoval = "ITEM_REMOVAL",
        ContractChurn = "CONTRACT_CHURN",
        CustomerChurn = "CUSTOMER_CHURN",
        Renewal = "RENEWAL",
        Ignored = "IGNORED",
    }
}

impl Subcategory {
    #[must_use]
    pub fn category(self) -> Category {
        match self {
            Self::NewContract | Self::NewCustomer | Self::Reactivation => Category::New,
            Self::PriceIncrease | Self::QuantityIncrease | Self::AddOn => Category::Upsell,
            Self::PriceDecrease | Self::QuantityDecrease | Self::ItemRemoval => Category::Downsell,
            Self::ContractChurn | Self::CustomerChurn => Category::Churn,
            Self::Renewal => Category::Renewal,
            Self::Ignored => Category::Ignored,
        }
    }

    /// The level that the subcategory is for; None: both.
    #[must_use]
    pub fn only_at(self) -> Option<Level> {
        match self {
            Self::NewContract | Self::ContractChurn => Some(Level::Contract),
            Self::NewCustomer | Self::Reactivation | Self::CustomerChurn => Some(Level::Customer),
            Self::PriceIncrease
            | Self::QuantityIncrease
            | Self::AddOn
            | Self::PriceDecrease
            | Self::QuantityDecrease
            | Self::ItemRemoval
            | Self::Renewal
            | Self::Ignored => None,
        }
    }
}

/// What changed a line.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cause {
    LineStart(LineId),
    TrialEnd(LineId),
    PriceStep(LineId, NaiveDate),
    ChangeOrder(ChangeOrderId),
    NaturalEnd(LineId),
    /// The line ended because a line of this subscription took it over (R9).
    RenewalLink(LineId, SubscriptionId),
}

/// How much of an amount comes from units and how much from price (R12).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Effects {
    pub quantity: Money,
    pub price: Money,
}

/// One classified change of MRR, derived from facts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Movement {
    pub level: Level,
    pub category: Category,
    pub subcategory: Subcategory,
    pub effective_date: NaiveDate,
    pub customer_id: CustomerId,
    /// At CONTRACT level.
    pub subscription_id: Option<SubscriptionId>,
    /// At CONTRACT level, but for a renewal by link, which is about several lines.
    pub line_id: Option<LineId>,
    pub item_id: ItemId,
    pub currency: Currency,
    /// MRR after − MRR before.
    pub delta: Money,
    /// Of the group's lines in R8's sense.
    pub mrr_before: Money,
    pub mrr_after: Money,
    pub quantity_before: Quantity,
    pub quantity_after: Quantity,
    pub effects: Option<Effects>,
    /// Of a RENEWAL movement (R9).
    pub renewed_mrr: Option<Money>,
    /// In the order of R4, each once.
    pub causes: Vec<Cause>,
    pub rules: RuleSet,
    /// Reports and events take a natural end up only from this date (R11).
    pub provisional_until: Option<NaiveDate>,
}

impl Movement {
    /// The movement that cancels this one exactly (R16): the same words, every amount the other way.
    ///
    /// # Errors
    /// [`OutOfRange`] for the one amount that has no opposite.
    pub fn reversed(&self) -> Result<Self, OutOfRange> {
        Ok(Self {
            delta: self.delta.checked_neg()?,
            mrr_before: self.mrr_after,
            mrr_after: self.mrr_before,
            quantity_before: self.quantity_after,
            quantity_after: self.quantity_before,
            effects: match self.effects {
                Some(effects) => {
                    Some(Effects { quantity: effects.quantity.checked_neg()?, price: effects.price.checked_neg()? })
                }
                None => None,
            },
            renewed_mrr: self.renewed_mrr.map(Money::checked_neg).transpose()?,
            ..self.clone()
        })
    }
}
