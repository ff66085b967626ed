//! Comparison of a movement with the other level: the same changes there, and the reason of the difference.

use crate::domain::journal::entry::Entry;
use crate::domain::journal::movement::{Category, Level, Movement, Subcategory};
use crate::domain::money::{Money, OutOfRange};
use crate::domain::replay::explain::NamedBy;
use crate::domain::rule::{Rule, RuleSet};
use crate::reports::movements::traces::Traced;

/// Movement of the other level, compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counterpart {
    /// None: no movement at the other level.
    pub entry: Option<Entry>,
    /// The comparison in one sentence.
    pub comparison: String,
}

/// Finds the movements of the other level that consist of the same changes.
///
/// # Errors
/// [`OutOfRange`] when the customer's MRR does not fit.
pub(in crate::reports) fn counterparts(own: &Traced<'_>, all: &[Traced<'_>]) -> Result<Vec<Counterpart>, OutOfRange> {
    let movement = &own.entry.movement;
    let others: Vec<&Traced<'_>> = all
        .iter()
        .filter(|other| {
            let it = &other.entry.movement;
            it.level != movement.level
                && (it.effective_date, it.currency) == (movement.effective_date, movement.currency)
                && Kind::of(it) == Kind::of(movement)
                && other.trace.shares_a_change_with(own.trace)
        })
        .collect();
    if others.is_empty() {
        let (item, date) = (&movement.item_id, movement.effective_date);
        let comparison = match movement.level {
            Level::Contract => format!("For the customer, all changes of {item} on {date} add up to 0 (R7)."),
            Level::Customer => format!("No contract has a change of {item} on {date} (R7)."),
        };
        return Ok(vec![Counterpart { entry: None, comparison }]);
    }
    let customer_mrr = mrr_of_customer(movement, all)?;
    let compared = |other: &&Traced<'_>| {
        let (contract, customer) = if movement.level == Level::Contract { (own, *other) } else { (*other, own) };
        let comparison = Pair { contract, customer, customer_mrr }.comparison();
        Counterpart { entry: Some(other.entry.clone()), comparison }
    };
    Ok(others.iter().map(compared).collect())
}

/// Pairs movements of amount 0 apart from those that change MRR.
#[derive(PartialEq, Eq)]
enum Kind {
    Renewal,
    Pause,
    Change,
}

impl Kind {
    fn of(movement: &Movement) -> Self {
        if movement.category == Category::Renewal {
            Self::Renewal
        } else if movement.rules == RuleSet::of(&[Rule::Suspension]) {
            Self::Pause
        } else {
            Self::Change
        }
    }
}

/// MRR of the customer in the movement's currency at the end of its date (R14).
fn mrr_of_customer(movement: &Movement, all: &[Traced<'_>]) -> Result<Money, OutOfRange> {
    let of_customer = all.iter().map(|it| &it.entry.movement).filter(|it| {
        it.level == Level::Customer && it.currency == movement.currency && it.effective_date <= movement.effective_date
    });
    of_customer.map(|it| it.delta).try_fold(Money::ZERO, Money::checked_add)
}

/// Two movements of the same changes.
struct Pair<'t> {
    contract: &'t Traced<'t>,
    customer: &'t Traced<'t>,
    /// MRR in their currency at the end of their date.
    customer_mrr: Money,
}

