//! Retention → response.

use crate::domain::rounding::Ratio;
use crate::grpc::v1;
use crate::reports::retention::{Kept, Retention};

pub(in crate::grpc) fn retention(it: &Retention) -> v1::Retention {
    v1::Retention {
        currency: it.currency.to_string(),
        periods: it.periods.iter().map(period).collect(),
        span: Some(period(&it.span)),
    }
}

fn period(it: &Kept) -> v1::RetentionPeriod {
    let ratio = |ratio: Option<Ratio>| ratio.map(|it| it.to_string()).unwrap_or_default();
    v1::RetentionPeriod {
        start: it.start.to_string(),
        end: it.end.to_string(),
        opening: it.opening.to_string(),
        closing: it.closing.to_string(),
        net_revenue_retention: ratio(it.net_revenue_retention),
        gross_revenue_retention: ratio(it.gross_revenue_retention),
        logo_churn: ratio(it.logo_churn),
        quick_ratio: ratio(it.quick_ratio),
        renewal_rate: ratio(it.renewal_rate),
        renewed_mrr: it.renewals.renewed.to_string(),
        lapsed_mrr: it.renewals.lapsed.to_string(),
        arpa: it.arpa.map(|it| it.to_string()).unwrap_or_default(),
        customers_at_start: it.customers.at_start,
        customers_new: it.customers.new,
        customers_churned: it.customers.churned,
        customers_at_end: it.customers_at_end,
    }
}
