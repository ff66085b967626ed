//! Raw facts → facts: every field checked, every violation reported (R15).

pub(crate) mod field_parsers;
pub(crate) mod line;
pub(crate) mod order;
pub(crate) mod override_cause;

use chrono::{DateTime, SubsecRound, Utc};

use crate::codec::decode::field_parsers::{attributes, optional, revision, text, word_of};
use crate::codec::decode::line::line;
use crate::codec::decode::order::order;
use crate::codec::decode::override_cause::overridden;
use crate::codec::dto::{RawCharge, RawCustomer, RawFact};
use crate::codec::validation::{Form, Violations};
use crate::domain::facts::fact::{Charge, ChargeStatus, Customer, Fact};
use crate::domain::ids::{ChargeId, Currency, CustomerId, SubscriptionId};
use crate::domain::number::Amount;

pub use crate::codec::decode::field_parsers::{
    FIRST_YEAR, MAX_ATTRIBUTES, MAX_PARTS, MAX_TEXT_CHARS, RawTerms, date as parse_date, free_text, terms,
};

/// Decodes one fact; `path` is its place in the input, for violations.
///
/// # Errors
/// Every violation of the fact.
pub fn fact(raw: &RawFact, path: &str) -> Result<Fact, Violations> {
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

fn charge(form: &mut Form, raw: &RawCharge) -> Option<Charge> {
    let charge_id = form.take("charge_id", ChargeId::parse(&raw.charge_id));
    let revision = revision(form, raw.revision);
    let customer_id = form.take("customer_id", CustomerId::parse(&raw.customer_id));
    let subscription_id = optional(form, "subscription_id", &raw.subscription_id, SubscriptionId::parse);
    let status = form.take("status", word_of!(ChargeStatus, &raw.status));
    let amount = form.take("amount", Amount::parse_not_negative(&raw.amount));
    let currency = form.take("currency", Currency::parse(&raw.currency));
    let description = text(form, "description", &raw.description);
    let occurred_at = form.take("occurred_at", parse_instant(&raw.occurred_at));
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

/// Parses an RFC 3339 instant to the microsecond.
pub fn parse_instant(text: &str) -> Result<DateTime<Utc>, &'static str> {
    const WRONG: &str = "is not an instant such as 2026-01-31T09:30:00Z";
    if text.is_empty() {
        return Err("is required");
    }
    let instant = DateTime::parse_from_rfc3339(text).map_err(|_| WRONG)?.to_utc().trunc_subsecs(6);
    let year = chrono::Datelike::year(&instant);
    if (FIRST_YEAR..=9999).contains(&year) { Ok(instant) } else { Err(WRONG) }
}
