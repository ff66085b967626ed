//! The fields of a movement that a filter can ask for, and how their values are written.

use crate::codec::decode::{parse_date, parse_instant};
use crate::codec::filter::value::{Constant, Value};
use crate::domain::ids::{Currency, CustomerId};
use crate::domain::journal::movement::{Category, Cause, Level, Subcategory};
use crate::domain::number::Quantity;
use crate::domain::rule::Rule;
use crate::domain::string_enum::spelling;

spelling! {
    /// A field, as the contract names it where the contract has it.
    Field {
        MovementId = "movement_id",
        Level = "level",
        Category = "category",
        Subcategory = "subcategory",
        EffectiveDate = "effective_date",
        PostingDate = "posting_date",
        RecordedAt = "recorded_at",
        CustomerId = "customer_id",
        SubscriptionId = "subscription_id",
        LineId = "line_id",
        ItemId = "item_id",
        Currency = "currency",
        MrrDelta = "mrr_delta",
        MrrBefore = "mrr_before",
        MrrAfter = "mrr_after",
        QuantityBefore = "quantity_before",
        QuantityAfter = "quantity_after",
        QuantityEffect = "quantity_effect",
        PriceEffect = "price_effect",
        RenewedMrr = "renewed_mrr",
        ProvisionalUntil = "provisional_until",
        ReversesMovementId = "reverses_movement_id",
        CauseKind = "causes.kind",
        CauseLineId = "causes.line_id",
        CauseChangeOrderId = "causes.change_order_id",
        Rules = "rules",
        PriorPeriodAdjustment = "prior_period_adjustment",
        /// Has a `provisional_until`.
        Provisional = "provisional",
        /// Cancels another entry.
        Reversal = "reversal",
        /// Neither cancels an entry nor is cancelled.
        Live = "live",
        /// Holds, and an override of finance that is in force named it.
        Overridden = "overridden",
    }
}

/// What values a field has.
#[derive(Debug, Clone, Copy)]
pub(in crate::codec) enum Kind {
    /// One of some words, with or without the prefix that the contract puts before them.
    Word(&'static str, fn() -> Vec<&'static str>),
    Id,
    Currency,
    Date,
    Instant,
    Number,
    /// The id of a movement.
    Whole,
    /// The number of a rule, as 8 or R8.
    Rule,
    Flag,
}

impl Field {
    pub(in crate::codec) fn kind(self) -> Kind {
        match self {
            Self::Level => Kind::Word("LEVEL_", || words(Level::ALL, Level::as_str)),
            Self::Category => Kind::Word("IMPACT_CATEGORY_", || words(Category::ALL, Category::as_str)),
            Self::Subcategory => Kind::Word("IMPACT_SUBCATEGORY_", || words(Subcategory::ALL, Subcategory::as_str)),
            Self::CauseKind => Kind::Word("CAUSE_KIND_", || CAUSE_KINDS.to_vec()),
            Self::EffectiveDate | Self::PostingDate | Self::ProvisionalUntil => Kind::Date,
            Self::RecordedAt => Kind::Instant,
            Self::CustomerId
            | Self::SubscriptionId
            | Self::LineId
            | Self::ItemId
            | Self::CauseLineId
            | Self::CauseChangeOrderId => Kind::Id,
            Self::Currency => Kind::Currency,
            Self::MrrDelta
            | Self::MrrBefore
            | Self::MrrAfter
            | Self::QuantityBefore
            | Self::QuantityAfter
            | Self::QuantityEffect
            | Self::PriceEffect
            | Self::RenewedMrr => Kind::Number,
            Self::MovementId | Self::ReversesMovementId => Kind::Whole,
            Self::Rules => Kind::Rule,
            Self::PriorPeriodAdjustment | Self::Provisional | Self::Reversal | Self::Live | Self::Overridden => {
                Kind::Flag
            }
        }
    }

    /// Whether a movement can have several values of it.
    pub(in crate::codec) fn is_list(self) -> bool {
        matches!(self, Self::CauseKind | Self::CauseLineId | Self::CauseChangeOrderId | Self::Rules)
    }
}

impl Kind {
    /// Whether its values have an order that means something.
    pub(in crate::codec) fn is_ordered(self) -> bool {
        match self {
            Self::Date | Self::Instant | Self::Number | Self::Whole => true,
            Self::Word(..) | Self::Id | Self::Currency | Self::Rule | Self::Flag => false,
        }
    }

    /// Reads a value.
    pub(in crate::codec) fn read(self, text: &str) -> Result<Constant, String> {
        match self {
            Self::Word(prefix, all) => {
                let (all, word) = (all(), text.strip_prefix(prefix).unwrap_or(text));
                let known = all.contains(&word).then(|| Value::Text(word).into());
                known.ok_or_else(|| format!("is not one of {}", all.join(", ")))
            }
            // All kinds of id have one form.
            Self::Id => CustomerId::parse(text).map(|id| Value::Text(id.as_str()).into()).map_err(|it| it.to_string()),
            Self::Currency => {
                Currency::parse(text).map(|code| Value::Text(code.as_str()).into()).map_err(|it| it.to_string())
            }
            Self::Date => parse_date(text).map(Constant::Date).map_err(str::to_owned),
            Self::Instant => parse_instant(text).map(Constant::Instant).map_err(str::to_owned),
            Self::Number => {
                Quantity::parse(text).map(|number| Value::quantity(number).into()).map_err(|it| it.to_string())
            }
            Self::Whole => {
                let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
                let number = text.parse().ok().filter(|_| digits);
                number
                    .map(|number| Value::whole(number).into())
                    .ok_or_else(|| "is not a movement id: a whole number above 0".to_owned())
            }
            Self::Rule => {
                let number: Option<u8> = text.strip_prefix('R').unwrap_or(text).parse().ok();
                let rule = Rule::ALL.into_iter().find(|rule| Some(rule.number()) == number);
                rule.map(|rule| Value::whole(rule.number().into()).into())
                    .ok_or_else(|| "is not a rule: R1 to R18".to_owned())
            }
            Self::Flag => match text {
                "true" => Ok(Constant::Flag(true)),
                "false" => Ok(Constant::Flag(false)),
                _ => Err("is neither true nor false".to_owned()),
            },
        }
    }
}

fn words<T: Copy>(all: &[T], show: fn(T) -> &'static str) -> Vec<&'static str> {
    all.iter().map(|word| show(*word)).collect()
}

const CAUSE_KINDS: [&str; 6] = ["LINE_START", "TRIAL_END", "PRICE_STEP", "CHANGE_ORDER", "NATURAL_END", "RENEWAL_LINK"];

/// The kind of a cause, in the word of the contract.
#[must_use]
pub fn cause_kind(cause: &Cause) -> &'static str {
    match cause {
        Cause::LineStart(_) => "LINE_START",
        Cause::TrialEnd(_) => "TRIAL_END",
        Cause::PriceStep(..) => "PRICE_STEP",
        Cause::ChangeOrder(_) => "CHANGE_ORDER",
        Cause::NaturalEnd(_) => "NATURAL_END",
        Cause::RenewalLink(..) => "RENEWAL_LINK",
    }
}
