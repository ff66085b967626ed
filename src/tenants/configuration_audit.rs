//! Audit records of changes of the configuration, in the trail of each tenant concerned.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use crate::domain::actor::Actor;
use crate::domain::ids::TenantId;
use crate::domain::journal::audit::{Action, AuditRecord, AuditSubject};
use crate::store::audit;
use crate::store::db::Db;
use crate::store::error::StoreError;
use crate::tenants::tenant_management;
use crate::tenants::tenant_runtime::Sending;

/// Records the configuration with which a command starts, for each tenant where it differs from the last record: its
/// options and its sinks.
pub async fn note(
    db: &Db,
    command: &str,
    options: &str,
    sending: &Sending,
    actor: &Actor,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let subject = AuditSubject::Configuration(command);
    let mut described = described(sending);
    let with_options = |text: String| if options.is_empty() { text } else { format!("{options}; {text}") };
    for tenant_id in tenant_management::tenants(db).await? {
        let after = with_options(described.remove(&tenant_id).unwrap_or_else(|| nothing(sending)));
        let mut tx = db.write().await?;
        let last = audit::last_of(&mut tx, &tenant_id, Action::ConfigurationChanged, subject).await?;
        let before = last.map_or_else(String::new, |row| row.after);
        // A tenant that never had a configuration has no change.
        if before == after || (before.is_empty() && after == nothing(&Sending::default())) {
            tx.rollback().await?;
            continue;
        }
        let changed = AuditRecord::new(Action::ConfigurationChanged, subject, actor).before(before).after(after);
        audit::append(&mut tx, &tenant_id, &[changed], now).await?;
        tx.commit().await?;
    }
    Ok(())
}

/// Describes the sinks of each tenant: names, kinds, and a digest of the settings, none of which is shown.
fn described(sending: &Sending) -> BTreeMap<TenantId, String> {
    let mut all: BTreeMap<TenantId, Vec<&str>> = BTreeMap::new();
    for sink in &sending.sinks {
        all.entry(sink.tenant_id.clone()).or_default().push(&sink.described);
    }
    let text = |sinks: Vec<&str>| format!("{}; {}", nothing(sending), sinks.join("; "));
    all.into_iter().map(|(tenant_id, sinks)| (tenant_id, text(sinks))).collect()
}

fn nothing(sending: &Sending) -> String {
    format!("events kept for {} days", sending.retention.num_days())
}
