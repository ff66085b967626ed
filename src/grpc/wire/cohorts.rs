//! Retention triangle: request → query, report → response.

use chrono::{DateTime, Utc};

use crate::codec::granularity::Granularity;
use crate::codec::month::Month;
use crate::codec::validation::{Form, Violations};
use crate::grpc::limits::MAX_COHORTS;
use crate::grpc::v1;
use crate::grpc::wire::decode::{ScopeFields, scope};
use crate::grpc::wire::wire_enum::Mapped;
use crate::reports::retention::cohorts::{Cell, CellValue, Cohort, CohortQuery, Measure, Triangle};

pub(in crate::grpc) fn query(request: &v1::GetCohortsRequest, now: DateTime<Utc>) -> Result<CohortQuery, Violations> {
    let mut form = Form::at("");
    let granularity = form
        .take("granularity", Granularity::of_number_or(request.granularity, Granularity::Month))
        .unwrap_or_default();
    form.require(granularity != Granularity::Day, "granularity", "is DAY: cohorts are of months, quarters or years");
    let measure = form.take("measure", Measure::of_number_or(request.measure, Measure::Mrr)).unwrap_or_default();
    let first = form.take("from_month", Month::parse(&request.from_month));
    let last = form.take("to_month", Month::parse(&request.to_month));
    let fields = ScopeFields {
        level: v1::Level::Customer.into(),
        currency: &request.currency,
        customer_id: "",
        view: request.view,
        as_known_at: request.as_known_at,
    };
    let scope = scope(&mut form, &fields, now);
    let query = first.zip(last).map(|(first, last)| CohortQuery { scope, granularity, measure, first, last });
    if let Some(query) = &query {
        let periods = query.periods().len();
        form.require(query.first <= query.last, "to_month", "is before from_month");
        let too_many = format!("is more than {MAX_COHORTS} periods from from_month");
        form.require(periods <= MAX_COHORTS, "to_month", &too_many);
    }
    form.finish(query)
}

pub(in crate::grpc) fn triangle(it: &Triangle) -> v1::CohortTriangle {
    v1::CohortTriangle { currency: it.currency.to_string(), cohorts: it.cohorts.iter().map(cohort).collect() }
}

fn cohort(Cohort { months: (first, last), cells }: &Cohort) -> v1::Cohort {
    v1::Cohort {
        start: first.start().to_string(),
        end: last.end().to_string(),
        cells: cells.iter().map(cell).collect(),
    }
}

fn cell(it: &Cell) -> v1::CohortCell {
    let value = match it.value {
        CellValue::Mrr(mrr) => mrr.to_string(),
        CellValue::Customers(number) => number.to_string(),
    };
    v1::CohortCell { value, retention: it.retention.map(|ratio| ratio.to_string()).unwrap_or_default() }
}
