//! Grouping and conversion in requests.

use crate::codec::decode::{free_text, parse_date};
use crate::codec::periods::Periods;
use crate::codec::validation::Form;
use crate::domain::ids::{Currency, RateSet};
use crate::domain::journal::movement::Level;
use crate::grpc::limits::MAX_GROUP_PERIODS;
use crate::grpc::v1;
use crate::grpc::wire::decode;
use crate::reports::conversion::Conversion;
use crate::reports::groups::{DEFAULT_GROUPS, GroupBy, MAX_GROUPS};
use crate::reports::scope::Scope;
use crate::store::reports::group_sums::Grouping;

/// Decodes the currency and method of a conversion, if there is one.
pub(in crate::grpc) fn conversion(form: &mut Form, it: Option<&v1::Conversion>) -> Option<Conversion> {
    let it = it?;
    form.nested("conversion", |form| {
        let to = form.take("to_currency", Currency::parse(&it.to_currency));
        let rate_set = form.take("rate_set", RateSet::parse(&it.rate_set));
        let constant = decode::optional(form, "constant_date", &it.constant_date, parse_date);
        Some(Conversion { to: to?, rate_set: rate_set?, constant })
    })
}

/// Decodes the grouping of a waterfall, if there is one, and the breakdown by subcategory.
pub(in crate::grpc) fn of_waterfall(
    form: &mut Form,
    it: Option<&v1::Grouping>,
    scope: &Scope,
    periods: Option<&Periods>,
) -> (Option<GroupBy>, bool) {
    let with_subcategories = it.is_some_and(|it| it.kind() == v1::GroupKind::Subcategory);
    let group_by = group_by(form, it, scope);
    let count = group_by.as_ref().zip(periods).map(|(by, periods)| by.most.saturating_mul(periods.count()));
    let fits = count.is_none_or(|count| count <= MAX_GROUP_PERIODS);
    form.require(fits, "group_by.max_groups", &format!("times the periods is more than {MAX_GROUP_PERIODS}"));
    (group_by, with_subcategories)
}

/// Decodes the grouping of MRR, if there is one.
pub(in crate::grpc) fn of_mrr(form: &mut Form, it: Option<&v1::Grouping>, scope: &Scope) -> Option<GroupBy> {
    let has_subcategories = it.is_some_and(|it| it.kind() == v1::GroupKind::Subcategory);
    form.require(!has_subcategories, "group_by.kind", "is SUBCATEGORY: movements have one, MRR has none");
    group_by(form, it, scope)
}

fn group_by(form: &mut Form, it: Option<&v1::Grouping>, scope: &Scope) -> Option<GroupBy> {
    let it = it?;
    form.nested("group_by", |form| {
        let kind = form.take("kind", v1::GroupKind::try_from(it.kind).map_err(|_| "is not a kind of groups"))?;
        let most = match usize::try_from(it.max_groups) {
            Ok(0) => Some(DEFAULT_GROUPS),
            Ok(most) if most <= MAX_GROUPS => Some(most),
            Ok(_) | Err(_) => form.take("max_groups", Err(format!("is not from 0 to {MAX_GROUPS}"))),
        };
        let grouping = match kind {
            v1::GroupKind::Item => Grouping::Item,
            v1::GroupKind::Customer => Grouping::Customer,
            v1::GroupKind::CustomerAttribute => Grouping::CustomerAttribute(attribute(form, it)?),
            v1::GroupKind::LineAttribute => {
                let has_lines = scope.level == Level::Contract;
                form.require(has_lines, "kind", "is LINE_ATTRIBUTE: movements of CUSTOMER level are of no line");
                Grouping::LineAttribute(attribute(form, it)?)
            }
            v1::GroupKind::Unspecified | v1::GroupKind::Subcategory => {
                form.require(it.attribute.is_empty(), "attribute", "is given without a kind that has one");
                form.require(it.max_groups == 0, "max_groups", "is given without a kind of which there may be many");
                return None;
            }
        };
        let is_named = matches!(grouping, Grouping::CustomerAttribute(_) | Grouping::LineAttribute(_));
        form.require(is_named || it.attribute.is_empty(), "attribute", "is given without a kind that has one");
        Some(GroupBy { grouping, most: most? })
    })
}

fn attribute(form: &mut Form, it: &v1::Grouping) -> Option<String> {
    form.require(!it.attribute.is_empty(), "attribute", "is required");
    form.take("attribute", free_text(&it.attribute))
}
