//! Sets of books: what belongs to one tenant while its books are open ([`book`]), and the books of all tenants
//! ([`shelf`]); making tenants ([`tenants`]).

pub mod book;
pub mod configuration;
pub mod shelf;
pub mod tenants;
