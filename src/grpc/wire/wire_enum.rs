//! Enums of the contract, and the enums that they stand for.
//!
//! [`WireEnum`] gives the values of a generated enum their short names (`CONTRACT` for `LEVEL_CONTRACT`), as files, forms
//! and the command line spell them. [`Mapped`] joins an enum of the program with a generated one. Both of its directions
//! are exhaustive matches: a value that is added on either side does not compile until it is mapped, and a number that the
//! contract does not have is refused.

use crate::codec::granularity::Granularity;
use crate::codec::tabular::table_writer::Format;
use crate::domain::facts::fact::{ChangeOrderType, ChargeKind, ChargeStatus, ModificationType};
use crate::domain::facts::interval::IntervalUnit;
use crate::domain::journal::audit::Action;
use crate::domain::journal::movement::{Category, Level, Subcategory};
use crate::domain::role::Role;
use crate::grpc::v1;
use crate::ledger::command::RecordOutcome;
use crate::reports::explain::EventState;
use crate::reports::retention::cohorts::Measure;
use crate::store::journal::movement_page::MovementOrder;
use crate::store::reports::sums::View;

/// A generated enum. The names of its values begin with the name of the enum, as the style guide of protobuf has it.
pub trait WireEnum: Copy + TryFrom<i32> + Into<i32> {
    /// The beginning that the names have in common: `LEVEL_`.
    const PREFIX: &'static str;

    /// The name in the contract: `LEVEL_CONTRACT`.
    fn full_name(self) -> &'static str;

    /// The value with this name in the contract.
    fn from_full_name(name: &str) -> Option<Self>;

    /// The name without the prefix: `CONTRACT`.
    fn short_name(self) -> &'static str {
        let name = self.full_name();
        name.strip_prefix(Self::PREFIX).unwrap_or(name)
    }

    /// The value whose name without the prefix this is.
    #[must_use]
    fn from_short_name(name: &str) -> Option<Self> {
        Self::from_full_name(&format!("{}{name}", Self::PREFIX))
    }

    /// The short name of a number; empty for UNSPECIFIED, and the number where the contract has no such value.
    #[must_use]
    fn spelling(number: i32) -> String {
        match Self::try_from(number) {
            Ok(_) if number == 0 => String::new(),
            Ok(value) => value.short_name().to_owned(),
            Err(_) => number.to_string(),
        }
    }
}

macro_rules! wire_enums {
    ($($wire:ident: $prefix:literal,)*) => {
        $(
            impl WireEnum for v1::$wire {
                const PREFIX: &'static str = $prefix;

                fn full_name(self) -> &'static str {
                    self.as_str_name()
                }

                fn from_full_name(name: &str) -> Option<Self> {
                    Self::from_str_name(name)
                }
            }
        )*

        /// The generated enums and their prefixes, for the test that none is left out.
        #[cfg(test)]
        const WIRE_ENUMS: &[(&str, &str)] = &[$((stringify!($wire), $prefix)),*];
    };
}

wire_enums! {
    AuditAction: "AUDIT_ACTION_",
    CauseKind: "CAUSE_KIND_",
    ChangeOrderType: "CHANGE_ORDER_TYPE_",
    ChargeKind: "CHARGE_KIND_",
    ChargeStatus: "CHARGE_STATUS_",
    CohortMeasure: "COHORT_MEASURE_",
    DeliveryState: "DELIVERY_STATE_",
    EventState: "EVENT_STATE_",
    ExportFormat: "EXPORT_FORMAT_",
    FactKind: "FACT_KIND_",
    FactOutcome: "FACT_OUTCOME_",
    FactStatus: "FACT_STATUS_",
    Granularity: "GRANULARITY_",
    GroupKind: "GROUP_KIND_",
    ImpactCategory: "IMPACT_CATEGORY_",
    ImpactSubcategory: "IMPACT_SUBCATEGORY_",
    IntervalUnit: "INTERVAL_UNIT_",
    Level: "LEVEL_",
    ModificationType: "MODIFICATION_TYPE_",
    MovementOrder: "MOVEMENT_ORDER_",
    PeriodState: "PERIOD_STATE_",
    ReportView: "REPORT_VIEW_",
    Role: "ROLE_",
}

