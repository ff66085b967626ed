//! Rules that decided a movement, each in a sentence.

use crate::codec::describe::cause as cause_text;
use crate::codec::encode;
use crate::domain::facts::customer_facts::CustomerFacts;
use crate::domain::facts::fact::OverrideTarget;
use crate::domain::journal::entry::{Entry, Sequence};
use crate::domain::journal::movement::{Cause, Level, Movement, Subcategory};
use crate::domain::number::Discount;
use crate::domain::number::Quantity;
use crate::domain::replay::explain::{LineChange, LineSnapshot};
use crate::domain::rule::Rule;

/// Rule and its application to a movement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    pub rule: Rule,
    pub statement: String,
}

/// Summarises the movement in one sentence.
pub(in crate::reports) fn summary(entry: &Entry) -> String {
    let movement = &entry.movement;
    let causes: Vec<String> = movement.causes.iter().map(cause_text).collect();
    let reversal = entry.reverses.map_or(String::new(), |sequence| format!("Reversal of movement {sequence}: "));
    let amount = match movement.renewed_mrr {
        Some(renewed) => format!("{renewed} {} renewed", movement.currency),
        None => format!(
            "{} {} a month (MRR {} → {})",
            movement.delta, movement.currency, movement.mrr_before, movement.mrr_after
        ),
    };
    format!(
        "{reversal}{} / {} of {amount} for {}, item {}, on {}, at {} level, by {}.",
        movement.category,
        movement.subcategory,
        movement.customer_id,
        movement.item_id,
        movement.effective_date,
        movement.level,
        causes.join(", "),
    )
}

/// Gives one reason for each rule, by number.
pub(in crate::reports) fn reasons(
    entry: &Entry,
    changes: &[LineChange],
    facts: &CustomerFacts,
    reversed_by: Option<Sequence>,
) -> Vec<Reason> {
    let corrected = |statement| Reason { rule: Rule::Corrected, statement };
    if let Some(sequence) = entry.reverses {
        let statement =
            format!("the facts changed; this entry cancels movement {sequence} exactly, which has the reasons");
        return vec![corrected(statement)];
    }
    let movement = &entry.movement;
    let of_rule = |rule| Reason { rule, statement: statement(rule, movement, changes, facts) };
    let mut reasons: Vec<Reason> =
        movement.rules.iter().map(of_rule).filter(|reason| !reason.statement.is_empty()).collect();
    if let Some(sequence) = reversed_by {
        let statement = format!("the facts have changed since; entry {sequence} cancels this movement exactly");
        reasons.push(corrected(statement));
    }
    reasons
}

fn statement(rule: Rule, movement: &Movement, changes: &[LineChange], facts: &CustomerFacts) -> String {
    let each = |show: &dyn Fn(&LineChange) -> Option<String>| -> String {
        let shown: Vec<String> = changes.iter().filter_map(show).collect();
        shown.join("; ")
    };
    match rule {
        Rule::Normalisation => each(&|change| Some(mrr_text(change))),
        Rule::InForce | Rule::Trial | Rule::NaturalEnd => {
            let suffix = movement
                .provisional_until
                .map_or(String::new(), |date| format!("; provisional until {date}, for a late renewal"));
            format!("{} on {}{suffix}", causes_text(movement), movement.effective_date)
        }
        Rule::Terms => each(&|change| terms_text(change)),
        Rule::Counting => each(&|change| {
            (!change.before.counting && change.after.counting)
                .then(|| format!("{} begins to count: its MRR is {}", change.line_id, change.after.mrr))
        }),
        Rule::Groups => grouping_text(movement, changes),
        Rule::Category => category_text(movement),
        Rule::Renewal => renewal_text(movement),
        Rule::Suspension => format!(
            "{}; a suspended line keeps its MRR, unless the suspension has another modification type than IGNORED",
            causes_text(movement)
        ),
        Rule::Effects if movement.quantity_before == Quantity::ZERO => {
            movement.effects.map_or(String::new(), |effects| {
                format!("the quantity was 0 before: the whole amount is quantity effect, {}", effects.quantity)
            })
        }
        Rule::Effects => movement.effects.map_or(String::new(), |effects| {
            format!(
                "quantity {} → {}: quantity effect {} × ({} − {}) / {} = {}, the rest is price effect: {}",
                movement.quantity_before,
                movement.quantity_after,
                movement.mrr_before,
                movement.quantity_after,
                movement.quantity_before,
                movement.quantity_before,
                effects.quantity,
                effects.price
            )
        }),
        Rule::ModificationType if changes.is_empty() => {
            "a modification type was in force when it was posted; the facts have changed since".to_owned()
        }
        Rule::ModificationType => modification_text(movement, facts),
        Rule::RecurringOnly | Rule::Truth | Rule::Derived | Rule::Corrected | Rule::Revisions | Rule::Events => {
            causes_text(movement)
        }
    }
}

fn causes_text(movement: &Movement) -> String {
    movement.causes.iter().map(cause_text).collect::<Vec<_>>().join(", ")
}

fn mrr_text(change: &LineChange) -> String {
    let books = |line: &LineSnapshot| if line.counting { line.mrr.to_string() } else { "0".to_owned() };
    format!("{}: {} → {} ({})", change.line_id, books(&change.before), books(&change.after), price_text(&change.after))
}

