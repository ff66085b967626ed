//! Conversion into another currency at the rates of a set: at those of one date (a constant rate), or of each date.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use crate::domain::ids::{Currency, RateSet, TenantId};
use crate::domain::rate::Rate;
use crate::domain::rounding::Unrounded;
use crate::reports::error::ReportError;
use crate::store::db::Tx;
use crate::store::tenants::rate::in_force;
use crate::store::totals::movement_total::Sum;

/// Target currency and method of a conversion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conversion {
    pub to: Currency,
    pub rate_set: RateSet,
    /// Date of a constant rate; None: each amount at the rate of its own date.
    pub constant: Option<NaiveDate>,
}

/// Rates for converting into the currency of a report.
#[derive(Debug)]
pub(super) enum Rates {
    /// Rates by currency and date.
    Same,
    Converted(Conversion, BTreeMap<Currency, BTreeMap<NaiveDate, Rate>>),
}

impl Rates {
    /// Loads the rates for some currencies, from the first date to the last. A journal as known earlier is converted at
    /// today's rates: importing a rate later does not change it.
    pub async fn load(
        tx: &mut Tx,
        tenant_id: &TenantId,
        conversion: Option<&Conversion>,
        currencies: &BTreeSet<Currency>,
        dates: (NaiveDate, NaiveDate),
    ) -> Result<Self, ReportError> {
        let Some(conversion) = conversion else { return Ok(Self::Same) };
        let Conversion { to, rate_set, constant } = conversion;
        let dates = constant.map_or(dates, |date| (date, date));
        let rates = in_force(tx, tenant_id, rate_set, (currencies, *to), dates).await?;
        let mut by_currency: BTreeMap<Currency, BTreeMap<NaiveDate, Rate>> = BTreeMap::new();
        for it in rates {
            by_currency.entry(it.from).or_default().insert(it.date, it.rate);
        }
        Ok(Self::Converted(conversion.clone(), by_currency))
    }

    /// Converts an amount of a date exactly. Zero is zero in every currency, even without a rate.
    pub fn convert(&self, from: Currency, date: NaiveDate, sum: Sum) -> Result<Unrounded, ReportError> {
        if sum.delta == 0 {
            return Ok(Unrounded::default());
        }
        Ok(Unrounded::converted(sum.delta, self.at(from, date)?)?)
    }

    /// Rate in force on a date: the last one up to it.
    fn at(&self, from: Currency, date: NaiveDate) -> Result<Rate, ReportError> {
        let Self::Converted(Conversion { to, rate_set, constant }, by_currency) = self else { return Ok(Rate::ONE) };
        if from == *to {
            return Ok(Rate::ONE);
        }
        let date = constant.unwrap_or(date);
        let last = by_currency.get(&from).and_then(|rates| rates.range(..=date).next_back());
        let missing = || ReportError::NoRate { rate_set: rate_set.clone(), from, to: *to, date };
        last.map(|(_, rate)| *rate).ok_or_else(missing)
    }
}