/// An enum of the program that a generated one stands for.
pub(in crate::grpc) trait Mapped: Copy {
    type Wire: WireEnum;

    /// What is wrong with a number that the contract does not have.
    const UNKNOWN: &'static str;

    fn to_wire(self) -> Self::Wire;

    /// The value; None for UNSPECIFIED.
    fn of_wire(wire: Self::Wire) -> Option<Self>;

    /// The number on the wire.
    fn number(self) -> i32 {
        self.to_wire().into()
    }

    /// The value of a number; None for UNSPECIFIED.
    fn of_number(number: i32) -> Result<Option<Self>, &'static str> {
        Self::Wire::try_from(number).map(Self::of_wire).map_err(|_| Self::UNKNOWN)
    }

    /// The value of a number; `default` for UNSPECIFIED.
    fn of_number_or(number: i32, default: Self) -> Result<Self, &'static str> {
        Ok(Self::of_number(number)?.unwrap_or(default))
    }

    /// The value of a number; UNSPECIFIED is as unknown as any other.
    fn required(number: i32) -> Result<Self, &'static str> {
        Self::of_number(number)?.ok_or(Self::UNKNOWN)
    }
}

macro_rules! mapped {
    ($($kind:ty = $wire:ident, $unknown:literal { $($value:ident = $wire_value:ident,)* })*) => {$(
        impl Mapped for $kind {
            type Wire = v1::$wire;

            const UNKNOWN: &'static str = $unknown;

            fn to_wire(self) -> v1::$wire {
                match self {
                    $(Self::$value => v1::$wire::$wire_value,)*
                }
            }

            fn of_wire(wire: v1::$wire) -> Option<Self> {
                match wire {
                    v1::$wire::Unspecified => None,
                    $(v1::$wire::$wire_value => Some(Self::$value),)*
                }
            }
        }
    )*};
}

mapped! {
    Level = Level, "is not a level" {
        Contract = Contract,
        Customer = Customer,
    }
    Category = ImpactCategory, "is not a known value" {
        New = New,
        Upsell = Upsell,
        Downsell = Downsell,
        Churn = Churn,
        Renewal = Renewal,
        Ignored = Ignored,
    }
    Subcategory = ImpactSubcategory, "is not a known value" {
        NewContract = NewContract,
        NewCustomer = NewCustomer,
        Reactivation = Reactivation,
        PriceIncrease = PriceIncrease,
        QuantityIncrease = QuantityIncrease,
        AddOn = AddOn,
        PriceDecrease = PriceDecrease,
        QuantityDecrease = QuantityDecrease,
        ItemRemoval = ItemRemoval,
        ContractChurn = ContractChurn,
        CustomerChurn = CustomerChurn,
        Renewal = Renewal,
        Ignored = Ignored,
    }
    ModificationType = ModificationType, "is not a modification type" {
        NewOrChurn = NewOrChurn,
        UpsellOrDownsell = UpsellOrDownsell,
        Ignored = Ignored,
    }
    ChargeKind = ChargeKind, "is not a kind of charge" {
        Recurring = Recurring,
        OneTime = OneTime,
        Usage = Usage,
    }
    ChargeStatus = ChargeStatus, "is not a status of a charge" {
        Succeeded = Succeeded,
        Failed = Failed,
        Refunded = Refunded,
    }
    ChangeOrderType = ChangeOrderType, "is not a type of change order" {
        Activation = Activation,
        ModifyPricing = ModifyPricing,
        Renewal = Renewal,
        Suspension = Suspension,
        Reactivation = Reactivation,
        Termination = Termination,
    }
    IntervalUnit = IntervalUnit, "is not a unit of an interval" {
        Day = Day,
        Week = Week,
        Month = Month,
        Year = Year,
    }
    RecordOutcome = FactOutcome, "is not an outcome" {
        Recorded = Recorded,
        Unchanged = Unchanged,
    }
    EventState = EventState, "is not a state of an event" {
        Scheduled = Scheduled,
        Due = Due,
        Sent = Sent,
    }
    Role = Role, "is not a role: BILLING, FINANCE, READER or ADMIN" {
        Billing = Billing,
        Finance = Finance,
        Reader = Reader,
        Admin = Admin,
    }
    Action = AuditAction, "is not a known action" {
        OverrideSet = OverrideSet,
        OverrideCleared = OverrideCleared,
        FactRevised = FactRevised,
        FactVoided = FactVoided,
        FactLate = FactLate,
        PeriodClosed = PeriodClosed,
        PeriodReopened = PeriodReopened,
        PolicyChanged = PolicyChanged,
        PolicyReplayed = PolicyReplayed,
        TenantCreated = TenantCreated,
        KeyCreated = KeyCreated,
        KeyRevoked = KeyRevoked,
        ConfigurationChanged = ConfigurationChanged,
        SinkEnabled = SinkEnabled,
        DeliveriesRedriven = DeliveriesRedriven,
        RatesImported = RatesImported,
    }
    View = ReportView, "is not a view" {
        AsReported = AsReported,
        Restated = Restated,
    }
    Granularity = Granularity, "is not a granularity" {
        Day = Day,
        Month = Month,
        Quarter = Quarter,
        Year = Year,
    }
    Measure = CohortMeasure, "is not a measure" {
        Mrr = Mrr,
        Customers = Customers,
    }
    MovementOrder = MovementOrder, "is not a known order" {
        Journal = Journal,
        JournalDescending = JournalDesc,
        EffectiveDate = EffectiveDate,
        EffectiveDateDescending = EffectiveDateDesc,
        PostingDate = PostingDate,
        PostingDateDescending = PostingDateDesc,
    }
    Format = ExportFormat, "is not a known format" {
        Csv = Csv,
        Parquet = Parquet,
    }
}

