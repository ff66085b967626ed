//! Descriptions in a few words, for files, screens and explanations.

use crate::codec::tabular::row_writer::push_date;
use crate::domain::journal::movement::Cause;

/// A cause in a few words: `price step 2026-07-01 of L1`.
#[must_use]
pub fn cause(cause: &Cause) -> String {
    let mut text = Vec::new();
    push_cause(&mut text, cause);
    String::from_utf8_lossy(&text).into_owned()
}

pub(in crate::codec) fn push_cause(out: &mut Vec<u8>, cause: &Cause) {
    let (words, id) = match cause {
        Cause::LineStart(line) => ("start of ", line.as_str()),
        Cause::TrialEnd(line) => ("trial end of ", line.as_str()),
        Cause::PriceStep(line, date) => {
            out.extend_from_slice(b"price step ");
            push_date(out, *date);
            (" of ", line.as_str())
        }
        Cause::ChangeOrder(order) => ("change order ", order.as_str()),
        Cause::NaturalEnd(line) => ("natural end of ", line.as_str()),
        Cause::RenewalLink(line, by) => {
            out.extend_from_slice(line.as_str().as_bytes());
            (" renewed by ", by.as_str())
        }
    };
    out.extend_from_slice(words.as_bytes());
    out.extend_from_slice(id.as_bytes());
}
