//! Audit record of a recorded fact.

use crate::codec::encode;
use crate::domain::actor::Actor;
use crate::domain::facts::fact::Fact;
use crate::domain::journal::audit::{Action, NewAudit, action_of};

/// The audit record of a fact, if its kind of change is audited; `earlier` is the revision in force before.
pub(in crate::ledger) fn audit_record(earlier: Option<&Fact>, fact: &Fact, actor: &Actor) -> Option<NewAudit> {
    let action = action_of(fact, earlier)?;
    let (mut subject, mut after) = (fact.key().to_string(), fact);
    if action == Action::FactLate {
        // R17: the revision in force stays in force.
        after = earlier?;
        subject = format!("{subject}, revision {}", fact.revision());
    }
    Some(NewAudit {
        author: actor.clone(),
        action,
        customer_id: Some(fact.customer_id().clone()),
        subject,
        before: earlier.map(encode::json).unwrap_or_default(),
        after: encode::json(after),
        reason: reason(fact).to_owned(),
    })
}

/// The reason that the fact itself gives.
fn reason(fact: &Fact) -> &str {
    match fact {
        Fact::Override(over) => &over.reason,
        Fact::Order(order) => &order.memo,
        Fact::Customer(_) | Fact::Line(_) | Fact::Charge(_) => "",
    }
}
