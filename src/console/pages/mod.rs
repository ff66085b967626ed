//! Pages, one per module, in the order of the navigation.
//!
//! | modules | content |
//! |---|---|
//! | [`sign_in`] | sign-in and sign-out |
//! | [`overview`], [`export`] | key figures and waterfall; exports of it |
//! | [`movements`], [`movement`], [`override_form`] | the journal; a movement and its explanation; its reclassification |
//! | [`customer`] | a customer |
//! | [`retention`], [`scheduled`] | retention and cohorts; scheduled movements |
//! | [`periods`], [`audit`], [`deliveries`] | closed months; audit trail; sinks and dead deliveries |

pub(crate) mod sign_in;

pub(crate) mod overview;
pub(crate) mod export;

pub(crate) mod movements;
pub(crate) mod movement;
pub(crate) mod override_form;

pub(crate) mod customer;

pub(crate) mod retention;
pub(crate) mod scheduled;

pub(crate) mod periods;
pub(crate) mod audit;
pub(crate) mod deliveries;
