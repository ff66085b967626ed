//! Enum values of the contract by the names that URLs and forms use.

/// A value outside every enum: the services refuse it and name the field.
pub(super) const UNKNOWN: i32 = -1;

macro_rules! named {
    ($($function:ident: $kind:ident, $prefix:literal;)*) => {$(
        /// The value of a name without its prefix; 0 (UNSPECIFIED) for an empty name.
        pub(super) fn $function(name: &str) -> i32 {
            use crate::grpc::v1::$kind;
            if name.is_empty() {
                return 0;
            }
            $kind::from_str_name(&format!(concat!($prefix, "{}"), name)).map_or(UNKNOWN, i32::from)
        }
    )*};
}

named! {
    level: Level, "LEVEL_";
    category: ImpactCategory, "IMPACT_CATEGORY_";
    subcategory: ImpactSubcategory, "IMPACT_SUBCATEGORY_";
    view: ReportView, "REPORT_VIEW_";
    granularity: Granularity, "GRANULARITY_";
    group_kind: GroupKind, "GROUP_KIND_";
    measure: CohortMeasure, "COHORT_MEASURE_";
    modification_type: ModificationType, "MODIFICATION_TYPE_";
    audit_action: AuditAction, "AUDIT_ACTION_";
    delivery_state: DeliveryState, "DELIVERY_STATE_";
}
