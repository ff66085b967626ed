//! The roles of keys.

use crate::domain::string_enum::string_enum;

string_enum! {
    /// The permissions of a key. The methods that a role may call stand in `proto/`.
    Role {
        /// The billing system: records facts.
        Billing = "BILLING",
        /// Corrects, closes, asks.
        Finance = "FINANCE",
        /// Asks, and changes nothing.
        Reader = "READER",
        /// Everything.
        Admin = "ADMIN",
    }
}