#[cfg(test)]
mod tests {
    use prost::Message;
    use prost_types::FileDescriptorSet;

    use super::*;
    use crate::grpc::DESCRIPTORS;

    #[test]
    fn every_enum_of_the_contract_has_its_short_names() {
        let files = FileDescriptorSet::decode(DESCRIPTORS).unwrap().file;
        let ours = files.iter().filter(|file| file.package() == "deltabook.v1");
        let mut enums: Vec<_> = ours.flat_map(|file| &file.enum_type).collect();
        enums.sort_by_key(|kind| kind.name());
        let names: Vec<&str> = enums.iter().map(|kind| kind.name()).collect();
        assert_eq!(names, WIRE_ENUMS.iter().map(|(name, _)| *name).collect::<Vec<_>>());
        for (kind, (_, prefix)) in enums.iter().zip(WIRE_ENUMS) {
            let first = kind.value.first().unwrap();
            assert_eq!((first.name(), first.number()), (format!("{prefix}UNSPECIFIED").as_str(), 0));
            assert!(kind.value.iter().all(|value| value.name().starts_with(prefix)), "{}", kind.name());
        }
    }

    #[test]
    fn names_on_the_wire_are_those_of_the_program() {
        fn check<T: Mapped + std::fmt::Display + PartialEq + std::fmt::Debug>(all: &[T]) {
            for value in all {
                assert_eq!(value.to_wire().short_name(), value.to_string());
                assert_eq!(T::of_number(value.number()), Ok(Some(*value)));
            }
            assert_eq!(T::of_number(0), Ok(None));
            assert_eq!(T::of_number(-1), Err(T::UNKNOWN));
        }
        check(Level::ALL);
        check(Category::ALL);
        check(Subcategory::ALL);
        check(ModificationType::ALL);
        check(ChargeKind::ALL);
        check(ChargeStatus::ALL);
        check(ChangeOrderType::ALL);
        check(IntervalUnit::ALL);
        check(Role::ALL);
        check(Action::ALL);
    }

    #[test]
    fn a_number_is_spelled_as_files_spell_it() {
        assert_eq!(v1::Level::spelling(v1::Level::Contract.into()), "CONTRACT");
        assert_eq!(v1::Level::spelling(0), "");
        assert_eq!(v1::Level::spelling(17), "17");
        assert_eq!(v1::Level::from_short_name("CUSTOMER"), Some(v1::Level::Customer));
        assert_eq!(v1::Level::from_short_name("LEVEL_CUSTOMER"), None);
    }
}
