//! Timestamps of events at KISSmetrics, which drops a second event with the same person, name and second, and a second
//! property of a person in one second: each event of a person gets a second of its own, and keeps it.

use std::collections::{BTreeMap, BTreeSet};

use crate::bug;
use crate::domain::ids::TenantId;
use crate::domain::journal::entry::Sequence;
use crate::store::db::{Column, Insert, Set, SqlType, Tx, on};
use crate::store::error::StoreError;
use crate::store::sql::Statement;

/// Event that needs a timestamp.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventSecond<'e> {
    /// Its number in the outbox.
    pub sequence: Sequence,
    pub identity: &'e str,
    /// Seconds since 1970 of its date. It gets this second, or the first later one that is free.
    pub second: i64,
}

static GIVEN: Statement = Statement::new(
    "select sequence, second from kissmetrics_second where tenant_id = $1 and sink = $2 and sequence {in $3}",
);

static TAKEN: Statement = Statement::new(
    "select identity, second from kissmetrics_second
    where tenant_id = $1 and sink = $2 and identity {in $3} and second >= $4",
);

pub(in crate::store) static KEEP: Insert = Insert::new(
    "kissmetrics_second",
    &[
        ("tenant_id", SqlType::Text),
        ("sink", SqlType::Text),
        ("identity", SqlType::Text),
        ("second", SqlType::Integer),
        ("sequence", SqlType::Integer),
    ],
    "",
);

/// Assigns a second to each event, by its sequence in the outbox; stored for retries. The caller must be the only
/// worker of the sink.
pub async fn seconds(
    tx: &mut Tx,
    tenant: &TenantId,
    sink: &str,
    events: &[EventSecond<'_>],
) -> Result<BTreeMap<Sequence, i64>, StoreError> {
    let mut seconds = given(tx, tenant, sink, events).await?;
    let new: Vec<&EventSecond<'_>> = events.iter().filter(|event| !seconds.contains_key(&event.sequence)).collect();
    let mut taken = taken(tx, tenant, sink, &new).await?;
    let mut kept: Vec<i64> = Vec::with_capacity(new.len());
    for event in &new {
        let taken = taken.entry(event.identity.to_owned()).or_default();
        let mut second = event.second;
        while !taken.insert(second) {
            second = second.checked_add(1).ok_or_else(|| bug!("no second is left for {}", event.identity))?;
        }
        kept.push(second);
        seconds.insert(event.sequence, second);
    }
    let count = new.len();
    let columns = vec![
        Column::Text(vec![tenant.as_str(); count]),
        Column::Text(vec![sink; count]),
        Column::Text(new.iter().map(|event| event.identity).collect()),
        Column::Integer(kept),
        Column::Integer(new.iter().map(|event| event.sequence).collect()),
    ];
    KEEP.run(tx, count, columns).await?;
    Ok(seconds)
}

async fn given(
    tx: &mut Tx,
    tenant: &TenantId,
    sink: &str,
    events: &[EventSecond<'_>],
) -> Result<BTreeMap<Sequence, i64>, StoreError> {
    let sequences: Set<Sequence> = events.iter().map(|event| event.sequence).collect();
    let statement = GIVEN.on(tx);
    let rows: Vec<(Sequence, i64)> = on!(tx, connection => {
        sqlx::query_as(statement).bind(tenant.as_str()).bind(sink).bind(sequences).fetch_all(connection).await?
    });
    Ok(rows.into_iter().collect())
}

type Taken = BTreeMap<String, BTreeSet<i64>>;

async fn taken(tx: &mut Tx, tenant: &TenantId, sink: &str, events: &[&EventSecond<'_>]) -> Result<Taken, StoreError> {
    let Some(first) = events.iter().map(|event| event.second).min() else { return Ok(Taken::new()) };
    let identities: BTreeSet<&str> = events.iter().map(|event| event.identity).collect();
    let identities: Set<&str> = identities.into_iter().collect();
    let statement = TAKEN.on(tx);
    let rows: Vec<(String, i64)> = on!(tx, connection => {
        sqlx::query_as(statement)
            .bind(tenant.as_str())
            .bind(sink)
            .bind(identities)
            .bind(first)
            .fetch_all(connection)
            .await?
    });
    let mut taken = Taken::new();
    for (identity, second) in rows {
        taken.entry(identity).or_default().insert(second);
    }
    Ok(taken)
}
