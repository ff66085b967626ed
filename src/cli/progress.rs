//! A progress bar on a terminal; nothing elsewhere.

use indicatif::{ProgressBar, ProgressStyle};

/// Counts things, with their number a second.
pub(super) fn progress(unit: &str) -> ProgressBar {
    styled(ProgressBar::new_spinner(), &format!("{{elapsed_precise}}  {{human_pos}} {unit}  {{per_sec}}"))
}

/// Counts the bytes of a file.
pub(super) fn file_progress(bytes: u64) -> ProgressBar {
    styled(ProgressBar::new(bytes), "{elapsed_precise}  {wide_bar}  {bytes}/{total_bytes}  {msg}")
}

fn styled(bar: ProgressBar, template: &str) -> ProgressBar {
    match ProgressStyle::with_template(template) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
