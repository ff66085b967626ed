//! Ratios of what reports add up.

use std::fmt;

/// A ratio to the millionth, as [`crate::domain::rounding::ratio`] makes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ratio(i128);

impl Ratio {
    /// 100 %.
    pub const ONE: Self = Self(1_000_000);

    pub(super) const fn from_millionths(millionths: i128) -> Self {
        Self(millionths)
    }
}

impl fmt::Display for Ratio {
    /// With all six decimals: `0.950000`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let (whole, rest) = (self.0.unsigned_abs() / 1_000_000, self.0.unsigned_abs() % 1_000_000);
        f.pad(&format!("{sign}{whole}.{rest:06}"))
    }
}
