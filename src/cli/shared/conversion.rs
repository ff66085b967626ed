//! Options for the currency and the grouping of a report.

use clap::Args;
use deltabook::grpc::v1;

use crate::cli::shared::target::{currency_option, date_option, id_option};

/// Conversion of a report into one currency.
#[derive(Debug, Args)]
pub struct ConversionArgs {
    /// Convert all amounts into this currency
    #[arg(long = "in", value_name = "CODE", requires = "rates", value_parser = currency_option)]
    into: Option<String>,

    /// Convert with this set of exchange rates, each amount at the rate of its date unless --rate-date is given
    #[arg(long, value_name = "SET", requires = "into", value_parser = id_option)]
    rates: Option<String>,

    /// Convert all amounts at the rates of this date, YYYY-MM-DD
    #[arg(long, value_name = "DATE", requires = "rates", value_parser = date_option)]
    rate_date: Option<String>,
}

impl ConversionArgs {
    pub fn to_wire(&self) -> Option<v1::Conversion> {
        let (to_currency, rate_set) = self.into.clone().zip(self.rates.clone())?;
        Some(v1::Conversion { to_currency, rate_set, constant_date: self.rate_date.clone().unwrap_or_default() })
    }
}

/// Grouping of a report.
#[derive(Debug, Args)]
pub struct GroupArgs {
    /// Group by item, customer, subcategory, customer.KEY or line.KEY (the attribute KEY of customers or lines)
    #[arg(long, value_name = "GROUP", value_parser = group_option)]
    group_by: Option<v1::Grouping>,

    /// Maximum number of groups, largest first; the others are summed [default: 100]
    #[arg(long, value_name = "COUNT", requires = "group_by", value_parser = clap::value_parser!(i32).range(1..))]
    max_groups: Option<i32>,
}

impl GroupArgs {
    pub fn to_wire(&self) -> Option<v1::Grouping> {
        let max_groups = self.max_groups.unwrap_or_default();
        self.group_by.clone().map(|group_by| v1::Grouping { max_groups, ..group_by })
    }

    pub fn is_given(&self) -> bool {
        self.group_by.is_some()
    }

    /// Tests that each group has its own waterfall.
    pub fn is_by_group(&self) -> bool {
        self.is_given() && !self.is_by_subcategory()
    }

    pub fn is_by_subcategory(&self) -> bool {
        self.group_by.as_ref().is_some_and(|it| it.kind() == v1::GroupKind::Subcategory)
    }
}

fn group_option(text: &str) -> Result<v1::Grouping, &'static str> {
    let (kind, attribute) = match (text, text.split_once('.')) {
        ("item", _) => (v1::GroupKind::Item, ""),
        ("customer", _) => (v1::GroupKind::Customer, ""),
        ("subcategory", _) => (v1::GroupKind::Subcategory, ""),
        (_, Some(("customer", key))) if !key.is_empty() => (v1::GroupKind::CustomerAttribute, key),
        (_, Some(("line", key))) if !key.is_empty() => (v1::GroupKind::LineAttribute, key),
        _ => return Err("is not item, customer, subcategory, customer.KEY or line.KEY"),
    };
    Ok(v1::Grouping { kind: kind.into(), attribute: attribute.to_owned(), max_groups: 0 })
}

/// The display name of a group.
pub fn group_name(group: &str, is_rest: bool) -> String {
    match (group, is_rest) {
        (_, true) => "(rest)".to_owned(),
        ("", false) => "(none)".to_owned(),
        (name, false) => name.to_owned(),
    }
}
