//! The waterfall and MRR: questions and answers on the wire.

use chrono::{DateTime, Utc};

use crate::codec::decode::parse_date;
use crate::codec::validation::{Form, Violations};
use crate::domain::journal::movement::Subcategory;
use crate::grpc::v1;
use crate::grpc::wire::decode::{self, ScopeFields};
use crate::grpc::wire::grouping;
use crate::grpc::wire::periods::{Bounds, periods};
use crate::grpc::wire::wire_enum::Mapped;
use crate::reports::groups::Group;
use crate::reports::mrr::{CurrencyMrr, Mrr, MrrQuery};
use crate::reports::waterfall::{Adjustments, Period, Step, StepSum, Steps, Waterfall, WaterfallQuery};

/// Which waterfall, and whether subcategories are shown.
pub(in crate::grpc) fn query(
    it: &v1::GetWaterfallRequest,
    now: DateTime<Utc>,
) -> Result<(WaterfallQuery, bool), Violations> {
    let mut form = Form::at("");
    let fields = ScopeFields {
        level: it.level,
        currency: &it.currency,
        customer_id: &it.customer_id,
        view: it.view,
        as_known_at: it.as_known_at,
    };
    let bounds = Bounds {
        months: (&it.from_month, &it.to_month),
        dates: (&it.from_date, &it.to_date),
        granularity: it.granularity,
    };
    let periods = periods(&mut form, &bounds);
    let scope = decode::scope(&mut form, &fields, now);
    let conversion = grouping::conversion(&mut form, it.conversion.as_ref());
    let (group_by, with_subcategories) =
        grouping::of_waterfall(&mut form, it.group_by.as_ref(), &scope, periods.as_ref());
    let query = periods.map(|periods| WaterfallQuery { scope, periods, conversion, group_by });
    form.finish(query.map(|query| (query, with_subcategories)))
}

/// Which MRR.
pub(in crate::grpc) fn mrr_query(it: &v1::GetMrrRequest, now: DateTime<Utc>) -> Result<MrrQuery, Violations> {
    let mut form = Form::at("");
    let date = decode::optional(&mut form, "date", &it.date, parse_date);
    let fields = ScopeFields {
        level: it.level,
        currency: &it.currency,
        customer_id: &it.customer_id,
        view: it.view,
        as_known_at: it.as_known_at,
    };
    let scope = decode::scope(&mut form, &fields, now);
    let conversion = grouping::conversion(&mut form, it.conversion.as_ref());
    let group_by = grouping::of_mrr(&mut form, it.group_by.as_ref(), &scope);
    form.finish(Some(MrrQuery { scope, date, conversion, group_by }))
}

pub(in crate::grpc) fn waterfalls(found: &[Waterfall], with_subcategories: bool) -> v1::GetWaterfallResponse {
    let waterfalls = found.iter().map(|it| waterfall(it, with_subcategories)).collect();
    v1::GetWaterfallResponse { waterfalls }
}

pub(in crate::grpc) fn mrr(found: &Mrr) -> v1::GetMrrResponse {
    v1::GetMrrResponse { date: found.date.to_string(), totals: found.totals.iter().map(currency_mrr).collect() }
}

fn waterfall(it: &Waterfall, with_subcategories: bool) -> v1::Waterfall {
    let (group, rest) = group(&it.group);
    let periods = it.periods.iter().map(|it| period(it, with_subcategories)).collect();
    v1::Waterfall { currency: it.currency.to_string(), periods, group, rest }
}

/// The name of a group, and whether it is what is in no other.
fn group(it: &Group) -> (String, bool) {
    match it {
        Group::Whole => (String::new(), false),
        Group::Named(name) => (name.clone(), false),
        Group::Rest => (String::new(), true),
    }
}

fn period(it: &Period, with_subcategories: bool) -> v1::WaterfallPeriod {
    let amount = |step| step_sum(&it.steps, step).amount.to_string();
    v1::WaterfallPeriod {
        start: it.start.to_string(),
        end: it.end.to_string(),
        opening: it.opening.to_string(),
        new: amount(Step::New),
        reactivation: amount(Step::Reactivation),
        upsell: amount(Step::Upsell),
        downsell: amount(Step::Downsell),
        churn: amount(Step::Churn),
        ignored: amount(Step::Ignored),
        closing: it.closing.to_string(),
        counts: Some(counts(&it.steps)),
        adjustments: it.adjustments.as_ref().map(adjustments),
        currency_effect: it.currency_effect.map(|it| it.to_string()).unwrap_or_default(),
        subcategories: if with_subcategories { subcategories(it) } else { Vec::new() },
    }
}

fn subcategories(it: &Period) -> Vec<v1::SubcategorySum> {
    let sum = |(subcategory, sum): (&Subcategory, &StepSum)| v1::SubcategorySum {
        subcategory: subcategory.number(),
        amount: sum.amount.to_string(),
        count: sum.movements,
    };
    it.subcategories.iter().map(sum).collect()
}

fn adjustments(Adjustments { amount, steps }: &Adjustments) -> v1::WaterfallAdjustments {
    let together = amount.to_string();
    let amount = |step| step_sum(steps, step).amount.to_string();
    v1::WaterfallAdjustments {
        amount: together,
        new: amount(Step::New),
        reactivation: amount(Step::Reactivation),
        upsell: amount(Step::Upsell),
        downsell: amount(Step::Downsell),
        churn: amount(Step::Churn),
        ignored: amount(Step::Ignored),
        counts: Some(counts(steps)),
    }
}

fn counts(steps: &Steps) -> v1::WaterfallCounts {
    let count = |step| step_sum(steps, step).movements;
    v1::WaterfallCounts {
        new: count(Step::New),
        reactivation: count(Step::Reactivation),
        upsell: count(Step::Upsell),
        downsell: count(Step::Downsell),
        churn: count(Step::Churn),
        ignored: count(Step::Ignored),
    }
}

/// What a column comes to; nothing where it has no movement.
fn step_sum(steps: &Steps, step: Step) -> StepSum {
    steps.get(&step).copied().unwrap_or_default()
}

fn currency_mrr(it: &CurrencyMrr) -> v1::CurrencyMrr {
    let (group, rest) = group(&it.group);
    let (currency, mrr, arr) = (it.currency.to_string(), it.mrr.to_string(), it.arr.to_string());
    v1::CurrencyMrr { currency, mrr, arr, group, rest }
}
