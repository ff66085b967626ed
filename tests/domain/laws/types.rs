//! R13 and R8's lower table, read back from the movements.

use deltabook::domain::facts::customer_facts::CustomerFacts;
use deltabook::domain::facts::fact::{ChangeOrder, ChangeOrderType, ModificationType, OverrideTarget};
use deltabook::domain::journal::movement::{Category, Cause, Level, Levels, Movement, Subcategory};
use deltabook::domain::policy::Policy;
use deltabook::domain::rule::Rule;
use proptest::prelude::*;

use super::{config, replayed};
use crate::facts::histories::{histories, unlabelled_histories};

proptest! {
    #![proptest_config(config())]

    #[test]
    fn modification_type_in_force_decides_the_axis(history in histories()) {
        let facts = history.customer_facts();
        let movements = replayed(&history, &Policy::default()).movements;
        for movement in movements.iter().filter(|movement| moves(movement) && !may_be_link(movement, &facts)) {
            let types: Option<Vec<TypeInForce>> =
                movement.causes.iter().map(|cause| in_force(cause, &facts, movement.level)).collect();
            let relabelled = movement.rules.contains(Rule::ModificationType);
            match types.as_deref() {
                None => check_reactivation(movement, &facts)?,
                Some([TypeInForce { kind: Some(kind), subcategory }]) => {
                    prop_assert!(relabelled && categories(*kind).contains(&movement.category), "{:?}", movement);
                    let named = subcategory.filter(|named| named.category() == movement.category);
                    let named = named.filter(|named| named.only_at().is_none_or(|level| level == movement.level));
                    prop_assert!(named.is_none_or(|named| named == movement.subcategory), "{:?}", movement);
                }
                Some(types) => {
                    prop_assert!(types.iter().all(|of_cause| of_cause.kind.is_none()), "{:?}", movement);
                    prop_assert!(!relabelled, "{:?}", movement);
                }
            }
        }
    }

    #[test]
    fn subcategory_follows_the_lines_where_activity_is_unchanged(history in unlabelled_histories()) {
        for movement in replayed(&history, &Policy::default()).movements.iter().filter(|movement| moves(movement)) {
            if [Category::Upsell, Category::Downsell].contains(&movement.category) {
                prop_assert_eq!(movement.subcategory, by_lines(movement), "{:?}", movement);
            }
        }
    }
}

fn moves(movement: &Movement) -> bool {
    !movement.delta.is_zero()
}

/// R10: a reactivation carries the type of its suspension, whichever of the line's that was.
fn check_reactivation(movement: &Movement, facts: &CustomerFacts) -> Result<(), TestCaseError> {
    let Some(line) = movement.line_id.as_ref().and_then(|line| facts.lines.get(line)) else { return Ok(()) };
    let suspends = |order: &&ChangeOrder| {
        order.order_type == ChangeOrderType::Suspension
            && !order.voided
            && order.subscription_id == line.subscription_id
            && (order.entries.is_empty() || order.entry(&line.line_id).is_some())
            && order.acts_on() <= movement.effective_date
    };
    let cause = |order: &ChangeOrder| Cause::ChangeOrder(order.change_order_id.clone());
    let suspensions = facts.orders.values().filter(suspends).map(cause);
    let kinds: Vec<Option<ModificationType>> =
        suspensions.filter_map(|cause| in_force(&cause, facts, movement.level)).map(|found| found.kind).collect();
    let fits = kinds.iter().any(|kind| match kind {
        Some(kind) => movement.rules.contains(Rule::ModificationType) && categories(*kind).contains(&movement.category),
        None => !movement.rules.contains(Rule::ModificationType),
    });
    prop_assert!(fits, "{:?}: {:?}", kinds, movement);
    Ok(())
}

/// A renewal by link has the type of one of its causes.
fn may_be_link(movement: &Movement, facts: &CustomerFacts) -> bool {
    let has_links = facts.lines.values().any(|line| line.renews_subscription_id.is_some());
    has_links && movement.line_id.is_none() && movement.rules.contains(Rule::Renewal)
}

/// The modification type of a cause, by finance or by the order, as far as it holds at a level.
struct TypeInForce {
    kind: Option<ModificationType>,
    subcategory: Option<Subcategory>,
}

/// None for causes that follow another one.
fn in_force(cause: &Cause, facts: &CustomerFacts, level: Level) -> Option<TypeInForce> {
    let (target, own) = match cause {
        Cause::ChangeOrder(id) => {
            let order = facts.orders.get(id).filter(|order| order.order_type != ChangeOrderType::Reactivation)?;
            (OverrideTarget::ChangeOrder(id.clone()), own_type(order))
        }
        Cause::LineStart(line) => (OverrideTarget::LineStart(line.clone()), None),
        Cause::TrialEnd(line) => (OverrideTarget::TrialEnd(line.clone()), None),
        Cause::PriceStep(line, date) => (OverrideTarget::PriceStep(line.clone(), *date), None),
        Cause::NaturalEnd(line) => (OverrideTarget::NaturalEnd(line.clone()), None),
        Cause::RenewalLink(..) => return None,
    };
    let over = facts.overrides.get(&target).filter(|over| over.modification_type.is_some());
    let kind = over.map_or(own, |over| over.modification_type);
    let levels = over.map_or(Levels::Contract, |over| over.levels);
    let holds = kind == Some(ModificationType::Ignored) || levels.contains(level);
    Some(TypeInForce { kind: kind.filter(|_| holds), subcategory: over.and_then(|over| over.subcategory) })
}

/// Billing systems send every renewal as IGNORED, and mean a plain one.
fn own_type(order: &ChangeOrder) -> Option<ModificationType> {
    let is_plain =
        |kind: &ModificationType| order.order_type == ChangeOrderType::Renewal && *kind == ModificationType::Ignored;
    order.modification_type.filter(|kind| !is_plain(kind))
}

fn categories(kind: ModificationType) -> &'static [Category] {
    match kind {
        ModificationType::NewOrChurn => &[Category::New, Category::Churn],
        ModificationType::UpsellOrDownsell => &[Category::Upsell, Category::Downsell],
        ModificationType::Ignored => &[Category::Ignored],
    }
}

/// Lines that count before and after have effects, and only they.
fn by_lines(movement: &Movement) -> Subcategory {
    let grows = movement.delta.is_positive();
    let by_price = if grows { Subcategory::PriceIncrease } else { Subcategory::PriceDecrease };
    if movement.mrr_before.is_negative() || movement.mrr_after.is_negative() {
        return by_price;
    }
    match (movement.effects, grows) {
        (None, true) => Subcategory::AddOn,
        (None, false) => Subcategory::ItemRemoval,
        (Some(effects), true) if effects.quantity.is_positive() => Subcategory::QuantityIncrease,
        (Some(effects), false) if effects.quantity.is_negative() => Subcategory::QuantityDecrease,
        (Some(_), _) => by_price,
    }
}
