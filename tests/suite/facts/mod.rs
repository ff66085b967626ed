//! Facts while PostgreSQL is away.

mod database_outage;
