//! Records and tables of sinks and deliveries.

use chrono::{DateTime, SecondsFormat};
use deltabook::grpc::v1;
use prost_types::Timestamp;
use serde_json::Value;

use crate::cli::shared::table::{Table, left, right};
use crate::cli::shared::target::{Records, text, value};

/// All fields of the sinks, named as in the contract.
pub fn sink_records(sinks: &[v1::Sink]) -> Records<13> {
    Records {
        names: [
            "sink",
            "position",
            "last_position",
            "oldest_undelivered_at",
            "lag_seconds",
            "waiting_count",
            "dead_count",
            "failures",
            "paused_until",
            "delivered_at",
            "disabled_reason",
            "journal_position",
            "last_journal_position",
        ],
        rows: sinks.iter().map(sink_row).collect(),
    }
}

fn sink_row(it: &v1::Sink) -> [Value; 13] {
    [
        value(&it.name),
        it.position.into(),
        it.last_position.into(),
        instant(it.oldest_undelivered_at.as_ref()),
        it.lag_seconds.into(),
        it.waiting_count.into(),
        it.dead_count.into(),
        it.failures.into(),
        instant(it.paused_until.as_ref()),
        instant(it.delivered_at.as_ref()),
        value(&it.disabled_reason),
        it.journal_position.into(),
        it.last_journal_position.into(),
    ]
}

/// The table.
pub fn sink_table(records: &Records<13>) -> Table {
    let mut table = Table::new([
        left("sink"),
        right("position"),
        right("last position"),
        right("lag"),
        right("waiting"),
        right("dead"),
        right("failures"),
        left("paused until"),
        left("last delivered"),
        left("disabled"),
    ]);
    for [name, position, last, _, lag, waiting, dead, failures, paused, delivered, disabled, ..] in &records.rows {
        table.row([
            text(name),
            text(position),
            text(last),
            age(lag.as_i64().unwrap_or_default()),
            text(waiting),
            text(dead),
            text(failures),
            text(paused),
            text(delivered),
            text(disabled),
        ]);
    }
    table
}

/// All fields of the deliveries, named as in the contract.
pub fn delivery_records(deliveries: &[v1::Delivery]) -> Records<9> {
    Records {
        names: [
            "position",
            "event_id",
            "event_name",
            "event_date",
            "customer_id",
            "attempts",
            "first_tried_at",
            "next_attempt_at",
            "reason",
        ],
        rows: deliveries.iter().map(delivery_row).collect(),
    }
}

fn delivery_row(it: &v1::Delivery) -> [Value; 9] {
    [
        it.position.into(),
        value(&it.event_id),
        value(&it.event_name),
        value(&it.event_date),
        value(&it.customer_id),
        it.attempts.into(),
        instant(it.first_tried_at.as_ref()),
        instant(it.next_attempt_at.as_ref()),
        value(&it.reason),
    ]
}

/// The table.
pub fn delivery_table(records: &Records<9>) -> Table {
    let mut table = Table::new([
        right("position"),
        left("event"),
        left("date"),
        left("customer"),
        right("attempts"),
        left("first tried"),
        left("next attempt"),
        left("reason"),
    ]);
    for [position, _, event, date, customer, attempts, first, next, reason] in &records.rows {
        table.row([position, event, date, customer, attempts, first, next, reason].map(text));
    }
    table
}

pub fn instant(at: Option<&Timestamp>) -> Value {
    let known = at.and_then(|at| DateTime::from_timestamp(at.seconds, u32::try_from(at.nanos).unwrap_or_default()));
    known.map_or(Value::Null, |at| at.to_rfc3339_opts(SecondsFormat::AutoSi, true).into())
}

/// An age in its largest unit: `40s`, `12m`, `5h`, `3d`.
fn age(seconds: i64) -> String {
    match seconds {
        ..=0 => String::new(),
        1..=119 => format!("{seconds}s"),
        120..=7_199 => format!("{}m", seconds / 60),
        7_200..=172_799 => format!("{}h", seconds / 3_600),
        _ => format!("{}d", seconds / 86_400),
    }
}
