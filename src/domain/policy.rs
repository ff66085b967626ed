//! What a tenant decides about its own books.

/// A tenant's choices that the rules depend on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Policy {
    /// Days that a natural end stays provisional, waiting for a late renewal (R11).
    pub lapse_grace_days: u16,
}
