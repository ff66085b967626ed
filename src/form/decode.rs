//! Raw facts → facts: every field checked, every violation reported (R15).

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, SubsecRound, Utc};

use super::raw::{
    RawChangeOrder, RawCharge, RawCustomer, RawEntry, RawFact, RawOverride, RawPriceStep, RawSubscriptionLine,
};
use super::terms::{RawTerms, attributes, date, optional, revision, terms, text, word_of};
use super::violation::{Form, Violation};
use crate::domain::fact::{
    ChangeOrder, ChangeOrderType, Charge, ChargeKind, ChargeStatus, Customer, Fact, ModificationType, OrderEntry,
    Override, OverrideTarget, PriceStep, SubscriptionLine,
};
use crate::domain::ids::{ChangeOrderId, ChargeId, Currency, CustomerId, ItemId, LineId, SubscriptionId};
use crate::domain::movement::{Category, Level, Levels, Subcategory};
use crate::domain::number::Amount;

pub use super::terms::{FIRST_YEAR, MAX_ATTRIBUTES, MAX_TEXT_CHARS, date as parse_date};

/// The most price steps of a line, and the most entries of a change order.
pub const MAX_PARTS: usize = 1_000;

/// Reads one fact; `path` is where it stands, for the violations.
///
/// # Errors
/// Every violation of the fact.
pub fn fact(raw: &RawFact, path: &str) -> Result<Fact, Vec<Violation>> {
    let mut form = Form::at(path);
    let fact = match raw {
        RawFact::Customer(raw) => customer(&mut form, raw).map(Fact::Customer),
        RawFact::SubscriptionLine(raw) => line(&mut form, raw).map(Fact::Line),
        RawFact::ChangeOrder(raw) => order(&mut form, raw).map(Fact::Order),
        RawFact::Charge(raw) => charge(&mut form, raw).map(Fact::Charge),
        RawFact::Override(raw) => overridden(&mut form, raw).map(Fact::Override),
    };
    form.finish(fact)
}

fn customer(form: &mut Form, raw: &RawCustomer) -> Option<Customer> {
    let customer_id = form.take("customer_id", CustomerId::parse(&raw.customer_id));
    let revision = revision(form, raw.revision);
    let name = text(form, "name", &raw.name);
    let identity = text(form, "identity", &raw.identity);
    let attributes = attributes(form, &raw.attributes);
    Some(Customer {
        customer_id: customer_id?,
        revision: revision?,
        name: name?,
        identity: identity?,
        attributes: attributes?,
    })
}

fn line(form: &mut Form, raw: &RawSubscriptionLine) -> Option<SubscriptionLine> {
    let line_id = form.take("line_id", LineId::parse(&raw.line_id));
    let revision = revision(form, raw.revision);
    let subscription_id = form.take("subscription_id", SubscriptionId::parse(&raw.subscription_id));
    let customer_id = form.take("customer_id", CustomerId::parse(&raw.customer_id));
    let item_id = form.take("item_id", ItemId::parse(&raw.item_id));
    let charge_kind = form.take("charge_kind", word_of!(ChargeKind, &raw.charge_kind));
    let currency = form.take("currency", Currency::parse(&raw.currency));
    let start_date = form.take("start_date", date(&raw.start_date));
    let end_date = optional(form, "end_date", &raw.end_date, date);
    let trial_end_date = optional(form, "trial_end_date", &raw.trial_end_date, date);
    let renews = optional(form, "renews_subscription_id", &raw.renews_subscription_id, SubscriptionId::parse);
    let price_steps = price_steps(form, &raw.price_steps, start_date);
    let attributes = attributes(form, &raw.attributes);
    if let (Some(start), Some(Some(end))) = (start_date, end_date) {
        form.require(start <= end, "end_date", "is before the start_date");
    }
    let renews_itself = !raw.subscription_id.is_empty() && raw.renews_subscription_id == raw.subscription_id;
    form.require(!renews_itself, "renews_subscription_id", "is the line's own subscription");
    Some(SubscriptionLine {
        line_id: line_id?,
        revision: revision?,
        subscription_id: subscription_id?,
        customer_id: customer_id?,
        item_id: item_id?,
        charge_kind: charge_kind?,
        currency: currency?,
        start_date: start_date?,
        end_date: end_date?,
        trial_end_date: trial_end_date?,
        pending_activation: raw.pending_activation,
        renews_subscription_id: renews?,
        price_steps: price_steps?,
        attributes: attributes?,
    })
}

