//! Movements as text: the records that the command line writes.

use crate::codec::tabular::row_writer::{Kind, Value, maybe, push_date};
use crate::domain::ids::{LineId, SubscriptionId};
use crate::domain::journal::movement::{Cause, Movement};

/// The names of a movement's fields.
pub const NAMES: [&str; 20] = [
    "level",
    "customer_id",
    "effective_date",
    "currency",
    "item_id",
    "subscription_id",
    "line_id",
    "category",
    "subcategory",
    "mrr_delta",
    "mrr_before",
    "mrr_after",
    "quantity_before",
    "quantity_after",
    "quantity_effect",
    "price_effect",
    "renewed_mrr",
    "causes",
    "rules",
    "provisional_until",
];

/// What the fields are, by [`NAMES`].
pub const KINDS: [Kind; 20] = [
    Kind::Text,
    Kind::Text,
    Kind::Date,
    Kind::Text,
    Kind::Text,
    Kind::Text,
    Kind::Text,
    Kind::Text,
    Kind::Text,
    Kind::Money,
    Kind::Money,
    Kind::Money,
    Kind::Quantity,
    Kind::Quantity,
    Kind::Money,
    Kind::Money,
    Kind::Money,
    Kind::Text,
    Kind::Text,
    Kind::Date,
];

/// The values by [`NAMES`], in the spellings of the worked examples.
#[must_use]
pub fn values(movement: &Movement) -> [Value<'_>; 20] {
    use Value::{Causes, Date, Money, Quantity, Rules, Text};
    [
        Text(movement.level.as_str()),
        Text(movement.customer_id.as_str()),
        Date(movement.effective_date),
        Text(movement.currency.as_str()),
        Text(movement.item_id.as_str()),
        maybe(movement.subscription_id.as_ref().map(SubscriptionId::as_str), Text),
        maybe(movement.line_id.as_ref().map(LineId::as_str), Text),
        Text(movement.category.as_str()),
        Text(movement.subcategory.as_str()),
        Money(movement.delta),
        Money(movement.mrr_before),
        Money(movement.mrr_after),
        Quantity(movement.quantity_before),
        Quantity(movement.quantity_after),
        maybe(movement.effects.map(|effects| effects.quantity), Money),
        maybe(movement.effects.map(|effects| effects.price), Money),
        maybe(movement.renewed_mrr, Money),
        Causes(&movement.causes),
        Rules(movement.rules),
        maybe(movement.provisional_until, Date),
    ]
}

/// A cause in a few words.
#[must_use]
pub fn cause(cause: &Cause) -> String {
    let mut text = Vec::new();
    push_cause(&mut text, cause);
    String::from_utf8_lossy(&text).into_owned()
}

pub(in crate::codec) fn push_cause(out: &mut Vec<u8>, cause: &Cause) {
    let (words, id) = match cause {
        Cause::LineStart(line) => ("start of ", line.as_str()),
        Cause::TrialEnd(line) => ("trial end of ", line.as_str()),
        Cause::PriceStep(line, date) => {
            out.extend_from_slice(b"price step ");
            push_date(out, *date);
            (" of ", line.as_str())
        }
        Cause::ChangeOrder(order) => ("change order ", order.as_str()),
        Cause::NaturalEnd(line) => ("natural end of ", line.as_str()),
        Cause::RenewalLink(line, by) => {
            out.extend_from_slice(line.as_str().as_bytes());
            (" renewed by ", by.as_str())
        }
    };
    out.extend_from_slice(words.as_bytes());
    out.extend_from_slice(id.as_bytes());
}
