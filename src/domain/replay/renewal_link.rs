//! R9, by link: the lines of one subscription that take over the lines of another.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use crate::domain::classify::modification::Label;
use crate::domain::error::InternalError;
use crate::domain::ids::{Currency, ItemId};
use crate::domain::journal::movement::Cause;
use crate::domain::replay::arena::{Arena, LineIndex, LinkIndex, SubscriptionIndex};
use crate::domain::replay::causes::item_before;
use crate::domain::replay::contract::FactIndex;
use crate::domain::replay::customer_timeline::LineTimelines;
use crate::domain::replay::in_force::{End, EndCause, InForce, Spans};

/// A renewal by link: one renewing subscription, item and currency on one date.
#[derive(Debug)]
pub(in crate::domain) struct RenewalLink<'f> {
    /// The date on which the renewing lines begin to count.
    pub on: NaiveDate,
    pub subscription: SubscriptionIndex,
    pub item_id: &'f ItemId,
    pub currency: Currency,
    /// The lines that begin, by id.
    pub renewing: Vec<LineIndex>,
    /// The lines that end.
    pub renewed: Vec<LineIndex>,
    /// R13: the type of the cause by which a renewing line begins, of several the line with the smallest id that has
    /// one.
    pub label: Option<(Label<'f>, Cause)>,
}

type LinkKey<'f> = (NaiveDate, SubscriptionIndex, &'f ItemId, Currency);

/// The renewals by link, earliest first. Of lines that could renew the same ones those that begin first take them; of
/// several subscriptions on one date the one with the smallest id.
///
/// # Errors
/// [`InternalError`] for an index of another customer.
pub(in crate::domain) fn renewal_links<'f>(
    index: &FactIndex<'f>,
    spans: &Spans<'f>,
    timelines: &LineTimelines<'f>,
) -> Result<Arena<LinkIndex, RenewalLink<'f>>, InternalError> {
    let mut candidates: BTreeMap<LinkKey<'f>, (SubscriptionIndex, Vec<LineIndex>)> = BTreeMap::new();
    for (line, indexed) in index.lines.iter() {
        if let Some(old) = index.subscriptions.get(indexed.subscription)?.renews
            && let Some((date, item_id)) = timelines.get(line)?.begins
        {
            let key = (date, indexed.subscription, item_id, indexed.line.currency);
            candidates.entry(key).or_insert((old, vec![])).1.push(line);
        }
    }
    let mut taken: BTreeSet<LineIndex> = BTreeSet::new();
    let mut links = Arena::default();
    for (key, (old, renewing)) in candidates {
        let (on, subscription, item_id, currency) = key;
        let mut renewed = Vec::new();
        for &line in &index.subscriptions.get(old)?.lines {
            if !taken.contains(&line) && can_be_renewed(line, key, index, spans, timelines)? {
                taken.insert(line);
                renewed.push(line);
            }
        }
        if !renewed.is_empty() {
            links.push(RenewalLink { on, subscription, item_id, currency, renewing, renewed, label: None });
        }
    }
    Ok(links)
}

fn can_be_renewed<'f>(
    line: LineIndex,
    (date, _, item_id, currency): LinkKey<'f>,
    index: &FactIndex<'f>,
    spans: &Spans<'f>,
    timelines: &LineTimelines<'f>,
) -> Result<bool, InternalError> {
    let (indexed, timeline) = (index.lines.get(line)?, timelines.get(line)?);
    // A line that is never in force has nothing to renew.
    let Some(span) = spans.get(line)? else { return Ok(false) };
    Ok(indexed.line.currency == currency
        && timeline.begins.is_some_and(|(begins, _)| begins < date)
        && not_terminated_before(span, date)
        && item_before(indexed, span, date) == item_id)
}

/// The line ended naturally by the date, or ends on or after it (an evergreen line after every date). Its own end
/// counts, before any link.
fn not_terminated_before(span: &InForce<'_>, date: NaiveDate) -> bool {
    match span.end {
        None | Some(End { cause: EndCause::Natural | EndCause::Link(_), .. }) => true,
        Some(End { on, cause: EndCause::Termination(_) }) => on >= date,
    }
}
