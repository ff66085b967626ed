//! Matching of entries with overrides. An entry does not store whether an override decided it: its type can come from
//! the order itself, or from the suspension of a reactivation. Replaying the customer tells.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::facts::customer_facts::CustomerFacts;
use crate::domain::ids::{CustomerId, TenantId};
use crate::domain::journal::entry::{Entry, Sequence};
use crate::domain::replay::replay_traced;
use crate::domain::rule::Rule;
use crate::reports::error::ReportError;
use crate::reports::movements::traces::matched;
use crate::store::db::Tx;
use crate::store::facts::fact;
use crate::store::facts::overrides;
use crate::store::journal;
use crate::store::tenants::tenant;

/// Selects the current entries that an override in force decided.
pub(in crate::reports) async fn overridden(
    tx: &mut Tx,
    tenant_id: &TenantId,
    entries: &[Entry],
) -> Result<BTreeSet<Sequence>, ReportError> {
    let may_be = |entry: &&Entry| entry.reverses.is_none() && entry.movement.rules.contains(Rule::ModificationType);
    let customers: BTreeSet<&CustomerId> = entries.iter().filter(may_be).map(|it| &it.movement.customer_id).collect();
    let customers = overrides::customers(tx, tenant_id, &customers.into_iter().collect::<Vec<_>>()).await?;
    let mut found = BTreeSet::new();
    if customers.is_empty() {
        return Ok(found);
    }
    let customers: Vec<&CustomerId> = customers.iter().collect();
    let policy = tenant::books(tx, tenant_id).await?.policy;
    let mut live: BTreeMap<CustomerId, Vec<Entry>> = BTreeMap::new();
    for entry in journal::live_of_customers(tx, tenant_id, &customers).await? {
        live.entry(entry.movement.customer_id.clone()).or_default().push(entry);
    }
    let mut facts: BTreeMap<CustomerId, CustomerFacts> = BTreeMap::new();
    for stored in fact::of_customers(tx, tenant_id, &customers).await? {
        facts.entry(stored.fact.customer_id().clone()).or_default().insert(stored.fact);
    }
    for (customer_id, facts) in facts {
        let (replayed, traces) = replay_traced(&facts, &policy)?;
        let live = live.remove(&customer_id).unwrap_or_default();
        let traced = matched(&live, &replayed.movements, &traces);
        let named = traced.iter().filter(|it| it.trace.over().is_some());
        found.extend(named.map(|it| it.entry.sequence));
    }
    Ok(found)
}
