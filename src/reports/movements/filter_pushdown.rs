//! What of a filter expression the database can look for: conditions that every entry meets for which it holds. They may
//! let more through.

use chrono::NaiveDate;

use crate::codec::filter::{Constant, DerivedField, Expression, Field, Term, Test};
use crate::codec::tabular::entry_field::EntryField;
use crate::domain::ids::{Currency, CustomerId, ItemId, SubscriptionId};
use crate::domain::journal::movement::{Category, Level, Subcategory};
use crate::store::journal::movement_page::MovementFilter;

/// The filter, narrowed by what an expression needs.
pub(in crate::reports) fn narrowed(filter: &MovementFilter, expression: &Expression) -> MovementFilter {
    let needed = expression.fold(
        Needed::of,
        |it| Needed { if_true: it.if_false, if_false: it.if_true },
        |left, right| Needed {
            if_true: both(left.if_true, right.if_true),
            if_false: either(left.if_false, right.if_false),
        },
        |left, right| Needed {
            if_true: either(left.if_true, right.if_true),
            if_false: both(left.if_false, right.if_false),
        },
    );
    both(filter.clone(), needed.if_true)
}

/// What an entry meets for which a condition holds, and for which it does not.
#[derive(Default)]
struct Needed {
    if_true: MovementFilter,
    if_false: MovementFilter,
}

impl Needed {
    fn of(term: &Term) -> Self {
        let (if_true, if_false) =
            match (term.field, &term.test) {
                (Field::Entry(EntryField::effective_date), test) => dates(test, |effective_from, effective_to| {
                    MovementFilter { effective_from, effective_to, ..MovementFilter::default() }
                }),
                (Field::Entry(EntryField::posting_date), test) => dates(test, |posting_from, posting_to| {
                    MovementFilter { posting_from, posting_to, ..MovementFilter::default() }
                }),
                (Field::Entry(field), Test::Equal(Constant::Text(text))) => texts(field, text),
                (Field::Derived(DerivedField::Live), Test::Equal(Constant::Flag(flag))) => {
                    either_way(*flag, MovementFilter { live_only: true, ..MovementFilter::default() })
                }
                (Field::Entry(EntryField::prior_period_adjustment), Test::Equal(Constant::Flag(flag))) => {
                    either_way(*flag, MovementFilter { adjustments_only: true, ..MovementFilter::default() })
                }
                _ => Default::default(),
            };
        Self { if_true, if_false }
    }
}

/// A condition on a flag; nothing is needed for its opposite.
fn either_way(flag: bool, needed: MovementFilter) -> (MovementFilter, MovementFilter) {
    if flag { (needed, MovementFilter::default()) } else { (MovementFilter::default(), needed) }
}

fn texts(field: EntryField, text: &str) -> (MovementFilter, MovementFilter) {
    let all = MovementFilter::default;
    match field {
        EntryField::level => {
            let is = |wanted: bool| Level::ALL.iter().copied().find(|level| (level.as_str() == text) == wanted);
            (MovementFilter { level: is(true), ..all() }, MovementFilter { level: is(false), ..all() })
        }
        EntryField::category => {
            let (these, others) = Category::ALL.iter().partition(|it| it.as_str() == text);
            (MovementFilter { categories: these, ..all() }, MovementFilter { categories: others, ..all() })
        }
        EntryField::subcategory => {
            let (these, others) = Subcategory::ALL.iter().partition(|it| it.as_str() == text);
            (MovementFilter { subcategories: these, ..all() }, MovementFilter { subcategories: others, ..all() })
        }
        EntryField::customer_id => (MovementFilter { customer_id: CustomerId::parse(text).ok(), ..all() }, all()),
        EntryField::subscription_id => {
            (MovementFilter { subscription_id: SubscriptionId::parse(text).ok(), ..all() }, all())
        }
        EntryField::item_id => (MovementFilter { item_id: ItemId::parse(text).ok(), ..all() }, all()),
        EntryField::currency => (MovementFilter { currency: Currency::parse(text).ok(), ..all() }, all()),
        _ => Default::default(),
    }
}

