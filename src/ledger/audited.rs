//! What of a recording goes into the audit trail.

use crate::domain::audit::{NewAudit, action_of};
use crate::domain::author::Author;
use crate::domain::fact::Fact;
use crate::form::encode;

/// The audit of a fact that is recorded; `earlier` is what held before.
pub(super) fn audit_of(earlier: Option<&Fact>, fact: &Fact, author: &Author) -> Option<NewAudit> {
    let action = action_of(fact, earlier)?;
    let reason = match fact {
        Fact::Override(over) => over.reason.clone(),
        Fact::Customer(_) | Fact::Line(_) | Fact::Order(_) | Fact::Charge(_) => String::new(),
    };
    Some(NewAudit {
        author: author.clone(),
        action,
        customer_id: Some(fact.customer_id().clone()),
        subject: fact.key().to_string(),
        before: earlier.map(encode::json).unwrap_or_default(),
        after: encode::json(fact),
        reason,
    })
}
