//! Exchange rates, as `AdminService` adds and lists them.

use std::collections::HashMap;

use chrono::NaiveDate;
use tonic::Status;

use crate::access::identity::Identity;
use crate::codec::rate::{RawRate, exchange_rate};
use crate::codec::validation::{Form, Violation};
use crate::domain::actor::Actor;
use crate::domain::ids::{Currency, RateSet};
use crate::domain::rate::ExchangeRate;
use crate::grpc::limits::MAX_RATES;
use crate::grpc::services::admin::Admin;
use crate::grpc::status::{importing, invalid, invalid_field, report};
use crate::grpc::wire::decode;
use crate::grpc::{page_token, v1};
use crate::ledger::commands::rates as ledger;
use crate::reports::rates::{DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE, exchange_rates, rate_sets};
use crate::store::tenants::rate::{RateFilter, RateKey, SetState, key};

pub(in crate::grpc) async fn import(
    admin: &Admin,
    who: &Identity,
    author: &Actor,
    request: &v1::ImportExchangeRatesRequest,
) -> Result<v1::ImportExchangeRatesResponse, Status> {
    let (rate_set, rates) = read(request).map_err(invalid)?;
    let imported = ledger::import_rates(&admin.db, &who.tenant_id, &rate_set, &rates, author, admin.clock.now()).await;
    let imported = imported.map_err(|error| {
        importing(error, |conflict| {
            let place = format!("rates[{}]", conflict.index);
            let Some(ExchangeRate { from, to, date, rate }) = rates.get(conflict.index) else {
                return (place, String::new());
            };
            let there = conflict.stored;
            let text = format!("{rate_set} has {there} from {from} to {to} on {date} already, and not {rate}");
            (place, format!("{text}; rates are never changed: a correction is another set"))
        })
    })?;
    let count = |number| i64::try_from(number).unwrap_or(i64::MAX);
    Ok(v1::ImportExchangeRatesResponse {
        added_count: count(imported.added),
        unchanged_count: count(imported.unchanged),
    })
}

fn read(request: &v1::ImportExchangeRatesRequest) -> Result<(RateSet, Vec<ExchangeRate>), Vec<Violation>> {
    let mut form = Form::at("");
    let rate_set = form.take("rate_set", RateSet::parse(&request.rate_set));
    form.require(!request.rates.is_empty(), "rates", "is required");
    if request.rates.len() > MAX_RATES {
        form.refuse("rates", format!("has more than {MAX_RATES} entries"));
        return form.finish(None);
    }
    let mut rates = Vec::with_capacity(request.rates.len());
    let mut heard: HashMap<RateKey, (usize, ExchangeRate)> = HashMap::new();
    for (index, raw) in request.rates.iter().enumerate() {
        let read = form.entry("rates", index, |form| exchange_rate(form, raw_rate(raw)));
        let Some(read) = read else { continue };
        rates.push(read);
        let earlier = heard.insert(key(&read), (index, read));
        if let Some((earlier, _)) = earlier.filter(|(_, earlier)| *earlier != read) {
            form.refuse(&format!("rates[{index}].rate"), format!("is another one than that of rates[{earlier}]"));
        }
    }
    form.finish(rate_set.map(|rate_set| (rate_set, rates)))
}

fn raw_rate(it: &v1::ExchangeRate) -> RawRate<'_> {
    RawRate { date: &it.date, from_currency: &it.from_currency, to_currency: &it.to_currency, rate: &it.rate }
}

pub(in crate::grpc) async fn list_sets(
    admin: &Admin,
    who: &Identity,
    request: &v1::ListRateSetsRequest,
) -> Result<v1::ListRateSetsResponse, Status> {
    let size = decode::page_size(request.page_size, DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE)?;
    let question = format!("{} rate sets", who.tenant_id);
    let after = after(&request.page_token, &question, |place| RateSet::parse(place).ok())?;
    let page = rate_sets(&admin.db, &who.tenant_id, after.as_ref(), size).await.map_err(|error| report(&error))?;
    Ok(v1::ListRateSetsResponse {
        rate_sets: page.items.iter().map(set).collect(),
        next_page_token: page.next.map(|last| page_token::write_text(last.as_str(), &question)).unwrap_or_default(),
    })
}

pub(in crate::grpc) async fn list(
    admin: &Admin,
    who: &Identity,
    request: &v1::ListExchangeRatesRequest,
) -> Result<v1::ListExchangeRatesResponse, Status> {
    let filter = filter(request).map_err(invalid)?;
    let size = decode::page_size(request.page_size, DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE)?;
    let question = format!("{} {filter:?}", who.tenant_id);
    let after = after(&request.page_token, &question, read_place)?;
    let page = exchange_rates(&admin.db, &who.tenant_id, &filter, after, size).await;
    let page = page.map_err(|error| report(&error))?;
    let place = |(from, to, date): RateKey| page_token::write_text(&format!("{from} {to} {date}"), &question);
    Ok(v1::ListExchangeRatesResponse {
        rates: page.items.iter().map(rate).collect(),
        next_page_token: page.next.map(place).unwrap_or_default(),
    })
}

fn filter(request: &v1::ListExchangeRatesRequest) -> Result<RateFilter, Vec<Violation>> {
    let mut form = Form::at("");
    let rate_set = form.take("rate_set", RateSet::parse(&request.rate_set));
    let from = decode::optional(&mut form, "from_currency", &request.from_currency, Currency::parse);
    let to = decode::optional(&mut form, "to_currency", &request.to_currency, Currency::parse);
    form.finish(rate_set.map(|rate_set| RateFilter { rate_set, from, to }))
}

/// The place of a token; None for no token.
fn after<P>(token: &str, question: &str, read: impl FnOnce(&str) -> Option<P>) -> Result<Option<P>, Status> {
    if token.is_empty() {
        return Ok(None);
    }
    let place = page_token::read_text(token, question).and_then(|place| read(&place));
    place.map(Some).ok_or_else(|| invalid_field("page_token", "is not a token that this question gave"))
}

fn read_place(place: &str) -> Option<RateKey> {
    let mut parts = place.split(' ');
    let (from, to) = (Currency::parse(parts.next()?).ok()?, Currency::parse(parts.next()?).ok()?);
    let date: NaiveDate = parts.next()?.parse().ok()?;
    Some((from, to, date))
}

fn set(it: &SetState) -> v1::RateSet {
    v1::RateSet {
        name: it.rate_set.clone(),
        rate_count: it.rates,
        first_date: it.first_date.to_string(),
        last_date: it.last_date.to_string(),
    }
}

fn rate(it: &ExchangeRate) -> v1::ExchangeRate {
    v1::ExchangeRate {
        date: it.date.to_string(),
        from_currency: it.from.to_string(),
        to_currency: it.to.to_string(),
        rate: it.rate.to_string(),
    }
}
