//! Baseline of `unary`: pgbench, with the rows of one change in one statement.

use std::fs;
use std::process::Command;
use std::time::Duration;

use tempfile::NamedTempFile;

use super::suite::postgres::execute;

/// Rows of one order that changes a quantity: the version of the customer, the fact, a movement at
/// each level and an event. All values are in the format of the service.
const STATEMENT: &str = r#"
\set customer random(1, :customers)
with change as (select nextval('baseline_change') as number),
touched as (
    update customer set version = version + 1, previous_version = version, changed_at = now()
    where tenant_id = 'default' and customer_id = 'baseline-' || :customer
    returning tenant_id, customer_id, version),
recorded as (
    insert into fact (tenant_id, customer_id, kind, fact_id, revision, body, version, recorded_at)
    select tenant_id, customer_id, 'CHANGE_ORDER', 'O' || number, 0,
        ('{"change_order":{"change_order_id":"O' || number || '","customer_id":"' || customer_id
        || '","subscription_id":"S","type":"MODIFY_PRICING","effective_date":"2026-03-01",'
        || '"entries":[{"line_id":"L","quantity":"11"}]}}')::jsonb,
        version, now()
    from touched, change),
posted as (
    insert into entry (tenant_id, customer_id, sequence, version, recorded_at, posting_date, effective_date, level,
        category, subcategory, subscription_id, line_id, item_id, currency, delta_micros, mrr_before_micros,
        mrr_after_micros, quantity_before, quantity_after, quantity_effect_micros, price_effect_micros, causes, rules)
    select tenant_id, customer_id, nextval('journal_sequence'), version, now(), '2026-03-01', '2026-03-01', level,
        'UPSELL', 'QUANTITY_INCREASE', subscription_id, line_id, 'seats', 'EUR', 20000000, 200000000, 220000000, '10',
        '11', 20000000, 0, ('[{"change_order": "O' || number || '"}]')::jsonb, '[2, 4, 7, 8, 12]'
    from touched, change, (values ('CONTRACT', 'S', 'L'), ('CUSTOMER', null, null))
        as levels (level, subscription_id, line_id)
    returning tenant_id, customer_id, sequence, level)
insert into outbox (tenant_id, customer_id, event_key, sequence, recorded_at, body)
select tenant_id, customer_id, 'Upgraded/2026-03-01/EUR/' || sequence, nextval('outbox_sequence'), now(),
    '{"id": "319874b6-209e-88d9-84d1-c0b160189108", "event": "Upgraded", "date": "2026-03-01",
    "timestamp": "2026-03-01T00:00:00Z", "customer_id": "customer-1", "identity": "customer-1", "currency": "EUR",
    "mrr_delta": "20", "mrr": "220", "plan": "seats", "category": "UPSELL", "subcategory": "QUANTITY_INCREASE",
    "quantity_before": "10", "quantity_after": "11", "subscription_ids": ["S"]}'::jsonb
from posted where level = 'CUSTOMER';
"#;

/// Prepares the customers of the statement, and its script.
pub struct Pgbench {
    url: String,
    customers: usize,
    script: NamedTempFile,
}

/// Result of one run.
pub struct Measured {
    pub a_second: f64,
    pub latency: Duration,
}

impl Pgbench {
    pub fn prepare(url: &str, customers: usize) -> Self {
        let prepare = format!(
            "create sequence baseline_change;
            insert into customer
            select 'default', 'baseline-' || number, 1, 0, now(), now() from generate_series(1, {customers}) as number"
        );
        execute(url, prepare).unwrap();
        let script = NamedTempFile::new().unwrap();
        fs::write(script.path(), STATEMENT).unwrap();
        Self { url: url.to_owned(), customers, script }
    }

    pub fn run(&self, clients: usize, time: Duration) -> Measured {
        let mut command = Command::new("pgbench");
        command.args(["--no-vacuum", "--protocol=prepared", "--file"]).arg(self.script.path());
        command.arg(format!("--define=customers={}", self.customers));
        command.arg(format!("--client={clients}")).arg(format!("--jobs={}", clients.min(2)));
        command.arg(format!("--time={}", time.as_secs())).arg(&self.url);
        let output = command.output().unwrap();
        let printed = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "pgbench: {printed}{}", String::from_utf8_lossy(&output.stderr));
        let number = |name: &str| {
            let line = printed.lines().find_map(|line| line.strip_prefix(name)).unwrap();
            line.trim().split(' ').next().unwrap().parse::<f64>().unwrap()
        };
        let latency = Duration::from_secs_f64(number("latency average =") / 1_000.0);
        Measured { a_second: number("tps ="), latency }
    }
}
