//! What somebody may do with a set of books.

use crate::domain::string_enum::spelling;

spelling! {
    /// What a key may be used for. Which role may call which method stands in `proto/`.
    Role {
        /// The billing system: says what happened.
        Billing = "BILLING",
        /// Corrects, closes, asks.
        Finance = "FINANCE",
        /// Asks, and changes nothing.
        Reader = "READER",
        /// Everything.
        Admin = "ADMIN",
    }
}
