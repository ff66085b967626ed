//! Exchange rates, as `AdminService` adds and lists them.

use std::collections::HashMap;

use tonic::Status;

use crate::access::identity::Identity;
use crate::codec::rate::{RawRate, exchange_rate};
use crate::codec::validation::{Form, Violations};
use crate::domain::actor::Actor;
use crate::domain::ids::{Currency, RateSet};
use crate::domain::rate::ExchangeRate;
use crate::grpc::limits::MAX_RATES;
use crate::grpc::page_token::PageTokens;
use crate::grpc::services::admin::Admin;
use crate::grpc::v1;
use crate::grpc::wire::decode;
use crate::ledger::commands::rates as ledger;
use crate::reports::rates::{DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE, exchange_rates, rate_sets};
use crate::store::tenants::rate::{RateFilter, RateKey, SetState, key};

pub(in crate::grpc) async fn import(
    admin: &Admin,
    caller: &Identity,
    author: &Actor,
    request: &v1::ImportExchangeRatesRequest,
) -> Result<v1::ImportExchangeRatesResponse, Status> {
    let (rate_set, rates) = read(request)?;
    let now = admin.clock.now();
    let imported = ledger::import_rates(&admin.db, &caller.tenant_id, &rate_set, &rates, author, now).await?;
    let count = |number| i64::try_from(number).unwrap_or(i64::MAX);
    Ok(v1::ImportExchangeRatesResponse {
        added_count: count(imported.added),
        unchanged_count: count(imported.unchanged),
    })
}

fn read(request: &v1::ImportExchangeRatesRequest) -> Result<(RateSet, Vec<ExchangeRate>), Violations> {
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
    caller: &Identity,
    request: &v1::ListRateSetsRequest,
) -> Result<v1::ListRateSetsResponse, Status> {
    let size = decode::page_size(request.page_size, DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE)?;
    let tokens = PageTokens::of(&caller.tenant_id, "rate sets");
    let after = tokens.read(&request.page_token)?;
    let page = rate_sets(&admin.db, &caller.tenant_id, after.as_ref(), size).await?;
    Ok(v1::ListRateSetsResponse {
        rate_sets: page.items.iter().map(set).collect(),
        next_page_token: tokens.write(page.next),
    })
}

pub(in crate::grpc) async fn list(
    admin: &Admin,
    caller: &Identity,
    request: &v1::ListExchangeRatesRequest,
) -> Result<v1::ListExchangeRatesResponse, Status> {
    let filter = filter(request)?;
    let size = decode::page_size(request.page_size, DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE)?;
    let tokens = PageTokens::of(&caller.tenant_id, &filter);
    let after = tokens.read(&request.page_token)?;
    let page = exchange_rates(&admin.db, &caller.tenant_id, &filter, after, size).await?;
    Ok(v1::ListExchangeRatesResponse {
        rates: page.items.iter().map(rate).collect(),
        next_page_token: tokens.write(page.next),
    })
}

fn filter(request: &v1::ListExchangeRatesRequest) -> Result<RateFilter, Violations> {
    let mut form = Form::at("");
    let rate_set = form.take("rate_set", RateSet::parse(&request.rate_set));
    let from = decode::optional(&mut form, "from_currency", &request.from_currency, Currency::parse);
    let to = decode::optional(&mut form, "to_currency", &request.to_currency, Currency::parse);
    form.finish(rate_set.map(|rate_set| RateFilter { rate_set, from, to }))
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
