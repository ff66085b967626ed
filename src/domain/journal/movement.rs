//! Movements: classified changes of MRR, the result of the rules.

use chrono::NaiveDate;

use crate::domain::ids::{ChangeOrderId, Currency, CustomerId, ItemId, LineId, SubscriptionId};
use crate::domain::money::{Money, OutOfRange};
use crate::domain::number::Quantity;
use crate::domain::rule::RuleSet;
use crate::domain::string_enum::string_enum;

string_enum! {
    /// The scope of a movement.
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

string_enum! {
    /// The category of a movement (R8).
    Category {
        New = "NEW",
        Upsell = "UPSELL",
        Downsell = "DOWNSELL",
        Churn = "CHURN",
        Renewal = "RENEWAL",
        Ignored = "IGNORED",
    }
}

string_enum! {
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

string_enum! {
    /// A beginning or an end of the activity of a contract or customer (R8). On one date the beginning comes first.
    ActivityChange {
        Began = "BEGAN",
        Ended = "ENDED",
    }
}

string_enum! {
    /// The outcome of a term that ended.
    RenewalOutcome {
        /// Its MRR was carried over by a renewal (R9): the movement's renewed MRR.
        Renewed = "RENEWED",
        /// Its MRR was lost at a natural end (R11): the opposite of the movement's amount.
        Lapsed = "LAPSED",
    }
}

impl Category {
    /// The change of activity that a movement of the category stands for (R8): NEW for a beginning, CHURN for an end.
    #[must_use]
    pub fn activity_change(self) -> Option<ActivityChange> {
        match self {
            Self::New => Some(ActivityChange::Began),
            Self::Churn => Some(ActivityChange::Ended),
            Self::Upsell | Self::Downsell | Self::Renewal | Self::Ignored => None,
        }
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

/// The cause of a change of a line.
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

/// The parts of an amount that come from units and from price (R12).
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
    /// The change of activity that it stands for at its level (R8).
    #[must_use]
    pub fn activity_change(&self) -> Option<ActivityChange> {
        self.category.activity_change()
    }

    /// The outcome of the term that ended with it, at CONTRACT level, where each movement has one cause (R7); None at
    /// CUSTOMER level, and where no term ended.
    ///
    /// A DOWNSELL or CHURN is a lapse if a natural end is among its causes. A discount that ends is an UPSELL, and no loss.
    #[must_use]
    pub fn renewal_outcome(&self) -> Option<RenewalOutcome> {
        if self.level != Level::Contract {
            return None;
        }
        match self.category {
            Category::Renewal => Some(RenewalOutcome::Renewed),
            Category::Downsell | Category::Churn if self.has_natural_end() => Some(RenewalOutcome::Lapsed),
            Category::New | Category::Upsell | Category::Downsell | Category::Churn | Category::Ignored => None,
        }
    }

    fn has_natural_end(&self) -> bool {
        self.causes.iter().any(|cause| matches!(cause, Cause::NaturalEnd(_)))
    }

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

#[cfg(test)]
mod tests {
    use super::*;

    fn movement(level: Level, subcategory: Subcategory, delta: i64, causes: &[Cause]) -> Movement {
        Movement {
            level,
            category: subcategory.category(),
            subcategory,
            effective_date: NaiveDate::MIN,
            customer_id: CustomerId::parse("C1").unwrap(),
            subscription_id: None,
            line_id: None,
            item_id: ItemId::parse("item").unwrap(),
            currency: Currency::parse("EUR").unwrap(),
            delta: Money::from_micros(delta),
            mrr_before: Money::ZERO,
            mrr_after: Money::from_micros(delta),
            quantity_before: Quantity::ZERO,
            quantity_after: Quantity::ZERO,
            effects: None,
            renewed_mrr: (subcategory == Subcategory::Renewal).then_some(Money::from_micros(70)),
            causes: causes.to_vec(),
            rules: RuleSet::default(),
            provisional_until: None,
        }
    }

    #[test]
    fn new_begins_an_activity_and_churn_ends_it_at_both_levels() {
        for (subcategory, change) in [
            (Subcategory::NewContract, Some(ActivityChange::Began)),
            (Subcategory::NewCustomer, Some(ActivityChange::Began)),
            (Subcategory::Reactivation, Some(ActivityChange::Began)),
            (Subcategory::ContractChurn, Some(ActivityChange::Ended)),
            (Subcategory::CustomerChurn, Some(ActivityChange::Ended)),
            (Subcategory::AddOn, None),
            (Subcategory::ItemRemoval, None),
            (Subcategory::Renewal, None),
            (Subcategory::Ignored, None),
        ] {
            for level in Level::ALL {
                assert_eq!(movement(*level, subcategory, 1, &[]).activity_change(), change, "{subcategory}");
            }
        }
    }

    /// One row a case: level, subcategory, whether a natural end is among the causes; the outcome.
    #[test]
    fn a_term_that_ended_is_renewed_or_lapsed_at_contract_level() {
        use RenewalOutcome::{Lapsed, Renewed};
        use Subcategory::{AddOn, ContractChurn, CustomerChurn, Ignored, ItemRemoval, NewContract, Renewal};
        let order = Cause::ChangeOrder(ChangeOrderId::parse("O1").unwrap());
        let natural_end = Cause::NaturalEnd(LineId::parse("L1").unwrap());
        for (level, subcategory, ends, outcome) in [
            (Level::Contract, Renewal, false, Some(Renewed)),
            (Level::Customer, Renewal, false, None),
            (Level::Contract, ContractChurn, true, Some(Lapsed)),
            (Level::Contract, ContractChurn, false, None),
            (Level::Contract, ItemRemoval, true, Some(Lapsed)),
            (Level::Customer, CustomerChurn, true, None),
            (Level::Contract, AddOn, true, None),
            (Level::Contract, NewContract, true, None),
            (Level::Contract, Ignored, true, None),
        ] {
            let causes: &[Cause] =
                if ends { &[order.clone(), natural_end.clone()] } else { std::slice::from_ref(&order) };
            let movement = movement(level, subcategory, -50, causes);
            assert_eq!(movement.renewal_outcome(), outcome, "{level} {subcategory}");
            let reversal = movement.reversed().unwrap();
            assert_eq!(reversal.renewal_outcome(), outcome, "{level} {subcategory}, reversed");
        }
    }
}
