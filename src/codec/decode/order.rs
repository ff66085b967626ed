//! Change order, with the rules of its type.

use std::collections::BTreeSet;

use chrono::{Datelike, NaiveDate};

use crate::codec::decode::field_parsers::{MAX_PARTS, RawTerms, date, optional, revision, terms, text, word_of};
use crate::codec::dto::{RawChangeOrder, RawEntry};
use crate::codec::validation::Form;
use crate::domain::facts::fact::{ChangeOrder, ChangeOrderType, ModificationType, OrderEntry};
use crate::domain::ids::{ChangeOrderId, CustomerId, LineId, SubscriptionId};

pub(in crate::codec) fn order(form: &mut Form, raw: &RawChangeOrder) -> Option<ChangeOrder> {
    let change_order_id = form.take("change_order_id", ChangeOrderId::parse(&raw.change_order_id));
    let revision = revision(form, raw.revision);
    let customer_id = form.take("customer_id", CustomerId::parse(&raw.customer_id));
    let subscription_id = form.take("subscription_id", SubscriptionId::parse(&raw.subscription_id));
    let order_type = form.take("type", word_of!(ChangeOrderType, &raw.r#type));
    let effective_date = form.take("effective_date", date(&raw.effective_date));
    let entries = entries(form, &raw.entries);
    let renewal_end_date = optional(form, "renewal_end_date", &raw.renewal_end_date, date);
    let modification_type =
        optional(form, "modification_type", &raw.modification_type, |text| word_of!(ModificationType, text));
    let memo = text(form, "memo", &raw.memo);
    if let (Some(order_type), Some(entries)) = (order_type, &entries) {
        check_order(form, raw, order_type, entries);
    }
    let is_last_date = effective_date.is_some_and(|date| date.succ_opt().is_none_or(|next| !fits_four_digits(next)));
    form.require(!(raw.end_of_day && is_last_date), "effective_date", "has no next date for end_of_day");
    Some(ChangeOrder {
        change_order_id: change_order_id?,
        revision: revision?,
        customer_id: customer_id?,
        subscription_id: subscription_id?,
        order_type: order_type?,
        effective_date: effective_date?,
        end_of_day: raw.end_of_day,
        entries: entries?,
        renewal_end_date: renewal_end_date?,
        modification_type: modification_type?,
        voided: raw.voided,
        memo: memo?,
    })
}

fn fits_four_digits(date: NaiveDate) -> bool {
    date.year() <= 9999
}

/// Rejects fields that the order's type does not allow.
fn check_order(form: &mut Form, raw: &RawChangeOrder, order_type: ChangeOrderType, entries: &[OrderEntry]) {
    let is = |wanted| order_type == wanted;
    let renews = is(ChangeOrderType::Renewal);
    form.require(!raw.end_of_day || is(ChangeOrderType::Termination), "end_of_day", "is for a TERMINATION only");
    form.require(renews || raw.renewal_end_date.is_empty(), "renewal_end_date", "is for a RENEWAL only");
    form.require(
        !is(ChangeOrderType::Reactivation) || raw.modification_type.is_empty(),
        "modification_type",
        "is refused: a REACTIVATION follows its suspension (R10)",
    );
    if is(ChangeOrderType::ModifyPricing) {
        form.require(
            !entries.is_empty(),
            "entries",
            "is required: a MODIFY_PRICING names the lines and their new terms",
        );
    }
    let mut named = BTreeSet::new();
    for (index, entry) in entries.iter().enumerate() {
        let first = named.insert(&entry.line_id);
        form.require(first, &format_args!("entries[{index}].line_id"), "names a line a second time");
        if is(ChangeOrderType::ModifyPricing) {
            form.require(!entry.terms.is_empty(), &format_args!("entries[{index}]"), "sets no term");
        } else if !renews {
            let wrong = "sets terms, which only MODIFY_PRICING and RENEWAL do";
            form.require(entry.terms.is_empty(), &format_args!("entries[{index}]"), wrong);
        }
    }
}

fn entries(form: &mut Form, raw: &[RawEntry]) -> Option<Vec<OrderEntry>> {
    if raw.len() > MAX_PARTS {
        form.refuse("entries", format!("has more than {MAX_PARTS} entries"));
        return None;
    }
    let read: Vec<Option<OrderEntry>> = raw
        .iter()
        .enumerate()
        .map(|(index, entry)| {
            form.entry("entries", index, |form| {
                let line_id = form.take("line_id", LineId::parse(&entry.line_id));
                let terms = terms(
                    form,
                    &RawTerms {
                        quantity: &entry.quantity,
                        unit_price: &entry.unit_price,
                        discount: entry.discount.as_ref(),
                        interval: entry.interval.as_ref(),
                        item_id: &entry.item_id,
                    },
                );
                Some(OrderEntry { line_id: line_id?, terms: terms? })
            })
        })
        .collect();
    read.into_iter().collect()
}
