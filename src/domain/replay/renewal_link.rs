//! R9, by link: the lines of one subscription that take over the lines of another.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use crate::domain::classify::modification::Label;
use crate::domain::ids::{Currency, ItemId};
use crate::domain::journal::movement::Cause;
use crate::domain::replay::causes::item_before;
use crate::domain::replay::contract::Index;
use crate::domain::replay::in_force::{End, EndCause, Life};
use crate::domain::replay::line_timeline::Timeline;

/// A renewal by link: one renewing subscription, item and currency on one date.
#[derive(Debug)]
pub(in crate::domain) struct Link<'f> {
    pub subscription: usize,
    pub item_id: &'f ItemId,
    pub currency: Currency,
    /// The lines that begin, by id.
    pub renewing: Vec<usize>,
    /// The lines that end.
    pub renewed: Vec<usize>,
    /// R13: the type of the cause by which a renewing line begins, of several the line with the smallest id that has
    /// one.
    pub label: Option<(Label<'f>, Cause)>,
}

type LinkKey<'f> = (NaiveDate, usize, &'f ItemId, Currency);

/// The renewals by link, earliest first. Of lines that could renew the same ones those that begin first take them; of
/// several subscriptions on one date the one with the smallest id.
pub(in crate::domain) fn links<'f>(
    index: &Index<'f>,
    lives: &[Option<Life<'f>>],
    timelines: &[Timeline<'f>],
) -> Vec<Link<'f>> {
    let mut candidates: BTreeMap<LinkKey<'f>, Vec<usize>> = BTreeMap::new();
    for (line, (indexed, timeline)) in index.lines.iter().zip(timelines).enumerate() {
        let renews = index.subscriptions.get(indexed.subscription).and_then(|subscription| subscription.renews);
        if let (Some(_), Some((date, item_id))) = (renews, timeline.begins) {
            let key = (date, indexed.subscription, item_id, indexed.line.currency);
            candidates.entry(key).or_default().push(line);
        }
    }
    let mut taken = vec![false; index.lines.len()];
    let mut links = Vec::new();
    for ((date, subscription, item_id, currency), renewing) in candidates {
        let old_lines = index
            .subscriptions
            .get(subscription)
            .and_then(|renewing| index.subscriptions.get(renewing.renews?))
            .map_or(&[][..], |renewed| &renewed.lines);
        let can_be_renewed = |line: usize| {
            let (Some(indexed), Some(Some(life)), Some(timeline)) =
                (index.lines.get(line), lives.get(line), timelines.get(line))
            else {
                return false;
            };
            indexed.line.currency == currency
                && timeline.begins.is_some_and(|(begins, _)| begins < date)
                && not_terminated_before(life, date)
                && item_before(indexed, life, date) == item_id
        };
        let mut renewed = Vec::new();
        for &line in old_lines {
            if let Some(taken) = taken.get_mut(line)
                && !*taken
                && can_be_renewed(line)
            {
                *taken = true;
                renewed.push(line);
            }
        }
        if !renewed.is_empty() {
            links.push(Link { subscription, item_id, currency, renewing, renewed, label: None });
        }
    }
    links
}

/// The line ended naturally by the date, or ends on or after it (an evergreen line after every date). Its own end
/// counts, before any link.
fn not_terminated_before(life: &Life<'_>, date: NaiveDate) -> bool {
    match life.end {
        None | Some(End { cause: EndCause::Natural | EndCause::Link(_), .. }) => true,
        Some(End { on, cause: EndCause::Termination(_) }) => on >= date,
    }
}