/// The steps by date; one without a date is of the line's start date. The first has all the terms.
fn price_steps(form: &mut Form, raw: &[RawPriceStep], line_start: Option<NaiveDate>) -> Option<Vec<PriceStep>> {
    if raw.is_empty() || raw.len() > MAX_PARTS {
        form.refuse("price_steps", format!("needs 1 to {MAX_PARTS} steps"));
        return None;
    }
    let read: Vec<Option<PriceStep>> = raw
        .iter()
        .enumerate()
        .map(|(index, step)| form.nested(&format!("price_steps[{index}]"), |form| price_step(form, step)))
        .collect();
    let mut dates = BTreeSet::new();
    for (index, step) in read.iter().enumerate() {
        if let Some(step) = step {
            let is_first = dates.insert(step.start_date.or(line_start));
            form.require(is_first, &format!("price_steps[{index}].start_date"), "is the date of another step too");
        }
    }
    let mut order: Vec<(usize, PriceStep)> =
        read.into_iter().enumerate().map(|(index, step)| Some((index, step?))).collect::<Option<_>>()?;
    order.sort_by_key(|(_, step)| step.start_date.or(line_start));
    if let Some((index, first)) = order.first() {
        for (field, present) in [
            ("quantity", first.terms.quantity.is_some()),
            ("unit_price", first.terms.unit_price.is_some()),
            ("interval", first.terms.interval.is_some()),
        ] {
            form.require(present, &format!("price_steps[{index}].{field}"), "is required in the first step");
        }
    }
    Some(order.into_iter().map(|(_, step)| step).collect())
}

fn price_step(form: &mut Form, raw: &RawPriceStep) -> Option<PriceStep> {
    let start_date = optional(form, "start_date", &raw.start_date, date);
    let terms = terms(
        form,
        &RawTerms {
            quantity: &raw.quantity,
            unit_price: &raw.unit_price,
            discount: raw.discount.as_ref(),
            interval: raw.interval.as_ref(),
            item_id: "",
        },
    );
    Some(PriceStep { start_date: start_date?, terms: terms? })
}

fn order(form: &mut Form, raw: &RawChangeOrder) -> Option<ChangeOrder> {
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
    chrono::Datelike::year(&date) <= 9999
}

