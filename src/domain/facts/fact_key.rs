//! Keys of facts: revisions of one fact share a key.

use crate::domain::facts::fact::OverrideTarget;
use crate::domain::ids::{ChangeOrderId, ChargeId, LineId};
use crate::domain::string_enum::string_enum;

string_enum! {
    /// The kinds of fact.
    FactKind {
        Customer = "CUSTOMER",
        Line = "SUBSCRIPTION_LINE",
        Order = "CHANGE_ORDER",
        Charge = "CHARGE",
        Override = "OVERRIDE",
    }
}

/// The key that the revisions of a fact share: kind and id, within a customer.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FactKey {
    Customer,
    Line(LineId),
    Order(ChangeOrderId),
    Charge(ChargeId),
    Override(OverrideTarget),
}

/// The words before the cause, where an override is named.
pub const OVERRIDE_OF: &str = "the override of ";

impl std::fmt::Display for FactKey {
    /// `change order O1`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Customer => f.write_str("the customer"),
            Self::Line(id) => write!(f, "line {id}"),
            Self::Order(id) => write!(f, "change order {id}"),
            Self::Charge(id) => write!(f, "charge {id}"),
            Self::Override(_) => write!(f, "{OVERRIDE_OF}{}", self.id()),
        }
    }
}

impl FactKey {
    #[must_use]
    pub fn kind(&self) -> FactKind {
        match self {
            Self::Customer => FactKind::Customer,
            Self::Line(_) => FactKind::Line,
            Self::Order(_) => FactKind::Order,
            Self::Charge(_) => FactKind::Charge,
            Self::Override(_) => FactKind::Override,
        }
    }

    /// The fact's id as text, unique with the kind within a customer.
    #[must_use]
    pub fn id(&self) -> String {
        match self {
            Self::Customer => String::new(),
            Self::Line(id) => id.to_string(),
            Self::Order(id) => id.to_string(),
            Self::Charge(id) => id.to_string(),
            Self::Override(OverrideTarget::ChangeOrder(id)) => format!("change order {id}"),
            Self::Override(OverrideTarget::LineStart(id)) => format!("start of {id}"),
            Self::Override(OverrideTarget::PriceStep(id, date)) => format!("price step {date} of {id}"),
            Self::Override(OverrideTarget::TrialEnd(id)) => format!("trial end of {id}"),
            Self::Override(OverrideTarget::NaturalEnd(id)) => format!("natural end of {id}"),
        }
    }
}
