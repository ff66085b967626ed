//! Internal errors: cases that the code rules out.
//!
//! Such a case is an error that says so: it is logged where it occurs and answered with INTERNAL, never replaced by a
//! default.

use crate::domain::error::InternalError;

/// Internal error: a case that the code rules out has occurred.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("internal error: {0}")]
pub struct Bug(String);

impl Bug {
    /// Logs the case with its place in the source. [`bug!`](crate::bug!) is the way to call it.
    #[must_use]
    pub fn logged(file: &'static str, line: u32, description: String) -> Self {
        tracing::error!(file, line, "internal error: {description}");
        Self(description)
    }
}

impl From<InternalError> for Bug {
    /// Logs the case with the place in the rules that found it.
    fn from(error: InternalError) -> Self {
        Self::logged(error.place().file(), error.place().line(), error.case().to_owned())
    }
}

/// Logs a case that the code rules out, and returns it as a [`Bug`]. Takes the arguments of `format!`.
///
/// ```
/// use deltabook::bug;
/// use deltabook::bug::Bug;
///
/// fn last(sequences: &[i64]) -> Result<i64, Bug> {
///     sequences.last().copied().ok_or_else(|| bug!("no sequence among {}", sequences.len()))
/// }
///
/// assert_eq!(last(&[]).unwrap_err().to_string(), "internal error: no sequence among 0");
/// ```
#[macro_export]
macro_rules! bug {
    ($($description:tt)+) => {
        $crate::bug::Bug::logged(file!(), line!(), format!($($description)+))
    };
}
