//! Pages, one per file.

pub(crate) mod audit;
pub(crate) mod customer;
pub(crate) mod deliveries;
pub(crate) mod export;
pub(crate) mod movement;
pub(crate) mod movements;
pub(crate) mod override_form;
pub(crate) mod overview;
pub(crate) mod periods;
pub(crate) mod retention;
pub(crate) mod scheduled;
pub(crate) mod sign_in;
