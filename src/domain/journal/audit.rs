//! What goes into the audit trail.

use crate::domain::actor::Actor;
use crate::domain::facts::fact::Fact;
use crate::domain::ids::CustomerId;
use crate::domain::string_enum::spelling;

spelling! {
    /// What was done.
    Action {
        /// Finance named a modification type (R13).
        OverrideSet = "OVERRIDE_SET",
        /// Finance took an override back.
        OverrideCleared = "OVERRIDE_CLEARED",
        /// A fact was said again, otherwise (R17).
        FactRevised = "FACT_REVISED",
        /// A change order was voided.
        FactVoided = "FACT_VOIDED",
        /// An older revision of a fact came after a newer one: it changes nothing (R17).
        FactLate = "FACT_LATE",
        PeriodClosed = "PERIOD_CLOSED",
        PeriodReopened = "PERIOD_REOPENED",
        PolicyChanged = "POLICY_CHANGED",
        /// Every customer was derived anew, under a changed policy.
        PolicyReplayed = "POLICY_REPLAYED",
        TenantCreated = "TENANT_CREATED",
        KeyCreated = "KEY_CREATED",
        KeyRevoked = "KEY_REVOKED",
        /// The service was started with another configuration.
        ConfigurationChanged = "CONFIGURATION_CHANGED",
        SinkEnabled = "SINK_ENABLED",
        DeliveriesRedriven = "DELIVERIES_REDRIVEN",
        /// Exchange rates were added to a set.
        RatesImported = "RATES_IMPORTED",
    }
}

/// Something to append to the audit trail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAudit {
    pub author: Actor,
    pub action: Action,
    pub customer_id: Option<CustomerId>,
    /// What it was done to.
    pub subject: String,
    /// As it was and as it is now; empty: nothing.
    pub before: String,
    pub after: String,
    pub reason: String,
}

/// The last row of an audit trail, which stands for all of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// How many rows there are.
    pub sequence: i64,
    /// SHA-256 in hexadecimal digits.
    pub hash: String,
}

/// What recording a fact means for the audit trail: a fact that is new to the books, and no decision of finance, is not
/// in it.
#[must_use]
pub fn action_of(fact: &Fact, earlier: Option<&Fact>) -> Option<Action> {
    if earlier.is_some_and(|earlier| earlier.revision() > fact.revision()) {
        return Some(Action::FactLate);
    }
    match (fact, earlier) {
        (Fact::Override(over), _) if over.modification_type.is_none() => Some(Action::OverrideCleared),
        (Fact::Override(_), _) => Some(Action::OverrideSet),
        (Fact::Order(order), Some(Fact::Order(earlier))) if earlier.voided && order.voided => Some(Action::FactRevised),
        (Fact::Order(order), _) if order.voided => Some(Action::FactVoided),
        (_, earlier) => earlier.map(|_| Action::FactRevised),
    }
}
