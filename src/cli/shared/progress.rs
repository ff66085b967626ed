//! Progress bar, shown on a terminal only.

use indicatif::{ProgressBar, ProgressStyle};

/// A counter with its rate per second.
pub(in crate::cli) fn progress(unit: &str) -> ProgressBar {
    styled(ProgressBar::new_spinner(), &format!("{{elapsed_precise}}  {{human_pos}} {unit}  {{per_sec}}"))
}

fn styled(bar: ProgressBar, template: &str) -> ProgressBar {
    match ProgressStyle::with_template(template) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
