//! R15: what is wrong beside a customer's other facts is refused on arrival.
//!
//! Violations within one fact (a missing price, an end before the start) are refused before, where it is read.

use std::collections::BTreeMap;

use crate::domain::facts::customer_facts::CustomerFacts;
use crate::domain::facts::fact::{ChangeOrder, ChangeOrderType, FactKey, Override, OverrideTarget};
use crate::domain::facts::void::Void;
use crate::domain::ids::{ChangeOrderId, LineId, SubscriptionId};
use crate::domain::journal::movement::{Level, Subcategory};

/// The most facts of one customer, revisions not counted: a replay stays around a second.
pub const MAX_FACTS_PER_CUSTOMER: usize = 20_000;
/// The most times that orders without entries apply to the lines of one subscription.
pub const MAX_APPLICATIONS: usize = 50_000;
/// The most lines of one subscription.
pub const MAX_LINES_PER_SUBSCRIPTION: usize = 1_000;

/// A reason to say no, in the words of the business.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum Refusal {
    #[error("subscription {0} has no line; record one before, or with, what refers to it")]
    UnknownSubscription(SubscriptionId),
    #[error("line {line} is not on subscription {subscription}")]
    UnknownLine { line: LineId, subscription: SubscriptionId },
    #[error("no line {0} is known that could be overridden (R13)")]
    NoSuchLine(LineId),
    #[error("no change order {0} is known that could be overridden (R13)")]
    NoSuchOrder(ChangeOrderId),
    #[error("line {line} has no later price step of {date} that could be overridden (R13)")]
    NoSuchPriceStep { line: LineId, date: chrono::NaiveDate },
    #[error("line {0} has no trial whose end could be overridden (R13)")]
    NoTrial(LineId),
    #[error(
        "subscription {subscription} renews {first} by one line and {second} by another; all its lines renew the same one"
    )]
    RenewsTwo { subscription: SubscriptionId, first: SubscriptionId, second: SubscriptionId },
    #[error("subscription {0} renews itself, by a circle of renewal links")]
    RenewalCircle(SubscriptionId),
    #[error("a REACTIVATION follows its suspension and has no modification type of its own (R10)")]
    ReactivationType,
    #[error("{0} does not occur: nothing changes by it that could be overridden (R13)")]
    NoSuchCause(String),
    #[error("the renewal linkage is system-controlled: an override makes no renewal, and takes none away (R9, R13)")]
    RenewalLinkage,
    #[error("{subcategory} is a subcategory of the {level} level, where the override does not hold (R13)")]
    SubcategoryOfOtherLevel { subcategory: Subcategory, level: Level },
    #[error("an amount leaves the range that the journal can hold (below 9.2 × 10¹² a month)")]
    OutOfRange,
    #[error("a customer has at most {MAX_FACTS_PER_CUSTOMER} facts")]
    TooManyFacts,
    #[error(
        "the orders of subscription {0} without entries, each counted for each of its lines, are more than {MAX_APPLICATIONS}; name the lines that they are for"
    )]
    TooManyApplications(SubscriptionId),
    #[error("so many facts of this customer are refused that the rest is not tried; send them in smaller batches")]
    TooManyRefused,
    #[error("subscription {0} has more than {MAX_LINES_PER_SUBSCRIPTION} lines")]
    TooManyLines(SubscriptionId),
}

impl Refusal {
    /// The line that it is about, where it is about one.
    #[must_use]
    pub fn line(&self) -> Option<&LineId> {
        match self {
            Self::UnknownLine { line, .. }
            | Self::NoSuchLine(line)
            | Self::NoSuchPriceStep { line, .. }
            | Self::NoTrial(line) => Some(line),
            Self::UnknownSubscription(_)
            | Self::NoSuchOrder(_)
            | Self::RenewsTwo { .. }
            | Self::RenewalCircle(_)
            | Self::ReactivationType
            | Self::NoSuchCause(_)
            | Self::RenewalLinkage
            | Self::SubcategoryOfOtherLevel { .. }
            | Self::OutOfRange
            | Self::TooManyFacts
            | Self::TooManyRefused
            | Self::TooManyApplications(_)
            | Self::TooManyLines(_) => None,
        }
    }

