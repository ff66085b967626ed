//! The inserts of all tables, for tests.

use crate::store::audit;
use crate::store::db::Insert;
use crate::store::events::{delivery, kissmetrics, outbox};
use crate::store::facts::{customer, fact};
use crate::store::journal::entry_row;
use crate::store::tenants::rate;
use crate::store::totals::{customer_total, movement_total, renewal_total};

const INSERTS: [(&str, &Insert); 14] = [
    ("audit::APPEND", &audit::APPEND),
    ("events::delivery::PUT", &delivery::PUT),
    ("events::kissmetrics::KEEP", &kissmetrics::KEEP),
    ("events::outbox::APPEND", &outbox::APPEND),
    ("facts::customer::TOUCH", &customer::TOUCH),
    ("facts::fact::APPEND", &fact::APPEND),
    ("journal::entry_row::APPEND", &entry_row::APPEND),
    ("tenants::rate::ADD", &rate::ADD),
    ("totals::customer_total::ADD_CHANGES", &customer_total::ADD_CHANGES),
    ("totals::customer_total::ADD_PAIRS", &customer_total::ADD_PAIRS),
    ("totals::movement_total::ADD_DAYS", &movement_total::ADD_DAYS),
    ("totals::movement_total::ADD_MONTHS", &movement_total::ADD_MONTHS),
    ("totals::movement_total::ADD_MONTH_ITEMS", &movement_total::ADD_MONTH_ITEMS),
    ("totals::renewal_total::ADD", &renewal_total::ADD),
];

/// The texts of an insert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InsertTexts {
    /// Module and name of its constant.
    pub name: &'static str,
    /// Of one row: more of them follow after a comma.
    pub sqlite: String,
    pub postgres: String,
    /// Of many rows, where none of them replaces another.
    pub postgres_copy: Option<String>,
}

/// Every insert, by name. A test compares the names with the source.
#[must_use]
pub fn inserts() -> Vec<InsertTexts> {
    INSERTS.into_iter().map(|(name, insert)| insert.texts(name)).collect()
}
