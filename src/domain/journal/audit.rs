//! Records of the audit trail: action, subject, state before and after, reason.

use std::fmt;

use chrono::{Datelike, NaiveDate};

use crate::domain::actor::Actor;
use crate::domain::facts::fact::{Fact, FactKey, Revision};
use crate::domain::ids::{CustomerId, KeyId, RateSet, TenantId};
use crate::domain::string_enum::string_enum;

string_enum! {
    /// Kind of a recorded action.
    Action {
        /// Finance set a modification type (R13).
        OverrideSet = "OVERRIDE_SET",
        /// Finance cleared an override.
        OverrideCleared = "OVERRIDE_CLEARED",
        /// A fact was recorded in a higher revision (R17).
        FactRevised = "FACT_REVISED",
        /// A change order was voided.
        FactVoided = "FACT_VOIDED",
        /// An older revision of a fact was recorded after a newer one, without effect (R17).
        FactLate = "FACT_LATE",
        PeriodClosed = "PERIOD_CLOSED",
        PeriodReopened = "PERIOD_REOPENED",
        PolicyChanged = "POLICY_CHANGED",
        /// Every customer was replayed under a changed policy.
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

/// Record to append to the audit trail.
///
/// Built by [`AuditRecord::new`], with what else the action has: `.before(…)`, `.after(…)`, `.reason(…)`, `.of_customer(…)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRecord {
    pub actor: Actor,
    pub action: Action,
    pub customer_id: Option<CustomerId>,
    pub subject: String,
    /// State before the action; empty if there was none.
    pub before: String,
    /// State after the action; empty if there is none.
    pub after: String,
    pub reason: String,
}

impl AuditRecord {
    /// Record of an action that has neither states nor a reason.
    #[must_use]
    pub fn new(action: Action, subject: AuditSubject<'_>, actor: &Actor) -> Self {
        Self {
            actor: actor.clone(),
            action,
            customer_id: None,
            subject: subject.to_string(),
            before: String::new(),
            after: String::new(),
            reason: String::new(),
        }
    }

    #[must_use]
    pub fn of_customer(self, customer_id: &CustomerId) -> Self {
        Self { customer_id: Some(customer_id.clone()), ..self }
    }

    #[must_use]
    pub fn before(self, before: impl Into<String>) -> Self {
        Self { before: before.into(), ..self }
    }

    #[must_use]
    pub fn after(self, after: impl Into<String>) -> Self {
        Self { after: after.into(), ..self }
    }

    #[must_use]
    pub fn reason(self, reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), ..self }
    }
}

/// Subject of an audit record. Its text is part of the trail's hashes: it must never change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuditSubject<'s> {
    Fact(&'s FactKey),
    /// A revision of a fact that is not in force.
    FactRevision(&'s FactKey, Revision),
    /// A month, by a date in it.
    Period(NaiveDate),
    /// A policy, by the version of the books that began with it.
    Policy(i64),
    RateSet(&'s RateSet),
    Tenant(&'s TenantId),
    Key(&'s KeyId),
    Sink(&'s str),
    /// Configuration with which a command was started.
    Configuration(&'s str),
}

impl fmt::Display for AuditSubject<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fact(key) => write!(f, "{key}"),
            Self::FactRevision(key, revision) => write!(f, "{key}, revision {revision}"),
            Self::Period(date) => write!(f, "{:04}-{:02}", date.year(), date.month()),
            Self::Policy(version) => write!(f, "policy {version}"),
            Self::RateSet(rate_set) => write!(f, "rate set {rate_set}"),
            Self::Tenant(tenant_id) => write!(f, "{tenant_id}"),
            Self::Key(key_id) => write!(f, "{key_id}"),
            Self::Sink(sink) => write!(f, "sink {sink}"),
            Self::Configuration(command) => write!(f, "configuration of {command}"),
        }
    }
}

/// Head of an audit trail: its last row, whose hash covers all rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// Number of rows.
    pub sequence: i64,
    /// SHA-256 in hexadecimal digits.
    pub hash: String,
}

/// Action that recording a fact is in the audit trail; None for a new fact, unless it is an override or a voided order.
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