/// Renders as `12 × 10.5 a MONTH, less 10%`.
fn price_text(line: &LineSnapshot) -> String {
    let (Some(unit_price), Some(interval)) = (line.unit_price, line.interval) else { return String::new() };
    let interval = encode::interval(interval);
    let every = if interval.count == 1 { interval.unit } else { format!("{} {}S", interval.count, interval.unit) };
    let discount = match line.discount {
        Some(Discount::Percent(percent)) => format!(", less {percent}%"),
        Some(Discount::Amount(amount)) => format!(", less {amount}"),
        None => String::new(),
    };
    format!("{} × {unit_price} every {every}{discount}", line.quantity)
}

fn terms_text(change: &LineChange) -> Option<String> {
    let (before, after) = (&change.before, &change.after);
    let mut changed = Vec::new();
    if before.item_id != after.item_id {
        changed.push(format!("item {} → {}", before.item_id, after.item_id));
    }
    if price_text(before) != price_text(after) {
        changed.push(format!("{} → {}", price_text(before), price_text(after)));
    }
    (!changed.is_empty())
        .then(|| format!("{} changes {}: {}", cause_text(&change.cause), change.line_id, changed.join(", ")))
}

fn grouping_text(movement: &Movement, changes: &[LineChange]) -> String {
    let count = match changes.len() {
        0 => String::new(),
        1 => " (one change)".to_owned(),
        many => format!(" ({many} changes)"),
    };
    match (movement.level, &movement.line_id) {
        (Level::Contract, Some(line)) => format!("at CONTRACT level each cause of a line is a group: {line}"),
        (Level::Contract, None) => {
            format!("a renewal by link is one group of the renewed and renewing lines{count}")
        }
        (Level::Customer, _) if movement.rules.contains(Rule::ModificationType) => format!(
            "at CUSTOMER level what has a modification type of its own leaves the other changes of {} in {}",
            movement.item_id, movement.currency
        ),
        (Level::Customer, _) => format!(
            "at CUSTOMER level all changes of {} in {} on one date are one group{count}",
            movement.item_id, movement.currency
        ),
    }
}

fn category_text(movement: &Movement) -> String {
    let who = match movement.level {
        Level::Contract => "the contract",
        Level::Customer => "the customer",
    };
    let date = movement.effective_date;
    let reason = match movement.subcategory {
        Subcategory::NewContract | Subcategory::NewCustomer => {
            format!("{who} was not active the day before and is active at the end of {date}")
        }
        Subcategory::Reactivation => {
            format!("{who} was not active the day before, is active at the end of {date}, and had been active earlier")
        }
        Subcategory::ContractChurn | Subcategory::CustomerChurn => {
            format!("{who} was active the day before and is not active at the end of {date}")
        }
        Subcategory::AddOn => format!("{who} stays active; none of the lines counted before, some count after"),
        Subcategory::ItemRemoval => format!("{who} stays active; some of the lines counted before, none count after"),
        Subcategory::QuantityIncrease => "MRR rises, and the quantity effect is above 0".to_owned(),
        Subcategory::QuantityDecrease => "MRR falls, and the quantity effect is below 0".to_owned(),
        Subcategory::PriceIncrease => "MRR rises, and not by quantity".to_owned(),
        Subcategory::PriceDecrease => "MRR falls, and not by quantity".to_owned(),
        Subcategory::Renewal | Subcategory::Ignored => format!("{who} goes on"),
    };
    if movement.rules.contains(Rule::ModificationType) {
        return match movement.subcategory {
            Subcategory::Ignored => "the modification type keeps the amount out of the impact totals".to_owned(),
            _ => "the modification type names the axis; the sign of what the cause moves picks the side".to_owned(),
        };
    }
    reason
}

fn renewal_text(movement: &Movement) -> String {
    match movement.renewed_mrr {
        Some(renewed) => format!(
            "{} on {}; renewed MRR is the smaller of what the lines had before and after: {renewed}",
            causes_text(movement),
            movement.effective_date
        ),
        None => format!("what changes with a renewal stands beside it: {}", causes_text(movement)),
    }
}

fn modification_text(movement: &Movement, facts: &CustomerFacts) -> String {
    let types: Vec<String> = movement.causes.iter().filter_map(|cause| modification_of(cause, facts)).collect();
    if types.is_empty() {
        // A reactivation takes the type of its suspension.
        return "it carries the modification type of what it follows".to_owned();
    }
    types.join("; ")
}

/// Names the type in force for a cause, and its origin.
fn modification_of(cause: &Cause, facts: &CustomerFacts) -> Option<String> {
    let target = OverrideTarget::of(cause)?;
    let overridden = facts.overrides.get(&target).and_then(|over| Some((over, over.modification_type?)));
    if let Some((over, kind)) = overridden {
        let reason = if over.reason.is_empty() { String::new() } else { format!(" ({})", over.reason) };
        return Some(format!("finance counts {} as {kind}{reason}", cause_text(cause)));
    }
    let Cause::ChangeOrder(order) = cause else { return None };
    let own = facts.orders.get(order)?.modification_type?;
    Some(format!("{} came with the modification type {own}", cause_text(cause)))
}
