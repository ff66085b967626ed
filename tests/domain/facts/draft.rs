//! What is drawn of a history: lines, orders, overrides and older revisions that do not know each other's ids yet and
//! refer to each other by number. Any number will do; [`assembly`](super::assembly) takes it modulo what there is.

use super::raw::{RawChangeOrder, RawEntry, RawPriceStep, RawSubscriptionLine};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use super::pool::{Numbers, dates, early_dates, items, or_nothing, some_terms, whole_terms};

pub const MAX_SUBSCRIPTIONS: usize = 4;

/// Without one, R13 says which.
const LEVELS: [&[&str]; 4] = [&[], &["CONTRACT"], &["CUSTOMER"], &["CONTRACT", "CUSTOMER"]];

/// What a history may have in it.
#[derive(Debug, Clone, Copy)]
pub struct Features {
    pub numbers: Numbers,
    /// Subscriptions may renew others by link.
    pub links: bool,
    /// Orders may have modification types, and there may be overrides.
    pub types: bool,
}

#[derive(Debug, Clone)]
pub struct Draft {
    pub subscriptions: usize,
    /// For each subscription but the first: one of those before it that it renews.
    pub links: Vec<Option<usize>>,
    pub lines: Vec<LineDraft>,
    pub orders: Vec<OrderDraft>,
    pub overrides: Vec<OverrideDraft>,
    pub revisions: Vec<RevisionDraft>,
    /// How many facts without effect on MRR come along: the customer, charges.
    pub others: usize,
}

#[derive(Debug, Clone)]
pub struct LineDraft {
    pub subscription: usize,
    pub names_link: bool,
    /// Without ids.
    pub raw: RawSubscriptionLine,
    /// Steps of later dates; `item_id` is not used.
    pub later_steps: Vec<(&'static str, RawEntry)>,
}

#[derive(Debug, Clone)]
pub struct OrderDraft {
    /// The order is on this line's subscription.
    pub line: usize,
    pub entries: Vec<(usize, RawEntry)>,
    /// Without ids and entries.
    pub raw: RawChangeOrder,
}

#[derive(Debug, Clone)]
pub struct OverrideDraft {
    pub cause: CauseDraft,
    pub modification_type: String,
    pub levels: &'static [&'static str],
    /// Which of the subcategories that go with the type.
    pub subcategory: Option<usize>,
}

#[derive(Debug, Clone, Copy)]
pub enum CauseDraft {
    Order(usize),
    Start(usize),
    Step(usize),
    TrialEnd(usize),
    NaturalEnd(usize),
}

/// An older revision of a fact, with other content.
#[derive(Debug, Clone)]
pub struct RevisionDraft {
    pub fact: usize,
    pub date: &'static str,
    pub terms: RawPriceStep,
}

pub fn drafts(features: Features) -> impl Strategy<Value = Draft> {
    let link = option::weighted(0.6, 0..MAX_SUBSCRIPTIONS).prop_map(move |link| link.filter(|_| features.links));
    let overrides = if features.types { 0..5 } else { 0..1_usize };
    (
        (1..=MAX_SUBSCRIPTIONS, vec(link, MAX_SUBSCRIPTIONS - 1), 0..4_usize),
        vec(line(features.numbers), 1..=6),
        vec(order(features), 0..=10),
        vec(an_override(), overrides),
        vec(revision(features.numbers), 0..3),
    )
        .prop_map(|((subscriptions, links, others), lines, orders, overrides, revisions)| Draft {
            subscriptions,
            links,
            lines,
            orders,
            overrides,
            revisions,
            others,
        })
}

fn line(numbers: Numbers) -> impl Strategy<Value = LineDraft> + Clone {
    let kinds = prop_oneof![14 => Just("RECURRING"), 1 => Just("ONE_TIME"), 1 => Just("USAGE")];
    let currencies = prop_oneof![4 => Just("EUR"), 1 => Just("USD")];
    let steps = (whole_terms(numbers), or_nothing(0.4, early_dates()), vec((dates(), some_terms(numbers)), 0..3));
    (
        (0..MAX_SUBSCRIPTIONS, prop::bool::weighted(0.9)),
        (items(), kinds, currencies),
        (early_dates(), or_nothing(0.6, dates()), or_nothing(0.25, dates()), prop::bool::weighted(0.15)),
        steps,
    )
        .prop_map(
            |((subscription, names_link), (item, kind, currency), term, (mut first, first_date, later_steps))| {
                let (start, end_date, trial_end_date, pending_activation) = term;
                first.start_date = first_date;
                let raw = RawSubscriptionLine {
                    item_id: item.to_owned(),
                    charge_kind: kind.to_owned(),
                    currency: currency.to_owned(),
                    start_date: start.to_owned(),
                    end_date,
                    trial_end_date,
                    pending_activation,
                    price_steps: vec![first],
                    ..RawSubscriptionLine::default()
                };
                LineDraft { subscription, names_link, raw, later_steps }
            },
        )
}

fn modification_types() -> impl Strategy<Value = &'static str> + Clone {
    select(&["IGNORED", "NEW_OR_CHURN", "UPSELL_OR_DOWNSELL"][..])
}

fn order(features: Features) -> impl Strategy<Value = OrderDraft> + Clone {
    let types = prop_oneof![
        3 => Just("MODIFY_PRICING"),
        2 => Just("RENEWAL"),
        2 => Just("TERMINATION"),
        2 => Just("SUSPENSION"),
        2 => Just("REACTIVATION"),
        2 => Just("ACTIVATION"),
    ];
    let modified =
        or_nothing(0.3, modification_types()).prop_map(move |kind| if features.types { kind } else { String::new() });
    (
        (0..6_usize, vec((0..6_usize, some_terms(features.numbers)), 0..3)),
        (types, prop_oneof![dates(), early_dates()], prop::bool::weighted(0.3), prop::bool::weighted(0.08)),
        (or_nothing(0.8, dates()), modified),
    )
        .prop_map(|((line, entries), (kind, date, end_of_day, voided), (renewal_end_date, modification_type))| {
            let raw = RawChangeOrder {
                r#type: kind.to_owned(),
                effective_date: date.to_owned(),
                end_of_day,
                renewal_end_date,
                modification_type,
                voided,
                ..RawChangeOrder::default()
            };
            OrderDraft { line, entries, raw }
        })
}

fn an_override() -> impl Strategy<Value = OverrideDraft> + Clone {
    let causes = prop_oneof![
        4 => (0..10_usize).prop_map(CauseDraft::Order),
        2 => (0..6_usize).prop_map(CauseDraft::Start),
        2 => (0..6_usize).prop_map(CauseDraft::Step),
        1 => (0..6_usize).prop_map(CauseDraft::TrialEnd),
        1 => (0..6_usize).prop_map(CauseDraft::NaturalEnd),
    ];
    let levels = select(&LEVELS[..]);
    (causes, or_nothing(0.9, modification_types()), levels, option::weighted(0.3, 0..6_usize)).prop_map(
        |(cause, modification_type, levels, subcategory)| OverrideDraft {
            cause,
            modification_type,
            levels,
            subcategory,
        },
    )
}

fn revision(numbers: Numbers) -> impl Strategy<Value = RevisionDraft> + Clone {
    (0..20_usize, dates(), whole_terms(numbers)).prop_map(|(fact, date, terms)| RevisionDraft { fact, date, terms })
}