impl Pair<'_> {
    fn comparison(&self) -> String {
        match (&self.contract.trace.named_by, &self.customer.trace.named_by) {
            (Some(named), Some(_)) => {
                format!("Both levels have their name from {} (R13).", source(named))
            }
            (Some(named), None) => format!(
                "{} holds for the contract only; for the customer it is computed: {} (R13).",
                capital(&source(named)),
                self.for_customer()
            ),
            (None, Some(named)) => format!(
                "{} holds for the customer only; for the contract it is computed: {} (R13).",
                capital(&source(named)),
                shown(&self.contract.entry.movement)
            ),
            (None, None) => self.by_facts(),
        }
    }

    /// Compares movements that no modification type decides.
    fn by_facts(&self) -> String {
        use Subcategory::{AddOn, ContractChurn, CustomerChurn, ItemRemoval, NewContract, NewCustomer, Reactivation};
        let (contract, customer) = (&self.contract.entry.movement, &self.customer.entry.movement);
        let (who, item, it_is) = (&customer.customer_id, &customer.item_id, self.for_customer());
        let subscription = contract.subscription_id.as_ref().map(ToString::to_string).unwrap_or_default();
        match (contract.subcategory, customer.subcategory) {
            (NewContract, NewCustomer) => format!("Both begin: {who} was never active before (R8)."),
            (NewContract, Reactivation) => {
                format!("The contract {subscription} is new, {who} is not: they were active before and come back (R8).")
            }
            (ContractChurn, CustomerChurn) => {
                format!("Both end: {who} has no other active contract on {} (R8).", customer.effective_date)
            }
            (Subcategory::Renewal, Subcategory::Renewal) => self.renewals(),
            (Subcategory::Ignored, Subcategory::Ignored) => {
                "At both levels MRR stays as it is, and the pause is only noted (R10).".to_owned()
            }
            (_, NewCustomer | Reactivation) => {
                format!("For the customer it is {it_is}, because {who} becomes active on that date (R8).")
            }
            (_, CustomerChurn) => {
                format!("For the customer it is {it_is}, because {who} stops being active on that date (R8).")
            }
            (NewContract, _) => {
                format!("For the customer it is {it_is}, not New, because {who} was active already (R8).")
            }
            (ContractChurn, _) => format!(
                "The contract {subscription} ends, but the customer stays{}: for the customer it is {it_is} (R8).",
                self.with_what_is_left()
            ),
            (own, same) if own == same && contract.delta == customer.delta => {
                "Both levels say the same (R8).".to_owned()
            }
            (AddOn, other) if other != AddOn => {
                format!("The line is new on the contract, but {who} had {item} already: it is {it_is} (R8).")
            }
            (ItemRemoval, other) if other != ItemRemoval => {
                format!("The line leaves the contract, but {who} keeps {item} on other lines: it is {it_is} (R8).")
            }
            _ => format!("For the customer it is {it_is}: {item} is looked at over all lines together (R7, R8)."),
        }
    }

    fn renewals(&self) -> String {
        let (contract, customer) = (&self.contract.entry.movement, &self.customer.entry.movement);
        match customer.renewed_mrr {
            Some(renewed) if contract.renewed_mrr != Some(renewed) => format!(
                "For the customer, all renewals of {} on {} are one, of {renewed} {} (R7, R9).",
                customer.item_id, customer.effective_date, customer.currency
            ),
            _ => "Both levels carry on the same (R9).".to_owned(),
        }
    }

    /// Describes the change at CUSTOMER level, where the item may have more changes on the date.
    fn for_customer(&self) -> String {
        let (contract, customer) = (&self.contract.entry.movement, &self.customer.entry.movement);
        let together = if contract.delta == customer.delta {
            String::new()
        } else {
            format!(", together with the other changes of {} on that date", customer.item_id)
        };
        format!("{}{together}", shown(customer))
    }

    fn with_what_is_left(&self) -> String {
        // A customer can be active without MRR, or in another currency.
        if self.customer_mrr.is_positive() {
            format!(", with {} {} a month", self.customer_mrr, self.customer.entry.movement.currency)
        } else {
            String::new()
        }
    }
}

/// Names the modification type and its origin.
fn source(named: &NamedBy) -> String {
    let who = if named.over.is_some() { "that finance set" } else { "that came with the order" };
    format!("the modification type {} {who}", named.modification_type)
}

/// Capitalises a sentence.
pub(in crate::reports) fn capital(text: &str) -> String {
    let mut rest = text.chars();
    rest.next().map(|first| first.to_uppercase().chain(rest).collect()).unwrap_or_default()
}

/// Renders as `an Add-on of 140 USD`.
pub(in crate::reports) fn shown(movement: &Movement) -> String {
    let name = match movement.subcategory {
        Subcategory::NewContract => "a New Contract",
        Subcategory::NewCustomer => "a New Customer",
        Subcategory::Reactivation => "a Reactivation",
        Subcategory::PriceIncrease => "a Price Increase",
        Subcategory::QuantityIncrease => "a Quantity Increase",
        Subcategory::AddOn => "an Add-on",
        Subcategory::PriceDecrease => "a Price Decrease",
        Subcategory::QuantityDecrease => "a Quantity Decrease",
        Subcategory::ItemRemoval => "an Item Removal",
        Subcategory::ContractChurn => "a Contract Churn",
        Subcategory::CustomerChurn => "a Customer Churn",
        Subcategory::Renewal => "a Renewal",
        Subcategory::Ignored => "Ignored, an amount",
    };
    format!("{name} of {} {}", movement.renewed_mrr.unwrap_or(movement.delta), movement.currency)
}
