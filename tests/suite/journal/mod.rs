//! The journal on PostgreSQL, whose transactions commit in any order.

mod late_commit;
