//! Classifies one customer: a subscription that grows, is repriced, and ends.
//!
//! Runs without any feature: `cargo run --no-default-features --example classify`.

use std::error::Error;

use deltabook::domain::facts::fact::{
    ChangeOrder, ChangeOrderType, ChargeKind, Fact, OrderEntry, PriceStep, SubscriptionLine, TermsChange,
};
use deltabook::domain::facts::interval::{Interval, IntervalUnit};
use deltabook::domain::ids::{ChangeOrderId, Currency, CustomerId, ItemId, LineId, SubscriptionId};
use deltabook::domain::number::{Amount, Quantity};
use deltabook::{CustomerFacts, NaiveDate, Policy, classify};

fn main() -> Result<(), Box<dyn Error>> {
    let facts: CustomerFacts = [
        Fact::Line(seats()?),
        Fact::Order(order("O1", ChangeOrderType::ModifyPricing, "2025-03-01", Some("12"))?),
        Fact::Order(order("O2", ChangeOrderType::Termination, "2025-09-01", None)?),
        // Nothing acts on a line after its end: this order is void.
        Fact::Order(order("O3", ChangeOrderType::ModifyPricing, "2025-10-01", Some("15"))?),
    ]
    .into_iter()
    .collect();

    let replay = classify(&facts, &Policy::default())?;
    for movement in &replay.movements {
        println!(
            "{}  {:8}  {:17}  {:>5} {}  {}",
            movement.effective_date,
            movement.level,
            movement.subcategory,
            movement.delta,
            movement.currency,
            movement.rules.iter().map(|rule| rule.to_string()).collect::<Vec<_>>().join(" "),
        );
    }
    for void in &replay.voids {
        println!("{} has no effect: {}", void.fact, void.reason);
    }
    Ok(())
}

/// 10 seats at 50 a month, at 60 from the second half of the year.
fn seats() -> Result<SubscriptionLine, Box<dyn Error>> {
    let first = TermsChange {
        quantity: Some(Quantity::parse("10")?),
        unit_price: Some(Amount::parse("50")?),
        interval: Interval::new(IntervalUnit::Month, 1),
        ..TermsChange::default()
    };
    let second = TermsChange { unit_price: Some(Amount::parse("60")?), ..TermsChange::default() };
    Ok(SubscriptionLine {
        line_id: LineId::parse("L1")?,
        revision: 0,
        subscription_id: SubscriptionId::parse("S1")?,
        customer_id: CustomerId::parse("C1")?,
        item_id: ItemId::parse("seats")?,
        charge_kind: ChargeKind::Recurring,
        currency: Currency::parse("EUR")?,
        start_date: "2025-01-01".parse()?,
        end_date: None,
        trial_end_date: None,
        pending_activation: false,
        renews_subscription_id: None,
        price_steps: vec![
            PriceStep { start_date: None, terms: first },
            PriceStep { start_date: Some("2025-07-01".parse()?), terms: second },
        ],
        attributes: [].into(),
    })
}

/// An order for the line; a quantity is the one that it sets.
fn order(
    id: &str,
    order_type: ChangeOrderType,
    effective_date: &str,
    quantity: Option<&str>,
) -> Result<ChangeOrder, Box<dyn Error>> {
    let effective_date: NaiveDate = effective_date.parse()?;
    let quantity = quantity.map(Quantity::parse).transpose()?;
    Ok(ChangeOrder {
        change_order_id: ChangeOrderId::parse(id)?,
        revision: 0,
        customer_id: CustomerId::parse("C1")?,
        subscription_id: SubscriptionId::parse("S1")?,
        order_type,
        effective_date,
        end_of_day: false,
        entries: vec![OrderEntry {
            line_id: LineId::parse("L1")?,
            terms: TermsChange { quantity, ..TermsChange::default() },
        }],
        renewal_end_date: None,
        modification_type: None,
        voided: false,
        memo: String::new(),
    })
}
