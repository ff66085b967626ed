-- Facts, the journal that is derived from them, its totals, and the outbox. The same tables as in SQLite, with native
-- types. Every table of facts and movements is keyed by (tenant, customer), so that one customer's rows can be found
-- together and the tables can be distributed on the customer. Amounts are whole micro-units (6 decimals); the views at
-- the end show them as numeric. Dates are in the tenant's time zone.
--
-- There are no foreign keys: each row is written in the transaction that has locked its customer's row, and a check
-- for every row would cost a third of the speed; `deltabook verify` finds rows without their customer.

create table tenant (
    tenant_id text collate "C" not null primary key,
    -- Days that a natural end stays provisional (R11).
    lapse_grace_days integer not null default 0 check (lapse_grace_days between 0 and 65535),
    created_at timestamptz not null
);

-- Room on its pages lets a row be replaced beside its old version, without touching the index.
create table customer (
    tenant_id text collate "C" not null,
    customer_id text collate "C" not null,
    -- Grows by one with every recording: tells other processes that the customer changed.
    version bigint not null check (version > 0),
    -- What it was before the last commit, which may bring several recordings: who commits must have known it.
    previous_version bigint not null check (previous_version < version),
    created_at timestamptz not null,
    changed_at timestamptz not null,
    primary key (tenant_id, customer_id)
) with (fillfactor = 80);

-- Everything that was said, every revision of it. Rows are never changed or deleted.
create table fact (
    tenant_id text collate "C" not null,
    customer_id text collate "C" not null,
    kind text collate "C" not null check (kind in ('CUSTOMER', 'SUBSCRIPTION_LINE', 'CHANGE_ORDER', 'CHARGE', 'OVERRIDE')),
    -- Unique with the kind within a customer; empty for the customer itself.
    fact_id text collate "C" not null,
    -- The highest holds (R17).
    revision bigint not null check (revision >= 0),
    body jsonb not null,
    -- The recording that brought it: the customer's version then.
    version bigint not null check (version > 0),
    recorded_at timestamptz not null,
    primary key (tenant_id, customer_id, kind, fact_id, revision)
);

-- The journal: movements as they were derived, corrected by reversals (R16). Rows are never changed or deleted.
create table entry (
    tenant_id text collate "C" not null,
    customer_id text collate "C" not null,
    -- The place in the journal, and the movement's id.
    sequence bigint not null check (sequence > 0),
    -- The recording that brought it: the customer's version then.
    version bigint not null check (version > 0),
    recorded_at timestamptz not null,
    -- The date by which reports count it: the effective date, unless that month was closed (R16).
    posting_date date not null,
    effective_date date not null,
    -- The entry that this one cancels.
    reverses bigint,
    level text collate "C" not null check (level in ('CONTRACT', 'CUSTOMER')),
    category text collate "C" not null,
    subcategory text collate "C" not null,
    -- At CONTRACT level.
    subscription_id text collate "C",
    -- At CONTRACT level, but for a renewal by link.
    line_id text collate "C",
    item_id text collate "C" not null,
    currency text collate "C" not null,
    delta_micros bigint not null,
    mrr_before_micros bigint not null,
    mrr_after_micros bigint not null,
    -- Exact decimals: quantities have up to 10 decimals and are never added here.
    quantity_before text collate "C" not null,
    quantity_after text collate "C" not null,
    -- R12; both or neither.
    quantity_effect_micros bigint,
    price_effect_micros bigint,
    -- Of a RENEWAL (R9).
    renewed_mrr_micros bigint,
    -- What changed, in the order of R4.
    causes jsonb not null,
    -- The numbers of the rules that decided it.
    rules jsonb not null,
    -- Reports take it up only from this date (R11).
    provisional_until date,
    primary key (tenant_id, customer_id, sequence),
    check ((level = 'CONTRACT') = (subscription_id is not null)),
    check ((quantity_effect_micros is null) = (price_effect_micros is null)),
    check (mrr_after_micros - mrr_before_micros = delta_micros)
);

