//! Values of the contract's enums ↔ their names in addresses and forms.

macro_rules! named {
    ($($function:ident: $kind:ident, $prefix:literal;)*) => {$(
        /// By its name without the prefix; 0, UNSPECIFIED, for one that there is not.
        pub(super) fn $function(name: &str) -> i32 {
            use crate::grpc::v1::$kind;
            $kind::from_str_name(&format!(concat!($prefix, "{}"), name)).unwrap_or_default().into()
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
