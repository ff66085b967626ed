-- What the entries of a day come to, kept with them in one transaction. Whole units and millionths apart, so that no
-- sum overflows.

create table day_total (
    tenant_id text not null,
    level text not null,
    posting_date text not null,
    currency text not null,
    category text not null,
    subcategory text not null,
    -- Posted in another month than its own, because that one was closed (R16).
    is_adjustment integer not null check (is_adjustment in (0, 1)),
    -- The first date on which reports count it: that of provisional entries (R11), else 0001-01-01.
    counts_from text not null,
    -- For concurrent writers, of which this database has one.
    shard integer not null,
    delta_units integer not null,
    delta_micros integer not null,
    -- A reversal counts as one less.
    movements integer not null,
    primary key (tenant_id, level, posting_date, currency, subcategory, is_adjustment, counts_from, shard)
) strict, without rowid;

-- The same by month (its first date).
create table month_total (
    tenant_id text not null,
    level text not null,
    posting_month text not null check (posting_month like '%-01'),
    currency text not null,
    category text not null,
    subcategory text not null,
    is_adjustment integer not null check (is_adjustment in (0, 1)),
    counts_from text not null,
    shard integer not null,
    delta_units integer not null,
    delta_micros integer not null,
    movements integer not null,
    primary key (tenant_id, level, posting_month, currency, subcategory, is_adjustment, counts_from, shard)
) strict, without rowid;

-- The same by month and item.
create table month_item_total (
    tenant_id text not null,
    level text not null,
    posting_month text not null check (posting_month like '%-01'),
    currency text not null,
    category text not null,
    subcategory text not null,
    item_id text not null,
    is_adjustment integer not null check (is_adjustment in (0, 1)),
    counts_from text not null,
    shard integer not null,
    delta_units integer not null,
    delta_micros integer not null,
    movements integer not null,
    primary key (tenant_id, level, posting_month, currency, subcategory, item_id, is_adjustment, counts_from, shard)
) strict, without rowid;

-- The totals of the journal as it is.
insert into month_item_total
select
    tenant_id, level, substr(posting_date, 1, 7) || '-01', currency, category, subcategory, item_id,
    posting_date <> effective_date, coalesce(provisional_until, '0001-01-01'), 0,
    sum(delta_micros / 1000000), sum(delta_micros % 1000000), sum(case when reverses is null then 1 else -1 end)
from entry
group by 1, 2, 3, 4, 5, 6, 7, 8, 9;

insert into month_total
select
    tenant_id, level, posting_month, currency, category, subcategory, is_adjustment, counts_from, shard,
    sum(delta_units), sum(delta_micros), sum(movements)
from month_item_total
group by 1, 2, 3, 4, 5, 6, 7, 8, 9;

insert into day_total
select
    tenant_id, level, posting_date, currency, category, subcategory,
    posting_date <> effective_date, coalesce(provisional_until, '0001-01-01'), 0,
    sum(delta_micros / 1000000), sum(delta_micros % 1000000), sum(case when reverses is null then 1 else -1 end)
from entry
group by 1, 2, 3, 4, 5, 6, 7, 8;

-- Every unique index contains the customer; an entry is reversed only once.
drop index entry_sequence;
create index entry_sequence on entry (sequence);
drop index entry_reverses;
create unique index entry_reverses on entry (tenant_id, customer_id, reverses) where reverses is not null;

-- What the version was before the last commit, which may bring several recordings: who commits must have known it.
alter table customer add column previous_version integer not null default 0;
