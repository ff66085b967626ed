//! R5: the spans in which lines are on trial.

use chrono::NaiveDate;

use crate::domain::ids::{Currency, ItemId, LineId, SubscriptionId};
use crate::domain::replay::contract::Index;
use crate::domain::replay::in_force::Life;

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
pub(in crate::domain) fn trials(index: &Index<'_>, lives: &[Option<Life<'_>>]) -> Vec<Trial> {
    let in_force = index.lines.iter().zip(lives).filter_map(|(indexed, life)| Some((indexed.line, life.as_ref()?)));
    in_force
        .filter(|(_, life)| !life.is_over_by(life.start))
        .filter_map(|(line, life)| {
            let trial_end = line.trial_end_date.filter(|trial_end| *trial_end > life.start)?;
            Some(Trial {
                subscription_id: line.subscription_id.clone(),
                line_id: line.line_id.clone(),
                item_id: line.item_id.clone(),
                currency: line.currency,
                starts_on: life.start,
                ends_on: life.end.map_or(trial_end, |end| end.on.min(trial_end)),
            })
        })
        .collect()
}