    /// A stable code for machines.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::UnknownSubscription(_) => "UNKNOWN_SUBSCRIPTION",
            Self::UnknownLine { .. } => "UNKNOWN_LINE",
            Self::NoSuchLine(_) => "NO_SUCH_LINE",
            Self::NoSuchOrder(_) => "NO_SUCH_CHANGE_ORDER",
            Self::NoSuchPriceStep { .. } => "NO_SUCH_PRICE_STEP",
            Self::NoTrial(_) => "NO_TRIAL",
            Self::RenewsTwo { .. } => "RENEWS_TWO_SUBSCRIPTIONS",
            Self::RenewalCircle(_) => "RENEWAL_CIRCLE",
            Self::ReactivationType => "REACTIVATION_HAS_NO_TYPE",
            Self::NoSuchCause(_) => "NO_SUCH_CAUSE",
            Self::RenewalLinkage => "RENEWAL_IS_SYSTEM_CONTROLLED",
            Self::SubcategoryOfOtherLevel { .. } => "SUBCATEGORY_OF_OTHER_LEVEL",
            Self::OutOfRange => "AMOUNT_OUT_OF_RANGE",
            Self::TooManyFacts => "TOO_MANY_FACTS",
            Self::TooManyApplications(_) => "TOO_MANY_ORDERS_FOR_ALL_LINES",
            Self::TooManyRefused => "TOO_MANY_REFUSED",
            Self::TooManyLines(_) => "TOO_MANY_LINES",
        }
    }
}

/// The violations among a customer's facts, each with the fact that causes it.
#[must_use]
pub fn refusals(facts: &CustomerFacts) -> Vec<(FactKey, Refusal)> {
    let mut found = Vec::new();
    let lines = lines_by_subscription(facts, &mut found);
    let links = renewal_links(facts, &lines, &mut found);
    check_circles(&links, &mut found);
    check_applications(facts, &lines, &mut found);
    for order in facts.orders.values() {
        let key = || FactKey::Order(order.change_order_id.clone());
        found.extend(order_refusals(order, facts, &lines).into_iter().map(|refusal| (key(), refusal)));
    }
    for over in facts.overrides.values() {
        let key = || FactKey::Override(over.target.clone());
        found.extend(override_refusal(over, facts).map(|refusal| (key(), refusal)));
    }
    found
}

/// An order without entries is for all lines: together they must stay few enough to replay.
fn check_applications(facts: &CustomerFacts, lines: &LinesBySubscription<'_>, found: &mut Vec<(FactKey, Refusal)>) {
    let mut applications: BTreeMap<&SubscriptionId, usize> = BTreeMap::new();
    for order in facts.orders.values().filter(|order| order.entries.is_empty() && !order.voided) {
        // An unknown subscription is refused with the order.
        let Some(lines) = lines.get(&order.subscription_id) else { continue };
        let count = applications.entry(&order.subscription_id).or_default();
        // Saturated, it is still more than the limit.
        *count = count.saturating_add(*lines);
        if *count > MAX_APPLICATIONS {
            let refusal = Refusal::TooManyApplications(order.subscription_id.clone());
            found.push((FactKey::Order(order.change_order_id.clone()), refusal));
        }
    }
}

type LinesBySubscription<'f> = BTreeMap<&'f SubscriptionId, usize>;
type Links<'f> = BTreeMap<&'f SubscriptionId, (&'f SubscriptionId, &'f LineId)>;

fn lines_by_subscription<'f>(facts: &'f CustomerFacts, found: &mut Vec<(FactKey, Refusal)>) -> LinesBySubscription<'f> {
    let mut counts = LinesBySubscription::new();
    for line in facts.lines.values() {
        let count = counts.entry(&line.subscription_id).or_default();
        // Saturated, it is still more than the limit.
        *count = count.saturating_add(1);
        if *count > MAX_LINES_PER_SUBSCRIPTION {
            let refusal = Refusal::TooManyLines(line.subscription_id.clone());
            found.push((FactKey::Line(line.line_id.clone()), refusal));
        }
    }
    counts
}

fn renewal_links<'f>(
    facts: &'f CustomerFacts,
    lines: &LinesBySubscription<'f>,
    found: &mut Vec<(FactKey, Refusal)>,
) -> Links<'f> {
    let mut links = Links::new();
    for line in facts.lines.values() {
        let Some(renewed) = &line.renews_subscription_id else { continue };
        let mut refuse = |refusal| found.push((FactKey::Line(line.line_id.clone()), refusal));
        if !lines.contains_key(renewed) {
            refuse(Refusal::UnknownSubscription(renewed.clone()));
        }
        let (first, _) = *links.entry(&line.subscription_id).or_insert((renewed, &line.line_id));
        if first != renewed {
            refuse(Refusal::RenewsTwo {
                subscription: line.subscription_id.clone(),
                first: first.clone(),
                second: renewed.clone(),
            });
        }
    }
    links
}

