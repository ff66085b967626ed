//! R18: movements, trials and charges → lifecycle events.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use crate::domain::error::{DomainError, InternalError};
use crate::domain::events::event::{Bill, EventKind, LifecycleEvent, PlanChange};
use crate::domain::facts::customer_facts::CustomerFacts;
use crate::domain::facts::fact::{Charge, ChargeStatus};
use crate::domain::ids::{Currency, ItemId, SubscriptionId};
use crate::domain::journal::movement::{Category, Cause, Level, Movement, Subcategory};
use crate::domain::money::{Money, OutOfRange};
use crate::domain::policy::Policy;
use crate::domain::replay::Replay;
use crate::domain::replay::trial::Trial;

/// The movements of one kind of event, of one date and currency.
#[derive(Default)]
struct EventMovements<'m> {
    delta: Money,
    /// Those that changed most, each in its direction.
    rise: Option<&'m Movement>,
    fall: Option<&'m Movement>,
    causes: Vec<&'m Cause>,
    provisional_until: Option<NaiveDate>,
}

/// The movements of a date, in one currency, by kind of event.
#[derive(Default)]
struct DateMovements<'m> {
    mrr_after: Money,
    new_customer: EventMovements<'m>,
    impact: EventMovements<'m>,
    churn: EventMovements<'m>,
}

/// The events of a customer, in the order in which they go out.
///
/// # Errors
/// [`DomainError::OutOfRange`] when a sum does not fit.
pub fn lifecycle(replay: &Replay, facts: &CustomerFacts, policy: &Policy) -> Result<Vec<LifecycleEvent>, DomainError> {
    let mut events = movement_events(replay, facts)?;
    events.extend(replay.trials.iter().flat_map(trial_events));
    events.extend(facts.charges.values().filter_map(|charge| charge_event(charge, policy)));
    events.sort_by_cached_key(|event| {
        let happened = event.kind.bill().map(|bill| bill.occurred_at);
        (event.date, event.kind.name(), happened, event.kind.currency())
    });
    Ok(events)
}

fn movement_events(replay: &Replay, facts: &CustomerFacts) -> Result<Vec<LifecycleEvent>, DomainError> {
    let mut events = Vec::new();
    for ((date, currency), of_date) in by_date(&replay.movements)? {
        let DateMovements { mrr_after, new_customer, impact, churn } = of_date;
        let plan = plan(replay, date, currency)?;
        let mut push = |of_kind: EventMovements<'_>, kind: fn(PlanChange) -> EventKind| {
            let Some(main) = of_kind.main() else { return };
            let change = PlanChange {
                currency,
                mrr_delta: of_kind.delta,
                mrr_after,
                plan: plan.clone(),
                subcategory: main.subcategory,
                quantity_before: main.quantity_before,
                quantity_after: main.quantity_after,
                subscriptions: subscriptions(&replay.movements, date, currency),
                reason: memos(&of_kind.causes, facts),
            };
            events.push(LifecycleEvent { kind: kind(change), date, provisional_until: of_kind.provisional_until });
        };
        push(new_customer, EventKind::SignedUp);
        if impact.delta.is_positive() {
            push(impact, EventKind::Upgraded);
        } else if impact.delta.is_negative() {
            push(impact, EventKind::Downgraded);
        }
        push(churn, EventKind::Canceled);
    }
    Ok(events)
}

/// The plan after a date with CUSTOMER movements.
fn plan(replay: &Replay, date: NaiveDate, currency: Currency) -> Result<&ItemId, InternalError> {
    let found = replay.plans.binary_search_by_key(&(date, currency), |plan| (plan.date, plan.currency));
    let plan = found.ok().and_then(|place| replay.plans.get(place));
    plan.map(|plan| &plan.item_id).ok_or_else(|| InternalError::new("movements of a date without a plan"))
}

