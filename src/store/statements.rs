//! Every statement, for those who make sure that both databases accept them.

use sqlx::{Executor, SqlSafeStr};

use crate::store::access::api_key;
use crate::store::db::{Db, IS_LOCKED, Insert, Statement, TRY_LOCK, UNLOCK};
use crate::store::error::StoreError;
use crate::store::events::delivery;
use crate::store::events::kissmetrics;
use crate::store::events::outbox;
use crate::store::events::redrive;
use crate::store::events::sink;
use crate::store::facts::customer;
use crate::store::facts::fact;
use crate::store::facts::overrides;
use crate::store::journal::entry_row;
use crate::store::journal::movement_statements;
use crate::store::journal::sequence;
use crate::store::reports::customer_activity;
use crate::store::reports::customer_months;
use crate::store::reports::group_statements;
use crate::store::reports::renewals;
use crate::store::reports::sum_statements;
use crate::store::tenants::closing;
use crate::store::tenants::rate;
use crate::store::tenants::tenant;
use crate::store::totals::customer_total;
use crate::store::totals::movement_total;
use crate::store::totals::renewal_total;
use crate::store::{audit, journal};

const STATEMENTS: [&[Statement]; 32] = [
    &[api_key::INSERT, api_key::ONE, api_key::PAGE, api_key::ANY, api_key::REVOKE, api_key::NOTE_USE],
    &[customer::VERSIONS, customer::LOCK, customer::PAGE, customer::MISSING, customer::DUE, customer::TIMES],
    &[customer::DERIVED_BEFORE, customer_months::AS_REPORTED, customer_months::RESTATED],
    &[
        tenant::ENSURE,
        tenant::BOOKS,
        tenant::HOLD,
        tenant::CHANGE,
        tenant::IS_THERE,
        tenant::ALL,
        closing::APPEND,
        closing::ALL,
    ],
    &[audit::BEGIN, audit::LOCK_HEAD, audit::MOVE_HEAD, audit::HEAD, audit::AFTER, audit::LAST_OF],
    &[
        audit::PAGE,
        audit::PAGE_OF_CUSTOMER,
        movement_total::OF_MONTH,
        movement_total::FIRST_MONTH,
        journal::PROVISIONAL,
    ],
    &[fact::OF_CUSTOMERS],
    &[
        overrides::CURRENT,
        overrides::CURRENT_OF_CUSTOMER,
        overrides::ALL,
        overrides::ALL_OF_CUSTOMER,
        overrides::CUSTOMERS,
    ],
    &[
        journal::OF_CUSTOMERS,
        journal::LIVE_OF_CUSTOMERS,
        journal::OF_RECORDING,
        journal::COUNT_OF_RECORDING,
        journal::BY_SEQUENCE,
        journal::BETWEEN,
        journal::LAST,
        journal::REVERSED,
    ],
    &[sequence::LAST, sequence::LAST_OF_OUTBOX],
    &[outbox::KEYS, outbox::BETWEEN, outbox::LAST, outbox::FIRST, outbox::PRUNE],
    &[sink::TAKE_OVER, sink::NOTE, sink::ALL, sink::ONE, sink::ENABLE, sink::REWIND_JOURNAL],
    &[delivery::REMOVE, delivery::HELD_BACK, delivery::COUNT, delivery::FAILING, delivery::OLDEST],
    &[delivery::READY, delivery::PAGE, delivery::HURRY],
    &[rate::BETWEEN, rate::IN_FORCE, rate::PAGE, rate::SETS],
    &[redrive::DEAD, redrive::RANGE],
    &[kissmetrics::GIVEN, kissmetrics::TAKEN],
    group_statements::LARGEST,
    group_statements::SUMS,
    sum_statements::STATEMENTS[0],
    sum_statements::STATEMENTS[1],
    sum_statements::STATEMENTS[2],
    &[customer_activity::PARTS, customer_activity::PARTS_RESTATED, renewals::RENEWALS, renewals::RENEWALS_RESTATED],
    &movement_total::READ,
    &[customer_total::READ_TURNS, customer_total::READ_PAIRS, customer_total::TURNS, customer_total::PAIRS],
    &[renewal_total::READ, renewals::OF_TOTALS, journal::REVERSED_ELSEWHERE],
    &pages(movement_statements::JOURNAL),
    &pages(movement_statements::JOURNAL_DESCENDING),
    &pages(movement_statements::EFFECTIVE_DATE),
    &pages(movement_statements::EFFECTIVE_DATE_DESCENDING),
    &pages(movement_statements::POSTING_DATE),
    &pages(movement_statements::POSTING_DATE_DESCENDING),
];

const fn pages(order: movement_statements::Statements) -> [Statement; 3] {
    [order.everybody, order.one_customer, order.adjustments]
}

static INSERTS: [&Insert; 14] = [
    &audit::APPEND,
    &customer::TOUCH,
    &fact::APPEND,
    &entry_row::APPEND,
    &outbox::APPEND,
    &delivery::PUT,
    &rate::ADD,
    &kissmetrics::KEEP,
    &movement_total::ADD_DAYS,
    &movement_total::ADD_MONTHS,
    &movement_total::ADD_MONTH_ITEMS,
    &customer_total::ADD_TURNS,
    &customer_total::ADD_PAIRS,
    &renewal_total::ADD,
];

/// Prepares every statement; gives their number.
///
/// # Errors
/// What the database says of the first one that it does not accept.
pub async fn prepare_all(db: &Db) -> Result<usize, StoreError> {
    let each = STATEMENTS.into_iter().flatten();
    let prepared = match db {
        Db::Sqlite { read, .. } => {
            let inserts = INSERTS.iter().flat_map(|insert| insert.statements().0);
            let statements: Vec<&'static str> = each.map(|statement| statement.sqlite).chain(inserts).collect();
            for statement in &statements {
                read.acquire().await?.prepare(statement.into_sql_str()).await?;
            }
            statements.len()
        }
        Db::Postgres { read, .. } => {
            let inserts = INSERTS.iter().map(|insert| insert.statements().1);
            let more = inserts.chain([
                IS_LOCKED,
                TRY_LOCK,
                UNLOCK,
                tenant::HOLD_ALONE,
                tenant::WAIT_LONGER,
                sequence::TAKE,
                sequence::IN_FLIGHT,
                sequence::OUTBOX_IN_FLIGHT,
            ]);
            let statements: Vec<&'static str> = each.map(|statement| statement.postgres).chain(more).collect();
            for statement in &statements {
                read.acquire().await?.prepare(statement.into_sql_str()).await?;
            }
            statements.len()
        }
    };
    Ok(prepared)
}
