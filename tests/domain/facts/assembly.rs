//! Drafts → raw facts that are valid on arrival: ids are given, references resolved, and what does not go together is
//! mended rather than thrown away.

use std::collections::BTreeSet;

use super::raw::{
    RawChangeOrder, RawCharge, RawCustomer, RawEntry, RawFact, RawOverride, RawPriceStep, RawStepName,
    RawSubscriptionLine,
};
use deltabook::domain::journal::movement::{Category, Subcategory};

use super::draft::{CauseDraft, Draft, LineDraft, OrderDraft, OverrideDraft, RevisionDraft};

const CUSTOMER: &str = "acme";
/// A link can lead to a smaller id as well as to a greater one.
const SUBSCRIPTIONS: [&str; super::draft::MAX_SUBSCRIPTIONS] = ["S2", "S1", "S4", "S3"];

pub fn raw_facts(draft: &Draft) -> Vec<RawFact> {
    let lines = lines(draft);
    let orders: Vec<RawChangeOrder> =
        draft.orders.iter().enumerate().map(|(number, drawn)| order(number, drawn, &lines)).collect();
    let overrides = overrides(&draft.overrides, &lines, &orders);
    let mut facts: Vec<RawFact> = lines.into_iter().map(RawFact::SubscriptionLine).collect();
    facts.extend(orders.into_iter().map(RawFact::ChangeOrder));
    facts.extend(overrides.into_iter().map(RawFact::Override));
    let count = facts.len();
    for revision in &draft.revisions {
        let older = facts.get_mut(revision.fact % count).map(|fact| revise(fact, revision));
        facts.extend(older);
    }
    facts.extend((0..draft.others).map(other));
    facts
}

fn lines(draft: &Draft) -> Vec<RawSubscriptionLine> {
    let subscription_of = |line: &LineDraft| line.subscription % draft.subscriptions;
    let used: BTreeSet<usize> = draft.lines.iter().map(subscription_of).collect();
    let renewed_by = |subscription: usize| {
        let renewed = (*draft.links.get(subscription.checked_sub(1)?)?)? % subscription;
        used.contains(&renewed).then_some(renewed)
    };
    let id = |subscription: usize| SUBSCRIPTIONS.get(subscription).unwrap().to_string();
    let line = |(number, drawn): (usize, &LineDraft)| {
        let mut raw = drawn.raw.clone();
        raw.line_id = format!("L{number}");
        CUSTOMER.clone_into(&mut raw.customer_id);
        raw.subscription_id = id(subscription_of(drawn));
        if let Some(renewed) = renewed_by(subscription_of(drawn)).filter(|_| drawn.names_link) {
            raw.renews_subscription_id = id(renewed);
        }
        if !raw.end_date.is_empty() && raw.end_date < raw.start_date {
            std::mem::swap(&mut raw.start_date, &mut raw.end_date);
        }
        add_later_steps(&mut raw, drawn);
        raw
    };
    draft.lines.iter().enumerate().map(line).collect()
}

/// The first step has all the terms, so the others must come after it, each on a date of its own.
fn add_later_steps(line: &mut RawSubscriptionLine, drawn: &LineDraft) {
    let first = line.price_steps.first().unwrap();
    let mut dates =
        BTreeSet::from([if first.start_date.is_empty() { &line.start_date } else { &first.start_date }.clone()]);
    for (date, terms) in &drawn.later_steps {
        let is_after_the_first = dates.first().is_some_and(|first| first.as_str() < *date);
        if is_after_the_first && dates.insert((*date).to_owned()) {
            line.price_steps.push(RawPriceStep {
                start_date: (*date).to_owned(),
                quantity: terms.quantity.clone(),
                unit_price: terms.unit_price.clone(),
                discount: terms.discount.clone(),
                interval: terms.interval.clone(),
            });
        }
    }
}

fn order(number: usize, drawn: &OrderDraft, lines: &[RawSubscriptionLine]) -> RawChangeOrder {
    let mut raw = drawn.raw.clone();
    let target = lines.get(drawn.line % lines.len()).unwrap();
    raw.change_order_id = format!("O{number}");
    CUSTOMER.clone_into(&mut raw.customer_id);
    raw.subscription_id.clone_from(&target.subscription_id);
    let on_subscription: Vec<&RawSubscriptionLine> =
        lines.iter().filter(|line| line.subscription_id == raw.subscription_id).collect();
    let kind = raw.r#type.as_str();
    for (line, terms) in &drawn.entries {
        let line_id = &on_subscription.get(line % on_subscription.len()).unwrap().line_id;
        if raw.entries.iter().all(|entry| entry.line_id != *line_id) {
            raw.entries.push(entry(line_id, terms, kind));
        }
    }
    if kind == "MODIFY_PRICING" && raw.entries.is_empty() {
        raw.entries.push(entry(&target.line_id, &RawEntry::default(), kind));
    }
    raw.end_of_day &= kind == "TERMINATION";
    if kind != "RENEWAL" {
        raw.renewal_end_date.clear();
    }
    if kind == "REACTIVATION" {
        raw.modification_type.clear();
    }
    raw
}