/// The span of a date for which a test passes, and the one for which it does not.
fn dates(
    test: &Test,
    span: impl Fn(Option<NaiveDate>, Option<NaiveDate>) -> MovementFilter,
) -> (MovementFilter, MovementFilter) {
    let from = |date: Option<NaiveDate>| span(date, None);
    let to = |date: Option<NaiveDate>| span(None, date);
    match test {
        Test::Equal(Constant::Date(on)) => (span(Some(*on), Some(*on)), MovementFilter::default()),
        Test::Less(Constant::Date(date)) => (to(date.pred_opt()), from(Some(*date))),
        Test::LessOrEqual(Constant::Date(date)) => (to(Some(*date)), from(date.succ_opt())),
        Test::Greater(Constant::Date(date)) => (from(date.succ_opt()), to(Some(*date))),
        Test::GreaterOrEqual(Constant::Date(date)) => (from(Some(*date)), to(date.pred_opt())),
        _ => Default::default(),
    }
}

/// What is met where both are. Where nothing can meet both, one of them is enough: the expression is looked at again.
fn both(left: MovementFilter, right: MovementFilter) -> MovementFilter {
    MovementFilter {
        level: left.level.or(right.level),
        categories: shared(left.categories, right.categories),
        subcategories: shared(left.subcategories, right.subcategories),
        effective_from: left.effective_from.max(right.effective_from),
        effective_to: earlier(left.effective_to, right.effective_to),
        customer_id: left.customer_id.or(right.customer_id),
        subscription_id: left.subscription_id.or(right.subscription_id),
        item_id: left.item_id.or(right.item_id),
        currency: left.currency.or(right.currency),
        live_only: left.live_only || right.live_only,
        posting_from: left.posting_from.max(right.posting_from),
        posting_to: earlier(left.posting_to, right.posting_to),
        adjustments_only: left.adjustments_only || right.adjustments_only,
    }
}

/// What is met where one of them is.
fn either(left: MovementFilter, right: MovementFilter) -> MovementFilter {
    MovementFilter {
        level: same(left.level, right.level),
        categories: united(left.categories, right.categories),
        subcategories: united(left.subcategories, right.subcategories),
        effective_from: left.effective_from.zip(right.effective_from).map(|(left, right)| left.min(right)),
        effective_to: left.effective_to.zip(right.effective_to).map(|(left, right)| left.max(right)),
        customer_id: same(left.customer_id, right.customer_id),
        subscription_id: same(left.subscription_id, right.subscription_id),
        item_id: same(left.item_id, right.item_id),
        currency: same(left.currency, right.currency),
        live_only: left.live_only && right.live_only,
        posting_from: left.posting_from.zip(right.posting_from).map(|(left, right)| left.min(right)),
        posting_to: left.posting_to.zip(right.posting_to).map(|(left, right)| left.max(right)),
        adjustments_only: left.adjustments_only && right.adjustments_only,
    }
}

fn same<T: PartialEq>(left: Option<T>, right: Option<T>) -> Option<T> {
    left.filter(|left| right.as_ref() == Some(left))
}

/// None is no bound.
fn earlier(left: Option<NaiveDate>, right: Option<NaiveDate>) -> Option<NaiveDate> {
    left.into_iter().chain(right).min()
}

/// An empty list is all of them.
fn shared<T: PartialEq>(mut left: Vec<T>, right: Vec<T>) -> Vec<T> {
    if left.is_empty() {
        return right;
    }
    if left.iter().any(|word| right.contains(word)) {
        left.retain(|word| right.contains(word));
    }
    left
}

fn united<T: PartialEq>(mut left: Vec<T>, right: Vec<T>) -> Vec<T> {
    if left.is_empty() || right.is_empty() {
        return Vec::new();
    }
    left.extend(right);
    left
}
