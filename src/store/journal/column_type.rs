//! The types that columns of the table `entry` have, and their values in domain types.

use std::borrow::Cow;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use crate::domain::ids::{ChangeOrderId, Currency, CustomerId, ItemId, LineId, NameError, SubscriptionId};
use crate::domain::journal::entry::Sequence;
use crate::domain::journal::movement::{Category, Cause, Level, Subcategory};
use crate::domain::money::Money;
use crate::domain::number::Quantity;
use crate::domain::rule::{Rule, RuleSet};
use crate::store::db::{Column, Instant, Json, SqlType};

/// A type that has a column.
pub(in crate::store) trait ColumnType: Sized {
    const SQL_TYPE: SqlType;
    /// The value as the drivers and JSON have it.
    type Raw;

    fn parse(raw: &Self::Raw) -> Result<Self, String>;

    /// The values of a column.
    fn column<'e>(values: impl Iterator<Item = &'e Self>) -> Column<'e>
    where
        Self: 'e;
}

/// A type that has a column with nulls.
pub(in crate::store) trait NullableType: ColumnType {
    fn nullable_column<'e>(values: impl Iterator<Item = Option<&'e Self>>) -> Column<'e>
    where
        Self: 'e;
}

impl<T: NullableType> ColumnType for Option<T> {
    const SQL_TYPE: SqlType = T::SQL_TYPE;
    type Raw = Option<T::Raw>;

    fn parse(raw: &Self::Raw) -> Result<Self, String> {
        raw.as_ref().map(T::parse).transpose()
    }

    fn column<'e>(values: impl Iterator<Item = &'e Self>) -> Column<'e>
    where
        Self: 'e,
    {
        T::nullable_column(values.map(Option::as_ref))
    }
}

/// Types with a column of texts: how they are read.
macro_rules! texts {
    ($($type:ident: $parse:expr;)*) => {$(
        impl ColumnType for $type {
            const SQL_TYPE: SqlType = SqlType::Text;
            type Raw = String;

            fn parse(raw: &String) -> Result<Self, String> {
                $parse(raw)
            }

            fn column<'e>(values: impl Iterator<Item = &'e Self>) -> Column<'e> {
                Column::Text(values.map(|value| value.as_str()).collect())
            }
        }

        impl NullableType for $type {
            fn nullable_column<'e>(values: impl Iterator<Item = Option<&'e Self>>) -> Column<'e> {
                Column::OptionalText(values.map(|value| value.map(|value| value.as_str())).collect())
            }
        }
    )*};
}
texts! {
    Level: |text: &str| Self::parse(text).ok_or_else(|| unknown(text));
    Category: |text: &str| Self::parse(text).ok_or_else(|| unknown(text));
    Subcategory: |text: &str| Self::parse(text).ok_or_else(|| unknown(text));
    CustomerId: |text: &str| Self::parse(text).map_err(message);
    SubscriptionId: |text: &str| Self::parse(text).map_err(message);
    LineId: |text: &str| Self::parse(text).map_err(message);
    ItemId: |text: &str| Self::parse(text).map_err(message);
    Currency: |text: &str| Self::parse(text).map_err(message);
}

fn unknown(text: &str) -> String {
    format!("is {text:?}")
}

fn message(error: NameError) -> String {
    error.to_string()
}

/// Types with a column of numbers or dates: how they are read and written.
macro_rules! plain {
    ($($type:ty: $kind:ident $raw:ty, $column:ident $nullable:ident, $read:expr, $write:expr;)*) => {$(
        impl ColumnType for $type {
            const SQL_TYPE: SqlType = SqlType::$kind;
            type Raw = $raw;

            fn parse(raw: &$raw) -> Result<Self, String> {
                Ok($read(*raw))
            }

            fn column<'e>(values: impl Iterator<Item = &'e Self>) -> Column<'e> {
                Column::$column(values.copied().map($write).collect())
            }
        }

        impl NullableType for $type {
            fn nullable_column<'e>(values: impl Iterator<Item = Option<&'e Self>>) -> Column<'e> {
                Column::$nullable(values.map(|value| value.copied().map($write)).collect())
            }
        }
    )*};
}
plain! {
    Sequence: Integer i64, Integer OptionalInteger, |number| number, |number| number;
    Money: Integer i64, Integer OptionalInteger, Self::from_micros, Self::micros;
    NaiveDate: Date NaiveDate, Date OptionalDate, |date| date, |date| date;
    DateTime<Utc>: Instant Instant, Instant OptionalInstant, |Instant(instant)| instant, |instant| instant;
}

