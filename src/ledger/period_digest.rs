//! What a closed month comes to, in one hash: whoever keeps it can tell whether the month was changed.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use crate::codec::month::Month;
use crate::domain::journal::movement::{Level, Subcategory};
use crate::store::audit::entry::hex;
use crate::store::totals::movement_total::{Sum, TotalKey};

/// SHA-256 of a month's totals, in hexadecimal digits: of a line for each level, currency and subcategory, own movements
/// and adjustments apart, that does not come to nothing. (What was provisional and was carried over when the month was
/// closed comes to nothing, on every date.)
pub(super) fn digest<'t>(month: Month, totals: impl IntoIterator<Item = (&'t TotalKey, &'t Sum)>) -> String {
    let mut sums: BTreeMap<(Level, &str, Subcategory, bool), Sum> = BTreeMap::new();
    for (key, sum) in totals.into_iter().filter(|(key, _)| key.date == month.start()) {
        sums.entry((key.level, &key.currency, key.subcategory, key.is_adjustment)).or_default().add(*sum);
    }
    let mut hash = Sha256::new();
    hash.update(format!("totals of {month}\n"));
    for ((level, currency, subcategory, is_adjustment), sum) in sums {
        if sum == Sum::default() {
            continue;
        }
        let kind = if is_adjustment { "adjustments" } else { "movements" };
        let (amount, movements) = (sum.amount(), sum.movements);
        hash.update(format!("{level} {currency} {subcategory} {kind} {amount} {movements}\n"));
    }
    hex(&hash.finalize())
}
