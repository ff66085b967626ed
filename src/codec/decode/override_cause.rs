//! Override and its cause.

use crate::codec::decode::field_parsers::{date, optional, revision, text, word_of};
use crate::codec::dto::RawOverride;
use crate::codec::validation::Form;
use crate::domain::facts::fact::{ModificationType, Override, OverrideTarget};
use crate::domain::facts::refusal::Refusal;
use crate::domain::ids::{ChangeOrderId, CustomerId, LineId};
use crate::domain::journal::movement::{Category, Level, Levels, Subcategory};

pub(in crate::codec) fn overridden(form: &mut Form, raw: &RawOverride) -> Option<Override> {
    let customer_id = form.take("customer_id", CustomerId::parse(&raw.customer_id));
    let revision = revision(form, raw.revision);
    let target = target(form, raw);
    let modification_type =
        optional(form, "modification_type", &raw.modification_type, |text| word_of!(ModificationType, text));
    let levels: Vec<Option<Level>> = raw
        .levels
        .iter()
        .enumerate()
        .map(|(index, level)| form.take(&format_args!("levels[{index}]"), word_of!(Level, level)))
        .collect();
    let levels: Option<Vec<Level>> = levels.into_iter().collect();
    let subcategory = optional(form, "subcategory", &raw.subcategory, |text| word_of!(Subcategory, text));
    if let (Some(kind), Some(Some(subcategory))) = (modification_type, subcategory) {
        if subcategory == Subcategory::Renewal {
            form.refuse("subcategory", Refusal::RenewalLinkage);
        } else if !kind.is_some_and(|kind| can_result(kind, subcategory)) {
            form.refuse("subcategory", "is not one that the modification_type can give (R13)");
        }
    }
    let reason = text(form, "reason", &raw.reason);
    Some(Override {
        customer_id: customer_id?,
        target: target?,
        revision: revision?,
        modification_type: modification_type?,
        // R13: a type holds for CONTRACT where no level is named.
        levels: Levels::of(&levels?).unwrap_or(Levels::Contract),
        subcategory: subcategory?,
        reason: reason?,
    })
}

fn can_result(kind: ModificationType, subcategory: Subcategory) -> bool {
    match subcategory.category() {
        Category::New | Category::Churn => kind == ModificationType::NewOrChurn,
        Category::Upsell | Category::Downsell => kind == ModificationType::UpsellOrDownsell,
        Category::Ignored => kind == ModificationType::Ignored,
        Category::Renewal => false,
    }
}

/// Decodes the one cause of the override.
fn target(form: &mut Form, raw: &RawOverride) -> Option<OverrideTarget> {
    let step = raw.price_step.as_ref();
    let named: Vec<&str> = [
        ("change_order_id", !raw.change_order_id.is_empty()),
        ("line_start", !raw.line_start.is_empty()),
        ("price_step", step.is_some()),
        ("trial_end", !raw.trial_end.is_empty()),
        ("natural_end", !raw.natural_end.is_empty()),
    ]
    .into_iter()
    .filter_map(|(name, present)| present.then_some(name))
    .collect();
    match (named.as_slice(), step) {
        (["change_order_id"], _) => {
            form.take("change_order_id", ChangeOrderId::parse(&raw.change_order_id)).map(OverrideTarget::ChangeOrder)
        }
        (["line_start"], _) => form.take("line_start", LineId::parse(&raw.line_start)).map(OverrideTarget::LineStart),
        (["trial_end"], _) => form.take("trial_end", LineId::parse(&raw.trial_end)).map(OverrideTarget::TrialEnd),
        (["natural_end"], _) => {
            form.take("natural_end", LineId::parse(&raw.natural_end)).map(OverrideTarget::NaturalEnd)
        }
        (["price_step"], Some(step)) => form.nested("price_step", |form| {
            let line_id = form.take("line_id", LineId::parse(&step.line_id));
            let start_date = form.take("start_date", date(&step.start_date));
            Some(OverrideTarget::PriceStep(line_id?, start_date?))
        }),
        (_, _) => form.take("", Err("needs one of change_order_id, line_start, price_step, trial_end and natural_end")),
    }
}