/// What does not go with the order's type.
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
        let field = format!("entries[{index}]");
        let first = named.insert(&entry.line_id);
        form.require(first, &format!("{field}.line_id"), "names a line a second time");
        if is(ChangeOrderType::ModifyPricing) {
            form.require(!entry.terms.is_empty(), &field, "sets no term");
        } else if !renews {
            form.require(entry.terms.is_empty(), &field, "sets terms, which only MODIFY_PRICING and RENEWAL do");
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
            form.nested(&format!("entries[{index}]"), |form| {
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

fn charge(form: &mut Form, raw: &RawCharge) -> Option<Charge> {
    let charge_id = form.take("charge_id", ChargeId::parse(&raw.charge_id));
    let revision = revision(form, raw.revision);
    let customer_id = form.take("customer_id", CustomerId::parse(&raw.customer_id));
    let subscription_id = optional(form, "subscription_id", &raw.subscription_id, SubscriptionId::parse);
    let status = form.take("status", word_of!(ChargeStatus, &raw.status));
    let amount = form.take("amount", Amount::parse_not_negative(&raw.amount));
    let currency = form.take("currency", Currency::parse(&raw.currency));
    let description = text(form, "description", &raw.description);
    let occurred_at = form.take("occurred_at", instant(&raw.occurred_at));
    Some(Charge {
        charge_id: charge_id?,
        revision: revision?,
        customer_id: customer_id?,
        subscription_id: subscription_id?,
        status: status?,
        amount: amount?,
        currency: currency?,
        description: description?,
        occurred_at: occurred_at?,
    })
}

/// Reads an RFC 3339 instant, kept to the microsecond.
fn instant(text: &str) -> Result<DateTime<Utc>, &'static str> {
    const WRONG: &str = "is not an instant such as 2026-01-31T09:30:00Z";
    if text.is_empty() {
        return Err("is required");
    }
    let instant = DateTime::parse_from_rfc3339(text).map_err(|_| WRONG)?.to_utc().trunc_subsecs(6);
    let year = chrono::Datelike::year(&instant);
    if (FIRST_YEAR..=9999).contains(&year) { Ok(instant) } else { Err(WRONG) }
}

fn overridden(form: &mut Form, raw: &RawOverride) -> Option<Override> {
    let customer_id = form.take("customer_id", CustomerId::parse(&raw.customer_id));
    let revision = revision(form, raw.revision);
    let target = target(form, raw);
    let modification_type =
        optional(form, "modification_type", &raw.modification_type, |text| word_of!(ModificationType, text));
    let levels: Vec<Option<Level>> = raw
        .levels
        .iter()
        .enumerate()
        .map(|(index, level)| form.take(&format!("levels[{index}]"), word_of!(Level, level)))
        .collect();
    let levels: Option<Vec<Level>> = levels.into_iter().collect();
    let subcategory = optional(form, "subcategory", &raw.subcategory, |text| word_of!(Subcategory, text));
    if let (Some(kind), Some(Some(subcategory))) = (modification_type, subcategory) {
        let fits = kind.is_some_and(|kind| can_result(kind, subcategory));
        form.require(fits, "subcategory", "is not one that the modification_type can give");
    }
    let reason = text(form, "reason", &raw.reason);
    Some(Override {
        customer_id: customer_id?,
        target: target?,
        revision: revision?,
        modification_type: modification_type?,
        // R13: a type holds for CONTRACT where no level is named.
        levels: Levels::of(&levels?).unwrap_or(Levels::Contract),
        subcategory: subcategory?,
        reason: reason?,
    })
}

fn can_result(kind: ModificationType, subcategory: Subcategory) -> bool {
    match subcategory.category() {
        Category::New | Category::Churn => kind == ModificationType::NewOrChurn,
        Category::Upsell | Category::Downsell => kind == ModificationType::UpsellOrDownsell,
        Category::Ignored => kind == ModificationType::Ignored,
        Category::Renewal => false,
    }
}

/// The one cause that the override is for.
fn target(form: &mut Form, raw: &RawOverride) -> Option<OverrideTarget> {
    let step = raw.price_step.as_ref();
    let named: Vec<&str> = [
        ("change_order_id", !raw.change_order_id.is_empty()),
        ("line_start", !raw.line_start.is_empty()),
        ("price_step", step.is_some()),
        ("trial_end", !raw.trial_end.is_empty()),
        ("natural_end", !raw.natural_end.is_empty()),
    ]
    .into_iter()
    .filter_map(|(name, present)| present.then_some(name))
    .collect();
    match (named.as_slice(), step) {
        (["change_order_id"], _) => {
            form.take("change_order_id", ChangeOrderId::parse(&raw.change_order_id)).map(OverrideTarget::ChangeOrder)
        }
        (["line_start"], _) => form.take("line_start", LineId::parse(&raw.line_start)).map(OverrideTarget::LineStart),
        (["trial_end"], _) => form.take("trial_end", LineId::parse(&raw.trial_end)).map(OverrideTarget::TrialEnd),
        (["natural_end"], _) => {
            form.take("natural_end", LineId::parse(&raw.natural_end)).map(OverrideTarget::NaturalEnd)
        }
        (["price_step"], Some(step)) => form.nested("price_step", |form| {
            let line_id = form.take("line_id", LineId::parse(&step.line_id));
            let start_date = form.take("start_date", date(&step.start_date));
            Some(OverrideTarget::PriceStep(line_id?, start_date?))
        }),
        (_, _) => form.take("", Err("needs one of change_order_id, line_start, price_step, trial_end and natural_end")),
    }
}
