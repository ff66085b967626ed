-- Reports of how much was kept read totals too, so that they take as long for ten million entries as for ten thousand.

-- What was renewed (R9), and what came to its natural end without (R11), at CONTRACT level.
create table renewal_total (
    tenant_id text not null,
    posting_month text not null check (posting_month like '%-01'),
    currency text not null,
    -- The first date on which reports count it: that of provisional entries (R11), else 0001-01-01.
    counts_from text not null,
    -- For concurrent writers, of which this database has one.
    shard integer not null,
    renewed_units integer not null,
    renewed_micros integer not null,
    lapsed_units integer not null,
    lapsed_micros integer not null,
    primary key (tenant_id, posting_month, currency, counts_from, shard)
) strict, without rowid;

-- How many customers of a currency are there at the end of a month who were not at the end of the month before, and how
-- many are not there any more. A date on which provisional entries come to count brings what it makes different.
create table customer_total (
    tenant_id text not null,
    posting_month text not null check (posting_month like '%-01'),
    currency text not null,
    counts_from text not null,
    shard integer not null,
    came integer not null,
    gone integer not null,
    primary key (tenant_id, posting_month, currency, counts_from, shard)
) strict, without rowid;

-- Of customers who came or left in two months not more than 600 apart: 1 for each who did the opposite in the later one, −1 for
-- each who did the same. Over a span they add up to those who came and left for nothing.
create table customer_pair_total (
    tenant_id text not null,
    posting_month text not null check (posting_month like '%-01'),
    earlier_month text not null check (earlier_month like '%-01' and earlier_month < posting_month),
    currency text not null,
    counts_from text not null,
    shard integer not null,
    pairs integer not null,
    primary key (tenant_id, posting_month, earlier_month, currency, counts_from, shard)
) strict, without rowid;

-- The totals of the journal as it is.
insert into renewal_total
select
    tenant_id, substr(posting_date, 1, 7) || '-01', currency, coalesce(provisional_until, '0001-01-01'), 0,
    sum(case when category = 'RENEWAL' then coalesce(renewed_mrr_micros, 0) / 1000000 else 0 end),
    sum(case when category = 'RENEWAL' then coalesce(renewed_mrr_micros, 0) % 1000000 else 0 end),
    sum(case when category = 'RENEWAL' then 0 else -(delta_micros / 1000000) end),
    sum(case when category = 'RENEWAL' then 0 else -(delta_micros % 1000000) end)
from entry
where level = 'CONTRACT'
    and (category = 'RENEWAL' or (category in ('DOWNSELL', 'CHURN') and exists (
        select 1 from json_each(causes) as cause where cause.value ->> '$.natural_end' is not null)))
group by 1, 2, 3, 4;

-- What is posted of each customer, added up; and by which dates it is seen differently.
create temporary table part as
select
    tenant_id, customer_id, coalesce(provisional_until, '0001-01-01') as counts_from,
    substr(posting_date, 1, 7) || '-01' as month, currency,
    case when category in ('NEW', 'CHURN') then effective_date end as turned_on,
    category = 'CHURN' as has_left,
    sum(delta_micros) as delta, sum(case when reverses is null then 1 else -1 end) as movements
from entry
where level = 'CUSTOMER'
group by 1, 2, 3, 4, 5, 6, 7;
create temporary table seen as
select *, lead(cut) over (partition by tenant_id, customer_id order by cut) as next_cut
from (
    select tenant_id, customer_id, counts_from as cut from part
    union
    select tenant_id, customer_id, '0001-01-01' from part
) as cut;
create index temp.part_of on part (tenant_id, customer_id);
create index temp.seen_of on seen (tenant_id, customer_id);

-- Whether each is a customer of a currency at the end of each month in which something of theirs is posted: by MRR, or without
-- any by the currency in which they came last, unless they left since.
create temporary table turn as
with moment as (
    select distinct tenant_id, customer_id, cut, next_cut, month
    from seen join part using (tenant_id, customer_id) where counts_from <= cut
), standing as (
    select tenant_id, customer_id, cut, next_cut, moment.month, currency, turned_on, has_left,
        sum(delta) as mrr, sum(movements) as movements
    from moment join part using (tenant_id, customer_id)
    where part.counts_from <= moment.cut and part.month <= moment.month
    group by 1, 2, 3, 4, 5, 6, 7, 8
), of_currency as (
    select tenant_id, customer_id, cut, next_cut, month, currency, sum(mrr) > 0 as pays
    from standing group by 1, 2, 3, 4, 5, 6
), last_turn as (
    select * from (
        select tenant_id, customer_id, cut, month, currency, has_left, row_number() over (
            partition by tenant_id, customer_id, cut, month
            order by turned_on desc, has_left desc, currency desc) as place
        from standing where turned_on is not null and movements > 0
    ) where place = 1
), there as (
    select it.tenant_id, it.customer_id, it.cut, it.next_cut, it.month, it.currency,
        it.pays or (
            not max(it.pays) over (partition by it.tenant_id, it.customer_id, it.cut, it.month)
            and coalesce(last_turn.currency = it.currency and not last_turn.has_left, 0)) as is_there
    from of_currency as it left join last_turn using (tenant_id, customer_id, cut, month)
)
select * from (
    select *, lag(is_there, 1, 0)
        over (partition by tenant_id, customer_id, cut, currency order by month) as was_there
    from there
) as change
where is_there <> was_there;

insert into customer_total
select tenant_id, month, currency, counts_from, 0, sum(came), sum(gone)
from (
    select tenant_id, month, currency, cut as counts_from, is_there as came, was_there as gone from turn
    union all
    select tenant_id, month, currency, next_cut, -is_there, -was_there from turn
    where next_cut is not null
) as change
group by 1, 2, 3, 4
having sum(came) <> 0 or sum(gone) <> 0;

insert into customer_pair_total
with pair as (
    select tenant_id, later.month, it.month as earlier_month, currency, cut, later.next_cut,
        case when later.is_there = it.is_there then -1 else 1 end as pairs
    from turn as later join turn as it using (tenant_id, customer_id, cut, currency)
    where it.month < later.month and it.month > date(later.month, '-600 months')
)
select tenant_id, month, earlier_month, currency, counts_from, 0, sum(pairs)
from (
    select tenant_id, month, earlier_month, currency, cut as counts_from, pairs from pair
    union all
    select tenant_id, month, earlier_month, currency, next_cut, -pairs from pair where next_cut is not null
) as change
group by 1, 2, 3, 4, 5
having sum(pairs) <> 0;

drop table turn;
drop table seen;
drop table part;

-- Lists by date, and what is posted from one date to another.
create index entry_posting on entry (tenant_id, posting_date, sequence);