fn entry(line_id: &str, terms: &RawEntry, kind: &str) -> RawEntry {
    let mut terms = match kind {
        "MODIFY_PRICING" | "RENEWAL" => terms.clone(),
        _ => RawEntry::default(),
    };
    if kind == "MODIFY_PRICING" && terms == RawEntry::default() {
        "2".clone_into(&mut terms.quantity);
    }
    RawEntry { line_id: line_id.to_owned(), ..terms }
}

/// Of overrides for one cause the first stays.
fn overrides(drafts: &[OverrideDraft], lines: &[RawSubscriptionLine], orders: &[RawChangeOrder]) -> Vec<RawOverride> {
    let mut overrides: Vec<RawOverride> = Vec::new();
    let cause = |over: &RawOverride| {
        let RawOverride { change_order_id, line_start, price_step, trial_end, natural_end, .. } = over.clone();
        (change_order_id, line_start, price_step, trial_end, natural_end)
    };
    for draft in drafts {
        let mut raw = target(draft.cause, lines, orders);
        let on_reactivation =
            orders.iter().any(|order| order.change_order_id == raw.change_order_id && order.r#type == "REACTIVATION");
        CUSTOMER.clone_into(&mut raw.customer_id);
        raw.levels = draft.levels.iter().map(ToString::to_string).collect();
        if !on_reactivation {
            raw.modification_type.clone_from(&draft.modification_type);
        }
        if let Some(number) = draft.subcategory {
            raw.subcategory = subcategory(&raw.modification_type, number);
        }
        if overrides.iter().all(|earlier| cause(earlier) != cause(&raw)) {
            overrides.push(raw);
        }
    }
    overrides
}

/// The cause, or another of the same line where there is no such cause.
fn target(cause: CauseDraft, lines: &[RawSubscriptionLine], orders: &[RawChangeOrder]) -> RawOverride {
    let line = |number: usize| lines.get(number % lines.len()).unwrap();
    let mut raw = RawOverride::default();
    match cause {
        CauseDraft::Order(number) if !orders.is_empty() => {
            raw.change_order_id.clone_from(&orders.get(number % orders.len()).unwrap().change_order_id);
        }
        CauseDraft::Step(number) if line(number).price_steps.len() > 1 => {
            let step = line(number).price_steps.last().unwrap();
            raw.price_step =
                Some(RawStepName { line_id: line(number).line_id.clone(), start_date: step.start_date.clone() });
        }
        CauseDraft::TrialEnd(number) if !line(number).trial_end_date.is_empty() => {
            raw.trial_end.clone_from(&line(number).line_id);
        }
        CauseDraft::NaturalEnd(number) | CauseDraft::TrialEnd(number) => {
            raw.natural_end.clone_from(&line(number).line_id);
        }
        CauseDraft::Order(number) | CauseDraft::Step(number) | CauseDraft::Start(number) => {
            raw.line_start.clone_from(&line(number).line_id);
        }
    }
    raw
}

/// One of those that the modification type can give.
fn subcategory(modification_type: &str, number: usize) -> String {
    let fits = |subcategory: &&Subcategory| match subcategory.category() {
        Category::New | Category::Churn => modification_type == "NEW_OR_CHURN",
        Category::Upsell | Category::Downsell => modification_type == "UPSELL_OR_DOWNSELL",
        Category::Ignored => modification_type == "IGNORED",
        Category::Renewal => false,
    };
    let all: Vec<&Subcategory> = Subcategory::ALL.iter().filter(fits).collect();
    all.iter().cycle().nth(number).map(ToString::to_string).unwrap_or_default()
}

/// Makes the fact a revision of an older one with other content, and gives the older one.
fn revise(fact: &mut RawFact, said: &RevisionDraft) -> RawFact {
    let mut older = fact.clone();
    match (&mut older, fact) {
        (RawFact::SubscriptionLine(older), RawFact::SubscriptionLine(now)) => {
            now.revision += 1;
            let first = older.price_steps.first_mut().unwrap();
            *first = RawPriceStep { start_date: first.start_date.clone(), ..said.terms.clone() };
            if first.start_date.is_empty() && *said.date < *older.start_date {
                said.date.clone_into(&mut older.start_date);
            }
        }
        (RawFact::ChangeOrder(older), RawFact::ChangeOrder(now)) => {
            now.revision += 1;
            said.date.clone_into(&mut older.effective_date);
            older.voided = !older.voided;
        }
        (RawFact::Override(older), RawFact::Override(now)) => {
            now.revision += 1;
            older.modification_type.clear();
            older.subcategory.clear();
        }
        (_, _) => {}
    }
    older
}

fn other(number: usize) -> RawFact {
    if number == 0 {
        return RawFact::Customer(RawCustomer {
            customer_id: CUSTOMER.to_owned(),
            name: "Acme Ltd".to_owned(),
            attributes: [("segment".to_owned(), "small".to_owned())].into(),
            ..RawCustomer::default()
        });
    }
    RawFact::Charge(RawCharge {
        charge_id: format!("C{number}"),
        customer_id: CUSTOMER.to_owned(),
        status: if number == 1 { "SUCCEEDED" } else { "REFUNDED" }.to_owned(),
        amount: "19.90".to_owned(),
        currency: "EUR".to_owned(),
        occurred_at: "2024-04-01T09:30:00.25Z".to_owned(),
        ..RawCharge::default()
    })
}
