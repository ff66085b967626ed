//! R5: the spans in which lines are on trial.

use chrono::NaiveDate;

use crate::domain::error::InternalError;
use crate::domain::ids::{Currency, ItemId, LineId, SubscriptionId};
use crate::domain::replay::contract::FactIndex;
use crate::domain::replay::in_force::Spans;

/// The span in which a line is on trial (R5), cut off at the line's end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trial {
    pub subscription_id: SubscriptionId,
    pub line_id: LineId,
    pub item_id: ItemId,
    pub currency: Currency,
    pub starts_on: NaiveDate,
    pub ends_on: NaiveDate,
}

/// R5: from the start to the end of the trial, or to an end inside it.
///
/// # Errors
/// [`InternalError`] for an index of another customer.
pub(in crate::domain) fn trials(index: &FactIndex<'_>, spans: &Spans<'_>) -> Result<Vec<Trial>, InternalError> {
    let mut trials = Vec::new();
    for (line, indexed) in index.lines.iter() {
        let own = indexed.line;
        if let Some(span) = spans.get(line)?
            && !span.is_over_by(span.start)
            && let Some(trial_end) = own.trial_end_date.filter(|trial_end| *trial_end > span.start)
        {
            trials.push(Trial {
                subscription_id: own.subscription_id.clone(),
                line_id: own.line_id.clone(),
                item_id: own.item_id.clone(),
                currency: own.currency,
                starts_on: span.start,
                ends_on: span.end.map_or(trial_end, |end| end.on.min(trial_end)),
            });
        }
    }
    Ok(trials)
}
