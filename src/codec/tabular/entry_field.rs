//! The fields of a journal entry: one table, of which column lists, rows, files, messages and filter fields are made.
//!
//! A new field of a movement is a line here, a field of [`Movement`], of the proto message `Movement`, and a column of
//! the table `entry` in both databases. Everything else follows from the line.

use chrono::{DateTime, NaiveDate, Utc};

use crate::codec::tabular::field_type::{FieldType, OperandType};
use crate::codec::tabular::row_writer::{Cell, CellType, TableColumn};
use crate::domain::ids::{Currency, CustomerId, ItemId, LineId, SubscriptionId};
use crate::domain::journal::entry::{Entry, Sequence};
use crate::domain::journal::movement::{Category, Cause, Effects, Level, Movement, Subcategory};
use crate::domain::money::Money;
use crate::domain::number::Quantity;
use crate::domain::rule::RuleSet;

/// Passes the table of fields to a macro. A line has the field's name on the wire, in files and in filters; its type;
/// its place in [`Entry`]; its column of the table `entry`.
///
/// `effects` are both there or neither; what is `computed` by a method has no column.
/// Four columns of `entry` are no fields: `tenant_id`, `version`, `activity_change` and `renewal_outcome`. The order is
/// that of exported files.
macro_rules! entry_fields {
    ($then:ident) => {
        $then! {
            movement_id:             Sequence               = entry.sequence,              sequence;
            level:                   Level                  = movement.level,              level;
            customer_id:             CustomerId             = movement.customer_id,        customer_id;
            effective_date:          NaiveDate              = movement.effective_date,     effective_date;
            posting_date:            NaiveDate              = entry.posting_date,          posting_date;
            recorded_at:             DateTime<Utc>          = entry.recorded_at,           recorded_at;
            currency:                Currency               = movement.currency,           currency;
            item_id:                 ItemId                 = movement.item_id,            item_id;
            subscription_id:         Option<SubscriptionId> = movement.subscription_id,    subscription_id;
            line_id:                 Option<LineId>         = movement.line_id,            line_id;
            category:                Category               = movement.category,           category;
            subcategory:             Subcategory            = movement.subcategory,        subcategory;
            mrr_delta:               Money                  = movement.delta,              delta_micros;
            mrr_before:              Money                  = movement.mrr_before,         mrr_before_micros;
            mrr_after:               Money                  = movement.mrr_after,          mrr_after_micros;
            quantity_before:         Quantity               = movement.quantity_before,    quantity_before;
            quantity_after:          Quantity               = movement.quantity_after,     quantity_after;
            quantity_effect:         Option<Money>          = effects.quantity,            quantity_effect_micros;
            price_effect:            Option<Money>          = effects.price,               price_effect_micros;
            renewed_mrr:             Option<Money>          = movement.renewed_mrr,        renewed_mrr_micros;
            causes:                  Vec<Cause>             = movement.causes,             causes;
            rules:                   RuleSet                = movement.rules,              rules;
            provisional_until:       Option<NaiveDate>      = movement.provisional_until,  provisional_until;
            reverses_movement_id:    Option<Sequence>       = entry.reverses,              reverses;
            prior_period_adjustment: bool                   = computed.is_adjustment,      -;
        }
    };
}
#[cfg(feature = "server")]
pub(crate) use entry_fields;

/// Gives the second of two; the first names a part of a line, where that part is optional.
macro_rules! second {
    ($first:ident, $second:expr) => {
        $second
    };
}

macro_rules! declare {
    ($(
        $name:ident: $type:ty =
            $(entry.$e:ident)? $(movement.$m:ident)? $(effects.$f:ident)? $(computed.$c:ident)?,
            $($column:ident)? $(-)?;
    )*) => {
        /// A field of an entry, named as on the wire.
        #[expect(non_camel_case_types, reason = "one spelling of a field everywhere")]
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum EntryField {
            $($name,)*
        }

        impl EntryField {
            /// All fields, in the order of exported files.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];
            /// Those of its [`Movement`], in the same order.
            pub const MOVEMENT: &'static [Self] =
                &[$($(second!($m, Self::$name),)? $(second!($f, Self::$name),)?)*];

            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => stringify!($name),)*
                }
            }

            #[must_use]
            pub fn parse(name: &str) -> Option<Self> {
                match name {
                    $(stringify!($name) => Some(Self::$name),)*
                    _ => None,
                }
            }

            #[must_use]
            pub const fn cell_type(self) -> CellType {
                match self {
                    $(Self::$name => <$type as FieldType>::CELL,)*
                }
            }

            /// The values that a filter compares the field with; None: filters have other fields for its parts.
            #[must_use]
            pub const fn operand_type(self) -> Option<OperandType> {
                match self {
                    $(Self::$name => <$type as FieldType>::OPERAND,)*
                }
            }

            /// The column of the table `entry`; None: computed from others.
            #[must_use]
            pub const fn column(self) -> Option<&'static str> {
                match self {
                    $(Self::$name => declare!(@column $($column)?),)*
                }
            }

            /// The value of the field.
            #[must_use]
            pub fn cell(self, entry: &Entry) -> Cell<'_> {
                match self {
                    $(Self::$name => {
                        $(entry.$e.cell())?
                        $(entry.movement.$m.cell())?
                        $(effect(&entry.movement, |effects| effects.$f))?
                        $(Cell::Flag(entry.$c()))?
                    })*
                }
            }
        }

        /// The cells of an entry, by [`EntryField::ALL`].
        #[must_use]
        pub fn entry_cells(entry: &Entry) -> [Cell<'_>; EntryField::ALL.len()] {
            [$(
                $(entry.$e.cell())?
                $(entry.movement.$m.cell())?
                $(effect(&entry.movement, |effects| effects.$f))?
                $(Cell::Flag(entry.$c()))?
            ),*]
        }

        /// The cells of a movement, by [`EntryField::MOVEMENT`].
        #[must_use]
        pub fn movement_cells(movement: &Movement) -> [Cell<'_>; EntryField::MOVEMENT.len()] {
            [$(
                $(movement.$m.cell(),)?
                $(effect(movement, |effects| effects.$f),)?
            )*]
        }

        /// The names of [`EntryField::MOVEMENT`].
        pub const MOVEMENT_NAMES: [&str; EntryField::MOVEMENT.len()] =
            [$($(second!($m, stringify!($name)),)? $(second!($f, stringify!($name)),)?)*];
    };
    (@column) => { None };
    (@column $column:ident) => { Some(stringify!($column)) };
}
entry_fields!(declare);

fn effect(movement: &Movement, part: fn(Effects) -> Money) -> Cell<'_> {
    movement.effects.map_or(Cell::Absent, |effects| Cell::Money(part(effects)))
}

/// The columns of a file of entries.
#[must_use]
pub fn entry_columns() -> Vec<TableColumn> {
    EntryField::ALL.iter().map(|field| TableColumn::new(field.as_str(), field.cell_type())).collect()
}