impl ColumnType for Quantity {
    const SQL_TYPE: SqlType = SqlType::Text;
    type Raw = String;

    fn parse(raw: &String) -> Result<Self, String> {
        Self::parse_sum(raw).ok_or_else(|| unknown(raw))
    }

    fn column<'e>(values: impl Iterator<Item = &'e Self>) -> Column<'e> {
        Column::Owned(values.map(ToString::to_string).collect())
    }
}

impl ColumnType for RuleSet {
    const SQL_TYPE: SqlType = SqlType::Json;
    type Raw = Json;

    fn parse(raw: &Json) -> Result<Self, String> {
        let numbers: Vec<u8> = serde_json::from_str(raw.get()).map_err(|error| error.to_string())?;
        numbers.into_iter().try_fold(Self::default(), |rules, number| {
            let rule = Rule::ALL.into_iter().find(|rule| rule.number() == number);
            Ok(rules.with(rule.ok_or_else(|| format!("has {number}"))?))
        })
    }

    fn column<'e>(values: impl Iterator<Item = &'e Self>) -> Column<'e> {
        let text = |rules: &Self| {
            let numbers: Vec<String> = rules.iter().map(|rule| rule.number().to_string()).collect();
            format!("[{}]", numbers.join(","))
        };
        Column::Owned(values.map(text).collect())
    }
}

impl ColumnType for Vec<Cause> {
    const SQL_TYPE: SqlType = SqlType::Json;
    type Raw = Json;

    fn parse(raw: &Json) -> Result<Self, String> {
        let causes: Vec<CauseJson<'_>> = serde_json::from_str(raw.get()).map_err(|error| error.to_string())?;
        causes.iter().map(|cause| cause.parse().map_err(message)).collect()
    }

    fn column<'e>(values: impl Iterator<Item = &'e Self>) -> Column<'e> {
        let text = |causes: &Self| {
            let causes: Vec<CauseJson<'_>> = causes.iter().map(CauseJson::of).collect();
            // Names and dates: there is nothing that JSON cannot hold.
            serde_json::to_string(&causes).unwrap_or_default()
        };
        Column::Owned(values.map(text).collect())
    }
}

/// A cause as JSON: `{"price_step": ["L1", "2026-07-01"]}`.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum CauseJson<'c> {
    LineStart(#[serde(borrow)] Cow<'c, str>),
    TrialEnd(#[serde(borrow)] Cow<'c, str>),
    PriceStep(#[serde(borrow)] Cow<'c, str>, NaiveDate),
    ChangeOrder(#[serde(borrow)] Cow<'c, str>),
    NaturalEnd(#[serde(borrow)] Cow<'c, str>),
    RenewalLink(#[serde(borrow)] Cow<'c, str>, #[serde(borrow)] Cow<'c, str>),
}

impl<'c> CauseJson<'c> {
    fn of(cause: &'c Cause) -> Self {
        match cause {
            Cause::LineStart(line) => Self::LineStart(line.as_str().into()),
            Cause::TrialEnd(line) => Self::TrialEnd(line.as_str().into()),
            Cause::PriceStep(line, date) => Self::PriceStep(line.as_str().into(), *date),
            Cause::ChangeOrder(order) => Self::ChangeOrder(order.as_str().into()),
            Cause::NaturalEnd(line) => Self::NaturalEnd(line.as_str().into()),
            Cause::RenewalLink(line, by) => Self::RenewalLink(line.as_str().into(), by.as_str().into()),
        }
    }

    fn parse(&self) -> Result<Cause, NameError> {
        Ok(match self {
            Self::LineStart(line) => Cause::LineStart(LineId::parse(line)?),
            Self::TrialEnd(line) => Cause::TrialEnd(LineId::parse(line)?),
            Self::PriceStep(line, date) => Cause::PriceStep(LineId::parse(line)?, *date),
            Self::ChangeOrder(order) => Cause::ChangeOrder(ChangeOrderId::parse(order)?),
            Self::NaturalEnd(line) => Cause::NaturalEnd(LineId::parse(line)?),
            Self::RenewalLink(line, by) => Cause::RenewalLink(LineId::parse(line)?, SubscriptionId::parse(by)?),
        })
    }
}
