//! The columns of a waterfall.

use std::collections::BTreeMap;

use crate::domain::journal::movement::Subcategory;
use crate::domain::money::{Money, OutOfRange};

/// What the columns come to; one without movements is not there.
pub type Steps = BTreeMap<Step, StepSum>;

/// A column between opening and closing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// Without reactivations.
    New,
    Reactivation,
    Upsell,
    Downsell,
    Churn,
    /// Kept out of the impact totals, shown on its own (R13).
    Ignored,
}

impl Step {
    pub const ALL: [Self; 6] =
        [Self::New, Self::Reactivation, Self::Upsell, Self::Downsell, Self::Churn, Self::Ignored];

    /// The column of a subcategory; renewals move nothing and have none.
    #[must_use]
    pub fn of(subcategory: Subcategory) -> Option<Self> {
        use crate::domain::journal::movement::Category;
        match (subcategory, subcategory.category()) {
            (Subcategory::Reactivation, _) => Some(Self::Reactivation),
            (_, Category::New) => Some(Self::New),
            (_, Category::Upsell) => Some(Self::Upsell),
            (_, Category::Downsell) => Some(Self::Downsell),
            (_, Category::Churn) => Some(Self::Churn),
            (_, Category::Ignored) => Some(Self::Ignored),
            (_, Category::Renewal) => None,
        }
    }
}

/// What a column comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct StepSum {
    pub amount: Money,
    /// Movements; one that was reversed in the same period counts as none.
    pub movements: i64,
}

impl StepSum {
    pub(super) fn add(&mut self, more: Self) -> Result<(), OutOfRange> {
        self.amount = self.amount.checked_add(more.amount)?;
        self.movements = self.movements.checked_add(more.movements).ok_or(OutOfRange)?;
        Ok(())
    }

    pub(super) fn take(&mut self, less: Self) -> Result<(), OutOfRange> {
        self.amount = self.amount.checked_sub(less.amount)?;
        self.movements = self.movements.checked_sub(less.movements).ok_or(OutOfRange)?;
        Ok(())
    }
}