/// Each subscription is walked once: what an earlier walk has seen leads to no new circle.
fn check_circles(links: &Links<'_>, found: &mut Vec<(FactKey, Refusal)>) {
    let mut seen: BTreeMap<&SubscriptionId, usize> = BTreeMap::new();
    for (walk, start) in links.keys().enumerate() {
        let mut current = *start;
        while let Some((renewed, line)) = links.get(current) {
            match seen.insert(current, walk) {
                Some(earlier) if earlier == walk => {
                    let refusal = Refusal::RenewalCircle(current.clone());
                    found.push((FactKey::Line((*line).clone()), refusal));
                    break;
                }
                Some(_) => break,
                None => current = renewed,
            }
        }
    }
}

/// The objection to an override that finance is about to make: that it would have no effect. From a file it is taken
/// all the same, because its target may come later (R15).
#[must_use]
pub fn override_objection(over: &Override, facts: &CustomerFacts, voids: &[Void]) -> Option<Refusal> {
    if let Some(subcategory) = over.subcategory
        && let Some(level) = subcategory.only_at().filter(|level| !over.levels.contains(*level))
    {
        return Some(Refusal::SubcategoryOfOtherLevel { subcategory, level });
    }
    let key = FactKey::Override(over.target.clone());
    match &over.target {
        OverrideTarget::ChangeOrder(id) if facts.orders.get(id).is_some_and(|order| order.voided) => {
            Some(Refusal::NoSuchCause(key.id()))
        }
        _ if !voids.iter().any(|void| void.fact == key) => None,
        OverrideTarget::NaturalEnd(line) if is_renewed_by_link(line, facts) => Some(Refusal::RenewalLinkage),
        _ => Some(Refusal::NoSuchCause(key.id())),
    }
}

fn is_renewed_by_link(line: &LineId, facts: &CustomerFacts) -> bool {
    let Some(line) = facts.lines.get(line) else { return false };
    facts.lines.values().any(|other| other.renews_subscription_id.as_ref() == Some(&line.subscription_id))
}

fn order_refusals(order: &ChangeOrder, facts: &CustomerFacts, lines: &LinesBySubscription<'_>) -> Vec<Refusal> {
    if order.voided {
        return vec![];
    }
    if !lines.contains_key(&order.subscription_id) {
        return vec![Refusal::UnknownSubscription(order.subscription_id.clone())];
    }
    let on_subscription =
        |line: &LineId| facts.lines.get(line).is_some_and(|line| line.subscription_id == order.subscription_id);
    let unknown = order.entries.iter().filter(|entry| !on_subscription(&entry.line_id));
    unknown
        .map(|entry| Refusal::UnknownLine { line: entry.line_id.clone(), subscription: order.subscription_id.clone() })
        .collect()
}

fn override_refusal(over: &Override, facts: &CustomerFacts) -> Option<Refusal> {
    match &over.target {
        OverrideTarget::ChangeOrder(id) => match facts.orders.get(id) {
            None => Some(Refusal::NoSuchOrder(id.clone())),
            Some(order) => (order.order_type == ChangeOrderType::Reactivation && over.modification_type.is_some())
                .then_some(Refusal::ReactivationType),
        },
        OverrideTarget::LineStart(line)
        | OverrideTarget::PriceStep(line, _)
        | OverrideTarget::TrialEnd(line)
        | OverrideTarget::NaturalEnd(line) => {
            let Some(known) = facts.lines.get(line) else { return Some(Refusal::NoSuchLine(line.clone())) };
            match over.target {
                OverrideTarget::PriceStep(_, date) => {
                    let is_later = known.price_steps.iter().skip(1).any(|step| step.start_date == Some(date));
                    (!is_later).then(|| Refusal::NoSuchPriceStep { line: line.clone(), date })
                }
                OverrideTarget::TrialEnd(_) if known.trial_end_date.is_none() => Some(Refusal::NoTrial(line.clone())),
                OverrideTarget::TrialEnd(_)
                | OverrideTarget::LineStart(_)
                | OverrideTarget::NaturalEnd(_)
                | OverrideTarget::ChangeOrder(_) => None,
            }
        }
    }
}
