//! The rules of `docs/classification.md` as a pure library: no IO, no clock, no async, no serialisation.
//!
//! | room | rule |
//! |---|---|
//! | [`ids`], [`interval`], [`number`], [`money`] | names, entered numbers, exact amounts |
//! | [`rate`] | what a currency is worth in another |
//! | [`rounding`] | R2's and R12's arithmetic, and that of reports |
//! | [`fact`], [`customer_facts`] | what was said; R17 |
//! | [`refusal`] | R15: what is refused on arrival |
//! | `contract`, `life`, `step`, `causes` | R1, R3, R4, R9 by order |
//! | `timeline` | R5, R6, R10 |
//! | `link` | R9, by link |
//! | `atom`, `group`, `unchanged` | R7, and the movements of amount 0 |
//! | `modification`, `classify` | R13; R8 and R12, the decision table |
//! | `story`, `posting`, [`replay`] | facts → movements, R11, R15 |
//! | [`truth`] | R14, checked |
//! | [`account`] | who is a customer, and since when, as reports count them |
//! | [`explain`] | the lines behind a movement |
//! | [`correction`], [`books`] | R16 |
//! | [`audit`], [`author`] | who did what |
//! | [`event`], [`lifecycle`], `plan` | R18 |
//! | [`role`] | what somebody may do |

#![cfg_attr(not(test), warn(clippy::arithmetic_side_effects))]

pub mod actor;
mod classify;
pub mod events;
pub mod facts;
pub mod ids;
pub mod journal;
pub mod money;
pub mod number;
pub mod policy;
pub mod rate;
pub mod ratio;
pub mod replay;
pub mod role;
pub mod rounding;
pub mod rule;
pub(crate) mod string_enum;
