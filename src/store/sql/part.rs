//! Parts of statements that a family of them shares. Their placeholders are resolved like those of the statements.

/// The text of a part.
pub(super) fn text(name: &str) -> Option<&'static str> {
    PARTS.iter().find(|(part, _)| *part == name).map(|(_, text)| *text)
}

const PARTS: [(&str, &str); 9] = [
    // Sums of rows of totals.
    (
        "sums_of_totals",
        "cast(sum(delta_units) as bigint) as delta_units,
        cast(sum(delta_micros) as bigint) as delta_micros,
        cast(sum(movements) as bigint) as movements",
    ),
    // The same of entries. Whole units and millionths apart, so that no sum overflows.
    (
        "sums_of_entries",
        "cast(sum(delta_micros / 1000000) as bigint) as delta_units,
        cast(sum(delta_micros % 1000000) as bigint) as delta_micros,
        cast(sum(case when reverses is null then 1 else -1 end) as bigint) as movements",
    ),
    // Entries that count: neither reversals nor reversed.
    (
        "is_live",
        "reverses is null and not exists (
            select 1 from entry as later
            where later.tenant_id = entry.tenant_id and later.customer_id = entry.customer_id
                and later.reverses = entry.sequence)",
    ),
    // The filter of `journal::movement_page`. Whether an entry was reversed is looked up for each, and spelled such that
    // PostgreSQL expects most not to be: `not exists` makes it read all entries first, `is null` makes it expect that
    // hardly any is left, and sort them. The posting dates are always bound, so that they can be the ends of a walk
    // along an index.
    (
        "movement_filter",
        "tenant_id = $1
            and (cast($2 as text) is null or level = $2)
            and ({is_empty $3} or category {in $3})
            and ({is_empty $4} or subcategory {in $4})
            and (cast($5 as date) is null or effective_date >= $5)
            and (cast($6 as date) is null or effective_date <= $6)
            and (cast($8 as text) is null or subscription_id = $8)
            and (cast($9 as text) is null or item_id = $9)
            and (cast($10 as text) is null or currency = $10)
            and (not $11 or (reverses is null and coalesce((
                select 1 from entry as later
                where later.tenant_id = entry.tenant_id and later.customer_id = entry.customer_id
                    and later.reverses = entry.sequence limit 1), 0) <> 1))
            and posting_date >= $15 and posting_date <= $16",
    ),
    // Of `reports::group_sums`: what is counted of an entry, and which entries are.
    (
        "counted_columns",
        "currency, subcategory, posting_date <> effective_date as is_adjustment,
                case when cast($10 as boolean) then effective_date else posting_date end as counted_on,
                delta_micros / 1000000 as delta_units, delta_micros % 1000000 as delta_micros,
                case when reverses is null then 1 else -1 end as movements",
    ),
    (
        "counted_filter",
        "entry.tenant_id = $1 and level = $2
                and case when cast($10 as boolean) then effective_date else posting_date end <= $4
                and (cast($5 as text) is null or currency = $5)
                and (provisional_until is null or provisional_until <= $6)
                and entry.customer_id >= $7 and entry.customer_id <= $8
                and (cast($9 as timestamptz) is null or entry.recorded_at <= $9)",
    ),
    // The groups of each currency by size, in whole units of the currency, which can be added up without end.
    (
        "ranked_groups",
        "(
            select name, row_number() over (partition by currency order by size desc, name) as place
            from (
                select currency, name, abs(sum(delta_units))
                    + sum(case when counted_on >= $3 then abs(delta_units) else 0 end) as size
                from counted group by currency, name
            ) as sized
        ) as placed",
    ),
    // Of `facts::overrides`: the fact, and the actor of the audit trail, which names an override by its cause and is
    // written at the same instant.
    (
        "override_columns",
        "customer_id, kind, fact_id, revision, body, version, recorded_at, coalesce((
            select actor from audit_entry as audit
            where audit.tenant_id = fact.tenant_id and audit.customer_id = fact.customer_id
                and audit.customer_id <> '' and audit.recorded_at = fact.recorded_at
                and audit.action in ('OVERRIDE_SET', 'OVERRIDE_CLEARED') and audit.subject = $7 || fact.fact_id
            limit 1), '') as actor",
    ),
    // The highest revision of a fact (R17).
    (
        "is_latest_revision",
        "not exists (
                    select 1 from fact as later
                    where later.tenant_id = fact.tenant_id and later.customer_id = fact.customer_id
                        and later.kind = fact.kind and later.fact_id = fact.fact_id
                        and later.revision > fact.revision)",
    ),
];
