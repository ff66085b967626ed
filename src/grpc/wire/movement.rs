//! Journal entries ↔ the message `Movement`, by the table of their fields.
//!
//! The message is built field by field of the table: a field that one of the two lacks does not compile.

use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use prost_types::Timestamp;

use crate::codec::tabular::entry_field::{EntryField, entry_fields};
use crate::domain::ids::{Currency, CustomerId, ItemId, LineId, SubscriptionId};
use crate::domain::journal::entry::{Entry, Sequence};
use crate::domain::journal::movement::{Category, Cause, Effects, Level, Subcategory};
use crate::domain::money::Money;
use crate::domain::number::Quantity;
use crate::domain::rule::RuleSet;
use crate::grpc::v1;
use crate::grpc::wire::encode;
use crate::grpc::wire::timestamp::instant;
use crate::grpc::wire::wire_enum::{Mapped, WireEnum};

/// The type of a field on the wire.
trait WireType {
    type Wire;

    fn to_wire(&self) -> Self::Wire;

    /// The value as text, with the words of files.
    fn text(wire: &Self::Wire) -> FieldText;
}

/// A field of a message as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FieldText {
    Absent,
    Text(String),
    List(Vec<String>),
    Flag(bool),
}

fn non_empty(text: &str) -> FieldText {
    if text.is_empty() { FieldText::Absent } else { FieldText::Text(text.to_owned()) }
}

/// Types that are strings on the wire; one without a value is empty.
macro_rules! strings {
    ($($type:ty)*) => {$(
        impl WireType for $type {
            type Wire = String;

            fn to_wire(&self) -> String {
                self.to_string()
            }

            fn text(wire: &String) -> FieldText {
                non_empty(wire)
            }
        }

        impl WireType for Option<$type> {
            type Wire = String;

            fn to_wire(&self) -> String {
                encode::shown(self.as_ref())
            }

            fn text(wire: &String) -> FieldText {
                non_empty(wire)
            }
        }
    )*};
}
strings! { Sequence CustomerId SubscriptionId LineId ItemId Currency NaiveDate Money Quantity }

/// Types that are enums on the wire.
macro_rules! enums {
    ($($type:ident)*) => {$(
        impl WireType for $type {
            type Wire = i32;

            fn to_wire(&self) -> i32 {
                self.number()
            }

            fn text(wire: &i32) -> FieldText {
                non_empty(&<Self as Mapped>::Wire::spelling(*wire))
            }
        }
    )*};
}
enums! { Level Category Subcategory }

impl WireType for DateTime<Utc> {
    type Wire = Option<Timestamp>;

    fn to_wire(&self) -> Option<Timestamp> {
        Some(instant(*self))
    }

    fn text(wire: &Option<Timestamp>) -> FieldText {
        let at = wire.and_then(|at| Self::from_timestamp(at.seconds, u32::try_from(at.nanos).ok()?));
        at.map_or(FieldText::Absent, |at| FieldText::Text(at.to_rfc3339_opts(SecondsFormat::Micros, true)))
    }
}

impl WireType for Vec<Cause> {
    type Wire = Vec<v1::Cause>;

    fn to_wire(&self) -> Vec<v1::Cause> {
        self.iter().map(encode::cause).collect()
    }

    fn text(wire: &Vec<v1::Cause>) -> FieldText {
        FieldText::List(wire.iter().map(cause_words).collect())
    }
}

impl WireType for RuleSet {
    type Wire = Vec<i32>;

    fn to_wire(&self) -> Vec<i32> {
        self.iter().map(|rule| i32::from(rule.number())).collect()
    }

    fn text(wire: &Vec<i32>) -> FieldText {
        FieldText::List(wire.iter().map(|rule| format!("R{rule}")).collect())
    }
}

impl WireType for bool {
    type Wire = Self;

    fn to_wire(&self) -> Self {
        *self
    }

    fn text(wire: &Self) -> FieldText {
        FieldText::Flag(*wire)
    }
}

macro_rules! declare {
    ($(
        $name:ident: $type:ty =
            $(entry.$e:ident)? $(movement.$m:ident)? $(effects.$f:ident)? $(computed.$c:ident)?,
            $($column:ident)? $(-)?;
    )*) => {
        fn message(entry: &Entry) -> v1::Movement {
            let effect = |part: fn(Effects) -> Money| entry.movement.effects.map(part);
            v1::Movement {
                $($name: {
                    $(WireType::to_wire(&entry.$e))?
                    $(WireType::to_wire(&entry.movement.$m))?
                    $(WireType::to_wire(&effect(|effects| effects.$f)))?
                    $(WireType::to_wire(&entry.$c()))?
                },)*
            }
        }

        /// A field of a message as text.
        #[must_use]
        pub fn text(message: &v1::Movement, field: EntryField) -> FieldText {
            match field {
                $(EntryField::$name => <$type as WireType>::text(&message.$name),)*
            }
        }
    };
}
entry_fields!(declare);

/// A journal entry as a message. One with the sequence 0 is a preview: it has no id, and was not recorded.
pub(in crate::grpc) fn to_message(entry: &Entry) -> v1::Movement {
    let message = message(entry);
    if entry.sequence == 0 {
        return v1::Movement { movement_id: String::new(), recorded_at: None, ..message };
    }
    message
}

/// A cause in a few words.
#[must_use]
pub fn cause_words(cause: &v1::Cause) -> String {
    let v1::Cause { line_id, change_order_id, date, subscription_id, .. } = cause;
    match cause.kind() {
        v1::CauseKind::LineStart => format!("start of {line_id}"),
        v1::CauseKind::TrialEnd => format!("trial end of {line_id}"),
        v1::CauseKind::PriceStep => format!("price step {date} of {line_id}"),
        v1::CauseKind::ChangeOrder => format!("change order {change_order_id}"),
        v1::CauseKind::NaturalEnd => format!("natural end of {line_id}"),
        v1::CauseKind::RenewalLink => format!("{line_id} renewed by {subscription_id}"),
        v1::CauseKind::Unspecified => String::new(),
    }
}
