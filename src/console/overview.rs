//! The first page: what there is, and how it came about.

use axum::response::Response;
use maud::{Markup, html};

use super::fields::Fields;
use super::link;
use super::page::{Tab, answer, input, month, nothing, select};
use super::problem::{Problem, words as told};
use super::retention::last_year;
use super::visit::Visit;
use super::waterfall::{self, About};
use super::{text, words};
use crate::grpc::v1;

/// The answers that the page shows.
struct Found {
    mrr: v1::GetMrrResponse,
    waterfalls: Vec<v1::Waterfall>,
    retentions: Vec<v1::Retention>,
}

pub(super) async fn show(visit: Visit, fields: Fields) -> Response {
    let body = body(&visit, fields).await;
    answer(&visit, "Overview", Tab::Overview, body)
}

async fn body(visit: &Visit, mut asked: Fields) -> Result<Markup, Problem> {
    let now = visit.questions().get_mrr(v1::GetMrrRequest::default()).await?;
    last_year(&mut asked, &now.date);
    asked.or("level", "CUSTOMER");
    let found = match find(visit, &asked).await {
        Ok(found) => found,
        Err(status) => {
            return Ok(html! {
                h1 { "Overview" }
                (form(&asked))
                p .problem role="alert" { (told(&status)) }
            });
        }
    };
    let counted = counted(visit, &found.mrr.date).await;
    Ok(html! {
        h1 { "Overview" }
        (form(&asked))
        @if found.waterfalls.is_empty() { (empty()) }
        @for it in &found.waterfalls {
            section aria-label=(it.currency) {
                h2 { (it.currency) }
                (tiles(&asked, &found, &it.currency))
                (waterfall::bridge(it)?)
                (waterfall::columns(it))
                (waterfall::table(it, About { asked: &asked, counted: &counted })?)
            }
        }
    })
}

/// What movements must be to be counted today: not those ends that a renewal may yet take away (R11), where the policy
/// waits for one.
async fn counted(visit: &Visit, today: &str) -> String {
    let tenant = visit.administration().get_tenant(v1::GetTenantRequest {}).await;
    match tenant.ok().and_then(|it| it.tenant) {
        Some(tenant) if tenant.lapse_grace_days == 0 => String::new(),
        _ => format!("(NOT provisional OR provisional_until <= {today})"),
    }
}

async fn find(visit: &Visit, asked: &Fields) -> Result<Found, tonic::Status> {
    let (level, view) = (words::level(asked.one("level")), words::view(asked.one("view")));
    let [currency, from_month, to_month] = ["currency", "from", "to"].map(|name| asked.one(name).to_owned());
    let mut questions = visit.questions();
    let mrr = v1::GetMrrRequest { level, view, currency: currency.clone(), ..v1::GetMrrRequest::default() };
    let mrr = questions.get_mrr(mrr).await?;
    let retention = v1::GetRetentionRequest {
        level,
        view,
        currency: currency.clone(),
        from_month: from_month.clone(),
        to_month: to_month.clone(),
        as_known_at: None,
    };
    let retentions = questions.get_retention(retention).await?.retentions;
    let waterfall = v1::GetWaterfallRequest {
        level,
        view,
        currency,
        from_month,
        to_month,
        granularity: words::granularity(asked.one("by")),
        ..v1::GetWaterfallRequest::default()
    };
    let waterfalls = questions.get_waterfall(waterfall).await?.waterfalls;
    Ok(Found { mrr, waterfalls, retentions })
}

fn form(asked: &Fields) -> Markup {
    html! {
        form .filter method="get" action=(link::OVERVIEW) {
            (select("Level", "level", &[("CUSTOMER", "Customers"), ("CONTRACT", "Contracts")], asked.one("level")))
            (month("From", "from", asked.one("from")))
            (month("To", "to", asked.one("to")))
            (select("By", "by", &[("MONTH", "Month"), ("QUARTER", "Quarter"), ("YEAR", "Year")], asked.one("by")))
            (input("Currency", "currency", "text", asked.one("currency")))
            (select("Closed months", "view", &[("AS_REPORTED", "As reported"), ("RESTATED", "Restated")], asked.one("view")))
            button type="submit" { "Show" }
        }
    }
}

fn empty() -> Markup {
    let next = html! {
        p {
            "As soon as the billing system sends subscription lines, they are here. Lines in a file are recorded with "
            code { "deltabook import" } "."
        }
    };
    nothing("There are no movements up to these months.", next)
}

/// The numbers that people look for first.
fn tiles(asked: &Fields, found: &Found, currency: &str) -> Markup {
    let total = found.mrr.totals.iter().find(|it| it.currency == currency);
    let kept = found.retentions.iter().find(|it| it.currency == currency).and_then(|it| it.span.as_ref());
    let amount = |get: fn(&v1::CurrencyMrr) -> &str| text::amount(total.map_or("0", get));
    let date = &found.mrr.date;
    let movements =
        link::with(link::MOVEMENTS, [("level", asked.one("level")), ("currency", currency), ("posting_to", date)]);
    let retention = link::with(
        link::RETENTION,
        [("currency", currency), ("from", asked.one("from")), ("to", asked.one("to")), ("level", asked.one("level"))],
    );
    let tile = |name: &str, value: &str, note: &str, link: &str| {
        html! { li { a href=(link) { span .name { (name) } strong { (value) } span .note { (note) } } } }
    };
    let months = format!("{} to {}", asked.one("from"), asked.one("to"));
    html! {
        ul .tiles {
            (tile("MRR", &amount(|it| &it.mrr), &format!("on {date}"), &movements))
            (tile("ARR", &amount(|it| &it.arr), "12 × MRR", &movements))
            @if let Some(kept) = kept {
                (tile("NRR", &text::percent(&kept.net_revenue_retention), &months, &retention))
                (tile("GRR", &text::percent(&kept.gross_revenue_retention), &months, &retention))
                (tile("Customers", &text::count(kept.customers_at_end), &format!("at the end of {}", asked.one("to")), &retention))
            }
        }
    }
}
