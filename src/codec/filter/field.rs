//! The fields of a movement that a filter can name, and how their values are written.

use crate::codec::decode::{parse_date, parse_instant};
use crate::codec::filter::value::{Constant, Operand};
use crate::codec::tabular::entry_field::EntryField;
use crate::codec::tabular::field_type::OperandType;
use crate::domain::ids::{Currency, CustomerId};
use crate::domain::journal::movement::Cause;
use crate::domain::number::Quantity;
use crate::domain::rule::Rule;
use crate::domain::string_enum::string_enum;

/// A field of a filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    Entry(EntryField),
    Derived(DerivedField),
}

string_enum! {
    /// A field that only filters have.
    DerivedField {
        CauseKind = "causes.kind",
        CauseLineId = "causes.line_id",
        CauseChangeOrderId = "causes.change_order_id",
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

impl Field {
    /// Every field.
    pub fn all() -> impl Iterator<Item = Self> {
        let entry = EntryField::ALL.iter().copied().filter(|field| field.operand_type().is_some()).map(Self::Entry);
        entry.chain(DerivedField::ALL.iter().copied().map(Self::Derived))
    }

    /// The field with this name, and its values.
    pub(in crate::codec) fn parse(name: &str) -> Option<(Self, OperandType)> {
        let derived = || DerivedField::parse(name).map(|field| (Self::Derived(field), field.operand_type()));
        EntryField::parse(name).and_then(|field| Some((Self::Entry(field), field.operand_type()?))).or_else(derived)
    }

    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Entry(field) => field.as_str(),
            Self::Derived(field) => field.as_str(),
        }
    }

    /// Whether a movement can have several values of it.
    pub(in crate::codec) fn is_list(self) -> bool {
        match self {
            Self::Entry(field) => matches!(field.operand_type(), Some(OperandType::Rule)),
            Self::Derived(field) => match field {
                DerivedField::CauseKind | DerivedField::CauseLineId | DerivedField::CauseChangeOrderId => true,
                DerivedField::Provisional | DerivedField::Reversal | DerivedField::Live | DerivedField::Overridden => {
                    false
                }
            },
        }
    }
}

impl DerivedField {
    fn operand_type(self) -> OperandType {
        match self {
            Self::CauseKind => OperandType::Word("CAUSE_KIND_", || CAUSE_KINDS.to_vec()),
            Self::CauseLineId | Self::CauseChangeOrderId => OperandType::Id,
            Self::Provisional | Self::Reversal | Self::Live | Self::Overridden => OperandType::Flag,
        }
    }
}

impl OperandType {
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
                let known = all.contains(&word).then(|| Operand::Text(word).into());
                known.ok_or_else(|| format!("is not one of {}", all.join(", ")))
            }
            // All kinds of id have one form.
            Self::Id => {
                CustomerId::parse(text).map(|id| Operand::Text(id.as_str()).into()).map_err(|it| it.to_string())
            }
            Self::Currency => {
                Currency::parse(text).map(|code| Operand::Text(code.as_str()).into()).map_err(|it| it.to_string())
            }
            Self::Date => parse_date(text).map(Constant::Date).map_err(str::to_owned),
            Self::Instant => parse_instant(text).map(Constant::Instant).map_err(str::to_owned),
            Self::Number => {
                Quantity::parse(text).map(|number| Operand::quantity(number).into()).map_err(|it| it.to_string())
            }
            Self::Whole => {
                let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
                let number = text.parse().ok().filter(|_| digits);
                number
                    .map(|number| Operand::whole(number).into())
                    .ok_or_else(|| "is not a movement id: a whole number above 0".to_owned())
            }
            Self::Rule => {
                let number: Option<u8> = text.strip_prefix('R').unwrap_or(text).parse().ok();
                let rule = Rule::ALL.into_iter().find(|rule| Some(rule.number()) == number);
                rule.map(|rule| Operand::whole(rule.number().into()).into())
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

const CAUSE_KINDS: [&str; 6] = ["LINE_START", "TRIAL_END", "PRICE_STEP", "CHANGE_ORDER", "NATURAL_END", "RENEWAL_LINK"];

/// The kind of a cause, as the wire names it.
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
