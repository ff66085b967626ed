//! The rules of `docs/classification.md` as a pure library: no IO, no clock, no async, no serialisation.
//!
//! | module | contents |
//! |---|---|
//! | [`ids`], [`number`], [`money`], [`rate`] | ids, entered numbers, exact amounts, exchange rates |
//! | [`rounding`] | the arithmetic of R2, R12 and reports, with the only rounding |
//! | [`policy`], [`role`], [`actor`] | settings of a tenant; permissions; the author of a change |
//! | [`facts`] | facts and their revisions (R17), refusals on arrival (R15), void facts |
//! | [`replay`] | facts → movements of one customer (R1 to R6, R9 to R11) |
//! | `classify` | atoms and groups (R7), category (R8), effects (R12), modification type (R13) |
//! | [`journal`] | movements, corrections (R16), reconciliation (R14), customer activity, audit records |
//! | [`events`] | lifecycle events (R18) |
//! | [`rule`] | the rules by number and title |
//! | [`error`] | failures of a derivation |
//! | `runs`, `string_enum` | runs of sorted items; enums with one spelling |

#![cfg_attr(not(test), warn(clippy::arithmetic_side_effects))]

pub mod actor;
mod classify;
pub mod error;
pub mod events;
pub mod facts;
pub mod ids;
pub mod journal;
pub mod money;
pub mod number;
pub mod policy;
pub mod rate;
pub mod replay;
pub mod role;
pub mod rounding;
pub mod rule;
mod runs;
pub(crate) mod string_enum;