fn by_date(movements: &[Movement]) -> Result<BTreeMap<(NaiveDate, Currency), DateMovements<'_>>, OutOfRange> {
    let mut dates: BTreeMap<(NaiveDate, Currency), DateMovements<'_>> = BTreeMap::new();
    let mut mrr: BTreeMap<Currency, Money> = BTreeMap::new();
    for movement in movements.iter().filter(|movement| movement.level == Level::Customer) {
        let total = mrr.entry(movement.currency).or_insert(Money::ZERO);
        *total = total.checked_add(movement.delta)?;
        let of_date = dates.entry((movement.effective_date, movement.currency)).or_default();
        of_date.mrr_after = *total;
        match (movement.category, movement.subcategory) {
            (Category::Upsell | Category::Downsell, _) => of_date.impact.add(movement)?,
            (Category::Churn, _) => of_date.churn.add(movement)?,
            (Category::New, Subcategory::NewCustomer) => of_date.new_customer.add(movement)?,
            (Category::New | Category::Renewal | Category::Ignored, _) => {}
        }
    }
    Ok(dates)
}

impl<'m> EventMovements<'m> {
    /// The one that changed most, in the direction of them all.
    fn main(&self) -> Option<&'m Movement> {
        if self.delta.is_negative() { self.fall } else { self.rise.or(self.fall) }
    }

    fn add(&mut self, movement: &'m Movement) -> Result<(), OutOfRange> {
        let amount = |movement: &Movement| movement.delta.micros().unsigned_abs();
        self.delta = self.delta.checked_add(movement.delta)?;
        let main = if movement.delta.is_negative() { &mut self.fall } else { &mut self.rise };
        if main.is_none_or(|main| amount(main) < amount(movement)) {
            *main = Some(movement);
        }
        self.causes.extend(&movement.causes);
        self.provisional_until = self.provisional_until.max(movement.provisional_until);
        Ok(())
    }
}

/// The contracts that have movements on the date. Movements come by date.
fn subscriptions(movements: &[Movement], date: NaiveDate, currency: Currency) -> Vec<SubscriptionId> {
    let from = movements.partition_point(|movement| movement.effective_date < date);
    let of_date = movements.iter().skip(from).take_while(|movement| movement.effective_date == date);
    let of_currency = of_date.filter(|movement| movement.currency == currency);
    let contracts: BTreeSet<_> = of_currency.filter_map(|movement| movement.subscription_id.as_ref()).collect();
    contracts.into_iter().cloned().collect()
}

/// The memos of the orders, each once.
fn memos(causes: &[&Cause], facts: &CustomerFacts) -> String {
    let mut memos: Vec<&str> = Vec::new();
    for cause in causes {
        if let Cause::ChangeOrder(id) = cause
            && let Some(order) = facts.orders.get(id)
            && !order.memo.is_empty()
            && !memos.contains(&order.memo.as_str())
        {
            memos.push(&order.memo);
        }
    }
    memos.join("; ")
}

fn trial_events(trial: &Trial) -> [LifecycleEvent; 2] {
    let event = |kind, date| LifecycleEvent { kind, date, provisional_until: None };
    [
        event(EventKind::TrialStarted(trial.clone()), trial.starts_on),
        event(EventKind::TrialEnded(trial.clone()), trial.ends_on),
    ]
}

fn charge_event(charge: &Charge, policy: &Policy) -> Option<LifecycleEvent> {
    let bill = |amount| Bill {
        charge_id: charge.charge_id.clone(),
        subscription_id: charge.subscription_id.clone(),
        currency: charge.currency,
        amount,
        description: charge.description.clone(),
        occurred_at: charge.occurred_at,
    };
    let kind = match charge.status {
        ChargeStatus::Succeeded => EventKind::Billed(bill(charge.amount)),
        ChargeStatus::Refunded => EventKind::Refunded(bill(charge.amount.negated())),
        ChargeStatus::Failed => return None,
    };
    Some(LifecycleEvent { kind, date: policy.date_of(charge.occurred_at), provisional_until: None })
}