-- Readers that follow the journal, and look-ups by movement id. It grows at its end.
create index entry_sequence on entry (sequence);

-- Whether an entry was reversed; it can be only once.
create unique index entry_reverses on entry (tenant_id, customer_id, reverses) where reverses is not null;

-- Numbers for the journal. They are taken before the transaction commits, so that a reader that follows must stay
-- behind the transactions in flight: each of them holds a shared advisory lock on the number before its first.
create sequence journal_sequence;

-- What the entries of a day come to, kept with them in one transaction. Whole units and millionths apart, so that no
-- sum overflows.
create table day_total (
    tenant_id text collate "C" not null,
    level text collate "C" not null,
    posting_date date not null,
    currency text collate "C" not null,
    category text collate "C" not null,
    subcategory text collate "C" not null,
    -- Posted in another month than its own, because that one was closed (R16).
    is_adjustment boolean not null,
    -- The first date on which reports count it: that of provisional entries (R11), else 0001-01-01.
    counts_from date not null,
    -- Concurrent writers have a row each; readers add them up.
    shard smallint not null,
    delta_units bigint not null,
    delta_micros bigint not null,
    -- A reversal counts as one less.
    movements bigint not null,
    primary key (tenant_id, level, posting_date, currency, subcategory, is_adjustment, counts_from, shard)
) with (fillfactor = 70);

-- The same by month (its first date).
create table month_total (
    tenant_id text collate "C" not null,
    level text collate "C" not null,
    posting_month date not null check (extract(day from posting_month) = 1),
    currency text collate "C" not null,
    category text collate "C" not null,
    subcategory text collate "C" not null,
    is_adjustment boolean not null,
    counts_from date not null,
    shard smallint not null,
    delta_units bigint not null,
    delta_micros bigint not null,
    movements bigint not null,
    primary key (tenant_id, level, posting_month, currency, subcategory, is_adjustment, counts_from, shard)
) with (fillfactor = 70);

-- The same by month and item.
create table month_item_total (
    tenant_id text collate "C" not null,
    level text collate "C" not null,
    posting_month date not null check (extract(day from posting_month) = 1),
    currency text collate "C" not null,
    category text collate "C" not null,
    subcategory text collate "C" not null,
    item_id text collate "C" not null,
    is_adjustment boolean not null,
    counts_from date not null,
    shard smallint not null,
    delta_units bigint not null,
    delta_micros bigint not null,
    movements bigint not null,
    primary key (tenant_id, level, posting_month, currency, subcategory, item_id, is_adjustment, counts_from, shard)
) with (fillfactor = 70);

-- Events to deliver, written with the movements that they tell of.
create table outbox (
    tenant_id text collate "C" not null,
    customer_id text collate "C" not null,
    sequence bigint not null check (sequence > 0),
    -- Not delivered before this instant.
    due_at timestamptz not null,
    body jsonb not null,
    primary key (tenant_id, customer_id, sequence)
);

-- For people with a SQL client: the journal in units of the currency.
create view journal as
select
    tenant_id, customer_id, sequence as movement_id, recorded_at, posting_date, effective_date, reverses, level,
    category, subcategory, subscription_id, line_id, item_id, currency,
    delta_micros * 0.000001 as delta,
    mrr_before_micros * 0.000001 as mrr_before,
    mrr_after_micros * 0.000001 as mrr_after,
    quantity_before::numeric as quantity_before,
    quantity_after::numeric as quantity_after,
    quantity_effect_micros * 0.000001 as quantity_effect,
    price_effect_micros * 0.000001 as price_effect,
    renewed_mrr_micros * 0.000001 as renewed_mrr,
    causes, rules, provisional_until
from entry;

-- For people with a SQL client: the columns of the waterfall.
create view movement_by_month as
select
    tenant_id, level, currency, posting_month, category, subcategory, is_adjustment,
    sum(delta_units + delta_micros * 0.000001) as delta,
    sum(movements)::bigint as movements
from month_total
where counts_from <= current_date
group by tenant_id, level, currency, posting_month, category, subcategory, is_adjustment;
