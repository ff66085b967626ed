//! Audit record of a recorded fact.

use crate::codec::encode;
use crate::domain::actor::Actor;
use crate::domain::facts::fact::Fact;
use crate::domain::journal::audit::{Action, AuditRecord, AuditSubject, action_of};

/// The audit record of a fact, if its kind of change is audited; `earlier` is the revision in force before.
pub(in crate::ledger) fn audit_record(earlier: Option<&Fact>, fact: &Fact, actor: &Actor) -> Option<AuditRecord> {
    let action = action_of(fact, earlier)?;
    let key = fact.key();
    let (subject, after) = match action {
        // R17: the revision in force stays in force.
        Action::FactLate => (AuditSubject::FactRevision(&key, fact.revision()), earlier?),
        _ => (AuditSubject::Fact(&key), fact),
    };
    let mut record = AuditRecord::new(action, subject, actor).of_customer(fact.customer_id());
    if let Some(earlier) = earlier {
        record = record.before(encode::json(earlier));
    }
    Some(record.after(encode::json(after)).reason(reason(fact)))
}

/// The reason that the fact itself gives.
fn reason(fact: &Fact) -> &str {
    match fact {
        Fact::Override(over) => &over.reason,
        Fact::Order(order) => &order.memo,
        Fact::Customer(_) | Fact::Line(_) | Fact::Charge(_) => "",
    }
}
