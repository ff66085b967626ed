//! What of a recording goes into the audit trail.

use crate::codec::encode;
use crate::domain::actor::Actor;
use crate::domain::facts::fact::Fact;
use crate::domain::journal::audit::{Action, NewAudit, action_of};

/// The audit of a fact that is recorded; `earlier` is what held before.
pub(in crate::ledger) fn audit_of(earlier: Option<&Fact>, fact: &Fact, author: &Actor) -> Option<NewAudit> {
    let action = action_of(fact, earlier)?;
    let (mut subject, mut after) = (fact.key().to_string(), fact);
    if action == Action::FactLate {
        // R17: what holds goes on holding.
        after = earlier?;
        subject = format!("{subject}, revision {}", fact.revision());
    }
    Some(NewAudit {
        author: author.clone(),
        action,
        customer_id: Some(fact.customer_id().clone()),
        subject,
        before: earlier.map(encode::json).unwrap_or_default(),
        after: encode::json(after),
        reason: reason(fact).to_owned(),
    })
}

/// Why, in the words of whoever said it.
fn reason(fact: &Fact) -> &str {
    match fact {
        Fact::Override(over) => &over.reason,
        Fact::Order(order) => &order.memo,
        Fact::Customer(_) | Fact::Line(_) | Fact::Charge(_) => "",
    }
}
