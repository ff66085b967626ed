//! Enum values of the contract by the names that URLs and forms use.

use crate::grpc::v1;
use crate::grpc::wire::wire_enum::WireEnum;

/// A value outside every enum: the services refuse it and name the field.
pub(super) const UNKNOWN: i32 = -1;

macro_rules! named {
    ($($function:ident: $kind:ident;)*) => {$(
        /// The value of a name without its prefix; 0 (UNSPECIFIED) for an empty name.
        pub(super) fn $function(name: &str) -> i32 {
            if name.is_empty() {
                return 0;
            }
            v1::$kind::from_short_name(name).map_or(UNKNOWN, i32::from)
        }
    )*};
}

named! {
    level: Level;
    category: ImpactCategory;
    subcategory: ImpactSubcategory;
    view: ReportView;
    granularity: Granularity;
    group_kind: GroupKind;
    measure: CohortMeasure;
    modification_type: ModificationType;
    audit_action: AuditAction;
    delivery_state: DeliveryState;
}
