//! The statements of [`crate::store::reports::sums`]: what entries come to by a unit of time, in which everything before $3 is one.

use crate::store::db::Statement;
use crate::store::reports::sums::Unit;

/// A statement for each unit.
#[derive(Debug, Clone, Copy)]
pub(in crate::store) struct ByUnit {
    pub month: Statement,
    pub day: Statement,
}

impl ByUnit {
    pub const fn of(self, unit: Unit) -> Statement {
        match unit {
            Unit::Month => self.month,
            Unit::Day => self.day,
        }
    }
}

macro_rules! sums {
    () => {
        "cast(sum(delta_units) as bigint) as delta_units,
        cast(sum(delta_micros) as bigint) as delta_micros,
        cast(sum(movements) as bigint) as movements"
    };
}

const MONTHS: Statement = Statement::both(concat!(
    "select currency, case when posting_month >= $3 then posting_month end as date, subcategory, is_adjustment, ",
    sums!(),
    " from month_total
    where tenant_id = $1 and level = $2 and posting_month <= $4
        and (cast($5 as text) is null or currency = $5)
        and counts_from <= $6
        and not ($7 and is_adjustment)
    group by 1, 2, 3, 4"
));

/// Whole months as far as they go, and days from the first of a month on: what is shown of each.
macro_rules! days {
    ($month:literal, $before:literal, $day:literal) => {
        concat!(
            "select currency, date, subcategory, is_adjustment, ",
            sums!(),
            " from (
                select currency, ",
            $before,
            " as date, subcategory, is_adjustment, delta_units, delta_micros, movements from month_total
                where tenant_id = $1 and level = $2 and posting_month < ",
            $month,
            " and (cast($5 as text) is null or currency = $5) and counts_from <= $6
                    and not ($7 and is_adjustment)
                union all
                select currency, ",
            $day,
            " as date, subcategory, is_adjustment, delta_units, delta_micros, movements from day_total
                where tenant_id = $1 and level = $2 and posting_date >= ",
            $month,
            " and posting_date <= $4
                    and (cast($5 as text) is null or currency = $5) and counts_from <= $6
                    and not ($7 and is_adjustment)
            ) as part
            group by 1, 2, 3, 4"
        )
    };
}

const DAYS: Statement = Statement {
    sqlite: days!("substr($3, 1, 7) || '-01'", "null", "case when posting_date >= $3 then posting_date end"),
    postgres: days!(
        "date_trunc('month', cast($3 as date))::date",
        "cast(null as date)",
        "case when posting_date >= $3 then posting_date end"
    ),
};

pub(in crate::store) const TOTALS: ByUnit = ByUnit { month: MONTHS, day: DAYS };

/// Everything through $4; $3 is in its month.
pub(in crate::store) const THROUGH: Statement = Statement {
    sqlite: days!("substr($3, 1, 7) || '-01'", "null", "null"),
    postgres: days!("date_trunc('month', cast($3 as date))::date", "cast(null as date)", "cast(null as date)"),
};

/// Sums of entries by one of their dates.
macro_rules! of_entries {
    ($unit:literal, $date:literal, $which:literal) => {
        concat!(
            "select currency, case when ",
            $date,
            " >= $3 then ",
            $unit,
            " end as date, subcategory, posting_date <> effective_date as is_adjustment,
                cast(sum(delta_micros / 1000000) as bigint) as delta_units,
                cast(sum(delta_micros % 1000000) as bigint) as delta_micros,
                cast(sum(case when reverses is null then 1 else -1 end) as bigint) as movements
            from entry
            where tenant_id = $1 and level = $2 and ",
            $date,
            " <= $4
                and (cast($5 as text) is null or currency = $5)
                and (provisional_until is null or provisional_until <= $6)
                and ",
            $which,
            " group by 1, 2, 3, 4"
        )
    };
}

macro_rules! by_posting_date {
    ($which:literal) => {
        ByUnit {
            month: Statement {
                sqlite: of_entries!("substr(posting_date, 1, 7) || '-01'", "posting_date", $which),
                postgres: of_entries!("date_trunc('month', posting_date)::date", "posting_date", $which),
            },
            day: Statement::both(of_entries!("posting_date", "posting_date", $which)),
        }
    };
}

macro_rules! by_effective_date {
    ($which:literal) => {
        by_effective_date!($which, $which)
    };
    ($on_sqlite:literal, $on_postgres:literal) => {
        ByUnit {
            month: Statement {
                sqlite: of_entries!("substr(effective_date, 1, 7) || '-01'", "effective_date", $on_sqlite),
                postgres: of_entries!("date_trunc('month', effective_date)::date", "effective_date", $on_postgres),
            },
            day: Statement {
                sqlite: of_entries!("effective_date", "effective_date", $on_sqlite),
                postgres: of_entries!("effective_date", "effective_date", $on_postgres),
            },
        }
    };
}

pub(in crate::store) const OF_CUSTOMER: ByUnit =
    by_posting_date!("customer_id = $7 and (cast($8 as timestamptz) is null or recorded_at <= $8)");
pub(in crate::store) const OF_CUSTOMER_RESTATED: ByUnit =
    by_effective_date!("customer_id = $7 and (cast($8 as timestamptz) is null or recorded_at <= $8)");
/// As their index has it.
pub(in crate::store) const ADJUSTMENTS: ByUnit =
    by_effective_date!("posting_date <> effective_date", "posting_date - effective_date > 0");
pub(in crate::store) const RECORDED_AFTER: ByUnit = by_posting_date!("recorded_at > $7");
pub(in crate::store) const RECORDED_AFTER_RESTATED: ByUnit = by_effective_date!("recorded_at > $7");

const ALL: [ByUnit; 6] =
    [TOTALS, OF_CUSTOMER, OF_CUSTOMER_RESTATED, ADJUSTMENTS, RECORDED_AFTER, RECORDED_AFTER_RESTATED];

/// Those of each unit.
pub(in crate::store) const STATEMENTS: [&[Statement]; 3] = [
    &[ALL[0].month, ALL[1].month, ALL[2].month, ALL[3].month, ALL[4].month, ALL[5].month],
    &[ALL[0].day, ALL[1].day, ALL[2].day, ALL[3].day, ALL[4].day, ALL[5].day],
    &[THROUGH],
];
